"""What can go wrong, in words that tell the person in front of the screen what to do.

Every error carries a ``message`` (what happened) and a ``remedy`` (what to do now), both in
Chinese, and a ``code`` for programs. The web and the API turn the class into a status;
nothing else about an error is decided there.
"""

from collections.abc import Mapping


class WeiminError(Exception):
    """The parent of every error that a person may see."""

    code = "error"
    status = 400

    def __init__(self, message: str, remedy: str = "", **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.details = details

    def __str__(self) -> str:
        return f"{self.message}{self.remedy and ' ' + self.remedy}"


class NotFound(WeiminError):
    """There is no such thing, or this actor may not know of it: the two look the same."""

    code, status = "not_found", 404


class NotAllowed(WeiminError):
    """The thing is visible to the actor, but this is not for his post to do."""

    code, status = "not_allowed", 403


class WrongState(WeiminError):
    """It can't be done now; the message says what the case waits for instead."""

    code, status = "wrong_state", 409


class Stale(WeiminError):
    """Somebody else changed the step or the case since the screen was drawn."""

    code, status = "stale", 409


class KeyReused(WeiminError):
    """An idempotency key came a second time with another body."""

    code, status = "key_reused", 409


class Invalid(WeiminError):
    """Fields are missing or wrong. ``fields`` maps a field's key to its message."""

    code, status = "invalid", 422

    def __init__(
        self, message: str = "", remedy: str = "", fields: Mapping[str, str] | None = None
    ) -> None:
        self.fields = dict(fields or {})
        joined = "；".join(self.fields.values())
        super().__init__(message or joined or "内容有误", remedy)


class AlreadyOpen(WeiminError):
    """The same person already has an open case of the same item: a person decides, not we."""

    code, status = "already_open", 409


class TooLarge(WeiminError):
    """More at once than is taken."""

    code, status = "too_large", 413


class TooMany(WeiminError):
    """Too many tries in too short a time."""

    code, status = "too_many", 429


class Failed(WeiminError):
    """A mistake of ours; what it was stands in the log."""

    code, status = "failed", 500


class Unavailable(WeiminError):
    """The database or the disk is not to be had now; the same again may work in a moment."""

    code, status = "unavailable", 503
