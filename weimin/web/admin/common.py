"""What every page of the administration needs: its doors, its pages of rows, its words."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from weimin.kernel.clock import say_date
from weimin.kernel.errors import Invalid, NotFound
from weimin.kernel.sheet import day_of
from weimin.kernel.text import whole_number
from weimin.network.actor import Actor
from weimin.web.page import actor_of, page

ADMINS = ("sysadmin", "secadmin", "auditor")

# Which administrator opens which door: three powers that check each other (三员分立).
DOORS: dict[str, tuple[str, ...]] = {
    "sysadmin": ("admin-packs", "admin-offices", "admin-delegations", "admin-calendar",
                 "admin-deliveries", "admin-jobs", "admin-now"),
    "secadmin": ("admin-people", "admin-people-import", "admin-offices", "admin-now"),
    "auditor": ("admin-audit", "admin-now"),
}
# Title, icon, what is behind it.
TITLES = {
    "admin-packs": ("地方包", "file-text", "事项、流程、机构的版本；检查、比较、发布"),
    "admin-offices": ("单位与岗位", "building-2", "谁在哪里；电话、地址、空缺的岗位"),
    "admin-delegations": ("赋权", "arrow-left-right", "下放、委托；从某日起，随时收回"),
    "admin-calendar": ("放假安排", "calendar", "录入国务院的通知，先看影响再生效"),
    "admin-deliveries": ("通知", "message-square", "发不出去的，看原因，再次发送"),
    "admin-jobs": ("后台任务", "hourglass", "失败的任务为什么失败，再做一次；现在就备份"),
    "admin-now": ("系统现况", "circle-dot", "容量、备份、存证、谁在线"),
    "admin-people": ("人员", "users", "账号、任岗、代理、密码"),
    "admin-people-import": ("从表格导入", "download", "一次安排一批人"),
    "admin-audit": ("审计", "shield-check", "谁做了什么、看了什么；核验记录"),
}


def doors_of(actor: Actor) -> list[str]:
    """The doors of this administrator, in their order."""
    found = [name for role in ADMINS if actor.has(role) for name in DOORS[role]]
    return list(dict.fromkeys(found))


def admin_page(
    request: HttpRequest, template: str, *, door: str, status: int = 200, **context: Any
) -> HttpResponse:
    """A page of the administration, with the other doors beside it."""
    doors = [{"text": _(TITLES[name][0]), "href": reverse(name), "icon": TITLES[name][1],
              "current": name == door} for name in doors_of(actor_of(request))]
    return page(request, f"admin/{template}", status=status, doors=doors, **context)


def number_of(text: str) -> int:
    """A row's number from a form. Raises NotFound for anything else."""
    found = whole_number(text)
    if found is None:
        raise NotFound(_("没有这一行"))
    return found


def date_in(form: Mapping[str, str], field: str, *, needed: bool = True) -> date | None:
    """A day that was typed. Raises Invalid, naming the field, for what is no day."""
    text = form.get(field, "").strip()
    if not text and not needed:
        return None
    try:
        return day_of(text)
    except ValueError:
        raise Invalid(fields={field: _("请写成 2026-12-01 这样的日期")}) from None


def errors_of(error: Invalid) -> list[dict[str, str]]:
    """An error as the summary on top of a form draws it."""
    if error.fields:
        return [{"href": f"#{key}", "text": text} for key, text in error.fields.items()]
    return [{"href": "#main", "text": f"{error.message}{'。' + error.remedy if error.remedy else ''}"}]


def span_of(during: Any) -> str:
    """``2026年6月1日 起``, or with the last day it holds."""
    first = say_date(during.lower)
    if during.upper is None:
        return _("{} 起").format(first)
    last = say_date(date.fromordinal(during.upper.toordinal() - 1))
    return _("{} 至 {}").format(first, last) if last != first else first
