"""The worker's part of cases: what the law says happens when nobody did anything."""

import logging

from django.db import connection
from procrastinate.contrib.django import app

from weimin.cases.verbs import accept
from weimin.flow.profiles import PROFILES
from weimin.kernel import clock
from weimin.kernel.errors import WeiminError
from weimin.network.actor import SYSTEM

log = logging.getLogger("weimin.cases")

# 行政许可法 art. 32(1)(4): no notice within five working days counts as accepted on receipt.
_SILENT = """
SELECT c.number FROM cases_case c
  JOIN cases_clock n ON n.case_id = c.id AND n.kind = 'notice' AND (n.met_at IS NULL OR n.late)
  JOIN catalogue_item_version v ON v.id = c.item_version_id
 WHERE c.state IN ('received', 'noticed') AND n.due_at < %s AND v.data->>'type' = ANY(%s)
"""


def accept_in_silence() -> int:
    """Accept, by law, the cases about which nothing was said in time; how many."""
    types = [key for key, profile in PROFILES.items() if profile.silence_accepts]
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_SILENT, [now, types])
        numbers = [number for (number,) in cursor.fetchall()]
    done = 0
    for number in numbers:
        try:
            accept(number, actor=SYSTEM, now=now)
            done += 1
        except WeiminError as error:  # somebody accepted it at this very moment
            log.info("%s not accepted by silence: %s", number, error)
    return done


# A clock that leapt ahead makes everything late at once, and this cannot be taken back. So the
# law speaks only where we were at work a day ago by the same clock; after a longer stop it waits
# for a day. Nobody loses by that: what silence accepts counts from its receipt.
_AT_WORK_A_DAY_AGO = """
SELECT EXISTS (
    SELECT FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id
     WHERE j.task_name = %s AND e.type = 'succeeded'
       AND e.at BETWEEN now() - interval '48 hours' AND now() - interval '20 hours')
"""


def at_work_a_day_ago() -> bool:
    """Whether this very task ran between 20 and 48 hours ago."""
    with connection.cursor() as cursor:
        cursor.execute(_AT_WORK_A_DAY_AGO, [silence.name])
        return bool(cursor.fetchone()[0])


@app.periodic(cron="*/10 * * * *")
@app.task(queue="daily", queueing_lock="silence")
def silence(timestamp: int) -> int:
    """Look for cases that the law has accepted."""
    if not at_work_a_day_ago():
        log.warning("accepting by silence waits: the system was not at work a day ago")
        return 0
    return accept_in_silence()
