"""What Django itself says when something goes wrong, in our words and on our page."""

import errno
import sys
from shutil import disk_usage

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.utils.html import escape
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from psycopg.errors import DiskFull

from weimin.kernel.errors import Failed, NotAllowed, NotFound, TooLarge, Unavailable, WeiminError
from weimin.web.page import SERVICE, page

_PLAIN = (
    '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<title>{message} · {service}</title><link rel="stylesheet" href="{style}"></head>'
    '<body class="portal"><header class="head"><div class="head-in">'
    '<a class="brand" href="/"><span><b>{service}</b></span></a></div></header>'
    '<main class="narrow"><h1>{message}</h1><p>{remedy}</p><p class="actions">'
    '<a class="btn primary" href="{before}">{back}</a><a class="btn" href="/">{home}</a></p></main>'
    "</body></html>"
)
FULL = 20_000_000  # bytes: a database with less cannot begin another segment of its log


def _say(request: HttpRequest, error: WeiminError) -> HttpResponse:
    if request.path.startswith("/api/"):
        said = {"code": error.code, "message": error.message, "remedy": error.remedy}
        return JsonResponse(said, status=error.status, json_dumps_params={"ensure_ascii": False})
    return page(request, "error.jinja", error=error, status=error.status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that does not exist."""
    return _say(request, NotFound(_("没有这个页面"), _("请核对地址，或从首页进入")))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """More than a form may hold, or what no browser of ours sends: refused before a view saw it.

    The request can't be trusted, not even its host: the page without a template.
    """
    error = WeiminError(_("请求内容读不懂"), _("请返回上一页刷新，再提交一次"))
    if isinstance(exception, RequestDataTooBig):
        error = TooLarge(_("一次提交的内容太大"), _("一次最多 30 MB，请分几次提交"))
    return _say(request, error) if request.path.startswith("/api/") else _plain(request, error)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Refused by Django."""
    return _say(request, NotAllowed(_("没有权限"), _("请登录后再试")))


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a valid token: most often a page that stood open for too long."""
    return _say(request, NotAllowed(_("页面放得太久了"), _("请返回上一页刷新，再提交一次")))


def server_error(request: HttpRequest) -> HttpResponse:
    """A mistake of ours, or a database or disk that is not to be had.

    No template that may fail again, no details. Nothing was kept: every write is one transaction.
    """
    error = _why(sys.exc_info()[1])
    response = _say(request, error) if request.path.startswith("/api/") else _plain(request, error)
    if isinstance(error, Unavailable):
        response["Retry-After"] = "5"
    return response


def _plain(request: HttpRequest, error: WeiminError) -> HttpResponse:
    return HttpResponse(_PLAIN.format(
        style=escape(_style()), service=SERVICE, message=escape(error.message),
        remedy=escape(error.remedy), back=escape(_("返回上一页")), home=escape(_("去首页")),
        before=escape(_before(request)),
    ), status=error.status)


def _style() -> str:
    try:
        return static("weimin/weimin.css")
    except ValueError:  # not collected: the page must stand without it
        return ""


def _before(request: HttpRequest) -> str:
    """The page that led here, if it is one of ours; else this one again."""
    came = request.META.get("HTTP_REFERER", "")
    ours = url_has_allowed_host_and_scheme(came, allowed_hosts={request.META.get("HTTP_HOST", "")})
    return came if came and ours else request.get_full_path()


def _why(error: BaseException | None) -> WeiminError:
    """What the cause is to the person in front of the screen."""
    if _no_space(error):
        return Unavailable(
            _("磁盘满了，这次没有办成，什么都没有保存"),
            _("请告诉系统管理员清理磁盘；之后返回上一页，再提交一次"),
        )
    if isinstance(error, OperationalError | InterfaceError):
        return Unavailable(
            _("系统正在恢复，这次没有办成"), _("请等几秒钟，返回上一页再试一次；同一次提交不会办两遍")
        )
    return Failed(
        _("系统出错了"), _("这次没有办成。请返回上一页再试；仍然不行，请电话告诉系统管理员")
    )


def _no_space(error: BaseException | None) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    if not isinstance(error, OperationalError):
        return False
    # Without space for its log the database stops altogether, and only the disk tells why.
    return isinstance(error.__cause__, DiskFull) or disk_usage(settings.HOME).free < FULL
