"""管理: for the county's IT officer. System, security and audit are three posts with three doors."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from weimin.web.admin.common import ADMINS, TITLES, doors_of
from weimin.web.admin.state import attention
from weimin.web.page import in_role, page


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What needs this administrator now, and his doors."""
    actor = in_role(request, *ADMINS)
    names = doors_of(actor)
    doors = [{"text": _(TITLES[name][0]), "href": reverse(name), "icon": TITLES[name][1],
              "note": _(TITLES[name][2])} for name in names]
    found = [each for each in attention() if each["door"] in names]
    return page(request, "admin/home.jinja", doors=doors, found=found)
