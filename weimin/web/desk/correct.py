"""更正登记信息: the whole form as it stands, typed as at the counter; only what changed is written."""

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from weimin.cases.facts import reveal, shown
from weimin.cases.file import CaseFile
from weimin.cases.verbs import correct as mend
from weimin.catalogue.spec import Field
from weimin.kernel import clock
from weimin.kernel.errors import Invalid, WeiminError
from weimin.kernel.text import whole_number
from weimin.network.actor import Actor
from weimin.web import asking
from weimin.web.desk.areas import areas_for, chosen_in
from weimin.web.desk.case import safe_from
from weimin.web.page import page, staff


@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, number: str) -> HttpResponse:
    """Every field of the form with its present answer. Numbers that identify stay masked:

    whoever does not touch them does not change them.
    """
    actor, now = staff(request), clock.now()
    file = CaseFile.load(number, actor=actor, now=now, lock=False)
    file.require("correct")
    if request.method == "GET":
        return _draw(request, file, _as_typed(file))
    if request.POST.get("look"):
        return _draw(request, file, request.POST)
    try:
        mend(number, actor=actor, now=now, key=request.POST.get("key", ""),
             expect=whole_number(request.POST.get("expect", "")),
             facts=_changes(file, request.POST), reason=request.POST.get("reason", ""))
    except WeiminError as error:
        if error.status not in (409, 422):
            raise
        return _draw(request, file, request.POST, error)
    back = safe_from(request.POST.get("from", ""))
    came = f"&from={quote(back, safe='')}" if back else ""
    return redirect(f"{reverse('case', args=[number])}?done=correct{came}")


def _fields(file: CaseFile) -> list[Field]:
    return list(file.item.form)


def _as_typed(file: CaseFile) -> QueryDict:
    """The present answers as the form would have brought them."""
    typed = QueryDict(mutable=True)
    for field in _fields(file):
        value = file.row["facts"].get(field.key)
        if value in (None, "", []):
            continue
        if field.type == "table":
            for n, row in enumerate(value):
                for column in field.columns:
                    typed[f"t-{field.key}-{n}-{column.key}"] = _plain(row.get(column.key))
        elif isinstance(value, list):
            typed.setlist(f"f-{field.key}", [str(each) for each in value])
        else:
            typed[f"f-{field.key}"] = _plain(value)
    return typed


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(shown(value))


def _changes(file: CaseFile, post: QueryDict) -> dict[str, Any]:
    """What was typed otherwise than it stands."""
    before, given = _as_typed(file), asking.answers_in(post, _fields(file))
    was = asking.answers_in(before, _fields(file))
    changed: dict[str, Any] = {}
    for field in _fields(file):
        if given.get(field.key) == was.get(field.key):
            continue
        value = given.get(field.key)
        if field.type == "table":
            value = [_untouched(row, old) for row, old in zip(
                value or [], [*file.row["facts"].get(field.key, []), *[{}] * len(value or [])],
                strict=False)]
        changed[field.key] = value
    return changed


def _untouched(row: dict[str, str], old: Mapping[str, Any]) -> dict[str, Any]:
    """A row in which a masked number that nobody touched is itself again."""
    return {key: reveal(old[key]) if isinstance(old.get(key), str) and value == shown(old[key]) != old[key]
            else value for key, value in row.items()}


def _draw(
    request: HttpRequest, file: CaseFile, typed: QueryDict, error: WeiminError | None = None
) -> HttpResponse:
    wrong = error.fields if isinstance(error, Invalid) else {}
    errors = [{"href": "#reason" if key == "reason" else f"#f-{key}", "text": said}
              for key, said in wrong.items()]
    if error is not None and not errors:
        errors = [{"href": "#reason", "text": f"{error.message} {error.remedy}".strip()}]
    return page(
        request, "desk/correct.jinja", status=error.status if error else 200, file=file, ask=asking,
        typed=typed, wrong=wrong, errors=errors, key=typed.get("key") or uuid.uuid4().hex,
        back=safe_from(request.GET.get("from", "") or request.POST.get("from", "")),
        fields=_fields(file), title=_("更正登记信息"), areas=_areas(file.actor, typed),
    )


def _areas(actor: Actor, typed: QueryDict) -> list[tuple[str, str]]:
    return areas_for(actor, *chosen_in(typed.values()), named=typed.get("place", ""))
