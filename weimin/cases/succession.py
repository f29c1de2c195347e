"""The day an office or a post is no more: its running cases pass on, then its chairs are empty.

Every case is moved by the verb, in a transaction of its own: safe to repeat, and to go on after
it was cut off. Whoever held an ended post keeps it until its last case has found its heir, so
that at every moment somebody answers for every case.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from weimin.cases.verbs import succeed
from weimin.catalogue.routes import Routes, routes_now
from weimin.kernel.clock import local
from weimin.kernel.errors import WeiminError
from weimin.kernel.watching import Watch, unwatched
from weimin.network.actor import SYSTEM
from weimin.trail import chain

log = logging.getLogger("weimin.cases")
chain.register(vacate="岗位撤销，离岗")

_BATCH = 500
_ORPHANED = """
SELECT c.id, c.number FROM cases_case c
 WHERE c.state <> 'closed' AND c.id > %(after)s AND (
       c.office_id = ANY(%(offices)s) OR c.receiver_id = ANY(%(offices)s)
    OR c.lead_post_id = ANY(%(posts)s) OR c.first_contact_id = ANY(%(posts)s)
    OR c.hand_over_to_id = ANY(%(posts)s)
    OR EXISTS (SELECT FROM cases_step s
                WHERE s.case_id = c.id AND s.state = 'open' AND s.office_id = ANY(%(offices)s)))
 ORDER BY c.id LIMIT %(most)s
"""
_EMPTY = """
SELECT h.id, h.account_id, p.id, lower(h.during) FROM network_holding h
  JOIN network_post p ON p.id = h.post_id JOIN network_office o ON o.id = p.office_id
 WHERE (p.valid_to <= %(on)s OR o.valid_to <= %(on)s)
   AND (upper(h.during) IS NULL OR upper(h.during) > %(on)s)
   AND NOT EXISTS (SELECT FROM cases_case c WHERE c.lead_post_id = p.id AND c.state <> 'closed')
   AND NOT (coalesce(o.valid_to <= %(on)s, false) AND (
       EXISTS (SELECT FROM cases_step s WHERE s.state = 'open' AND s.office_id = o.id)
    OR EXISTS (SELECT FROM cases_case c WHERE c.state <> 'closed'
                  AND (c.office_id = o.id OR c.receiver_id = o.id))))
   FOR UPDATE OF h
"""


@dataclass(kw_only=True, slots=True)
class Succession:
    """What a run did: how many cases moved, and which wait for somebody on duty at the heir."""

    moved: int = 0
    waiting: list[str] = field(default_factory=list)
    left: int = 0  # holders whose post is no more


def succeed_running(*, now: datetime, watch: Watch = unwatched) -> Succession:
    """Move all running cases of offices and posts that are no more; nothing when there are none."""
    done, routes, on = Succession(), routes_now(), local(now).date()
    for number in watch(list(_orphaned(routes, on)), "移交撤销单位的在办件"):
        try:
            succeed(number, actor=SYSTEM, now=now)
            done.moved += 1
        except WeiminError as error:
            done.waiting.append(number)
            log.warning("%s waits for an heir: %s", number, error)
    done.left = _empty_chairs(now)
    return done


def _orphaned(routes: Routes, on: date) -> Iterator[str]:
    asked: dict[str, Any] = {
        "offices": [office for office, ended in routes.ended.items() if ended.on <= on],
        "posts": [post for post, (day, _) in routes.gone_posts.items() if day <= on],
        "after": 0, "most": _BATCH,
    }
    if not asked["offices"] and not asked["posts"]:
        return
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_ORPHANED, asked)
            rows = cursor.fetchall()
        yield from (number for _, number in rows)
        if len(rows) < _BATCH:
            return
        asked["after"] = rows[-1][0]


@transaction.atomic
def _empty_chairs(now: datetime) -> int:
    """End the holdings of posts that are no more and have no work left, in the open."""
    on = local(now).date()
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY, {"on": on})
        rows = cursor.fetchall()
        for holding, account, post, since in rows:
            if since >= on:
                cursor.execute("DELETE FROM network_holding WHERE id = %s", [holding])
            else:
                cursor.execute(
                    "UPDATE network_holding SET during = daterange(lower(during), %s)"
                    " WHERE id = %s", [on, holding],
                )
            chain.append(
                chain.Subject("account", account),
                chain.Draft(verb="vacate", occurred_at=now, data={"post": post, "on": str(on)}),
            )
    return len(rows)
