"""What Django itself says when something goes wrong, in our words and on our page."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from weimin.kernel.errors import NotAllowed, NotFound, WeiminError
from weimin.web.page import page


def _say(request: HttpRequest, error: WeiminError) -> HttpResponse:
    if request.path.startswith("/api/"):
        said = {"code": error.code, "message": error.message, "remedy": error.remedy}
        return JsonResponse(said, status=error.status)
    return page(request, "error.jinja", error=error, status=error.status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that does not exist."""
    return _say(request, NotFound(_("没有这个页面"), _("请核对地址，或从首页进入")))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Refused by Django."""
    return _say(request, NotAllowed(_("没有权限"), _("请登录后再试")))


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a valid token: most often a page that stood open for too long."""
    return _say(request, NotAllowed(_("页面放得太久了"), _("请返回上一页刷新，再提交一次")))


def server_error(request: HttpRequest) -> HttpResponse:
    """A mistake of ours. No template that may fail again, no details."""
    return HttpResponse(
        "<!doctype html><html lang=zh-CN><meta charset=utf-8><title>系统出错</title>"
        "<h1>系统出错了</h1><p>您填的内容没有丢失的，请返回上一页再试；仍然不行，请电话告诉系统管理员。</p>",
        status=500,
    )
