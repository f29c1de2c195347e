"""手机拍: a code on the clerk's screen lets one phone send pages into the form that is open there.

Nobody logs in on the phone: the token in the address opens this one form's door, for a quarter of
an hour, for the first browser that comes. The address holds nothing about anybody.
"""

from datetime import timedelta
from ipaddress import ip_address

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from weimin.documents import uploads
from weimin.documents.models import PhoneDoor
from weimin.documents.uploads import Owner
from weimin.kernel import clock
from weimin.kernel.errors import Invalid, NotFound
from weimin.web.limits import limited
from weimin.web.page import anyone, page
from weimin.web.transfer import COOKIE, answering, told


@require_POST
@answering
def make(request: HttpRequest) -> HttpResponse:
    """A door for one material of the form that is open on this screen, and its QR code."""
    account = anyone(request).account_id or 0
    limited("phone-door", str(account), most=120, within=timedelta(hours=1))
    door, token = uploads.open_door(account, request.POST.get("label", ""), clock.now())
    address = request.build_absolute_uri(reverse("phone", args=[token]))
    code = segno.make(address, error="m", micro=False)
    return JsonResponse({
        "door": door.pk, "address": address, "qr": code.svg_data_uri(border=2),
        "here": _is_loopback(request),  # no phone reaches this machine: say so
    }, status=201)


def _is_loopback(request: HttpRequest) -> bool:
    host = request.get_host().rsplit(":", 1)[0].strip("[]")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@require_http_methods(["GET", "DELETE"])
@answering
def seen(request: HttpRequest, door: int) -> HttpResponse:
    """What has come through so far, asked by the screen every other second; or shut the door."""
    account = anyone(request).account_id or 0
    mine = PhoneDoor.objects.filter(pk=door, account_id=account).first()
    if mine is None:
        raise NotFound(_("没有这个二维码"))
    if request.method == "DELETE":
        uploads.close_door(mine, clock.now())
        return HttpResponse(status=204)
    return JsonResponse({
        "uploads": [told(upload) for upload in uploads.came_through(account, door)],
        "entered": mine.phone_hash is not None, "open": mine.ends_at > clock.now(),
    })


@require_http_methods(["GET", "POST"])
def phone(request: HttpRequest, token: str) -> HttpResponse:
    """The page on the phone. Going in takes a POST, so that no preview of the link uses it up."""
    now = clock.now()
    if request.method == "GET":
        door = uploads.door_at(token, now)
        if door.phone_hash is not None:
            uploads.through(token, request.COOKIES.get(COOKIE, ""), now)
        return _draw(request, door, token)
    door, secret = uploads.enter(token, request.COOKIES.get(COOKIE, ""), now)
    error, files = None, request.FILES.getlist("scan-page")
    try:
        for file in files:  # a browser without script
            uploads.keep_whole(Owner(account_id=door.account_id, door_id=door.pk),
                               content=file.read(), name=file.name or "", now=now)
    except Invalid as wrong:
        error = wrong
    if request.POST.get("done") and error is None:
        uploads.close_door(door, now)
    response = HttpResponse(status=204) if request.POST.get("enter") else _draw(
        request, door, token, error=error, done=error is None and "done" in request.POST)
    response.set_cookie(
        COOKIE, secret, max_age=uploads.DOOR_OPEN, path=reverse("phone", args=[token]),
        httponly=True, samesite="Lax", secure=settings.TLS_PROXY,
    )
    return response


def _draw(
    request: HttpRequest, door: PhoneDoor, token: str, *, error: Invalid | None = None,
    done: bool = False,
) -> HttpResponse:
    come = uploads.came_through(door.account_id, door.pk)
    return page(request, "phone.jinja", status=error.status if error else 200, label=door.label,
                token=token, pages=len(come), error=error, done=done)
