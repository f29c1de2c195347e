"""Drawing a page: what every template needs, in one place."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from weimin.catalogue.routes import place_name
from weimin.kernel.errors import NotAllowed
from weimin.kernel.text import whole_number
from weimin.network.actor import Actor
from weimin.web.jinja import in_one_language, url

SERVICE = "为民"


class SignInNeeded(Exception):
    """Somebody must log in first; the middleware leads there and back."""


def actor_of(request: HttpRequest) -> Actor:
    """Who acts."""
    found: Actor = request.actor  # type: ignore[attr-defined]
    return found


def anyone(request: HttpRequest) -> Actor:
    """Whoever is logged in. Raises SignInNeeded for nobody."""
    actor = actor_of(request)
    if actor.account_id is None:
        raise SignInNeeded
    return actor


# Posts that handle cases; the three administrators and mere supervisors do not.
HANDLERS = ("info_officer", "clerk", "reviewer", "head")


def staff(request: HttpRequest) -> Actor:
    """The member of staff who acts.

    Raises SignInNeeded without a log-in, NotAllowed for a resident.
    """
    actor = actor_of(request)
    if actor.account_id is None:
        raise SignInNeeded
    if not actor.is_staff:
        raise NotAllowed(_("这里是工作人员的界面"), _("请回到办事大厅"))
    return actor


def in_role(request: HttpRequest, *roles: str) -> Actor:
    """The member of staff, if his post has one of these roles. Raises NotAllowed otherwise."""
    actor = staff(request)
    if not actor.has(*roles):
        raise NotAllowed(_("您的岗位没有这项权限"), _("请切换岗位，或联系系统管理员"))
    return actor


def resident(request: HttpRequest) -> Actor:
    """The resident who acts. Raises SignInNeeded without a log-in."""
    actor = actor_of(request)
    if actor.account_id is None or (not actor.is_resident and not actor.is_staff):
        raise SignInNeeded
    if not actor.is_resident:
        raise NotAllowed(_("这里是居民的界面"), _("工作人员请用工作台收件"))
    return actor


def page_number(request: HttpRequest, most: int = 1000) -> int:
    """Which page of a list; anything that is no number is the first."""
    text = request.GET.get("page", "1")
    return max(1, min(whole_number(text) or 1, most))


def pages(request: HttpRequest, total: int, size: int = 50) -> tuple[slice, dict[str, Any]]:
    """The slice of the rows that is asked for, and what the pager needs; filters stay."""
    last = max(1, -(-total // size))
    text = request.GET.get("page", "1")
    number = max(1, min(whole_number(text) or 1, last))

    def to(n: int) -> str:
        query = request.GET.copy()
        query["page"] = str(n)
        return "?" + query.urlencode()

    return slice((number - 1) * size, number * size), {
        "page": number, "pages": last, "total": total,
        "prev": to(number - 1) if number > 1 else None,
        "next": to(number + 1) if number < last else None,
    }


def part_of(request: HttpRequest) -> str:
    """The part of a page that script asks for beside what stands already; empty: all of it."""
    return request.headers.get("X-Part", "")


def page(
    request: HttpRequest, template: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    """A whole page."""
    actor = actor_of(request)
    elder = request.COOKIES.get("elder") == "1"
    shared = {
        "service": SERVICE,
        "place": actor.area_name or place_name(),
        "home": url(landing(actor)),
        "nav_items": navigation(request, actor),
        "user": _user(actor),
        "login_url": url("sign-in"),
        "elder": elder,
        "elder_url": f"{url('elder')}?next={request.path}",
        "help_url": None,
        "foot_links": [{"text": _("核对回执"), "href": url("check-receipt")},
                       {"text": _("核验证照、决定书"), "href": url("check-certificate")},
                       *([] if actor.is_staff else [
                           {"text": _("工作人员登录"), "href": url("staff-sign-in")}])],
        "foot_facts": [_("演示 · 无法律效力")] if settings.DEMO else [],
        "demo": settings.DEMO,
        "actor": actor,
    }
    with in_one_language():
        return render(request, template, {**shared, **context}, status=status)


def landing(actor: Actor) -> str:
    """The page a post starts its day on."""
    if not actor.is_staff:
        return "portal"
    if actor.has(*HANDLERS):
        return "desk"
    return "admin" if actor.has("sysadmin", "secadmin", "auditor") else "today"


def _user(actor: Actor) -> dict[str, str] | None:
    if actor.account_id is None:
        return None
    if actor.is_staff:
        return {"name": actor.name, "post": actor.post_title, "office": actor.office_name,
                "switch_url": url("switch")}
    return {"name": actor.name, "post": "", "office": _("居民"), "switch_url": url("sign-out")}


def navigation(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    """What the post may use, in the order in which it is used."""
    if not actor.is_staff:
        return [
            _link(request, _("首页"), "portal"),
            _link(request, _("查进度"), "follow"),
            _link(request, _("我的办件"), "mine"),
        ]
    links = []
    if actor.has("info_officer", "clerk", "reviewer", "head"):
        links += [_link(request, _("工作台"), "desk"), _link(request, _("收件"), "intake-find")]
    if actor.has("leader", "supervisor", "government_head", "head"):
        links.append(_link(request, _("今日"), "today"))
    if not actor.has("sysadmin", "secadmin", "auditor"):
        links.append(_link(request, _("查找"), "search"))
        if actor.has(*HANDLERS):
            links.append(_link(request, _("今天打电话"), "calls"))
        links.append(_link(request, _("红黄牌"), "cards"))
    if actor.has("sysadmin", "secadmin", "auditor"):
        links.append(_link(request, _("管理"), "admin"))
    return links


def _link(request: HttpRequest, text: str, name: str) -> dict[str, Any]:
    href = url(name)
    # The administration has pages beneath its own; they belong to it.
    inside = name == "admin" and request.path.startswith(f"{href}/")
    return {"text": text, "href": href, "current": request.path == href or inside}
