"""当场办结: an instant item in one form. The verbs run in their order, each with its own event.

No rule is bent: who may do what is asked of the table of actions at every verb, and whoever may
not do the next step leaves it to those who may. All of it happens, or nothing.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from weimin.cases.file import CaseFile
from weimin.cases.verb import Answer
from weimin.cases.verbs import accept, close, complete
from weimin.flow.conditions import holds
from weimin.flow.graph import StepSpec
from weimin.flow.kinds import kind_of
from weimin.network.actor import Actor


def reach(file: CaseFile) -> list[StepSpec]:
    """The steps that this actor could do one after the other once he accepted; empty: not offered.

    It is offered where that leads at least to the decision.
    """
    if not file.item.instant or file.row["state"] != "received":
        return []
    if not any(action.verb == "accept" for action in file.actions()):
        return []
    found: list[StepSpec] = []
    for spec in file.item.flow.ordered:
        if not holds(spec.when, file.facts):
            continue
        if not _is_simple(spec) or file.office_for(spec) not in file.actor.offices:
            break
        if spec.other_than and {each.key for each in found} & set(spec.other_than):
            break  # whoever reviewed does not decide
        found.append(spec)
    return found if any(kind_of(spec.kind).decides for spec in found) else []


def is_whole(file: CaseFile, steps: list[StepSpec]) -> bool:
    """Whether nothing remains to be done after these steps."""
    return bool(steps) and steps[-1] is file.item.flow.ordered[-1]


def _is_simple(spec: StepSpec) -> bool:
    """Whether the step asks for nothing but an opinion, or hands the result over."""
    asked = {ask.key for ask in kind_of(spec.kind).asks if ask.required and "approve" in ask.when}
    return spec.each is None and (kind_of(spec.kind).delivers or asked <= {"opinion"})


@transaction.atomic
def on_the_spot(
    number: str, *, actor: Actor, now: datetime, key: str = "", expect: int | None = None,
    opinion: str = "", handed: dict[str, Any] | None = None,
) -> Answer:
    """Accept, then do every step that :func:`reach` names, then close if nothing remains.

    Raises what the verbs raise; then none of them was done.
    """
    file = CaseFile.load(number, actor=actor, now=now, lock=False)
    steps = reach(file)
    answer = accept(number, actor=actor, now=now, key=f"{key}:accept" if key else "", expect=expect)
    for spec in steps:
        file = CaseFile.load(number, actor=actor, now=now, lock=False)
        row = next((r for r in file.steps if r.state == "open" and r.key == spec.key), None)
        if row is None or row.id is None:
            break
        kind = kind_of(spec.kind)
        answers = dict(handed or {}) if kind.delivers else (
            {"opinion": opinion} if any(ask.key == "opinion" for ask in kind.asks) else {})
        answer = complete(number, actor=actor, now=now, step=row.id, outcome="approve",
                          answers=answers, key=f"{key}:{spec.key}" if key else "")
    file = CaseFile.load(number, actor=actor, now=now, lock=False)
    if any(action.verb == "close" for action in file.actions()):
        answer = close(number, actor=actor, now=now, key=f"{key}:close" if key else "")
    return answer
