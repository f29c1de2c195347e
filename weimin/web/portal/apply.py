"""Applying online: the guided pages, for oneself, one's household, somebody else or an organisation."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from weimin.cases.file import CaseFile
from weimin.catalogue.routes import routes_now
from weimin.kernel import clock
from weimin.registry.models import Person
from weimin.web import guided
from weimin.web.page import page, resident
from weimin.web.words import qr_of


def _seat(request: HttpRequest, code: str) -> guided.Seat:
    actor = resident(request)
    return guided.Seat(
        actor=actor, route="apply-page", start="apply", back=reverse("guide", args=[code]),
        channel="web", done="applied", me=Person.objects.get(pk=actor.person_id or 0),
    )


@require_http_methods(["GET", "POST"])
def apply(request: HttpRequest, code: str) -> HttpResponse:
    """Begin, or go on where it was left; by POST from the beginning."""
    return guided.begin(request, _seat(request, code), routes_now().item(code))


@require_http_methods(["GET", "POST"])
def one_page(request: HttpRequest, code: str, question: str) -> HttpResponse:
    """One question, or all that was said before it is sent."""
    return guided.step(request, _seat(request, code), routes_now().item(code), question)


@require_GET
def applied(request: HttpRequest, number: str) -> HttpResponse:
    """The number large, what happens next."""
    file = CaseFile.load(number, actor=resident(request), now=clock.now(), lock=False)
    notice = file.clocks.get("notice")
    return page(request, "portal/applied.jinja", file=file,
                office=file.routes.office_names[file.office_id],
                notice=notice.due_on if notice else None,
                qr=qr_of(request.build_absolute_uri(f"{reverse('follow')}?number={number}")))
