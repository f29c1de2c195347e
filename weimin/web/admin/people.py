"""人员: accounts and the posts they hold, for the security administrator alone."""

import json
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from weimin.cases import staffing
from weimin.catalogue.models import POWER_TITLES
from weimin.catalogue.routes import area_name
from weimin.kernel import clock
from weimin.kernel.clock import local, say_date, say_moment
from weimin.kernel.errors import Invalid, NotFound, WeiminError
from weimin.kernel.text import whole_number
from weimin.kernel.titles import title_of
from weimin.network import accounts, tokens
from weimin.network.models import LEVEL_TITLES, Account, Holding, Office, Post, Token
from weimin.trail import chain
from weimin.trail.models import Event
from weimin.web.admin.common import admin_page, date_in, errors_of, number_of, span_of
from weimin.web.admin.offices import found as offices_found
from weimin.web.limits import locked, locked_names, unlock
from weimin.web.models import Session
from weimin.web.page import actor_of, in_role, pages
from weimin.web.sessions import end_all

ENDING = timedelta(days=30)
_MOST_OFFICES = 12
_MOST_EVENTS = 20


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Who can log in, with the posts of today; by name, user name, or office."""
    in_role(request, "secadmin")
    text, state, today = request.GET.get("q", "").strip(), request.GET.get("s", ""), clock.today()
    rows = _in_state(_found(text), state)
    at, pager = pages(request, rows.count())
    here = list(rows.order_by("id")[at])
    held: dict[int, list[str]] = {}
    for holding in Holding.objects.filter(
        account__in=here, during__contains=today
    ).select_related("post__office").order_by("deputy", "pk"):
        held.setdefault(holding.account_id, []).append(
            f"{holding.post.office.name} · {holding.post.title}"
            + (_("（代理）") if holding.deputy else ""))
    shut = locked([a.username for a in here])
    states = (("", _("全部")), ("vacant", _("没有岗位")), ("ending", _("30天内到期")),
              ("first", _("还没设密码")), ("locked", _("登录被锁")), ("off", _("已停用")))
    keep = f"&q={text}" if text else ""
    return admin_page(
        request, "people.jinja", door="admin-people", text=text, state=state, pager=pager,
        chips=[{"text": title, "href": f"?s={key}{keep}", "current": state == key}
               for key, title in states],
        rows=[{"id": a.pk, "href": reverse("admin-person", args=[a.pk]), "name": a.name,
               "username": a.username, "posts": "；".join(held.get(a.pk, [])) or _("没有岗位"),
               "off": not a.is_active, "program": a.is_program, "locked": a.username in shut, "first": a.must_change}
              for a in here],
    )


def _found(text: str) -> QuerySet[Account]:
    rows = Account.objects.filter(is_staff_member=True)
    if not text:
        return rows
    there = Holding.objects.filter(during__contains=clock.today(),
                                   post__office__in=offices_found(text).values("pk"))
    return rows.filter(Q(name__contains=text) | Q(username__istartswith=text)
                       | Q(pk__in=there.values("account_id")))


def _in_state(rows: QuerySet[Account], state: str) -> QuerySet[Account]:
    today = clock.today()
    now = Holding.objects.filter(account=OuterRef("pk"), during__contains=today)
    if state == "vacant":
        return rows.filter(~Exists(now), is_active=True)
    if state == "ending":
        return rows.filter(Exists(now.filter(during__endswith__lte=today + ENDING)))
    if state == "first":
        return rows.filter(must_change=True)
    if state == "locked":
        return rows.filter(username__in=locked_names())
    return rows.filter(is_active=False) if state == "off" else rows


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new account; its first password is shown once, on the page that answers."""
    actor = in_role(request, "secadmin")
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            account, password = accounts.create(
                username=request.POST.get("username", ""), name=request.POST.get("name", ""),
                program=request.POST.get("kind") == "program", actor=actor, now=clock.now())
            if account.is_program:
                return redirect(reverse("admin-person", args=[account.pk]) + "?said=program")
            return admin_page(request, "person_password.jinja", door="admin-people",
                              account=account, password=password, made=True)
        except Invalid as error:
            errors = errors_of(error)
    return admin_page(request, "person_new.jinja", door="admin-people", errors=errors,
                      typed=request.POST.dict(), status=422 if errors else 200)


@require_GET
def person(request: HttpRequest, account: int) -> HttpResponse:
    """One account: its posts before, now and later, and what may be done with it."""
    in_role(request, "secadmin")
    return _person(request, accounts.staff_account(account))


