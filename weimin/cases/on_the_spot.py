"""连着办: of an instant item, in one form, all that one officer may do now one after the other.

The verbs run in their order, each with its own event. No rule is bent: at every verb the table of
actions is asked, and what another must do is left to him. All of it happens, or nothing.
"""

from collections.abc import Iterable
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

FEWEST = 2  # one thing alone has its own form


def reach(file: CaseFile) -> list[str]:
    """The verbs and steps that this actor could do now one after the other: accept, step keys, close.

    Empty where that is not more than one.
    """
    if not file.item.instant:
        return []
    offered = {action.verb for action in file.actions()}
    if not offered & {"accept", "complete"}:
        return []
    found = ["accept"] if "accept" in offered else []
    done = {row.key for row in file.steps if row.state in ("done", "skipped")}
    mine = {row.key for row in file.steps if row.account_id == file.actor.account_id}
    ahead = [spec for spec in file.item.flow.ordered if spec.key not in done and holds(spec.when, file.facts)]
    for spec in ahead:
        theirs = file.office_for(spec) not in file.actor.offices
        if theirs or not is_simple(spec) or set(spec.other_than) & (mine | set(found)):
            break
        found.append(spec.key)
    else:
        if file.row["office_id"] in file.actor.offices:
            found.append("close")
    return found if len(found) >= FEWEST else []


def specs(file: CaseFile, reached: Iterable[str]) -> list[StepSpec]:
    """The steps among what can be reached."""
    return [file.item.flow.steps[key] for key in reached if key in file.item.flow.steps]


def is_simple(spec: StepSpec) -> bool:
    """Whether the step asks for nothing but an opinion, or hands the result over."""
    asked = {ask.key for ask in kind_of(spec.kind).asks if ask.required and "approve" in ask.when}
    return spec.each is None and (kind_of(spec.kind).delivers or asked <= {"opinion"})


@transaction.atomic
def on_the_spot(
    number: str, *, actor: Actor, now: datetime, key: str = "", expect: int | None = None,
    opinion: str = "", handed: dict[str, Any] | None = None,
) -> Answer:
    """Do what :func:`reach` names, in its order. ``handed`` proves the delivery, if that is among it.

    Raises what the verbs raise; then none of them was done.
    """
    file = CaseFile.load(number, actor=actor, now=now, lock=True)
    file.check_version(expect)
    reached = reach(file)
    if not reached:
        file.require("complete")  # says why it is not his, or not now
    for each in reached:
        said: dict[str, Any] = {"actor": actor, "now": now, "key": f"{key}:{each}" if key else ""}
        if each == "accept":
            answer = accept(number, **said)
        elif each == "close":
            answer = close(number, **said)
        else:
            answer = complete(number, **said, **_of_step(file, each, opinion, handed or {}))
        file = CaseFile.load(number, actor=actor, now=now, lock=False)
    return answer


def _of_step(file: CaseFile, key: str, opinion: str, handed: dict[str, Any]) -> dict[str, Any]:
    kind = kind_of(file.item.flow.steps[key].kind)
    asks_opinion = any(ask.key == "opinion" for ask in kind.asks)
    row = next(row for row in file.steps if row.state == "open" and row.key == key)
    return {"step": row.id, "outcome": "approve",
            "answers": dict(handed) if kind.delivers else {"opinion": opinion} if asks_opinion else {}}
