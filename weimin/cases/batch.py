"""One statement for all the rows a verb changes.

A verb touches a case, some steps, clocks and an event. Written one by one, most of the time
goes into talking; written as one statement of data-modifying CTEs it is a single exchange, and
still nothing but plain SQL. The case is locked, so the order of the parts does not matter.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection
from psycopg.types.json import Json, Jsonb


class Batch:
    """Collects writes and carries them out in one statement."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._params: list[Any] = []

    def add(self, sql: str, params: Sequence[Any]) -> None:
        """A data-modifying statement of the caller's own."""
        self._parts.append(sql)
        self._params.extend(params)

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]], conflict: str = "") -> None:
        """Rows of the same columns; nothing for no rows.

        They travel as one JSON parameter and take their types from the table. So the text of the
        statement is the same for any number of rows: it is parsed and planned once.
        """
        if not rows:
            return
        columns = ",".join(rows[0])
        self.add(
            f"INSERT INTO {table} ({columns}) SELECT {columns}"
            f" FROM json_populate_recordset(NULL::{table}, %s){conflict}",
            [Json([{k: _hex(v) for k, v in row.items()} for row in rows], dumps=_encode)],
        )

    def update(self, table: str, key: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
        """The changed columns of one row, and only those; nothing for no changes."""
        if not changes:
            return
        sets = ",".join(f"{column} = %s" for column in changes)
        where = " AND ".join(f"{column} = %s" for column in key)
        self.add(
            f"UPDATE {table} SET {sets} WHERE {where}",
            [*map(_adapt, changes.values()), *key.values()],
        )

    def run(self) -> None:
        """Carry everything out. Raises Django's database errors."""
        *before, last = self._parts
        whole = last
        if before:
            named = ",".join(f"w{n} AS ({part})" for n, part in enumerate(before))
            whole = f"WITH {named} {last}"
        with connection.cursor() as cursor:
            cursor.execute(whole, self._params)


def _hex(value: Any) -> Any:
    """Bytes as PostgreSQL reads them from JSON."""
    return f"\\x{value.hex()}" if type(value) is bytes else value


def _of_its_kind(value: Any) -> str:
    """A string of a class of its own, such as escaped markup."""
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"{type(value).__name__} can't be written as JSON")


_encode = msgspec.json.Encoder(enc_hook=_of_its_kind).encode


def _adapt(value: Any) -> Any:
    return Jsonb(value) if isinstance(value, dict | list) else value
