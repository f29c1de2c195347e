"""One chain with all that proves it, for somebody who has neither this system nor its database."""

import base64
import json
from pathlib import Path
from typing import Any

from django.db import connection

from weimin.kernel import vault
from weimin.trail import roots
from weimin.trail.chain import Subject, head_of

_EVENTS = """
SELECT e.seq, e.verb, e.account_id, e.post_id, e.occurred_at, e.recorded_at, e.algorithm, e.body,
       e.hash, p.salt, p.content
  FROM trail_event e LEFT JOIN trail_private p USING (subject_type, subject_id, seq)
 WHERE e.subject_type = %s AND e.subject_id = %s ORDER BY e.seq
"""


def proof_of(subject: Subject, *, keys: Path) -> dict[str, Any]:
    """The events of a subject with their personal content, and a signed root over the chain.

    ``root`` is None when none was taken since the first event. An event whose ``private`` is
    null had none, or it was erased. :mod:`weimin.trail.offline_check` reads this.
    """
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, [subject.type, subject.id])
        rows = cursor.fetchall()
    events = [_event(subject, row) for row in rows]
    root = roots.covering(subject.type, subject.id, keys=keys)
    return {"subject": [subject.type, subject.id], "events": events, "root": root}


def _event(subject: Subject, row: tuple[Any, ...]) -> dict[str, Any]:
    seq, verb, account, post, occurred, recorded, algorithm, body, hash_, salt, content = row
    columns = json.loads(head_of(subject, seq, verb, account, post, occurred, recorded))
    private = None if content is None else json.loads(vault.decrypt(content))
    return {
        **columns, "algorithm": algorithm, "body": bytes(body).decode(),
        "hash": bytes(hash_).hex(), "private": private,
        "salt": None if salt is None else base64.b64encode(bytes(salt)).decode(),
    }
