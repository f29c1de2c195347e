"""Delivering what was posted: an indexed look-up, then a conditional update of exactly one row."""

import json
import logging
from datetime import datetime

from django.db import connection, transaction

from weimin.kernel import vault
from weimin.kernel.text import mask_code
from weimin.outbox import ports

log = logging.getLogger("weimin.outbox")

MOST_TRIES = 8

_NEXT = """
SELECT id, port, key, payload, tries FROM outbox_message
 WHERE status = 'waiting' AND (tried_at IS NULL OR tried_at < %(now)s - interval '1 minute' * (2 ^ tries)
       OR tried_at > %(now)s)  -- the clock was set back since
 ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""


def deliver_due(now: datetime, most: int = 500) -> int:
    """Send what waits, the oldest first; how many left. Safe to run in several workers."""
    sent = 0
    for _ in range(most):
        outcome = _deliver_one(now)
        if outcome is None:
            break
        sent += outcome
    return sent


def _deliver_one(now: datetime) -> bool | None:
    """Send one message: True if it left, False if not, None when nothing waits."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_NEXT, {"now": now})
        row = cursor.fetchone()
        if row is None:
            return None
        id_, port, key, payload, tries = row
        status, error = "sent", ""
        try:
            with transaction.atomic():  # what a port asks the database, too, may fail by itself
                ports.send(port, key, json.loads(vault.decrypt(payload)))
        except ports.PortError as failed:
            status, error = _left(failed, tries + 1), str(failed)
        except Exception as broken:  # a mistake in one port must not keep all others waiting
            log.exception("port %s broke on message %s", port, id_)
            counted = ports.PortError(f"通道程序出错（{type(broken).__name__}）")
            status, error = _left(counted, tries + 1), str(counted)
        cursor.execute(
            "UPDATE outbox_message SET status = %s, error = %s, tries = tries + 1, tried_at = %s"
            " WHERE id = %s",
            [status, error, now, id_],
        )
    return status == "sent"


def _left(failed: ports.PortError, tries: int) -> str:
    """What becomes of a message that did not leave: nobody need look at one that can't reach him."""
    if isinstance(failed, ports.Unreachable):
        return "dropped"
    return "failed" if failed.permanent or tries >= MOST_TRIES else "waiting"


def send_again(message_id: int) -> bool:
    """Put a failed or given-up message back in line: somebody looked at it and pressed the button.

    False when there is no such message.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbox_message SET status = 'waiting', tries = 0, tried_at = NULL, error = ''"
            " WHERE id = %s AND status IN ('failed', 'dropped')",
            [message_id],
        )
        return bool(cursor.rowcount)


def send_all_again() -> list[int]:
    """Put every failed message back in line; their ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbox_message SET status = 'waiting', tries = 0, tried_at = NULL, error = ''"
            " WHERE status = 'failed' RETURNING id"
        )
        return [id_ for (id_,) in cursor.fetchall()]


def give_up(message_id: int) -> bool:
    """Leave a failed message unsent for good: the number is wrong, the thing is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbox_message SET status = 'dropped' WHERE id = %s AND status = 'failed'",
            [message_id],
        )
        return bool(cursor.rowcount)


def read(payload: bytes | memoryview) -> dict[str, str]:
    """What a message says, for the screen that shows it to those who may see it."""
    found: dict[str, str] = json.loads(vault.decrypt(payload))
    return found


def addressee(payload: bytes | memoryview) -> str:
    """To whom a message goes, masked: who looks after the system need not know more."""
    return mask_code(read(payload).get("to", ""))
