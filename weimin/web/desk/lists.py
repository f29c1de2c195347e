"""The lists of the desk: what waits for me, and search."""

from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from weimin.cases import reading
from weimin.cases.file import CaseFile
from weimin.flow.profiles import PAUSE_TITLES
from weimin.kernel import clock
from weimin.kernel.codes import group_case_number
from weimin.web.desk.batch import asks_opinion_only
from weimin.web.desk.case import context_of
from weimin.web.desk.looked_for import folded, looked_for
from weimin.web.jinja import url
from weimin.web.page import HANDLERS, in_role, page, page_number, part_of, staff
from weimin.web.words import light_of, plain_name


@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """What needs me now, late first; on a wide screen with the chosen case beside it.

    The address keeps the filter, the page and the case. A chosen case that is gone, or not mine to
    see, is the same not-found as everywhere.
    """
    actor, now = in_role(request, *HANDLERS), clock.now()
    view, number = request.GET.get("view", "mine"), page_number(request, 20)
    late_only, chosen = view == "late", request.GET.get("case", "")
    work = reading.work(actor, now=now, late_only=late_only, page=number)
    shown = work.late if late_only else work.total
    groups = _groups(work.rows, now, chosen)
    context: dict[str, Any] = {
        "groups": groups, "picks": any(case["pick"] for group in groups for case in group["cases"]),
        "view": "late" if late_only else "mine",
        "number": number, "total": shown,
        "filters": [
            {"text": _("等我办"), "href": "?view=mine", "current": not late_only,
             "count": _count(work.total)},
            {"text": _("超期"), "href": "?view=late", "current": late_only, "count": _count(work.late),
             "tone": "late"},
        ],
        "pager": _pager(number, shown, f"?view={view}&page="),
    }
    if part_of(request) == "list":
        return page(request, "desk/_list.jinja", **context)
    if chosen:
        file = CaseFile.load(chosen, actor=actor, now=now, lock=False, sealed=True)
        context |= context_of(request, file)
    return page(request, "desk/list.jinja", **context)


def _count(number: int) -> str:
    return f"{reading.EXACT_UP_TO}+" if number > reading.EXACT_UP_TO else str(number)


def _pager(number: int, total: int, base: str) -> dict[str, object]:
    pages = max(1, -(-min(total, reading.EXACT_UP_TO) // reading.PAGE))
    return {
        "page": number, "pages": pages, "total": _count(total),
        "prev": f"{base}{number - 1}" if number > 1 else None,
        "next": f"{base}{number + 1}" if number < pages else None,
    }


def _groups(rows: list[reading.Row], now: datetime, chosen: str) -> list[dict[str, Any]]:
    titles = {"red": _("超期"), "yellow": _("快到期"), "green": _("不急"), "grey": _("不计时")}
    groups: dict[str, list[dict[str, object]]] = {}
    address, waits, pick = url("case", "0").removesuffix("0"), _("等您{}"), _("选 {}")
    held, paused = _("{}在办：{}"), _("暂停中：{}")
    light = cache(lambda due_at, warn_on: light_of(due_at, warn_on, now))  # many end on one day
    for row in rows:
        colour, word = light(row.due_at, row.warn_on)
        name = f"{plain_name(row.item.name)} · {row.applicant}"
        groups.setdefault(colour, []).append(
            {
                "id": f"{row.number}:{row.step_id or ''}:{row.step_version}",
                "href": address + row.number, "name": name,
                "pick": pick.format(name) if asks_opinion_only(row) else "",
                "why": held.format(row.holder, row.waits_for) if row.holder
                else paused.format(PAUSE_TITLES.get(row.pause, "")) if row.pause  # type: ignore[call-overload]
                else waits.format(row.waits_for),
                "number": group_case_number(row.number), "color": colour, "word": word,
                "current": row.number == chosen, "picked": False,
            }
        )
    return [{"title": titles[c], "cases": groups[c]} for c in titles if c in groups]


@require_http_methods(["GET", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """By number, name, identity number or phone; without words, the newest that are under way.

    The words are sent in the body; the address of what was found holds them folded.
    """
    actor, now = staff(request), clock.now()
    if request.method == "POST":
        return redirect(f"{request.path}?s={folded(request.POST.get('q', '').strip(), actor)}")
    text = looked_for(request, actor)
    number, state = page_number(request), request.GET.get("state", "" if text else "open")
    state = state if state in reading.STATES else "all"
    rows = (reading.search(actor, text, state=state, page=number) if text
            else reading.seen(actor, also=reading.STATES.get(state, ""), page=number))
    if text and len(rows) == 1 and rows[0].number == text.replace(" ", ""):
        return redirect("case", rows[0].number)
    asked = f"?s={folded(text, actor)}"
    base = f"{asked}&state={state}&page="
    here = request.path + base + str(number)
    titles = {"all": _("全部"), "open": _("在办"), "closed": _("已办结")}
    return page(request, "desk/search.jinja", rows=lines(rows, now), text=text, number=number, asked=asked,
                more=len(rows) == reading.PAGE, state=state, base=base,
                came=f"?from={quote(here, safe='')}",
                filters=[{"text": title, "href": f"{asked}&state={key}", "current": key == state}
                         for key, title in titles.items()])


def lines(rows: list[reading.Row], now: datetime) -> list[dict[str, object]]:
    """Rows as the tables of cases draw them."""
    found = []
    for row in rows:
        colour, word = light_of(row.due_at, row.warn_on, now)
        found.append({"row": row, "item": plain_name(row.item.name), "color": colour,
                      "word": word})
    return found
