"""As the database's superuser, with every trigger off: each change is found, and named.

The changes are made to a copy of the database with committed records, so that nothing but the
chain, the columns beside it, the signed roots and their exported copies can tell.
"""

import hashlib
import json
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from tests.trail.conftest import COPY, Tamper
from weimin.cases.written import USUAL
from weimin.ops.postgres import SUPERUSER, Server
from weimin.trail import chain
from weimin.trail.models import Event, Private, Root
from weimin.trail.verify import verify

CASE = "subject_type = 'case' AND subject_id = (SELECT min(id) FROM cases_case)"


def test_untouched_it_holds(committed: tuple[Server, Path], tamper: Tamper) -> None:
    assert verify(keys=settings.KEYS, exported=committed[1]).holds


CHANGED = {
    "subject_type": "'cases'", "subject_id": "subject_id + 987654", "seq": "seq + 7",
    "verb": "'nudge'", "account_id": "coalesce(account_id, 0) + 1", "post_id": "NULL",
    "occurred_at": "occurred_at + interval '1 second'",
    "recorded_at": "recorded_at - interval '1 microsecond'", "algorithm": "2",
    "body": "set_byte(body, 20, (get_byte(body, 20) + 1) % 256)",
    "hash": "set_byte(hash, 31, (get_byte(hash, 31) + 1) % 256)",
}


def test_no_column_of_an_event_is_forgotten_here() -> None:
    assert set(CHANGED) == {field.column for field in Event._meta.concrete_fields if field.column}


@pytest.mark.parametrize("column", CHANGED)
def test_a_changed_column_is_found(tamper: Tamper, column: str) -> None:
    report = tamper(f"UPDATE trail_event SET {column} = {CHANGED[column]} WHERE {CASE} AND seq = 2")
    assert not report.holds
    if column not in ("subject_type", "subject_id"):  # there it is another chain's first
        assert report.broken[0].seq == 2


@pytest.mark.parametrize("to", ["'cases', 1", "'case', 987654"])
def test_a_whole_chain_that_is_given_to_another_subject_is_found_in_itself(tamper: Tamper, to: str) -> None:
    """No root covers what is younger than it: the chain must know whose it is."""
    tamper(";".join(f"UPDATE {table} SET (subject_type, subject_id) = ({to}) WHERE {CASE}"
                    for table in ("trail_event", "trail_private")))
    kind, number = to.replace("'", "").split(", ")
    alone = verify(keys=settings.KEYS, subject=(kind, int(number)))
    assert (alone.chains, str(alone.broken[0])) == (1, f"{kind}:{number} 第 1 条：内容、旁列或哈希被改动")


