"""Dates computed again when a decree changed the calendar under running cases."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from weimin.cases import clocks
from weimin.cases.file import CaseFile
from weimin.kernel.watching import Watch, unwatched
from weimin.network.actor import SYSTEM
from weimin.trail import chain
from weimin.worktime.calendar import Calendar

chain.register(recompute="期限重新计算")

MOST_FORESEEN = 1000  # cases that are looked at before a decree; each takes some 3 ms

# By a clock that runs, or, where all are met (decided first, checked later), by an open step.
_BEHIND = (
    " FROM cases_case c JOIN cases_clock k ON k.case_id = c.id"
    " WHERE c.state <> 'closed' AND k.calendar < (SELECT max(id) FROM worktime_decree)"
    " AND (k.met_at IS NULL OR NOT EXISTS (SELECT FROM cases_clock o WHERE o.case_id = c.id"
    " AND (o.met_at IS NULL OR o.calendar > k.calendar))"
    " AND EXISTS (SELECT FROM cases_step s WHERE s.case_id = c.id AND s.state = 'open'))"
)


def recompute_running(*, now: datetime, watch: Watch = unwatched) -> int:
    """Compute the clocks of every open case by the calendar that holds now; how many moved.

    What was printed never moves later. Each case is a transaction of its own: safe to repeat,
    and to go on after it was cut off.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT c.number {_BEHIND}")
        numbers = [number for (number,) in cursor.fetchall()]
    return sum(_recompute(number, now) for number in watch(numbers, "重算在办件的期限"))


def behind() -> int:
    """How many open cases still stand by an older calendar."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(DISTINCT c.id) {_BEHIND}")
        return int(cursor.fetchone()[0])


@transaction.atomic
def _recompute(number: str, now: datetime) -> bool:
    file = CaseFile.load(number, actor=SYSTEM, now=now, lock=True)
    before = _dues(file)
    clocks.recompute(file, decreed=True)
    after = _dues(file)
    file.record("recompute", {"calendar": file.calendar.version, "before": before, "after": after})
    file.seal()
    file.save()
    return before != after


def _dues(file: CaseFile) -> dict[str, str]:
    return {kind: str(c.due_on) for kind, c in file.clocks.items() if not c.met_at}


@dataclass(frozen=True, kw_only=True, slots=True)
class Foreseen:
    """What a calendar would do to the running cases."""

    earlier: int
    later: int
    looked_at: int  # cases whose clocks run over a day that changes
    all: bool  # no more than could be looked at


def foresee(calendar: Calendar, days: list[date], *, now: datetime) -> Foreseen:
    """How many open cases would get another due day by some clock when these days change. Writes nothing.

    Only a day after a clock's start and up to its due day can move it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT c.number FROM cases_case c JOIN cases_clock k ON k.case_id = c.id"
            " WHERE c.state <> 'closed' AND k.met_at IS NULL AND EXISTS (SELECT FROM"
            " unnest(%s::date[]) d WHERE d > k.start AND d <= k.due_on) ORDER BY c.number LIMIT %s",
            [days, MOST_FORESEEN + 1],
        )
        numbers = [number for (number,) in cursor.fetchall()]
    moved = [_moves(number, calendar, now) for number in numbers[:MOST_FORESEEN]]
    return Foreseen(earlier=moved.count(-1), later=moved.count(1),
                    looked_at=min(len(numbers), MOST_FORESEEN),
                    all=len(numbers) <= MOST_FORESEEN)


def _moves(number: str, calendar: Calendar, now: datetime) -> int:
    """-1 if a due day of the case comes earlier, 1 if one moves later, 0 if all stay."""
    file = CaseFile.load(number, actor=SYSTEM, now=now, lock=False)
    before = _dues(file)
    file.trial = calendar
    clocks.recompute(file, decreed=True)
    after = _dues(file)
    if any(after[kind] < day for kind, day in before.items()):
        return -1
    return int(after != before)
