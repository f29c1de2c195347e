"""人员 from a sheet and to one: a template with every post, a preview row by row, the import."""

import io
import json
from collections.abc import Iterable
from typing import Any

import xlsxwriter
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from weimin.cases import roster
from weimin.kernel import clock
from weimin.kernel.sheet import read_sheet
from weimin.network.models import Holding, Post
from weimin.web.admin.common import admin_page
from weimin.web.page import in_role

_SHOWN = 300  # rows of a preview; the others are counted
_PREPARED = 500  # rows of the template with a list to choose from
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_http_methods(["GET", "POST"])
def people_import(request: HttpRequest) -> HttpResponse:
    """Send a sheet, look at what would happen, carry the good rows out. Safe to repeat."""
    actor = in_role(request, "secadmin")
    if request.method == "GET":
        return _form(request)
    try:
        if "rows" in request.POST:
            entries = roster.entries_back(json.loads(request.POST["rows"]))
        else:
            sent = request.FILES.get("sheet")
            if sent is None:
                raise ValueError(_("请选择一个表格文件"))
            entries = roster.entries_of(read_sheet(sent.read(), sent.name or ""))
            if not entries:
                raise ValueError(_("表头下面没有人"))
        roster.judge(entries, now=clock.now())
    except ValueError as error:  # json's own errors are ValueErrors too
        return _form(request, [{"href": "#sheet", "text": str(error)}])
    if "rows" in request.POST:
        done = roster.carry_out(entries, actor=actor, now=clock.now())
        return admin_page(request, "people_imported.jinja", door="admin-people-import", done=done)
    good = [e for e in entries if not e.faults and not e.there]
    return admin_page(
        request, "people_preview.jinja", door="admin-people-import", entries=entries[:_SHOWN],
        more=max(0, len(entries) - _SHOWN), good=len(good),
        there=sum(1 for e in entries if e.there and not e.faults),
        bad=[e for e in entries if e.faults][:_SHOWN], faults=sum(1 for e in entries if e.faults),
        fresh=len({e.username.lower() for e in good if e.account_id is None}),
        rows=json.dumps([e.said() for e in entries], ensure_ascii=False),
    )


def _form(request: HttpRequest, errors: list[dict[str, str]] | None = None) -> HttpResponse:
    return admin_page(request, "people_import.jinja", door="admin-people-import",
                      errors=errors or [], status=422 if errors else 200)


@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """The sheet to fill in, and beside it every post with its office's code and who is there."""
    in_role(request, "secadmin")
    holders = dict(Holding.objects.filter(deputy=False, during__contains=clock.today())
                   .values_list("post_id", "account__name"))
    posts = Post.objects.filter(office__valid_to=None, valid_to=None).order_by("office__code", "pk").values_list(
        "pk", "office__code", "office__name", "title", "on_duty")
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False,
                                   "strings_to_numbers": False}) as book:
        bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(_("人员"))
        heads = [words[0] + ("*" if key in roster.NEEDED else "")
                 for key, words in roster.COLUMNS.items()]
        sheet.set_column(0, len(heads) - 1, 18, text)  # text: Excel changes no number and no day
        sheet.write_row(0, 0, heads, bold)
        sheet.freeze_panes(1, 0)
        for column in (6, 7):
            sheet.data_validation(1, column, _PREPARED, column,
                                  {"validate": "list", "source": [_("是"), _("否")]})
        _posts_sheet(book, bold, posts, holders)
    response = HttpResponse(out.getvalue(), content_type=_KIND)
    response["Content-Disposition"] = f'attachment; filename="staff-{clock.today():%Y%m%d}.xlsx"'
    return response


def _posts_sheet(
    book: Any, bold: Any, posts: Iterable[tuple[int, str, str, str, bool]], holders: dict[int, str]
) -> None:
    sheet = book.add_worksheet(_("岗位对照"))
    sheet.set_column(0, 4, 24)
    sheet.write_row(0, 0, [_("单位编码"), _("单位名称"), _("岗位"), _("值班"), _("现任")], bold)
    sheet.freeze_panes(1, 0)
    n = 0
    for n, (pk, code, name, title, duty) in enumerate(posts, start=1):
        sheet.write_row(n, 0, [code, name, title, _("是") if duty else "", holders.get(pk, "")])
    sheet.autofilter(0, 0, max(1, n), 4)
