"""一起同意: several open steps at once, after their list was read, with an opinion of one's own."""

import uuid
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from weimin.cases import reading
from weimin.cases.verbs import complete
from weimin.flow.kinds import kind_of
from weimin.kernel import clock
from weimin.kernel.codes import group_case_number
from weimin.kernel.errors import WeiminError
from weimin.kernel.text import whole_number
from weimin.network.actor import Actor
from weimin.web.page import HANDLERS, in_role, page
from weimin.web.words import light_of, plain_name


@require_POST
def batch(request: HttpRequest) -> HttpResponse:
    """First the list of what would be agreed to; then, with an opinion, what became of each.

    The rule is that of a single case: no opinion, no decision. What asks for more than an opinion
    is done one by one. Each is a verb of its own and fails on its own; the same page sent twice
    does nothing twice.
    """
    actor, now = in_role(request, *HANDLERS), clock.now()
    picked = request.POST.getlist("case")[: reading.PAGE]
    versions = dict(filter(None, map(_step_of, picked)))
    found = reading.open_steps(actor, list(versions))
    fit = [row for row in found if asks_opinion_only(row)]
    opinion, sure = request.POST.get("opinion", "").strip(), request.POST.get("sure") == "1"
    key = request.POST.get("key") or uuid.uuid4().hex
    results = {row.step_id: _agree(row, actor, opinion, key, versions[row.step_id or 0])
               for row in fit} if sure and opinion else {}
    wrong = _("请填写意见，每件都会记下") if sure and not opinion else ""
    return page(
        request, "desk/batch.jinja", status=422 if wrong else 200, wrong=wrong, opinion=opinion,
        key=key, finished=bool(results), others=len(picked) - len(fit),
        done=sum(not said for said in results.values()),
        rows=[{
            "pick": f"{row.number}:{row.step_id}:{row.step_version}", "number": row.number,
            "shown": group_case_number(row.number), "item": plain_name(row.item.name),
            "who": row.applicant, "step": row.step, "left": light_of(row.due_at, row.warn_on, now),
            "result": results.get(row.step_id),
        } for row in fit],
    )


def _step_of(picked: str) -> tuple[int, int] | None:
    """The step and its version out of what the list's box says; None for what is no step."""
    _number, step, version = map(whole_number, [*picked.split(":"), "", ""][:3])
    return None if step is None or version is None else (step, version)


def asks_opinion_only(row: reading.Row) -> bool:
    """Whether what waits is a step, and agreeing to it asks for an opinion and nothing else."""
    return bool(row.step_id) and _opinion_is_all(row.item.flow.steps[row.step_key].kind)


@cache
def _opinion_is_all(kind: str) -> bool:
    asked = {ask.key for ask in kind_of(kind).asks if ask.required and "approve" in ask.when}
    return asked == {"opinion"}


def _agree(row: reading.Row, actor: Actor, opinion: str, key: str, version: int) -> str:
    """Agree to one step; empty, or why it was not done."""
    try:
        complete(row.number, actor=actor, now=clock.now(), step=row.step_id or 0, outcome="approve",
                 expect=version, key=f"{key}:{row.step_id}", answers={"opinion": opinion})
    except WeiminError as error:
        return f"{error.message} {error.remedy}".strip()
    return ""
