"""The rows of a case as they are read, and the one statement that reads them all."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from weimin.flow.transitions import Step
from weimin.kernel.clock import local


@dataclass(slots=True, kw_only=True)
class StepRow:
    """One row of cases_step while a verb works on it."""

    id: int | None
    key: str
    branch: str
    round: int
    state: str
    outcome: str | None = None
    office_id: int | None = None
    account_id: int | None = None
    opened_at: datetime
    due_at: datetime | None = None
    warn_on: date | None = None
    done_at: datetime | None = None
    late: bool = False
    answers: dict[str, Any] | None = None
    version: int = 0
    changed: set[str] = field(default_factory=set)

    def set(self, **changes: Any) -> None:
        """Change columns; only what really changes is written."""
        for column, value in changes.items():
            if getattr(self, column) != value:
                setattr(self, column, value)
                self.changed.add(column)

    @property
    def pure(self) -> Step:
        """The step as the flow knows it."""
        return Step(
            id=self.id or 0, key=self.key, branch=self.branch, round=self.round,
            state=self.state, outcome=self.outcome, version=self.version,  # type: ignore[arg-type]
        )


@dataclass(slots=True, kw_only=True)
class ClockRow:
    """One row of cases_clock."""

    kind: str
    start: date
    term: str
    extension: str = ""
    due_on: date | None = None
    due_at: datetime | None = None
    warn_on: date | None = None
    printed_on: date | None = None
    calendar: int = 0
    met_at: datetime | None = None
    late: bool = False


@dataclass(slots=True, kw_only=True)
class PauseRow:
    """One row of cases_pause."""

    id: int | None
    reason: str
    counts: bool
    began: date
    ended: date | None = None
    note: str = ""
    expected: str = ""
    changed: bool = False

    def end(self, day: date) -> None:
        """It is over, and never before it began: a clock may be set back, paper be entered late."""
        self.ended, self.changed = max(day, self.began), True


@dataclass(slots=True, kw_only=True)
class CardRow:
    """One row of cases_card."""

    id: int | None
    colour: str
    about: str  # which term: "promise 2026-06-10", "check 1"
    office_id: int
    state: str
    issued_at: datetime
    changed: bool = False

    def set(self, *, state: str) -> None:
        """A card never changes but in its state."""
        self.state, self.changed = state, True


CASE_COLUMNS = (
    "id", "number", "item_version_id", "state", "outcome", "area_id", "channel", "applicant",
    "facts", "office_id", "receiver_id", "lead_post_id", "first_contact_id", "hand_over_to_id",
    "received_at", "accepted_at", "decided_at", "closed_at", "due_at", "warn_on", "late",
    "confidential", "version", "follow_hash", "restricted",
)
STEP_COLUMNS = (
    "id", "key", "branch", "round", "state", "outcome", "office_id", "account_id", "opened_at",
    "due_at", "warn_on", "done_at", "late", "answers", "version",
)
CLOCK_COLUMNS = (
    "kind", "start", "term", "extension", "due_on", "due_at", "warn_on", "printed_on", "calendar", "met_at",
    "late",
)
CARD_COLUMNS = ("id", "colour", "about", "office_id", "state", "issued_at")
PAUSE_COLUMNS = ("id", "reason", "counts", "began", "ended", "note", "expected")


def _aggregate(columns: Iterable[str], table: str, order: str) -> str:
    packed = ",".join(f"t.{column}" for column in columns)
    return (
        f"(SELECT json_agg(json_build_array({packed}) ORDER BY t.{order})"
        f" FROM {table} t WHERE t.case_id = c.id)"
    )


LOAD = f"""
SELECT {",".join(f"c.{column}" for column in CASE_COLUMNS)}, area.path,
       (SELECT number FROM network_epoch), clock_timestamp(), head.seq, head.hash,
       {_aggregate(STEP_COLUMNS, "cases_step", "id")},
       {_aggregate(CLOCK_COLUMNS, "cases_clock", "kind")},
       {_aggregate(PAUSE_COLUMNS, "cases_pause", "id")},
       {_aggregate(CARD_COLUMNS, "cases_card", "id")},
       (SELECT json_object_agg(m.key, m.state) FROM cases_material m WHERE m.case_id = c.id),
       EXISTS (SELECT FROM cases_access a
                WHERE a.case_id = c.id AND a.office_id = ANY(%(offices)s)),
       EXISTS (SELECT FROM cases_party p WHERE p.case_id = c.id
                  AND p.person_id = %(person)s AND p.role IN ('applicant', 'agent', 'guardian')),
       (SELECT p.person_id FROM cases_party p JOIN registry_person r ON r.id = p.person_id
         WHERE p.case_id = c.id AND p.role <> 'member'
         ORDER BY r.phone_mask NOT LIKE '1%%', p.role <> 'applicant', p.seq LIMIT 1),
       (SELECT max(e.occurred_at) FROM trail_event e WHERE e.subject_type = 'case'
           AND e.subject_id = c.id AND e.verb = 'nudge' AND e.account_id = %(account)s),
       reply.asked, reply.case_id, reply.seq, reply.version, reply.state
  FROM cases_case c
  JOIN network_area area ON area.code = c.area_id
  LEFT JOIN LATERAL (SELECT seq, hash FROM trail_event e
        WHERE e.subject_type = 'case' AND e.subject_id = c.id ORDER BY seq DESC LIMIT 1) head ON true
  LEFT JOIN cases_reply reply ON reply.key = %(reply)s
 WHERE c.number = %(number)s
"""
# A statement of its own: one statement that locks and reads would wait for the lock and then
# answer from the snapshot it took before it waited.
LOCK = "SELECT 1 FROM cases_case WHERE number = %s FOR UPDATE"



def _moment(text: str | None) -> datetime | None:
    return local(datetime.fromisoformat(text)) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def step_row(values: list[Any]) -> StepRow:
    """A step out of its JSON array."""
    row = dict(zip(STEP_COLUMNS, values, strict=True))
    for column in ("opened_at", "due_at", "done_at"):
        row[column] = _moment(row[column])
    row["warn_on"] = _day(row["warn_on"])
    return StepRow(**row)


def clock_row(values: list[Any]) -> ClockRow:
    """A clock out of its JSON array."""
    row = dict(zip(CLOCK_COLUMNS, values, strict=True))
    for column in ("due_at", "met_at"):
        row[column] = _moment(row[column])
    for column in ("start", "due_on", "warn_on", "printed_on"):
        row[column] = _day(row[column])
    return ClockRow(**row)


def card_row(values: list[Any]) -> CardRow:
    """A card out of its JSON array."""
    row = dict(zip(CARD_COLUMNS, values, strict=True))
    row["issued_at"] = _moment(row["issued_at"])
    return CardRow(**row)


def pause_row(values: list[Any]) -> PauseRow:
    """A pause out of its JSON array."""
    row = dict(zip(PAUSE_COLUMNS, values, strict=True))
    row["began"], row["ended"] = _day(row["began"]), _day(row["ended"])
    return PauseRow(**row)
