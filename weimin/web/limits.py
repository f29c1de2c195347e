"""Limits on how often something public may be tried."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from weimin.kernel import clock, vault
from weimin.kernel.errors import TooMany
from weimin.web.models import Attempt


def limited(what: str, who: str, *, most: int, within: timedelta) -> None:
    """Count a try of ``what`` by ``who`` (a phone, an address: kept as a keyed hash only).

    Raises TooMany beyond ``most`` tries in the span.
    """
    now, mark = clock.now(), vault.lookup(f"{what}:{who}")
    # Tries from the future are those of a clock that has since been set back.
    recent = Attempt.objects.filter(what=what, who=mark, at__gt=now - within, at__lte=now)
    if recent.count() >= most:
        raise TooMany(_("试得太多了"), _("请过一会儿再试，或到就近的服务中心办理"))
    Attempt.objects.create(what=what, who=mark, at=now)


def address(request: HttpRequest) -> str:
    """From where it came; behind a declared proxy, what the proxy itself added last.

    Whatever stands before it in the header is the client's own words.
    """
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")) if settings.TLS_PROXY else ""
    return forwarded.split(",")[-1].strip() or str(request.META.get("REMOTE_ADDR", ""))
