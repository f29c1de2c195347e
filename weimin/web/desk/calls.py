"""今天打电话: whom no message reaches; who, why, the words to say, and that it was said."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from weimin.cases.calls import PAGE, calls
from weimin.kernel.clock import say_date, say_moment
from weimin.kernel.codes import group_case_number
from weimin.web.page import page, page_number, staff
from weimin.web.words import plain_name

_ROLES = {"applicant": "申请人", "agent": "代办人", "guardian": "监护人"}


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """What my offices have to say today, the oldest first."""
    actor, number = staff(request), page_number(request)
    rows = calls(actor, page=number)
    return page(
        request, "desk/calls.jinja", number=number, more=len(rows) == PAGE, key=uuid.uuid4().hex,
        told=request.GET.get("done", ""),
        rows=[{
            "number": row.number, "shown": group_case_number(row.number),
            "item": plain_name(row.item.name), "reason": _(row.reason), "words": row.words,
            "place": row.place, "since": say_date(row.since.date()),
            "tried": say_moment(row.tried) if row.tried else "",
            "href": f"{reverse('case', args=[row.number])}?from={request.path}",
            "people": [{"role": _(_ROLES[p.role]), "name": p.name, "phone": p.phone,
                        "href": reverse("reveal", args=[row.number, p.person_id])}
                       for p in row.people],
        } for row in rows],
    )
