"""Limits on how often something public may be tried."""

from collections.abc import Collection
from datetime import timedelta
from math import ceil

from axes.models import AccessAttempt
from axes.utils import reset
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
    tried = sorted(recent.values_list("at", flat=True))
    if len(tried) >= most:
        wait = ceil((tried[-most] + within - now) / timedelta(minutes=1))
        raise TooMany(_("试得太多了"), _("请 {} 分钟后再试，或到就近的服务中心办理").format(max(1, wait)))
    Attempt.objects.create(what=what, who=mark, at=now)


def address(request: HttpRequest) -> str:
    """From where it came; behind a declared proxy, what the proxy itself added last.

    Whatever stands before it in the header is the client's own words.
    """
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")) if settings.TLS_PROXY else ""
    return forwarded.split(",")[-1].strip() or str(request.META.get("REMOTE_ADDR", ""))


def locked(usernames: Collection[str]) -> set[str]:
    """Those of the user names that are locked out somewhere after failed log-ins."""
    since = clock.now() - timedelta(hours=settings.AXES_COOLOFF_TIME)
    return set(AccessAttempt.objects.filter(
        username__in=usernames, attempt_time__gt=since,
        failures_since_start__gte=settings.AXES_FAILURE_LIMIT,
    ).values_list("username", flat=True))


def locked_names() -> set[str]:
    """Every user name that is locked out somewhere, known or only tried."""
    since = clock.now() - timedelta(hours=settings.AXES_COOLOFF_TIME)
    return set(AccessAttempt.objects.filter(
        attempt_time__gt=since, failures_since_start__gte=settings.AXES_FAILURE_LIMIT,
    ).values_list("username", flat=True))


def unlock(username: str) -> None:
    """Let that user name try again at once, from everywhere."""
    reset(username=username)
