"""The rows of a case against its chain: whoever changed one without an event is found.

The events say what their verbs wrote (:mod:`weimin.cases.written`); folding them gives the rows
as they must be. What can't be folded is named in :data:`NOT_PROVABLE`, with the reason.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from weimin.cases.folding import UNKNOWN, Fold, Row, Rows
from weimin.cases.rows import CASE_COLUMNS, CLOCK_COLUMNS, STEP_COLUMNS
from weimin.cases.written import PERSONAL
from weimin.kernel.clock import local
from weimin.trail.verify import Broken, Seen

NOT_PROVABLE: Mapping[str, Mapping[str, str]] = {
    "cases_step": {"id": "a running number: the row is known by key, branch and round"},
    "cases_pause": {"id": "a running number: the row is known by its place among the pauses"},
    "cases_card": {"id": "a running number: the row is known by term and colour"},
    "registry_certificate": {
        "id": "a running number: the row is known by the certificate's number",
        "type": "follows from the item's version", "name": "follows from the item's version",
        "code": "a secret for look-up: another one makes the paper fail, and proves no other",
        "revoked_why": "words for the reader: that it was revoked, and when, is folded",
        "data": "nothing is kept there",
    },
    "cases_access": {"*": "who may see a case follows from the network, not from what happened"},
    "cases_reply": {"*": "answers kept for 90 days so that a repeated request is done once"},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One table that is folded: how its rows are called in their case, and its columns."""

    title: str
    name: str
    by: tuple[str, ...]  # columns that name a row; none: by its place in the order
    columns: tuple[str, ...]
    order: str = ""

    @property
    def query(self) -> str:
        """All rows of some cases, in the order in which they are named."""
        columns = ",".join(("case_id", *self.by, *self.columns))
        order = ",".join(("case_id", *(self.by or (self.order,))))
        return f"SELECT {columns} FROM {self.name} WHERE case_id = ANY(%s) ORDER BY {order}"


TABLES: Mapping[str, Table] = {
    "step": Table(title="环节", name="cases_step", by=("key", "branch", "round"),
                  columns=STEP_COLUMNS[4:]),
    "clock": Table(title="期限", name="cases_clock", by=("kind",), columns=CLOCK_COLUMNS[1:]),
    "pause": Table(title="暂停", name="cases_pause", by=(), order="id",
                   columns=("reason", "note", "counts", "began", "expected", "ended")),
    "card": Table(title="红黄牌", name="cases_card", by=("about", "colour"),
                  columns=("office_id", "state", "issued_at")),
    "material": Table(title="材料", name="cases_material", by=("key",),
                      columns=("state", "file_id", "certificate_id", "note", "due_on")),
    "party": Table(title="当事人", name="cases_party", by=("role", "seq"),
                   columns=("person_id", "organisation_id", "paper", "relation")),
    "duty": Table(title="主办", name="cases_duty", by=(), order="since",
                  columns=("post_id", "account_id", "since")),
    "certificate": Table(title="证照", name="registry_certificate", by=("number",),
                         columns=("holder_person_id", "holder_organisation_id", "office_id",
                                  "issued_on", "valid_to", "revoked_at")),
}
_JSON = frozenset(("facts", "answers"))


class CaseWitness:
    """Folds the chains of cases and compares the rows, a batch at a time."""

    def __init__(self) -> None:
        self.folds: dict[int, Fold] = {}

    def see(self, subject_id: int, events: Sequence[Seen]) -> None:
        """Fold one chain."""
        fold = Fold()
        for event in events:
            fold.apply(event)
        self.folds[subject_id] = fold

    def compare(self) -> Iterator[Broken]:
        """What is wrong with the rows of the cases folded since the last call."""
        found = rows_of(list(self.folds))
        for case_id, fold in self.folds.items():
            for what in differences(found.get(case_id, {}), fold.rows):
                yield Broken(f"案件 {fold.number}", 0, what)
        self.folds = {}

    def unseen(self) -> Iterator[Broken]:
        """Cases and certificates of which no event tells."""
        for title, table, case in (("案件", "cases_case", "id"),
                                   ("证照", "registry_certificate", "case_id")):
            with connection.chunked_cursor() as cursor:
                cursor.execute(
                    f"SELECT number FROM {table} t WHERE NOT EXISTS (SELECT FROM trail_event e"
                    f" WHERE e.subject_type = 'case' AND e.subject_id = t.{case} AND e.seq = 1)"
                )
                for (number,) in cursor:
                    yield Broken(f"{title} {number}", 0, "没有任何记录：不是收件来的")


