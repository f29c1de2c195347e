"""A leader's page: today, late and why, who answers, one click down to the case."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from weimin.cases import reading
from weimin.catalogue.routes import routes_now
from weimin.kernel import clock
from weimin.kernel.codes import group_case_number
from weimin.kernel.errors import NotFound
from weimin.web.desk.lists import lines
from weimin.web.page import in_role, page
from weimin.web.words import light_of, plain_name

LEADERS = ("leader", "supervisor", "government_head", "head")

_KINDS = {
    "late": ("c.state <> 'closed' AND c.due_at < %(now)s", "超期未办结"),
    "due": ("c.state <> 'closed' AND c.due_at >= %(now)s AND c.due_at < %(end)s", "今天到期"),
    "open": ("c.state <> 'closed'", "在办"),
    "received": ("c.received_at >= %(start)s", "今天收件"),
    "closed": ("c.closed_at >= %(start)s", "今天办结"),
}


@require_GET
def today(request: HttpRequest) -> HttpResponse:
    """One page for one minute."""
    actor, now = in_role(request, *LEADERS), clock.now()
    figures, loads = reading.today(actor, now=now), reading.loads(actor, now=now)
    late = reading.seen(actor, also=_KINDS["late"][0], size=15, now=now, order="c.due_at")
    names = routes_now().office_names
    tile = [
        ("late", _("超期未办结"), figures.late, "late" if figures.late else None),
        ("due", _("今天到期"), figures.due_today, "soon" if figures.due_today else None),
        ("open", _("在办"), figures.open, None),
        ("received", _("今天收件"), figures.received, None),
        ("closed", _("今天办结"), figures.closed, None),
    ]
    return page(
        request, "leader.jinja", now=now,
        tiles=[{"what": what, "figure": figure, "unit": _("件"), "then": "", "tone": tone,
                "href": reverse("today-cases", args=[kind]), "icon": None}
               for kind, what, figure, tone in tile],
        late=[_late(row, now, names) for row in late], loads=loads, low=figures.low_ratings,
        bars=[{"label": load.name, "value": load.late, "shown": str(load.late), "tone": "late",
               "href": reverse("today-office", args=[load.office_id]),
               "note": _("在办 {}").format(load.open)} for load in loads if load.late][:12],
    )


def _late(row: reading.Row, now: datetime, names: dict[int, str]) -> dict[str, str]:
    return {"id": row.number, "item": plain_name(row.item.name), "who": row.applicant,
            "late": light_of(row.due_at, row.warn_on, now)[1], "why": f"{names.get(row.office_id, '')} {row.waits_for}",
            "number": group_case_number(row.number), "href": reverse("case", args=[row.number])}


@require_GET
def cases(request: HttpRequest, kind: str) -> HttpResponse:
    """The cases behind a figure."""
    actor, now = in_role(request, *LEADERS), clock.now()
    if kind not in _KINDS:
        raise NotFound(_("没有这个数字"))
    condition, title = _KINDS[kind]
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = reading.seen(actor, also=condition, now=now, start=start,
                        end=start.replace(hour=23, minute=59, second=59), size=200)
    return page(request, "leader_cases.jinja", title=title, rows=lines(rows, now))


@require_GET
def office(request: HttpRequest, office: int) -> HttpResponse:
    """The open cases that wait for one office."""
    actor, now = in_role(request, *LEADERS), clock.now()
    rows = reading.seen(
        actor, now=now, office=office, size=200,
        also="c.id IN (SELECT s.case_id FROM cases_step s WHERE s.state = 'open'"
        " AND s.office_id = %(office)s UNION SELECT t.id FROM cases_case t"
        " WHERE t.state = 'received' AND t.office_id = %(office)s)",
    )
    return page(request, "leader_cases.jinja", rows=lines(rows, now),
                title=routes_now().office_names.get(office, ""))
