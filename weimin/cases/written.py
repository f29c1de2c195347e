"""What an event says its verb wrote: enough to make every row again from the chain alone.

The file of a case knows which columns a verb changed. Sealing puts them into the event, so no
verb has to think of it and none can forget it; :mod:`weimin.cases.proof` folds the events and
compares. To keep events small only changed columns are named, a moment equal to the event's own
is ``@``, other whole seconds are a number, and a step is called by its key, branch and round.
What is personal goes into the event's private content, which can be erased; in the open stands
that it was written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from weimin.cases.rows import (
    CARD_COLUMNS,
    CASE_COLUMNS,
    CLOCK_COLUMNS,
    PAUSE_COLUMNS,
    STEP_COLUMNS,
    ClockRow,
    PauseRow,
)
from weimin.kernel.clock import local
from weimin.trail.chain import Draft, stamp

if TYPE_CHECKING:
    from weimin.cases.file import CaseFile

Values = dict[str, Any]
ERASED = "已删除"  # in place of the applicant's masked name, once it was removed by right
RESTRICTED = "限制处理"  # in its place on every screen, while it is kept and not used
DONE = {"state": "done", "done_at": "@"}  # how a step usually ends
MET = {"met_at": "@"}  # and how a clock does
HIDDEN = "p"  # in place of a personal value, which the event's private content holds

# What a row is before anything is said of it. A column without a default must be said.
NEW: Mapping[str, Values] = {
    "case": {"state": "received", "outcome": "", "first_contact_id": None, "hand_over_to_id": None,
             "received_at": "@", "accepted_at": None, "decided_at": None, "closed_at": None,
             "due_at": None, "warn_on": None, "late": False, "confidential": False, "version": 1, "applicant": "",
             "restricted": False,
             "facts": {}, "follow_hash": None},
    "step": {"state": "open", "outcome": None, "office_id": None, "account_id": None,
             "opened_at": "@", "due_at": None, "warn_on": None, "done_at": None, "late": False, "answers": None,
             "version": 0},
    "clock": {"extension": "", "due_on": None, "due_at": None, "warn_on": None,
              "printed_on": None, "met_at": None, "late": False},
    "card": {"state": "standing", "issued_at": "@"},
    "pause": {"ended": None, "note": "", "expected": ""},
    "material": {"file_id": None, "certificate_id": None, "note": "", "due_on": None},
}
# A new row is nearly always said with these columns only: then as a list, in this order, without
# what is empty at its end. Empty is how the column begins.
USUAL: Mapping[str, tuple[str, ...]] = {
    "case": ("item_version_id", "area_id", "channel", "office_id", "receiver_id", "lead_post_id",
             "first_contact_id", "due_at", "warn_on", "applicant", "facts", "follow_hash"),
    "step": ("office_id", "due_at", "warn_on"),
    "clock": ("start", "term", "calendar", "due_at", "warn_on", "printed_on"),
}
# What tells something about a person, or is what somebody wrote in his own words.
PERSONAL: Mapping[str, frozenset[str]] = {
    "case": frozenset(("applicant", "facts", "follow_hash")),
    "step": frozenset(("answers",)),
    "clock": frozenset(),
    "card": frozenset(),
    "pause": frozenset(("note",)),
    "material": frozenset(("note",)),
}


@dataclass(frozen=True, slots=True)
class Before:
    """What changes in place, as it was read."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    clocks: Mapping[str, ClockRow] = field(default_factory=dict)
    pauses: Sequence[PauseRow] = ()


def leave_out(file: "CaseFile") -> "CaseFile":
    """A restricted case without what is personal, for a screen that says only that it is there."""
    file.row |= {"applicant": RESTRICTED, "facts": {}, "follow_hash": None}
    for step in file.steps:
        step.answers = {k: v for k, v in (step.answers or {}).items() if k == "revoked"} or None
    for pause in file.pauses:
        pause.note = ""
    return file


