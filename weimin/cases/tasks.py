"""The worker's part of cases: what the law says happens when nobody did anything."""

import contextlib
import logging
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from weimin.cases.recompute import behind, recompute_running
from weimin.cases.succession import succeed_running
from weimin.cases.verb import Verb
from weimin.cases.verbs import accept, issue_cards, renew_by_silence
from weimin.flow.profiles import PROFILES
from weimin.kernel import clock
from weimin.kernel.clock import local
from weimin.kernel.errors import WeiminError
from weimin.kernel.titles import titled
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
    return _each(accept, _SILENT, [now, types], now)


def _each(verb: Verb, sql: str, params: Any, now: datetime) -> int:
    """Do it, as the system, to every case whose number the query finds; to how many it was done."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        numbers = [number for (number,) in cursor.fetchall()]
    done = 0
    for number in numbers:
        try:
            verb(number, actor=SYSTEM, now=now)
            done += 1
        except WeiminError as error:  # done by somebody at this very moment, or not due after all
            log.info("%s: no %s: %s", number, verb.__name__, error)
    return done


# The running clock of a case has passed its warning or its end, or an open step its own end,
# and no card says so yet.
_CARDLESS = """
SELECT c.number FROM cases_case c
 WHERE c.state <> 'closed' AND c.due_at IS NOT NULL
   AND (c.due_at < %(now)s OR c.warn_on <= %(today)s)
   AND NOT EXISTS (SELECT FROM cases_card d JOIN cases_clock k ON k.case_id = c.id
        AND k.due_at = c.due_at AND k.met_at IS NULL
        WHERE d.case_id = c.id AND d.about = k.kind || ' ' || k.start
          AND (d.colour = 'red' OR c.due_at >= %(now)s))
UNION
SELECT c.number FROM cases_step s JOIN cases_case c ON c.id = s.case_id
 WHERE s.state = 'open' AND s.due_at < %(now)s AND s.office_id IS NOT NULL
   AND s.due_at IS DISTINCT FROM c.due_at
   AND NOT EXISTS (SELECT FROM cases_card d WHERE d.case_id = c.id AND d.colour = 'red'
        AND d.about = concat_ws(' ', s.key, nullif(s.branch, ''), s.round))
"""


# 行政许可法 art. 50(2). The verb itself judges whether the renewal was asked for in time.
_LAPSED = """
SELECT c.number FROM cases_case c JOIN catalogue_item_version v ON v.id = c.item_version_id
 WHERE c.state = 'accepted' AND v.data ? 'renewal'
   AND c.facts->>(v.data#>>'{renewal,expires}') < %s
"""


def renew_in_silence() -> int:
    """Grant, by law, the renewals whose permits expired undecided; how many."""
    now = clock.now()
    return _each(renew_by_silence, _LAPSED, [local(now).date().isoformat()], now)


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


@titled("延续许可逾期未决视为准予")
@app.periodic(cron="20 16 * * *")  # 00:20 in Shanghai: cron speaks UTC
@app.task(queue="daily", queueing_lock="renewals")
def renewals(timestamp: int) -> int:
    """Look for permits that expired while their renewal waited."""
    return renew_in_silence() if at_work_a_day_ago() else 0


def issue_due_cards() -> int:
    """Issue the cards that terms have earned since the last time; on how many cases."""
    now = clock.now()
    return _each(issue_cards, _CARDLESS, {"now": now, "today": local(now).date()}, now)


@titled("发红黄牌")
@app.periodic(cron="5-59/10 * * * *")
@app.task(queue="daily", queueing_lock="cards")
def cards(timestamp: int) -> int:
    """Look for terms that have earned a card."""
    return issue_due_cards() if at_work_a_day_ago() else 0


@cache
def _say_that_it_waits() -> None:
    """Once for each start of the worker, not every ten minutes."""
    log.warning("逾期未告知视为受理：先不执行，一天以前系统没有在工作（新装、停机、时钟跳动以后都是这样）")


@titled("逾期未告知视为受理")
@app.periodic(cron="*/10 * * * *")
@app.task(queue="daily", queueing_lock="silence")
def silence(timestamp: int) -> int:
    """Look for cases that the law has accepted."""
    if not at_work_a_day_ago():
        _say_that_it_waits()
        return 0
    return accept_in_silence()


@titled("撤并单位的办件移交，重算期限")
@app.periodic(cron="5 * * * *")  # five past midnight, and later where the machine was off then
@app.task(queue="daily", queueing_lock="new-day")
def new_day(timestamp: int) -> int:
    """Offices that ended today hand on their cases; terms follow the newest calendar."""
    now = clock.now()
    done = succeed_running(now=now)
    if done.moved or done.left:
        log.info("%d cases passed on, %d left their posts", done.moved, done.left)
    return done.moved + recompute_running(now=now)


@titled("重算期限")
@app.task(queue="daily", queueing_lock="recompute")
def recompute() -> int:
    """Compute the running clocks by the newest calendar."""
    return recompute_running(now=clock.now())


def recompute_soon() -> None:
    """Have the running clocks computed after the commit, if a decree left any behind."""
    if not behind():
        return
    # The job that waits already will see this decree too.
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        recompute.defer()
