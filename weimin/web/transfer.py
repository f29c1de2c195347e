"""Files in pieces: announce, ask where to go on, send, look, drop.

Spoken by ``capture.js``. The same addresses exist behind a phone's door (``token``), where they
know only what came through that door.
"""

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from weimin.documents import uploads
from weimin.documents.models import Upload
from weimin.documents.uploads import Owner
from weimin.kernel import clock
from weimin.kernel.errors import Invalid, WeiminError
from weimin.kernel.text import whole_number
from weimin.web.middleware import as_json
from weimin.web.page import SignInNeeded, anyone

View = Callable[..., HttpResponse]
COOKIE = "phone"


def answering(view: View) -> View:
    """Errors as JSON with the status: a script asks, no person."""

    @functools.wraps(view)
    def handle(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except SignInNeeded:
            said = {"code": "sign_in", "message": _("登录已经失效，请重新登录；传好的页还在")}
            return JsonResponse(said, status=401)
        except WeiminError as error:
            return JsonResponse({**as_json(error), **error.details}, status=error.status)

    return handle


def owner_of(request: HttpRequest, token: str) -> Owner:
    """Whose uploads the request is about.

    Raises SignInNeeded for nobody, NotFound for a door that is shut or another phone's.
    """
    if not token:
        return Owner(account_id=anyone(request).account_id or 0)
    door = uploads.through(token, request.COOKIES.get(COOKIE, ""), clock.now())
    return Owner(account_id=door.account_id, door_id=door.pk)


def told(upload: Upload) -> dict[str, object]:
    """What the script needs to know of an upload."""
    return {"id": upload.pk, "offset": upload.received, "size": upload.size, "name": upload.name,
            "done": bool(upload.media_type), "picture": upload.media_type.startswith("image/")}


@require_POST
@answering
def begin(request: HttpRequest, token: str = "") -> HttpResponse:
    """Announce a file: its size and SHA-256; the answer says from where to send."""
    made = uploads.begin(
        owner_of(request, token), size=whole_number(request.POST.get("size", "")) or 0,
        digest=request.POST.get("sha256", ""), name=request.POST.get("name", ""), now=clock.now(),
    )
    return JsonResponse(told(made), status=201)


@require_http_methods(["GET", "PATCH", "DELETE"])
@answering
def one(request: HttpRequest, upload: str, token: str = "") -> HttpResponse:
    """Where to go on; the next piece (at ``Upload-Offset``); or forget it."""
    owner, now = owner_of(request, token), clock.now()
    if request.method == "DELETE":
        uploads.drop(owner, upload, now)
        return HttpResponse(status=204)
    if request.method == "GET":
        return JsonResponse(told(uploads.find(owner, upload, now)))
    offset = whole_number(request.headers.get("Upload-Offset", ""))
    if offset is None or int(request.headers.get("Content-Length") or 0) > uploads.LARGEST_PIECE:
        raise Invalid(_("这一段的大小或位置不对"), _("请刷新页面后重试"))
    return JsonResponse(told(uploads.append(
        owner, upload, offset=offset, piece=request.body, now=now)))


@require_GET
@answering
def picture(request: HttpRequest, upload: str, token: str = "") -> HttpResponse:
    """A small picture of a page, also of one that the browser itself can't draw (HEIC)."""
    found = uploads.find(owner_of(request, token), upload, clock.now())
    return HttpResponse(uploads.look(found), content_type="image/jpeg")
