"""The rows of a case that a verb changed, into the one statement that writes them."""

from collections.abc import Iterable

from weimin.cases.batch import Batch
from weimin.cases.rows import (
    CARD_COLUMNS,
    CLOCK_COLUMNS,
    PAUSE_COLUMNS,
    STEP_COLUMNS,
    CardRow,
    ClockRow,
    PauseRow,
    StepRow,
)


def steps(batch: Batch, case_id: int, rows: Iterable[StepRow]) -> None:
    """The new ones, and of the others what changed."""
    rows = list(rows)
    batch.insert("cases_step", [
        {"case_id": case_id, **{column: getattr(row, column) for column in STEP_COLUMNS[1:]}}
        for row in rows if row.id is None])
    for row in rows:
        if row.id is not None and row.changed:
            row.version += 1
            changes = {column: getattr(row, column) for column in sorted(row.changed)}
            batch.update("cases_step", {"id": row.id}, {**changes, "version": row.version})


def pauses(batch: Batch, case_id: int, rows: Iterable[PauseRow]) -> None:
    """A pause ends, and its note may be added to."""
    for row in rows:
        if row.id is None:
            values = {column: getattr(row, column) for column in PAUSE_COLUMNS[1:]}
            batch.insert("cases_pause", [{"case_id": case_id, **values}])
        elif row.changed:
            batch.update("cases_pause", {"id": row.id}, {"ended": row.ended, "note": row.note})


def cards(batch: Batch, case_id: int, rows: Iterable[CardRow]) -> None:
    """A card never changes but in its state."""
    for row in rows:
        if row.id is None:
            values = {column: getattr(row, column) for column in CARD_COLUMNS[1:]}
            batch.insert("cases_card", [{"case_id": case_id, **values}])
        elif row.changed:
            batch.update("cases_card", {"id": row.id}, {"state": row.state})


def clocks(batch: Batch, case_id: int, rows: Iterable[ClockRow]) -> None:
    """A clock is one of its kind."""
    sets = ",".join(f"{column} = excluded.{column}" for column in CLOCK_COLUMNS[1:])
    batch.insert(
        "cases_clock",
        [{"case_id": case_id, **{column: getattr(row, column) for column in CLOCK_COLUMNS}} for row in rows],
        f" ON CONFLICT (case_id, kind) DO UPDATE SET {sets}")
