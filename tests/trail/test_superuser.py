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
from weimin.trail.verify import verify

CASE = "subject_type = 'case' AND subject_id = (SELECT min(id) FROM cases_case)"


def test_untouched_it_holds(committed: tuple[Server, Path], tamper: Tamper) -> None:
    assert verify(keys=settings.KEYS, exported=committed[1]).holds


@pytest.mark.parametrize("column", ["verb", "account_id", "post_id", "occurred_at", "recorded_at",
                                    "algorithm", "body", "hash"])
def test_a_changed_column_is_found(tamper: Tamper, column: str) -> None:
    to = {"verb": "'nudge'", "account_id": "coalesce(account_id, 0) + 1",
          "post_id": "coalesce(post_id, 0) + 1", "occurred_at": "occurred_at + interval '1 second'",
          "recorded_at": "recorded_at - interval '1 microsecond'", "algorithm": "2",
          "body": "set_byte(body, 20, (get_byte(body, 20) + 1) % 256)",
          "hash": "set_byte(hash, 31, (get_byte(hash, 31) + 1) % 256)"}[column]
    report = tamper(f"UPDATE trail_event SET {column} = {to} WHERE {CASE} AND seq = 2")
    assert not report.holds
    assert report.broken[0].seq == 2


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


@pytest.mark.parametrize("sql", [
    "UPDATE trail_root SET taken_at = taken_at + interval '1 second'",
    "UPDATE trail_root SET count = count + 1",
    "UPDATE trail_root SET key_id = 'x'",
    "UPDATE trail_root SET leaves = set_byte(leaves, 10, (get_byte(leaves, 10) + 1) % 256)",
    "UPDATE trail_root SET signature = set_byte(signature, 3, (get_byte(signature, 3) + 1) % 256)",
    "UPDATE trail_root SET digest = set_byte(digest, 3, (get_byte(digest, 3) + 1) % 256)",
    "UPDATE trail_root SET previous = set_byte(previous, 3, (get_byte(previous, 3) + 1) % 256)",
    "DELETE FROM trail_root",
])
def test_a_changed_root_is_found(tamper: Tamper, sql: str) -> None:
    assert not tamper(sql).holds


@pytest.mark.parametrize("sql", [
    "UPDATE trail_private SET content = set_byte(content, 20, (get_byte(content, 20) + 1) % 256)",
    "UPDATE trail_private SET salt = set_byte(salt, 0, (get_byte(salt, 0) + 1) % 256)",
])
def test_changed_personal_content_is_found(tamper: Tamper, sql: str) -> None:
    assert not tamper(sql).holds
