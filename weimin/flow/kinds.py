"""Step kinds: what sorts of work a step can be.

A kind is one shape of data; the room that the work belongs to registers it. The engine asks a
kind only what stands here, so a new kind never needs a change of the engine.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from weimin.flow.terms import Term
from weimin.worktime.calendar import Calendar

Outcome = Literal["approve", "reject", "repeat"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One thing that must be told to complete a step."""

    key: str
    label: str
    type: Literal["text", "date", "number", "choice", "bool"] = "text"
    required: bool = True
    options: tuple[tuple[str, str], ...] = ()
    when: tuple[Outcome, ...] = ("approve", "reject", "repeat")  # outcomes that ask for it
    second: bool = False  # another worker's name: not asked of a step that says why ``alone``


# (answers, opened_at, now, the step's own term, the calendar) → what is wrong, if anything
Check = Callable[[Mapping[str, Any], datetime, datetime, Term | None, Calendar], str | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class StepKind:
    """What a kind of step asks for, may lead to, and who may never hold it."""

    key: str
    title: str
    asks: tuple[Ask, ...] = ()
    outcomes: Mapping[Outcome, str] = field(default_factory=lambda: {"approve": "通过"})
    decides: bool = False  # its outcome is the outcome of the case
    issues: bool = False  # it makes a certificate; skipped when the case was denied
    delivers: bool = False  # it hands the result over; done also when the case was denied
    village_may: bool = True  # a village receives and helps, it never decides
    outside: bool = False  # a neighbour answers later; nobody's desk shows it as work
    check: Check | None = None

    @property
    def by_two(self) -> bool:
        """Whether two workers must do it together."""
        return any(ask.second for ask in self.asks)


_kinds: dict[str, StepKind] = {}


def register(kind: StepKind) -> StepKind:
    """Make a kind known. Raises ValueError if another kind has its key."""
    if _kinds.setdefault(kind.key, kind) is not kind:
        raise ValueError(f"step kind {kind.key!r} is registered twice")
    return kind


def kind_of(key: str) -> StepKind:
    """The kind of that key. Raises KeyError if no room registered one."""
    return _kinds[key]


def kinds() -> Mapping[str, StepKind]:
    """All registered kinds by key."""
    return _kinds
