"""Two thin layers around every view: who acts, and what an error looks like."""

from collections.abc import Callable, Mapping

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from weimin.kernel.errors import Invalid, Unavailable, WeiminError
from weimin.kernel.text import unkeepable
from weimin.web.login import sign_in_url
from weimin.web.page import SignInNeeded, page

# Scans are taken with the camera by our own pages; nothing else of the device is asked for.
PERMISSIONS = "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
STAFF_PATHS = ("/desk", "/admin", "/today")

Handler = Callable[[HttpRequest], HttpResponse]


def actor(get_response: Handler) -> Handler:
    """``request.actor``: read with the session, when it is first asked for."""

    def handle(request: HttpRequest) -> HttpResponse:
        def find() -> object:
            if request.session.session_key:
                request.session.get("account")  # makes the session load itself, once
            return request.session.actor  # type: ignore[attr-defined]

        request.actor = SimpleLazyObject(find)  # type: ignore[attr-defined]
        response = get_response(request)
        # Pages show personal data on shared PCs: the back button must not bring them again.
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response

    return handle


class compressed(GZipMiddleware):
    """Pages for residents go compressed, a quarter of their size over a village's mobile network.

    BREACH needs a secret beside words of the attacker's choice on one compressed page. Our one
    secret there is the CSRF token, which Django masks anew for each page, and the middleware pads
    by a random length. Pages of the desk are read over the office's own network, where the half
    millisecond of CPU is worth more than the bytes; PDF and pictures are compressed already.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress what a resident's browser asked for as a page."""
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if not is_page or request.path.startswith(STAFF_PATHS):
            return response
        return super().process_response(request, response)


class errors:
    """Errors of ours become pages or JSON; others stay what they are."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == Unavailable.status and request.method in ("GET", "HEAD"):
            # Most often a connection that a restart of the database cut: reading is repeated.
            connection.close()
            response = self.get_response(request)
        if response.status_code == 405 and request.path.startswith("/api/"):
            said = {"code": "not_allowed", "message": "这个地址不接受这种请求方法",
                    "remedy": f"可用的方法：{response.headers.get('Allow', '')}"}
            return JsonResponse(said, status=405, headers={"Allow": response.headers.get("Allow", "")},
                                json_dumps_params={"ensure_ascii": False})
        return response

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: Mapping[str, object]
    ) -> HttpResponse | None:
        """Refuse what can't be kept, before anybody looks for it or writes it for ever."""
        sent = [kwargs, *request.GET.lists()]
        if request.content_type in _FORMS:
            sent += request.POST.lists()
        error = Invalid(_("内容里有不能保存的字符"), _("请删掉看不见的字符，重新输入后再提交"))
        return self.process_exception(request, error) if unkeepable(sent) else None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Called by Django with what a view raised."""
        if isinstance(error, SignInNeeded):
            return redirect(sign_in_url(request))
        if not isinstance(error, WeiminError):
            return None
        if request.path.startswith("/api/"):
            return JsonResponse(as_json(error), status=error.status,
                                json_dumps_params={"ensure_ascii": False})
        return page(request, "error.jinja", error=error, status=error.status)


def as_json(error: WeiminError) -> dict[str, object]:
    """What the API says of an error."""
    said: dict[str, object] = {
        "code": error.code, "message": error.message, "remedy": error.remedy,
    }
    if isinstance(error, Invalid):
        said["fields"] = error.fields
    return said
