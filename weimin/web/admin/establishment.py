"""设置单位与岗位: made, ended with an heir, closed; each on a page of its own with what it will do."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from weimin.cases import ending
from weimin.cases.staffing import led
from weimin.catalogue.routes import routes_now
from weimin.kernel import clock
from weimin.kernel.clock import say_date
from weimin.kernel.errors import Invalid, NotFound, WeiminError
from weimin.kernel.text import whole_number
from weimin.network import offices, posts
from weimin.network.actor import STAFF_ROLES
from weimin.network.models import Area, Holding, Line, Office, Post, living
from weimin.web.admin.common import admin_page, date_in, errors_of
from weimin.web.admin.offices import found
from weimin.web.page import in_role

_MOST_HEIRS = 30
# What each role may do, in a few words: who makes a post is asked to choose them.
ROLE_HINTS = {
    "info_officer": "村（社区）：收件、协助补正、送达", "clerk": "窗口：收件、受理、送达",
    "reviewer": "审核、办理环节", "head": "本单位的批准、改派、延期", "government_head": "政府一级的批准",
    "supervisor": "看本地方全部的件，督办", "leader": "看今日情况",
    "sysadmin": "单独设岗", "secadmin": "单独设岗", "auditor": "单独设岗",
}


def at_fields(errors: list[dict[str, str]]) -> dict[str, str]:
    """The errors of a form by the field they stand at."""
    return {error["href"].removeprefix("#"): error["text"] for error in errors}


def said_by(error: WeiminError) -> list[dict[str, str]]:
    """Any refusal as the summary on top of a page draws it."""
    if isinstance(error, Invalid):
        return errors_of(error)
    return [{"href": "#main", "text": f"{error.message}{'。' + error.remedy if error.remedy else ''}"}]


def _roles() -> list[dict[str, str]]:
    return [{"value": key, "text": _(title), "hint": _(ROLE_HINTS[key])} for key, title in STAFF_ROLES.items()]


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new office in an area, with its lines and its first post."""
    actor = in_role(request, "sysadmin")
    typed: dict[str, Any] = {"first": str(clock.today()), "kind": "office", **request.POST.dict()}
    area = Area.objects.filter(
        living(clock.today()), code=typed.get("area") or request.GET.get("area", "")).first()
    if area is None:
        raise NotFound(_("没有这个地方"), _("请在“单位与岗位”里先走到那个地方，再新建"))
    typed["lines"] = request.POST.getlist("lines")
    typed["roles"] = request.POST.getlist("roles") if request.method == "POST" else ["reviewer", "clerk"]
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            made = offices.make(
                area=area.code, name=typed.get("name", ""), kind=typed["kind"], lines=typed["lines"],
                take_over=typed.get("take_over") == "1", first=date_in(typed, "first"),
                phone=typed.get("phone", ""), address=typed.get("address", ""),
                windows=typed.get("windows", ""), post=typed.get("post", ""), roles=typed["roles"],
                actor=actor, now=clock.now())
            return redirect(reverse("admin-office", args=[made.pk]) + "?said=made")
        except Invalid as error:
            errors = errors_of(error)
    held = offices.holders_of(area.code, clock.today())
    return admin_page(
        request, "office_new.jinja", door="admin-offices", area=area, typed=typed, errors=errors,
        wrong=at_fields(errors), kinds=[(key, _(title)) for key, title in offices.KINDS.items()],
        roles=[role for role in _roles() if role["value"] not in posts.ADMINISTRATORS], lines=[
            {"value": line.key, "text": line.name,
             "hint": _("现由{}承担").format(held[line.key].name) if line.key in held else _("还没有单位承担")}
            for line in Line.objects.order_by("order")],
        status=422 if errors else 200,
    )


@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, office: int) -> HttpResponse:
    """End an office: from when, who takes over, and what that means."""
    actor = in_role(request, "sysadmin")
    row = _office(office)
    typed = {"on": str(clock.today()), **request.POST.dict()}
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        heir = typed.get("successor", "")
        try:
            done = ending.end_office(
                office, on=date_in(typed, "on"), lapse=typed.get("lapse") == "1", actor=actor,
                successor=whole_number(heir), now=clock.now())
            return redirect(reverse("admin-office", args=[office]) + f"?said=ended&moved={done.moved}")
        except WeiminError as error:
            errors = said_by(error)
    text = request.GET.get("q", typed.get("q", "")).strip()
    heirs, total = _heirs(row, text)
    return admin_page(
        request, "office_end.jinja", door="admin-offices", office=row, typed=typed, errors=errors,
        wrong=at_fields(errors), text=text, heirs=heirs, more=total > len(heirs),
        lines="、".join(row.lines.filter(officeline__in=row.officeline_set.filter(
            offices.at_work(clock.today()))).distinct().values_list("name", flat=True)),
        running=ending.running_at(office), status=422 if errors else 200,
    )


