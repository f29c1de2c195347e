"""审计: who did what, who looked at whose numbers, and whether the trail holds."""

from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from weimin.cases.models import Case
from weimin.kernel import clock
from weimin.kernel.clock import say_moment
from weimin.kernel.codes import group_case_number
from weimin.kernel.errors import Invalid
from weimin.network.models import Account, Office
from weimin.trail import chain
from weimin.trail.models import Event, Reveal
from weimin.trail.verify import verify
from weimin.web.admin.common import admin_page, date_in, errors_of
from weimin.web.admin.people import said_of
from weimin.web.page import in_role, pages

VIEWS = {"admin": "管理操作", "login": "登录退出", "reveals": "查看完整号码",
         "content": "限制和删除个人信息"}
LOGINS = ("log_in", "log_out", "switch_post")
_MOST_NAMES = 200


@require_http_methods(["GET", "POST"])
def audit(request: HttpRequest) -> HttpResponse:
    """One kind of record, newest first, of one person or of some days if asked."""
    in_role(request, "auditor")
    report = None
    if request.method == "POST":
        report = verify(keys=settings.KEYS, exported=settings.HOME / "roots")
    view = request.GET.get("s", "admin")
    view = view if view in VIEWS else "admin"
    errors: list[dict[str, str]] = []
    rows: QuerySet[Any]
    if view == "reveals":
        rows, moment = Reveal.objects.order_by("-id"), "at"
    else:
        events = Event.objects.exclude(subject_type__in=("case", "demo"))
        if view == "content":  # a partial index has these
            events = Event.objects.filter(subject_type="case", verb__in=("restrict", "lift", "erase"))
        elif view == "login":
            events = events.filter(verb__in=LOGINS)
        else:
            events = events.exclude(verb__in=LOGINS)
        rows, moment = events.order_by("-recorded_at"), "recorded_at"
    try:
        rows = _between(rows, moment, request)
    except Invalid as error:
        errors = errors_of(error)
    text = request.GET.get("q", "").strip()
    if text:
        who = Account.objects.filter(name__contains=text) | Account.objects.filter(username=text)
        rows = rows.filter(account_id__in=list(who.values_list("pk", flat=True)[:_MOST_NAMES]))
    at, pager = pages(request, rows.count())
    found = list(rows[at])
    told_of = {r.subject_id for r in found if r.subject_type == "account"}
    names = dict(Account.objects.filter(pk__in=told_of | {r.account_id or 0 for r in found})
                 .values_list("pk", "name"))
    numbers = dict(Case.objects.filter(pk__in={r.subject_id for r in found if r.subject_type == "case"})
                   .values_list("pk", "number"))
    offices = dict(Office.objects.filter(pk__in={r.subject_id for r in found if r.subject_type == "office"})
                   .values_list("pk", "name"))
    keep = f"&q={text}" if text else ""
    return admin_page(
        request, "audit.jinja", door="admin-audit", report=report, view=view, text=text,
        pager=pager, errors=errors, first=request.GET.get("first", ""),
        last=request.GET.get("last", ""),
        chips=[{"text": _(title), "href": f"?s={key}{keep}", "current": key == view}
               for key, title in VIEWS.items()],
        rows=_lines(found, names, numbers, offices), status=422 if errors else 200,
    )


def _between(rows: QuerySet[Any], moment: str, request: HttpRequest) -> QuerySet[Any]:
    first = date_in(request.GET, "first", needed=False)
    last = date_in(request.GET, "last", needed=False)
    if first:
        rows = rows.filter(**{f"{moment}__gte": datetime.combine(first, time(), clock.SHANGHAI)})
    if last:
        end = datetime.combine(last + timedelta(days=1), time(), clock.SHANGHAI)
        rows = rows.filter(**{f"{moment}__lt": end})
    return rows


SUBJECTS = {"account": "账号", "case": "办件", "person": "自然人", "pack": "地方包", "office": "单位",
            "delegation": "赋权", "decree": "放假通知", "message": "通知", "job": "后台任务",
            "item": "事项", "post": "岗位"}


REVEALED = {"phone": "完整电话", "identity": "完整证件号", "intake": "姓名、住址、持有的证照"}


def _of(row: Any, names: dict[int, str], numbers: dict[int, str], offices: dict[int, str]) -> str:
    title = _(SUBJECTS.get(row.subject_type, row.subject_type))
    if row.subject_type == "case":
        number = numbers.get(row.subject_id)
        return f"{title} {group_case_number(number) if number else row.subject_id}"
    if row.subject_type == "account":
        return f"{title} {names.get(row.subject_id, row.subject_id)}"
    if row.subject_type == "office":
        return offices.get(row.subject_id, title)
    return f"{title} {row.subject_id}" if row.subject_id else title


def _lines(
    rows: list[Any], names: dict[int, str], numbers: dict[int, str], offices: dict[int, str]
) -> list[dict[str, str]]:
    if rows and isinstance(rows[0], Reveal):
        return [{"at": say_moment(r.at), "who": names.get(r.account_id or 0, ""), "what": _(REVEALED.get(r.what, r.what)),
                 "of": _of(r, names, numbers, offices), "said": r.purpose} for r in rows]
    return [{"at": say_moment(r.recorded_at), "who": names.get(r.account_id or 0, _("系统")),
             "what": chain.title_of(r.verb), "of": _of(r, names, numbers, offices), "said": said}
            for r, said in zip(rows, said_of(rows), strict=True)]