def _person(
    request: HttpRequest, account: Account, errors: list[dict[str, str]] | None = None
) -> HttpResponse:
    today = clock.today()
    rows = list(Holding.objects.filter(account=account).select_related("post__office")
                .order_by("-during"))
    past = [h for h in rows if h.during.isempty or (h.during.upper and h.during.upper <= today)]
    future = [h for h in rows if h not in past and h.during.lower > today]
    now = [h for h in rows if h not in past and h not in future]
    cases = staffing.led([h.post_id for h in now if not h.deputy])
    events = list(Event.objects.filter(subject_type="account", subject_id=account.pk)
                  .order_by("-seq")[:_MOST_EVENTS])
    who = dict(Account.objects.filter(pk__in={e.account_id or 0 for e in events})
               .values_list("pk", "name"))
    return admin_page(
        request, "person.jinja", door="admin-people", account=account, errors=errors or [],
        now=[_line(h, cases) for h in now], future=[_line(h) for h in future],
        past=[_line(h) for h in past], today=str(today), typed=request.POST.dict(),
        locked=bool(locked([account.username])), said=request.GET.get("said"),
        oneself=account.pk == request.actor.account_id,  # type: ignore[attr-defined]
        tokens=_tokens(account) if account.is_program else [],
        holds=[{"value": str(h.post_id), "text": f"{h.post.office.name} · {h.post.title}"}
               for h in now if not h.deputy],
        wrong={e["href"][1:]: e["text"] for e in errors or []},
        sessions=Session.objects.filter(account=account, expire_date__gt=clock.now()).count(),
        events=[{"at": say_moment(e.recorded_at), "what": chain.title_of(e.verb),
                 "who": who.get(e.account_id or 0, _("系统")), "said": said}
                for e, said in zip(events, said_of(events), strict=True)],
        status=422 if errors else 200,
    )


def _tokens(account: Account) -> list[dict[str, Any]]:
    """Those that still open something, the newest first."""
    rows = Token.objects.filter(account=account, ends_at__gt=clock.now()).select_related("post__office")
    return [{"id": t.pk, "name": t.name, "post": f"{t.post.office.name} · {t.post.title}",
             "last": say_date(local(t.ends_at - timedelta(seconds=1)).date()),
             "used": say_moment(t.used_at) if t.used_at else ""} for t in rows.order_by("-pk")]


def said_of(events: list[Event]) -> list[str]:
    """What management events say beside their titles, a line each; posts by their names."""
    said = [json.loads(bytes(event.body)).get("d") or {} for event in events]
    names = {
        (code, key): f"{office} · {title}"
        for code, key, office, title in Post.objects.filter(
            office__code__in={str(data["office"]) for data in said if "office" in data}
        ).values_list("office__code", "key", "office__name", "title")
    }
    return [_said(data, names) for data in said]


_CHANGED = {"name": "名称", "title": "名称", "phone": "电话", "address": "地址", "windows": "窗口数",
            "duty": "值班", "on_duty": "值班", "roles": "角色", "kind": "类别"}


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return "、".join(map(str, value)) if isinstance(value, list) else str(value or _("没有"))


def _said(data: dict[str, Any], names: dict[tuple[str, str], str]) -> str:
    if data.get("active") is not None:
        return _("启用") if data["active"] else _("停用")
    if tasks := data.get("tasks", [data["task"]] if data.get("task") else []):
        data = {**data, "task": "、".join(_(title_of(name)) for name in tasks)}
    if power := data.get("power"):
        data = {**data, "power": _(str(POWER_TITLES.get(power, power))), "area": area_name(str(data.get("area"))),
                "level": _(LEVEL_TITLES.get(data.get("level", ""), ""))}
    where = (str(data.get("office", "")), str(data.get("post", "")))
    words = {"first": _("从 {}"), "last": _("到 {}"), "username": _("账号 {}"),
             "pack": "{}", "number": "{}", "item": "{}", "task": "{}", "name": "{}", "title": "{}",
             "on": _("自 {} 起"), "heir": _("由{}承接"), "basis": _("依据{}"), "exempt": _("不受保管期限限制：{}"),
             "document": "{}", "reason": "{}", "kept": "{}"}
    if power:
        words = {"item": "{}", "power": "{}", "area": "{}", "level": _("由{}行使"), **words}
    told = [form.format(data[key]) for key, form in words.items() if data.get(key)]
    before, after = data.get("before"), data.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        told += [_("{}：{} → {}").format(_(_CHANGED.get(key, str(key))), _value(before.get(key)), _value(after[key]))
                 for key in after]
    return "，".join([*([names.get(where, " ".join(where))] if where[0] else []), *told])


def _line(holding: Holding, cases: dict[int, int] | None = None) -> dict[str, Any]:
    upper = holding.during.upper
    return {
        "id": holding.pk, "office": holding.post.office, "title": holding.post.title,
        "deputy": holding.deputy, "span": "" if holding.during.isempty else span_of(holding.during),
        "last": str(upper - timedelta(days=1)) if upper else "",
        "cases": (cases or {}).get(holding.post_id, 0) if not holding.deputy else 0,
    }


