"""Posting an effect: it leaves after the commit, at least once, always under the same key."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from weimin.kernel import vault
from weimin.trail.chain import Subject

INSERT = (
    "INSERT INTO outbox_message (port, key, subject_type, subject_id, payload, status, tries,"
    " created_at, error) VALUES (%s, %s, %s, %s, %s, 'waiting', 0, %s, '')"
    " ON CONFLICT (key) DO NOTHING"
)


def params(
    port: str, key: str, subject: Subject, payload: Mapping[str, str], now: datetime
) -> list[Any]:
    """The parameters of :data:`INSERT`, for writing it together with other rows."""
    sealed = vault.encrypt(json.dumps(payload, ensure_ascii=False))
    return [port, key, subject.type, subject.id, sealed, now]


def post(
    port: str, key: str, subject: Subject, payload: Mapping[str, str], *, now: datetime
) -> None:
    """Have an effect happen once this transaction is committed. The same key posts once."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, params(port, key, subject, payload, now))