def _office(office: int) -> Office:
    row = Office.objects.select_related("area").filter(pk=office).first()
    if row is None:
        raise NotFound(_("没有这个单位"))
    return row


def _heirs(office: Office, text: str) -> tuple[list[dict[str, str]], int]:
    """Who could take over: the neighbours in the same area, or whoever was searched for."""
    rows = found(text) if text else Office.objects.filter(area_id=office.area_id)
    rows = rows.filter(living(clock.today()), valid_to=None).exclude(pk=office.pk)
    manned = routes_now().duty_posts
    return [
        {"value": str(each.pk), "text": each.name,
         "hint": "；".join(filter(None, (
             each.area.full_name if each.area_id != office.area_id else "",
             "" if each.pk in manned else _("值班岗位没有人，在办件移不过去"))))}
        for each in rows.select_related("area").order_by("code")[:_MOST_HEIRS]
    ], rows.count()


@require_POST
def do(request: HttpRequest, office: int, verb: str) -> HttpResponse:
    """Take an ending back, or give the office back to its pack."""
    actor = in_role(request, "sysadmin")
    verbs: dict[str, Callable[..., Any]] = {"restore": ending.restore_office, "give-back": offices.give_back}
    if verb not in verbs:
        raise NotFound(_("没有这个操作"))
    verbs[verb](office, actor=actor, now=clock.now())
    return redirect(f"{reverse('admin-office', args=[office])}?said={verb}")


@require_http_methods(["GET", "POST"])
def post_new(request: HttpRequest, office: int) -> HttpResponse:
    """A new post in an office; who holds it the security administrator says."""
    actor = in_role(request, "sysadmin")
    row = _office(office)
    typed: dict[str, Any] = {**request.POST.dict(), "roles": request.POST.getlist("roles")}
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            posts.make(office, title=typed.get("title", ""), roles=typed["roles"], actor=actor, now=clock.now())
            return redirect(reverse("admin-office", args=[office]) + "?said=post#posts")
        except WeiminError as error:
            errors = said_by(error)
    return admin_page(request, "post_new.jinja", door="admin-offices", office=row, typed=typed,
                      errors=errors, wrong=at_fields(errors), roles=_roles(),
                      status=422 if errors else 200)


@require_http_methods(["GET", "POST"])
def post(request: HttpRequest, post: int) -> HttpResponse:
    """One post: its title, whether it is on duty, and whether it can be closed."""
    actor = in_role(request, "sysadmin")
    row, errors = _post(post), list[dict[str, str]]()
    typed = {"title": row.title, **request.POST.dict()}
    if request.method == "POST":
        try:
            posts.retitle(post, title=typed["title"], actor=actor, now=clock.now())
            return redirect(reverse("admin-post", args=[post]) + "?said=saved")
        except WeiminError as error:
            errors = said_by(error)
    return _draw_post(request, row, typed, errors)


def _post(post: int) -> Post:
    row = Post.objects.select_related("office__area").filter(pk=post).first()
    if row is None:
        raise NotFound(_("没有这个岗位"))
    return row


def _draw_post(
    request: HttpRequest, row: Post, typed: dict[str, str], errors: list[dict[str, str]]
) -> HttpResponse:
    today = clock.today()
    holders = Holding.objects.filter(
        Q(during__upper_inf=True) | Q(during__endswith__gt=today), post=row,
    ).select_related("account").order_by("deputy", "pk")
    return admin_page(
        request, "post.jinja", door="admin-offices", post=row, typed=typed, errors=errors,
        wrong=at_fields(errors), roles="、".join(_(STAFF_ROLES[role]) for role in row.roles),
        closed=say_date(row.valid_to) if row.valid_to else "", leads=led([row.pk]).get(row.pk, 0),
        stands=row.office.valid_to is None or row.office.valid_to > today,
        reopens=not row.pack or "valid_to" in row.kept, kept=bool({*row.kept} - {"valid_to"}),
        holders=[h.account.name + (_("（代理）") if h.deputy else "") for h in holders],
        said=request.GET.get("said"), status=422 if errors else 200,
    )


@require_POST
def post_do(request: HttpRequest, post: int, verb: str) -> HttpResponse:
    """Close a post, have it again, put it on duty, give it back; a refusal is said on its page."""
    actor = in_role(request, "sysadmin")
    verbs: dict[str, Callable[..., Any]] = {
        "close": ending.close_post, "reopen": ending.reopen_post, "duty": posts.put_on_duty,
        "give-back": posts.give_back}
    if verb not in verbs:
        raise NotFound(_("没有这个操作"))
    row = _post(post)
    try:
        verbs[verb](post, actor=actor, now=clock.now())
    except WeiminError as error:
        return _draw_post(request, row, {"title": row.title}, said_by(error))
    return redirect(f"{reverse('admin-post', args=[post])}?said={verb}")