@require_http_methods(["GET", "POST"])
def post(request: HttpRequest, account: int) -> HttpResponse:
    """Choose a post for somebody, from when to when, as its holder or as a deputy."""
    actor = in_role(request, "secadmin")
    who = accounts.staff_account(account)
    errors: list[dict[str, str]] = []
    typed = request.POST.dict()
    if request.method == "POST":
        try:
            first, last = date_in(typed, "first"), date_in(typed, "last", needed=False)
            assert first is not None
            staffing.appoint(
                account_id=account, post_id=number_of(typed.get("post") or "0"), first=first,
                last=last, deputy=typed.get("as") == "deputy", replace=typed.get("replace") == "1",
                actor=actor, now=clock.now(),
            )
            return redirect(reverse("admin-person", args=[account]) + "?said=appointed")
        except Invalid as error:
            errors = errors_of(error)
        except WeiminError as error:
            errors = [{"href": "#main", "text": f"{error.message}。{error.remedy}"}]
    text = request.GET.get("q", typed.get("q", "")).strip()
    chosen = request.GET.get("post", typed.get("post", ""))
    return admin_page(
        request, "person_post.jinja", door="admin-people", account=who, errors=errors, text=text,
        typed={"first": str(clock.today()), "as": "holder", **typed}, chosen=chosen,
        **_choices(text, chosen), status=422 if errors else 200,
    )


def _choices(text: str, chosen: str) -> dict[str, Any]:
    """The offices that were searched for, with their posts and who is there."""
    rows = offices_found(text).exclude(valid_to__lte=clock.today()) if text else Office.objects.none()
    if not text and (post := whole_number(chosen)):
        rows = Office.objects.filter(posts=post)
    total = rows.count()
    offices = list(rows.select_related("area").order_by("code")[:_MOST_OFFICES])
    now: dict[int, list[str]] = {}
    for holding in Holding.objects.filter(
        post__office__in=offices, during__contains=clock.today()
    ).select_related("account").order_by("deputy"):
        now.setdefault(holding.post_id, []).append(
            holding.account.name + (_("（代理）") if holding.deputy else ""))
    posts: dict[int, list[dict[str, Any]]] = {}
    for each in Post.objects.filter(office__in=offices, valid_to=None).order_by("pk"):
        posts.setdefault(each.office_id, []).append({
            "value": str(each.pk), "text": each.title,
            "hint": _("现任：{}").format("、".join(now[each.pk])) if each.pk in now else _("空缺")})
    return {"total": total, "offices": [
        {"name": o.name, "area": o.area.full_name, "posts": posts.get(o.pk, [])} for o in offices]}


@require_POST
def do(request: HttpRequest, account: int, verb: str) -> HttpResponse:
    """Change one thing about an account; what a rule forbids is said on its page."""
    actor, now = in_role(request, "secadmin"), clock.now()
    who = accounts.staff_account(account)
    try:
        if verb == "password":
            made = accounts.reset_password(account, actor=actor, now=now)
            end_all(account)
            unlock(who.username)
            return admin_page(request, "person_password.jinja", door="admin-people", account=who,
                              password=made, made=False)
        if verb in ("off", "on"):
            staffing.switch(account, active=verb == "on", actor=actor, now=now)
            if verb == "off":
                end_all(account)
        elif verb == "unlock":
            accounts.note_unlock(account, actor=actor, now=now)
            unlock(who.username)
        elif verb == "token":
            return _token(request, who)
        elif verb == "end-token":
            tokens.end(number_of(request.POST.get("token", "")), account_id=account, actor=actor,
                       now=now)
        elif verb == "end":
            holding = _own(request, account)
            staffing.change_end(holding, last=date_in(request.POST, "last", needed=False),
                                actor=actor, now=now)
        elif verb == "cancel":
            staffing.cancel(_own(request, account), actor=actor, now=now)
        else:
            raise NotFound(_("没有这个操作"))
    except NotFound:
        raise
    except Invalid as error:
        return _person(request, who, errors_of(error))
    except WeiminError as error:
        return _person(request, who, [{"href": "#main", "text": f"{error.message}。{error.remedy}"}])
    return redirect(f"{reverse('admin-person', args=[account])}?said={verb}")


def _token(request: HttpRequest, who: Account) -> HttpResponse:
    """A new token, shown on the page that answers and never again."""
    last = date_in(request.POST, "token-last")
    assert last is not None
    made, secret = tokens.make(
        account_id=who.pk, post_id=number_of(request.POST.get("token-post") or "0"), last=last,
        name=request.POST.get("token-name", ""), actor=actor_of(request), now=clock.now())
    return admin_page(request, "person_token.jinja", door="admin-people", account=who, token=made,
                      secret=secret, last=say_date(last))


def _own(request: HttpRequest, account: int) -> int:
    """The holding that is meant, if it is this account's. Raises NotFound."""
    wanted = number_of(request.POST.get("holding", ""))
    if not Holding.objects.filter(pk=wanted, account_id=account).exists():
        raise NotFound(_("没有这条任岗"))
    return wanted
