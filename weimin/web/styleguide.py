"""Every component with its states, on one internal page: what the accessibility test walks."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from weimin.web.page import page
from weimin.web.samples import sample_context


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The style guide."""
    return page(request, "styleguide.jinja", **sample_context())
