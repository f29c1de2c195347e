"""A leader's page: today, late and why, who answers, one click down to the case."""

from datetime import datetime
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from weimin.cases import overseeing, reading
from weimin.catalogue.routes import routes_now
from weimin.kernel import clock
from weimin.kernel.codes import group_case_number
from weimin.kernel.errors import NotFound
from weimin.web.page import in_role, page, page_number, pages
from weimin.web.words import light_of, plain_name

LEADERS = ("leader", "supervisor", "government_head", "head")
_TITLES = {"late": "超期未办结", "due": "今天到期", "open": "在办", "received": "今天收件",
           "closed": "今天办结"}
_TONES = {"late": "late", "due": "soon"}
_FIRST, _MOST_OFFICES = 10, 30


@require_GET
def today(request: HttpRequest) -> HttpResponse:
    """One page for one minute."""
    actor, now = in_role(request, *LEADERS), clock.now()
    found, loads = overseeing.today(actor, now=now), overseeing.loads(actor, now=now)
    late = overseeing.behind(actor, "late", now=now, size=_FIRST)
    rest = loads[_MOST_OFFICES:]
    return page(
        request, "leader.jinja", now=now, low=found.low_ratings, worst=loads[0] if loads else None,
        tiles=[{"what": _(_TITLES[kind]), "figure": figure, "unit": _("件"), "then": "",
                "tone": _TONES.get(kind) if figure else None, "icon": None,
                "href": reverse("today-cases", args=[kind])}
               for kind, figure in found.figures.items()],
        late=lines(late, now, reverse("today")), more=found.figures["late"] > len(late),
        loads=[{"name": load.name, "open": load.open, "late": load.late or "",
                "next": clock.say_date(load.next_due.date()) if load.next_due else "",
                "href": reverse("today-office", args=[load.office_id])}
               for load in loads[:_MOST_OFFICES]],
        marks=[{"name": mark.office, "again": mark.again or "", "outside": mark.outside or ""}
               for mark in overseeing.marks(actor, now=now)[:_MOST_OFFICES]],
        rest={"offices": len(rest), "open": sum(r.open for r in rest), "late": sum(r.late for r in rest)},
        total={"open": sum(x.open for x in loads), "late": sum(x.late for x in loads)},
    )


def lines(rows: list[reading.Row], now: datetime, back: str) -> list[dict[str, object]]:
    """What waits for whom, who answers for it, and how late it is."""
    names = routes_now().office_names
    found: list[dict[str, object]] = []
    for row in rows:
        colour, word = light_of(row.due_at, row.warn_on, now)
        office = "" if row.state == "noticed" else names.get(row.office_id, "")
        found.append({
            "id": row.number, "item": plain_name(row.item.name), "who": row.applicant,
            "color": colour, "word": word, "state": row.state, "late": row.late,
            "why": f"{office} {row.waits_for}".strip() if row.state != "closed" else "",
            "lead": row.lead, "number": group_case_number(row.number),
            "href": f"{reverse('case', args=[row.number])}?from={quote(back, safe='')}",
        })
    return found


@require_GET
def cases(request: HttpRequest, kind: str) -> HttpResponse:
    """The cases behind a figure, late first."""
    actor, now, number = in_role(request, *LEADERS), clock.now(), page_number(request)
    if kind not in overseeing.FIGURES:
        raise NotFound(_("没有这个数字"))
    rows = overseeing.behind(actor, kind, now=now, page=number)
    return _list(request, _(_TITLES[kind]), rows, overseeing.count(actor, kind, now=now), now)


@require_GET
def office(request: HttpRequest, office: int) -> HttpResponse:
    """The open cases that one office answers for, late first."""
    actor, now, number = in_role(request, *LEADERS), clock.now(), page_number(request)
    rows = overseeing.of_office(actor, office, now=now, page=number)
    title = _("{}主办的在办件").format(routes_now().office_names.get(office, ""))
    return _list(request, title, rows, overseeing.count(actor, office=office, now=now), now)


def _list(
    request: HttpRequest, title: str, rows: list[reading.Row], total: int, now: datetime
) -> HttpResponse:
    return page(request, "leader_cases.jinja", title=title, total=total,
                rows=lines(rows, now, request.get_full_path()),
                pager=pages(request, total, reading.PAGE)[1])
