"""A list of cases as a sheet, masked as on the screen."""

import io
from datetime import datetime

import xlsxwriter
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from weimin.cases import reading
from weimin.flow.actions import STATE_TITLES
from weimin.kernel import clock
from weimin.web.desk.looked_for import looked_for
from weimin.web.page import HANDLERS, in_role, staff
from weimin.web.words import light_of

# Heads and widths. The number identifies and stays text; moments are moments.
_COLUMNS = (("编号", 14), ("事项", 34), ("申请人", 12), ("状态", 14), ("等什么", 24),
            ("收件时间", 17), ("到期", 17), ("剩余", 18))


@require_GET
def excel(request: HttpRequest) -> HttpResponse:
    """What the list or the search shows, up to a thousand rows."""
    searched = request.GET.get("of") == "search"
    actor, now = staff(request) if searched else in_role(request, *HANDLERS), clock.now()
    if searched:
        rows = reading.search(actor, looked_for(request, actor), state=request.GET.get("state", ""),
                              size=reading.EXACT_UP_TO)
    else:
        rows = reading.work(actor, now=now, late_only=request.GET.get("view") == "late",
                            size=reading.EXACT_UP_TO).rows
    response = HttpResponse(
        _book(rows, now),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    response["Content-Disposition"] = f'attachment; filename="cases-{clock.local(now):%Y%m%d}.xlsx"'
    return response


def _book(rows: list[reading.Row], now: datetime) -> bytes:
    out = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, plain) as book:
        sheet = book.add_worksheet("办件")
        bold = book.add_format({"bold": True})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for n, (head, width) in enumerate(_COLUMNS):
            sheet.write_string(0, n, _(head), bold)
            sheet.set_column(n, n, width)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(1, len(rows)), len(_COLUMNS) - 1)
        for n, row in enumerate(rows, start=1):
            left = light_of(row.due_at, row.warn_on, now)[1] if row.state != "closed" else ""
            texts = (row.number, row.item.name, row.applicant, STATE_TITLES[row.state], row.waits_for)
            for column, text in enumerate(texts):
                sheet.write_string(n, column, text)
            for column, at in ((5, row.received_at), (6, row.due_at)):
                if at is not None:  # Excel knows no time zones: the wall clock of Shanghai
                    sheet.write_datetime(n, column, at.replace(tzinfo=None), moment)
            sheet.write_string(n, 7, left)
    return out.getvalue()
