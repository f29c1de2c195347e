"""The lists of the desk: what waits for me, search, the call list, Excel out, batch decisions."""

import io
from datetime import datetime
from functools import cache
from typing import Any

import xlsxwriter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from weimin.cases import reading
from weimin.cases.file import CaseFile
from weimin.cases.verbs import complete
from weimin.kernel import clock
from weimin.kernel.codes import group_case_number
from weimin.kernel.errors import WeiminError
from weimin.web.desk.case import context_of
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
    rows = reading.work(actor, now=now, late_only=late_only, page=number)
    total, late = reading.work_count(actor, now=now)
    shown = late if late_only else total
    context: dict[str, Any] = {
        "groups": _groups(rows, now, chosen), "view": "late" if late_only else "mine",
        "number": number, "total": shown,
        "filters": [
            {"text": _("等我办"), "href": "?view=mine", "current": not late_only,
             "count": _count(total)},
            {"text": _("超期"), "href": "?view=late", "current": late_only, "count": _count(late),
             "tone": "late"},
        ],
        "pager": _pager(number, shown, f"?view={view}&page="),
    }
    if part_of(request) == "list":
        return page(request, "desk/_list.jinja", **context)
    if chosen:
        file = CaseFile.load(chosen, actor=actor, now=now, lock=False, sealed=True)
        context |= context_of(request, file)
    return page(request, "desk/list.jinja", **context, approved=request.GET.get("done"),
                failed=request.GET.getlist("failed"))


def _count(number: int) -> str:
    return f"{reading.EXACT_UP_TO}+" if number > reading.EXACT_UP_TO else str(number)


def _pager(number: int, total: int, base: str) -> dict[str, object]:
    pages = max(1, -(-min(total, reading.EXACT_UP_TO) // reading.PAGE))
    return {
        "page": number, "pages": pages, "total": _count(total),
        "prev": f"{base}{number - 1}" if number > 1 else None,
        "next": f"{base}{number + 1}" if number < pages else None,
    }


def _groups(rows: list[reading.Row], now: datetime, chosen: str) -> list[dict[str, object]]:
    titles = {"red": _("超期"), "yellow": _("快到期"), "green": _("不急"), "grey": _("不计时")}
    groups: dict[str, list[dict[str, object]]] = {}
    address, waits, pick = url("case", "0").removesuffix("0"), _("等您{}"), _("选 {}")
    light = cache(lambda due_at, warn_on: light_of(due_at, warn_on, now))  # many end on one day
    for row in rows:
        colour, word = light(row.due_at, row.warn_on)
        name = f"{plain_name(row.item.name)} · {row.applicant}"
        groups.setdefault(colour, []).append(
            {
                "id": f"{row.number}:{row.step_id or ''}:{row.step_version}",
                "href": address + row.number, "name": name, "pick": pick.format(name),
                "why": waits.format(row.waits_for),
                "number": group_case_number(row.number), "color": colour, "word": word,
                "current": row.number == chosen, "picked": False,
            }
        )
    return [{"title": titles[c], "cases": groups[c]} for c in titles if c in groups]


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """By number, name, identity number or phone; without words, the newest that I may see."""
    actor, now, text = staff(request), clock.now(), request.GET.get("q", "").strip()
    number = page_number(request)
    rows = reading.search(actor, text, page=number) if text else reading.seen(actor, page=number)
    if text and len(rows) == 1 and rows[0].number == text.replace(" ", ""):
        return redirect("case", rows[0].number)
    return page(request, "desk/search.jinja", rows=lines(rows, now), text=text, number=number,
                more=len(rows) == reading.PAGE)


def lines(rows: list[reading.Row], now: datetime) -> list[dict[str, object]]:
    """Rows as the tables of cases draw them."""
    found = []
    for row in rows:
        colour, word = light_of(row.due_at, row.warn_on, now)
        found.append({"row": row, "item": plain_name(row.item.name), "color": colour,
                      "word": word})
    return found


@require_GET
def calls(request: HttpRequest) -> HttpResponse:
    """Residents whom no SMS reaches and who should hear something today."""
    actor, now, number = staff(request), clock.now(), page_number(request)
    rows = reading.seen(
        actor, page=number,
        also="c.state IN ('noticed', 'decided') AND NOT EXISTS (SELECT FROM cases_party p"
        " JOIN registry_person r ON r.id = p.person_id WHERE p.case_id = c.id"
        " AND r.phone_mask LIKE '1%%')",
    )
    return page(request, "desk/calls.jinja", rows=lines(rows, now), number=number,
                more=len(rows) == reading.PAGE, none_title=_("今天没有要打的电话"),
                none_text=_("收不到短信的居民，要补材料或结果已出时，会出现在这里。"))


@require_GET
def excel(request: HttpRequest) -> HttpResponse:
    """The list as a sheet, masked as on the screen."""
    searched = request.GET.get("of") == "search"
    actor, now = staff(request) if searched else in_role(request, *HANDLERS), clock.now()
    rows = (reading.search(actor, request.GET.get("q", ""), size=reading.EXACT_UP_TO) if searched else reading.work(
        actor, now=now, late_only=request.GET.get("view") == "late", size=reading.EXACT_UP_TO))
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("办件")
        heads = ["编号", "事项", "申请人", "等什么", "到期", "剩余"]
        sheet.write_row(0, 0, heads, book.add_format({"bold": True}))
        sheet.freeze_panes(1, 0)
        for n, row in enumerate(rows, start=1):
            due = row.due_at.strftime("%Y-%m-%d %H:%M") if row.due_at else ""
            sheet.write_row(n, 0, [row.number, row.item.name, row.applicant, row.waits_for, due,
                                   light_of(row.due_at, row.warn_on, now)[1]])
        sheet.set_column(0, 5, 18)
    response = HttpResponse(
        out.getvalue(),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    response["Content-Disposition"] = f'attachment; filename="cases-{now:%Y%m%d}.xlsx"'
    return response


@require_POST
def batch(request: HttpRequest) -> HttpResponse:
    """Approve several open steps at once; each is a verb of its own and fails on its own."""
    actor, now = in_role(request, *HANDLERS), clock.now()
    done, failed = 0, []
    for picked in request.POST.getlist("case")[: reading.PAGE]:
        number, step, version = ([*picked.split(":"), "", ""])[:3]
        if not step.isdigit():
            failed.append(number)
            continue
        try:
            complete(number, actor=actor, now=now, step=int(step), outcome="approve",
                     expect=int(version or 0), key=f"{request.POST.get('key', '')}:{step}",
                     answers={"opinion": request.POST.get("opinion") or _("同意")})
            done += 1
        except WeiminError:
            failed.append(number)
    query = f"done={done}" + "".join(f"&failed={number}" for number in failed)
    return redirect(f"{reverse('desk')}?{query}")
