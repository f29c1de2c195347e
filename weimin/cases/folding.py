"""Folding the events of a case: the rows as they must be, from the chain alone."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from weimin.cases.written import DONE, HIDDEN, MET, NEW, USUAL, Values, step_of
from weimin.kernel.clock import local
from weimin.trail.verify import Seen

Row = dict[str, Any]
Rows = dict[str, Any]  # table → name of the row within its case → columns, or UNKNOWN

_MOMENTS = frozenset(("received_at", "accepted_at", "decided_at", "closed_at", "due_at",
                      "opened_at", "done_at", "met_at", "issued_at"))
_DAYS = frozenset(("start", "due_on", "warn_on", "printed_on", "began", "ended"))
_KINDS = ("step", "clock", "pause", "card", "material", "party", "duty", "certificate")


class _Unknown:
    """What was erased: nobody can say any more what stood there."""


UNKNOWN: Any = _Unknown()


class Fold:
    """One case, made again event by event."""

    def __init__(self) -> None:
        self.number = ""
        self.rows: Rows = {"case": {}, **{kind: {} for kind in _KINDS}}
        self._issued: set[Any] = set()  # steps that gave out a certificate

    def apply(self, event: Seen) -> None:
        """What this event wrote."""
        if event.seq == 1:
            self._begin(event)
        elif event.wrote:
            self.rows["case"][""]["version"] += 1
        for kind, said in event.wrote.items():
            for name, values in ({"": said} if kind == "case" else said).items():
                self._write(event, kind, name, values)
        if number := event.data.get("certificate"):
            self._certificate(event, number)
        if event.verb == "revoke":
            self._revoke(event)
        if event.verb == "erase":
            self.rows["party"] = {}

    def _begin(self, event: Seen) -> None:
        self.number = event.data["number"]
        self.rows["case"][""] = self._new("case", event) | {"id": None, "number": self.number}
        if event.private is None:
            self.rows["party"] = UNKNOWN
            return
        for role, seq, person, organisation, paper, relation in event.private["parties"]:
            self.rows["party"][role, seq] = {
                "person_id": person, "organisation_id": organisation, "paper": paper,
                "relation": relation}

    def _new(self, kind: str, event: Seen) -> Row:
        return {column: self._read(column, value, event) for column, value in NEW[kind].items()}

    def _write(self, event: Seen, kind: str, name: str, values: Any) -> None:
        rows = self.rows[kind]
        at = _name(kind, name)
        if isinstance(values, list):
            values = {c: v for c, v in zip(USUAL[kind], values, strict=False) if v is not None}
        if kind == "material" and isinstance(values, str):
            values = {"state": values}
        if kind == "clock" and values == "met":
            values = MET
        if kind == "step" and (values == "done" or "done" in values):
            values = _done(event, {} if values == "done" else values)
        if at not in rows or kind == "material":
            rows[at] = self._new(kind, event)
        elif kind == "step":
            rows[at]["version"] += 1
            self._undo(event, at, rows[at], values)
        row = rows[at]
        for column, value in values.items():
            if column == "holder":
                continue
            if value == HIDDEN:
                value = self._hidden(event, kind, name, column)
                if column == "facts" and value is not UNKNOWN and row["facts"] is not UNKNOWN:
                    value = {**row["facts"], **value}
            elif column == "answers" and isinstance(value, list):
                value = self._answers(event, value)
            row[column] = self._read(column, value, event)
        if kind == "clock" and row["due_at"] is not None and "due_on" not in values:
            row["due_on"] = local(row["due_at"]).date()
        if kind == "case" and "lead_post_id" in values:
            self._lead(event, values)

    def _read(self, column: str, value: Any, event: Seen) -> Any:
        """A value as the row has it."""
        if value is None or value is UNKNOWN:
            return value
        if column in _MOMENTS:
            return moment(value, event.occurred_at)
        if column in _DAYS:
            return date.fromisoformat(value)
        return value

    def _hidden(self, event: Seen, kind: str, name: str, column: str) -> Any:
        if event.private is None:
            return UNKNOWN
        return event.private["w"][kind][name][column]

    def _answers(self, event: Seen, beside: list[str]) -> Any:
        if event.erased:
            return UNKNOWN
        private = {k: v for k, v in (event.private or {}).items() if k != "w"}
        return {**private, **{key: event.data.get(key) for key in beside}}

    def _lead(self, event: Seen, values: Values) -> None:
        duties, since = self.rows["duty"], event.recorded_at
        if duties:  # as cases.duty writes it, also when the clock was set back
            since = max(since, duties[len(duties) - 1,]["since"] + timedelta(microseconds=1))
        duties[len(duties),] = {
            "post_id": values["lead_post_id"], "account_id": values.get("holder", event.account_id),
            "since": since,
        }

    def _certificate(self, event: Seen, number: str) -> None:
        step = event.data["step"], event.data.get("branch", ""), event.data.get("round", 1)
        valid_to, party = event.data.get("valid_to"), self.rows["party"]
        holder = {"person_id": UNKNOWN, "organisation_id": UNKNOWN} if party is UNKNOWN \
            else party["applicant", 1]
        self._issued.add(step)
        self.rows["certificate"][number,] = {
            "holder_person_id": holder["person_id"],
            "holder_organisation_id": holder["organisation_id"],
            "office_id": self.rows["step"][step]["office_id"],
            "issued_on": local(event.occurred_at).date(),
            "valid_to": valid_to and date.fromisoformat(valid_to), "revoked_at": None,
        }

    def _undo(self, event: Seen, step: Any, row: Row, values: Values) -> None:
        """A step that issued is taken back: what it issued is revoked."""
        if step in self._issued and row["state"] == "done" and values.get("state"):
            self._revoke(event)

    def _revoke(self, event: Seen) -> None:
        for certificate in self.rows["certificate"].values():
            certificate["revoked_at"] = certificate["revoked_at"] or event.occurred_at


def written_in(body: bytes, kind: str, name: str) -> Values:
    """What an event said of one row, column by column; nothing if it did not touch it."""
    said = json.loads(body).get("w", {}).get(kind, {}).get(name, {})
    return dict(zip(USUAL[kind], said, strict=False)) if isinstance(said, list) else said


def _done(event: Seen, said: Values) -> Values:
    """A step that was done as the event says, by whom it says; its private content answers."""
    has_answers = event.erased or any(key != "w" for key in event.private or ())
    return {
        **DONE, "outcome": event.data["outcome"], "account_id": event.account_id,
        **({"answers": []} if has_answers else {}),
        **{column: value for column, value in said.items() if column != "done"},
    }


def moment(said: str | int, occurred_at: datetime) -> datetime:
    """``@`` is the event's own moment, a number whole seconds, the rest a stamp."""
    if said == "@":
        return occurred_at
    if isinstance(said, int):
        return datetime.fromtimestamp(said, UTC)
    return datetime.fromisoformat(said)


def _name(kind: str, name: str) -> Any:
    if kind == "case":
        return ""
    if kind == "step":
        return step_of(name)
    if kind == "card":
        return tuple(name.rsplit("|", 1))
    return (int(name),) if kind == "pause" else (name,)