def test_every_byte_of_an_event_counts(committed: tuple[Server, Path], tamper: Tamper) -> None:
    with psycopg.connect(committed[0].url(SUPERUSER, COPY)) as root:
        length = root.execute(f"SELECT length(body) FROM trail_event WHERE {CASE} AND seq = 1"
                              ).fetchone()[0]
    for at in range(0, length, max(1, length // 40)):
        report = tamper(
            f"UPDATE trail_event SET body = set_byte(body, {at}, (get_byte(body, {at}) # 1))"
            f" WHERE {CASE} AND seq = 1"
        )
        assert report.broken[0].seq == 1
        tamper(f"UPDATE trail_event SET body = set_byte(body, {at}, (get_byte(body, {at}) # 1))"
               f" WHERE {CASE} AND seq = 1")


def test_a_deleted_event_in_the_middle_is_found(tamper: Tamper) -> None:
    report = tamper(f"DELETE FROM trail_event WHERE {CASE} AND seq = 1")
    assert report.broken[0].what == "这一条不见了"


def test_a_whole_chain_deleted_before_the_root_is_found(tamper: Tamper) -> None:
    report = tamper(f"DELETE FROM trail_event WHERE {CASE}")
    assert any("整条记录链不见了" in broken.what for broken in report.broken)


def test_the_end_of_a_chain_deleted_before_the_root_is_found(tamper: Tamper) -> None:
    report = tamper(f"DELETE FROM trail_event WHERE {CASE} AND seq >= 2")
    assert any("末尾" in broken.what for broken in report.broken)


def test_two_events_that_changed_places_are_found(tamper: Tamper) -> None:
    report = tamper(f"UPDATE trail_event SET seq = CASE seq WHEN 1 THEN -2 ELSE -1 END"
                    f" WHERE {CASE} AND seq IN (1, 2)")
    assert not report.holds


def test_a_chain_recomputed_with_valid_hashes_is_found_by_the_root(
    committed: tuple[Server, Path], tamper: Tamper
) -> None:
    """The attacker knows the algorithm and rewrites everything, hashes and columns included."""
    server, _ = committed
    with psycopg.connect(server.url(SUPERUSER, COPY)) as root:
        rows = root.execute("SELECT seq, body, subject_id, verb, account_id, post_id, occurred_at,"
                            f" recorded_at FROM trail_event WHERE {CASE} ORDER BY seq").fetchall()
    previous, updates = bytes(32), []
    for seq, body, subject, *columns in rows:
        said = json.loads(body)
        if seq == 1:
            said["w"]["case"][USUAL["case"].index("channel")] = "web"
        forged = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        head = chain.head_of(chain.Subject("case", subject), seq, *columns)
        previous = hashlib.sha256(previous + head + forged).digest()
        updates.append((forged.hex(), previous.hex(), seq))
    values = ",".join(f"('\\x{b}'::bytea,'\\x{h}'::bytea,{s})" for b, h, s in updates)
    report = tamper(
        f"UPDATE trail_event e SET body = v.b, hash = v.h FROM (VALUES {values}) v(b, h, s)"
        f" WHERE e.seq = v.s AND {CASE}"
    )
    assert [b for b in report.broken if "整个改写" in b.what]


def test_no_column_of_a_root_or_of_what_is_personal_is_forgotten_here() -> None:
    def of(model: type[Root] | type[Private]) -> set[str]:
        return {field.column for field in model._meta.concrete_fields if field.column}

    assert of(Root) - ROOT.keys() == {"id"}  # its place, which the chain of roots gives
    assert of(Private) - PRIVATE.keys() == {"subject_type", "subject_id", "seq"}  # whose it is: moved, it is lost


ROOT = {
    "taken_at": "taken_at + interval '1 second'", "count": "count + 1", "key_id": "'x'",
    **{column: f"set_byte({column}, 10, (get_byte({column}, 10) + 1) % 256)"
       for column in ("leaves", "signature", "digest", "previous")},
}
PRIVATE = {column: f"set_byte({column}, {at}, (get_byte({column}, {at}) + 1) % 256)"
           for column, at in (("content", 20), ("salt", 0))}


@pytest.mark.parametrize("column", ROOT)
def test_a_changed_root_is_found(tamper: Tamper, column: str) -> None:
    assert not tamper(f"UPDATE trail_root SET {column} = {ROOT[column]}").holds


@pytest.mark.parametrize("sql", ["DELETE FROM trail_root", "UPDATE trail_root SET id = id + 1"])
def test_a_root_that_is_gone_or_elsewhere_is_found(tamper: Tamper, sql: str) -> None:
    assert not tamper(sql).holds


@pytest.mark.parametrize("column", PRIVATE)
def test_changed_personal_content_is_found(tamper: Tamper, column: str) -> None:
    assert not tamper(f"UPDATE trail_private SET {column} = {PRIVATE[column]}").holds


@pytest.mark.parametrize("to", ["subject_type = 'x'", "subject_id = subject_id + 987654", "seq = seq + 7"])
def test_personal_content_that_is_put_elsewhere_is_found(tamper: Tamper, to: str) -> None:
    assert not tamper(f"UPDATE trail_private SET {to}").holds


def test_personal_content_that_no_event_promised_is_found(tamper: Tamper) -> None:
    report = tamper("INSERT INTO trail_private (subject_type, subject_id, seq, salt, content)"
                    " SELECT e.subject_type, e.subject_id, e.seq, p.salt, p.content FROM trail_event e,"
                    " (SELECT salt, content FROM trail_private LIMIT 1) p WHERE NOT EXISTS (SELECT FROM trail_private q"
                    " WHERE (q.subject_type, q.subject_id, q.seq) = (e.subject_type, e.subject_id, e.seq)) LIMIT 1")
    assert [b.what for b in report.broken] == ["多出了从未承诺的个人内容"]
