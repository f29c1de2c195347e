"""红黄牌: what a term that is running out, or is over, brings upon the office that answers for it.

A light is computed and changes with the day. A card is an event: it is issued once, to one
office, stays with the case, and can be contested (申辩), upheld (维持) or withdrawn (撤销). The
case's own limit gives a yellow card at its warning and a red one when it is over; a step with a
limit of its own gives its office a red one. Appraisal counts cards that were not withdrawn.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from weimin.cases.rows import CardRow, ClockRow, StepRow
from weimin.flow.due import Light, light
from weimin.kernel.errors import Invalid

if TYPE_CHECKING:
    from weimin.cases.file import CaseFile

COLOUR_TITLES: dict[str, str] = {"yellow": "黄牌", "red": "红牌"}
STATE_TITLES: dict[str, str] = {
    "standing": "有效", "contested": "申辩中", "upheld": "维持", "withdrawn": "已撤销",
}


def due_cards(file: "CaseFile", at: datetime) -> Iterator[CardRow]:
    """The cards that the terms of a case have earned by ``at`` and that were not issued yet."""
    from weimin.cases.clocks import running

    if clock := running(file):
        colour = light(at, due_at=clock.due_at, warn_on=clock.warn_on)
        if colour != "green":
            yield from _new(file, colour, _of_clock(clock), file.row["office_id"], at)
    for step in file.steps:
        if step.state == "open" and _is_own(file, step) and step.due_at and at > step.due_at:
            yield from _new(file, "red", _of(step), step.office_id, at)


def issue(file: "CaseFile", at: datetime) -> list[CardRow]:
    """Put the cards that are due on the case; those that are new."""
    found = list(due_cards(file, at))
    file.cards.extend(found)
    return found


def judge_clock(file: "CaseFile", clock: ClockRow) -> None:
    """A limit of the case that was met late has its red card."""
    if clock.late:
        file.cards.extend(
            _new(file, "red", _of_clock(clock), file.row["office_id"], file.occurred_at)
        )


def judge(file: "CaseFile", step: StepRow) -> None:
    """A step that was completed late has its red card, also if no job ran in between."""
    if step.late and _is_own(file, step):
        file.cards.extend(_new(file, "red", _of(step), step.office_id, file.occurred_at))


def find(file: "CaseFile", card: int) -> CardRow:
    """The card of that id. Raises Invalid if it is not of this case."""
    for row in file.cards:
        if row.id == card:
            return row
    raise Invalid(fields={"card": "这个办件没有这张牌"})


def _of_clock(clock: ClockRow) -> str:
    return f"{clock.kind} {clock.start}"


def _of(step: StepRow) -> str:
    return " ".join(filter(None, (step.key, step.branch, str(step.round))))


def _is_own(file: "CaseFile", step: StepRow) -> bool:
    """Whether the step has a limit and an office of its own."""
    return file.item.flow.steps[step.key].limit is not None and step.office_id is not None


def _new(
    file: "CaseFile", colour: Light, about: str, office: int | None, at: datetime
) -> Iterator[CardRow]:
    known = {(row.colour, row.about) for row in file.cards}
    # Whoever has the red card needs no warning any more.
    if office is not None and not known & {(colour, about), ("red", about)}:
        yield CardRow(id=None, colour=colour, about=about, office_id=office, state="standing",
                      issued_at=at)
