"""Two thin layers around every view: who acts, and what an error looks like."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject

from weimin.kernel.errors import Invalid, WeiminError

Handler = Callable[[HttpRequest], HttpResponse]


def actor(get_response: Handler) -> Handler:
    """``request.actor``: read with the session, when it is first asked for."""

    def handle(request: HttpRequest) -> HttpResponse:
        def find() -> object:
            session = request.session
            if session.session_key:
                session.get("account")  # makes the session load itself, once
            return session.actor  # type: ignore[attr-defined]

        request.actor = SimpleLazyObject(find)  # type: ignore[attr-defined]
        return get_response(request)

    return handle


class _Errors:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, WeiminError):
            return None
        if request.path.startswith("/api/"):
            return JsonResponse(as_json(error), status=error.status)
        return render(request, "error.jinja", {"error": error}, status=error.status)


errors = _Errors


def as_json(error: WeiminError) -> dict[str, object]:
    """What the API says of an error."""
    said: dict[str, object] = {
        "code": error.code, "message": error.message, "remedy": error.remedy,
    }
    if isinstance(error, Invalid):
        said["fields"] = error.fields
    return said