def told_of(file: "CaseFile", draft: Draft) -> Draft:
    """The event with what its verb wrote to the rows of the case."""
    said = _Said(draft)
    is_new = file.head.seq == 0
    _case(said, file, is_new)
    for row in file.steps:
        changed = set(STEP_COLUMNS[4:]) - {"version"} if row.id is None else row.changed
        name = step_name(row.key, row.branch, row.round)
        said.put("step", name, {column: getattr(row, column) for column in changed},
                 is_new=row.id is None)
        said.shorten_done(name)
    for kind in sorted(file.touched_clocks):
        now, before = file.clocks[kind], file.stored.clocks.get(kind)
        values = {c: getattr(now, c) for c in CLOCK_COLUMNS[1:]
                  if before is None or getattr(now, c) != getattr(before, c)}
        if now.due_at and now.due_on == local(now.due_at).date():
            values.pop("due_on", None)  # the day of that moment, as nearly always
        said.put("clock", kind, values, is_new=before is None)
        if said.wrote.get("clock", {}).get(kind) == MET:
            said.wrote["clock"][kind] = "met"
    for place, pause in enumerate(file.pauses):
        was = file.stored.pauses[place] if pause.id is not None else None
        said.put("pause", str(place), {c: getattr(pause, c) for c in PAUSE_COLUMNS[1:]
                                       if was is None or getattr(was, c) != getattr(pause, c)},
                 is_new=was is None)
    for card in file.cards:
        named = CARD_COLUMNS[3:] if card.id is None else ("state",) if card.changed else ()
        said.put("card", f"{card.about}|{card.colour}", {c: getattr(card, c) for c in named},
                 is_new=card.id is None)
    for key, values in file.materials_written.items():
        said.put("material", key, values, is_new=True)
        row = said.wrote["material"][key]
        said.wrote["material"][key] = row["state"] if len(row) == 1 else row
    if not is_new and file.next_version != file.row["version"] + bool(said.wrote):
        said.wrote.setdefault("case", {})["version"] = file.next_version
    private = {**(draft.private or {}), **({"w": said.personal} if said.personal else {})}
    return replace(draft, wrote=said.wrote or None, private=private or None)


def _case(said: "_Said", file: "CaseFile", is_new: bool) -> None:
    columns = set(CASE_COLUMNS) - {"id", "number"} if is_new else file.changed
    values = {column: file.row[column] for column in columns - {"version"}}
    if values.get("facts"):
        values["facts"] = {k: v for k, v in values["facts"].items() if file.stored.facts.get(k) != v}
    said.put("case", "", values, is_new=is_new)
    if "lead_post_id" in values and file.lead_holder != said.draft.account_id:
        said.wrote["case"]["holder"] = file.lead_holder
    elif is_new:
        said.wrote["case"] = _shortened("case", said.wrote["case"])


def _shortened(kind: str, row: Values) -> Any:
    """A new row as a list of its usual columns, if it has no other."""
    usual = USUAL.get(kind, ())
    if not usual or not row.keys() <= set(usual):
        return row
    values = [row.get(column) for column in usual]
    while values and values[-1] is None:
        values.pop()
    return values


class _Said:
    """Collects what is said in the open and what is personal."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.wrote: Values = {}
        self.personal: Values = {}

    def put(self, kind: str, name: str, values: Values, *, is_new: bool) -> None:
        """Say these columns of that row; of a new one only what is not as rows begin."""
        known = NEW[kind] if is_new else {}
        for column, value in sorted(values.items()):
            kept = self._kept(value)
            if column in known and kept == known[column]:
                continue
            if column in PERSONAL[kind] and value not in ({}, "", None, ERASED):
                kept = self._personal(kind, name, column, value)
            row = self.wrote.setdefault(kind, {})
            (row.setdefault(name, {}) if name else row)[column] = kept
        if is_new and name:  # also when all is as rows begin: it is there
            rows = self.wrote.setdefault(kind, {})
            rows[name] = _shortened(kind, rows.get(name, {}))

    def shorten_done(self, name: str) -> None:
        """A step that was done as the event says, by whom it says, is said in one word."""
        said = self.wrote.get("step", {}).get(name, {})
        if not isinstance(said, dict):
            return
        usual = {**DONE, "outcome": (self.draft.data or {}).get("outcome"),
                 "account_id": self.draft.account_id}
        answered = said.get("answers") if self.draft.private else []
        if not usual.items() <= said.items() or answered is None:
            return
        rest = {k: v for k, v in said.items() if k not in usual and (k, v) != ("answers", [])}
        self.wrote["step"][name] = {**rest, "done": True} if rest else "done"

    def _personal(self, kind: str, name: str, column: str, value: Any) -> Any:
        """Put it among what can be erased; what is said in the open is that it is there.

        The answers to a step are the event's private content already, with what its data say.
        """
        private, data = self.draft.private or {}, self.draft.data or {}
        if column == "answers":
            beside = sorted(key for key in value if key not in private)
            if value == {**private, **{key: data.get(key) for key in beside}}:
                return beside
        row = self.personal.setdefault(kind, {}).setdefault(name, {})
        row[column] = value.hex() if isinstance(value, bytes) else value
        return HIDDEN

    def _kept(self, value: Any) -> Any:
        if isinstance(value, datetime):
            if value == self.draft.occurred_at:
                return "@"
            return int(value.timestamp()) if not value.microsecond else stamp(value)
        return value.isoformat() if isinstance(value, date) else value


def step_name(key: str, branch: str, round_: int) -> str:
    """``check``, or ``plot|张家冲|2`` for a branch or a later round."""
    return key if (branch, round_) == ("", 1) else f"{key}|{branch}|{round_}"


def step_of(name: str) -> tuple[str, str, int]:
    """Key, branch and round again."""
    if "|" not in name:
        return name, "", 1
    key, rest = name.split("|", 1)
    branch, round_ = rest.rsplit("|", 1)
    return key, branch, int(round_)