def rows_of(ids: list[int]) -> dict[int, Rows]:
    """The rows of these cases as they are in the database."""
    if not ids:
        return {}
    found: dict[int, Rows] = {}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {','.join(CASE_COLUMNS)} FROM cases_case WHERE id = ANY(%s)", [ids])
        for values in cursor.fetchall():
            row = _row(CASE_COLUMNS, values)
            found[row["id"]] = {"case": {"": row}, **{kind: {} for kind in TABLES}}
        for kind, table in TABLES.items():
            cursor.execute(table.query, [ids])
            named = len(table.by) + 1
            for case_id, *values in cursor.fetchall():
                rows = found.setdefault(case_id, {}).setdefault(kind, {})
                name = tuple(values[:named - 1]) if table.by else (len(rows),)
                rows[name] = _row(table.columns, values[named - 1:])
    return found


def _row(columns: Sequence[str], values: Sequence[Any]) -> Row:
    row = dict(zip(columns, values, strict=True))
    for column in _JSON & row.keys():
        if isinstance(row[column], str):  # Django leaves jsonb as text
            row[column] = json.loads(row[column])
    if "follow_hash" in row and row["follow_hash"] is not None:
        row["follow_hash"] = bytes(row["follow_hash"]).hex()
    return row


def differences(rows: Rows, folded: Rows) -> Iterator[str]:
    """Where the rows are not what the chain says, each in a sentence."""
    if not rows.get("case"):
        yield "的行不见了"
        return
    for kind in ("case", *TABLES):
        if folded.get(kind) is UNKNOWN:
            continue
        there, wanted = rows.get(kind, {}), folded.get(kind, {})
        for name in sorted({*there, *wanted}, key=str):
            called = _called(kind, name)
            if name not in there:
                yield f"{called}的行不见了，链上有"
            elif name not in wanted:
                yield f"{called}的行是多出来的，链上没有"
            else:
                yield from _columns(kind, called, there[name], wanted[name])


def _columns(kind: str, called: str, row: Row, wanted: Row) -> Iterator[str]:
    for column, value in row.items():
        if column == "id" or wanted[column] is UNKNOWN or _same(value, wanted[column]):
            continue
        if column in PERSONAL.get(kind, ()) or kind == "party":
            yield f"{called}的 {column} 与链上不符（个人内容，不在此显示）"
        else:
            yield (f"{called}的 {column} 与链上不符：行是 {_shown(value)}，"
                   f"链上是 {_shown(wanted[column])}")


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, dict) and isinstance(wanted, dict):  # an answer taken back is none
        return {k: v for k, v in value.items() if v is not None} == \
            {k: v for k, v in wanted.items() if v is not None}
    return bool(value == wanted and isinstance(value, bool) == isinstance(wanted, bool))


def _called(kind: str, name: Any) -> str:
    if kind == "case":
        return ""
    table = TABLES[kind]
    words = "·".join(str(part) for part in name if part != "") if table.by else f"第{name[0] + 1}段"
    return f"{table.title} {words} "


def _shown(value: Any) -> str:
    if value is None:
        return "空"
    if isinstance(value, datetime):
        return local(value).strftime("%Y-%m-%d %H:%M:%S")
    return str(value)
