"""红黄牌: what was issued, to whom, and what became of it; each line opens its case."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from weimin.cases import overseeing, reading
from weimin.cases.cards import COLOUR_TITLES, STATE_TITLES
from weimin.web.page import HANDLERS, in_role, page, page_number, pages
from weimin.web.words import plain_name

_OVERSEERS = ("leader", "supervisor", "government_head")


@require_GET
def cards(request: HttpRequest) -> HttpResponse:
    """My offices' cards; for those who supervise, the cards of their area."""
    actor = in_role(request, *HANDLERS, *_OVERSEERS)
    number, state = page_number(request), request.GET.get("state", "")
    if state not in STATE_TITLES:
        state = ""
    rows, counts = overseeing.cards(
        actor, state=state, all_offices=actor.has(*_OVERSEERS), page=number
    )
    shown = counts.get(state, 0) if state else sum(counts.values())
    filters = [("", _("全部"), sum(counts.values()))] + [
        (key, title, counts.get(key, 0)) for key, title in STATE_TITLES.items()
    ]
    return page(
        request, "desk/cards.jinja", state=state,
        rows=[{"row": row, "item": plain_name(row.item), "colour": row.colour,
               "card": COLOUR_TITLES[row.colour], "state": STATE_TITLES[row.state],
               "about": row.about or _("全件期限")} for row in rows],
        filters=[{"text": text, "href": f"?state={key}", "current": key == state, "count": count,
                  "tone": "late" if key == "contested" and count else None}
                 for key, text, count in filters],
        pager=pages(request, shown, reading.PAGE)[1],
    )
