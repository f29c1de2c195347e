"""Dates computed again when a decree changed the calendar under running cases."""

from datetime import datetime

from django.db import connection, transaction

from weimin.cases import clocks
from weimin.cases.file import CaseFile
from weimin.network.actor import SYSTEM
from weimin.trail import chain

chain.register(recompute="期限重新计算")


def recompute_running(*, now: datetime) -> int:
    """Compute the clocks of every open case by the calendar that holds now; how many moved.

    What was printed never moves later. Each case is a transaction of its own: safe to repeat,
    and to go on after it was cut off.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT c.number FROM cases_case c JOIN cases_clock k ON k.case_id = c.id"
            " WHERE c.state <> 'closed' AND k.met_at IS NULL"
            " AND k.calendar < (SELECT max(id) FROM worktime_decree)"
        )
        numbers = [number for (number,) in cursor.fetchall()]
    return sum(_recompute(number, now) for number in numbers)


@transaction.atomic
def _recompute(number: str, now: datetime) -> bool:
    file = CaseFile.load(number, actor=SYSTEM, now=now, lock=True)
    before = {kind: str(c.due_on) for kind, c in file.clocks.items() if not c.met_at}
    clocks.recompute(file, decreed=True)
    after = {kind: str(c.due_on) for kind, c in file.clocks.items() if not c.met_at}
    file.record("recompute", {"calendar": file.calendar.version, "before": before, "after": after})
    file.seal()
    file.save()
    return before != after
