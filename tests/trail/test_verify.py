"""The trail finds every change: as the database's superuser, byte by byte and column by column."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from tests.cast import Cast, accepted, do
from weimin.cases.models import Case
from weimin.trail import chain, receipts
from weimin.trail.models import Event
from weimin.trail.roots import take_root
from weimin.trail.verify import verify


def test_the_application_may_not_change_the_trail(cast: Cast, now: datetime) -> None:
    accepted(cast, now)
    for sql in ("UPDATE trail_event SET verb = 'x'", "DELETE FROM trail_event",
                "TRUNCATE trail_event", "DELETE FROM trail_root", "UPDATE trail_private SET salt = ''",
                "ALTER TABLE trail_event DISABLE TRIGGER ALL", "DROP TRIGGER trail_event_stays ON trail_event",
                "SET session_replication_role = replica"):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_an_event_with_another_time_of_record_is_refused(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    case = Case.objects.get(number=number)
    head, recorded_at = chain.lock(chain.Subject("case", case.pk))
    drafts = [chain.Draft(verb="nudge", occurred_at=now)]
    links = chain.seal(chain.Subject("case", case.pk), head, drafts, now)
    with pytest.raises(Exception, match="time of this transaction"), transaction.atomic(), \
            connection.cursor() as cursor:
        cursor.execute(*chain.insert_events(links))
    assert recorded_at > now


def test_an_unregistered_verb_is_not_written(cast: Cast, now: datetime) -> None:
    with pytest.raises(ValueError, match="not registered"), transaction.atomic():
        chain.append(chain.Subject("x", 1), chain.Draft(verb="typo", occurred_at=now))


def test_a_whole_chain_verifies_and_its_receipt_matches(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    answer = do(number, "check", actor=cast.reviewer, now=now)
    assert verify(keys=settings.KEYS).holds
    found = receipts.parse(answer.receipt)
    event = Event.objects.get(subject_type="case", subject_id=Case.objects.get(number=number).pk,
                              seq=found.seq)
    assert receipts.compare(found, bytes(event.hash)) == "same"


def test_personal_content_that_vanished_without_an_event_is_found(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    case = Case.objects.get(number=number)
    with connection.cursor() as cursor:
        cursor.execute("SELECT trail_erase('case', %s)", [case.pk])
        assert cursor.fetchone()[0] > 0
    (broken,) = verify(keys=settings.KEYS).broken
    assert str(broken) == f"case:{case.pk} 第 1 条：个人内容不见了，没有依法删除的记录"


def test_the_same_content_has_the_same_bytes_whatever_its_order() -> None:
    assert chain.canonical({"b": 1, "a": "𠮷"}) == chain.canonical({"a": "𠮷", "b": 1})
    assert json.loads(chain.canonical({"a": "𠮷㛃"})) == {"a": "𠮷㛃"}


def test_what_json_has_no_word_for_is_refused() -> None:
    with pytest.raises((TypeError, ValueError)):
        chain.canonical({"a": float("nan")})
    with pytest.raises(TypeError):
        chain.canonical({"a": {1, 2}})


def test_a_root_is_taken_once_for_what_moved(cast: Cast, now: datetime, tmp_path: Path) -> None:
    accepted(cast, now)
    first = take_root(now, keys=settings.KEYS, folder=tmp_path)
    assert first is not None
    assert take_root(now, keys=settings.KEYS, folder=tmp_path) is None
    assert verify(keys=settings.KEYS, exported=tmp_path).holds
    assert json.loads((next(tmp_path.glob("root-*.json"))).read_text())["digest"] == first


def test_a_root_that_could_not_be_exported_is_exported_the_next_day(
    cast: Cast, now: datetime, tmp_path: Path
) -> None:
    accepted(cast, now)
    take_root(now, keys=settings.KEYS, folder=tmp_path)
    accepted(cast, now, another_is_meant=True)
    take_root(now, keys=settings.KEYS, folder=None)  # as if the disk had been full then
    assert take_root(now, keys=settings.KEYS, folder=tmp_path) is None  # nothing moved since
    first, second = sorted(tmp_path.glob("*"))
    assert verify(keys=settings.KEYS, exported=tmp_path).holds
    first.unlink()  # what was exported once and is gone is not made anew from the database
    take_root(now, keys=settings.KEYS, folder=tmp_path)
    assert list(tmp_path.glob("*")) == [second]


def test_a_root_that_was_signed_anew_is_not_the_one_that_was_carried_away(
    cast: Cast, now: datetime, tmp_path: Path
) -> None:
    """Whoever has the key too can sign another history; the copies elsewhere say which one was first."""
    accepted(cast, now)
    take_root(now, keys=settings.KEYS, folder=tmp_path)
    (copy,) = tmp_path.glob("root-*.json")
    said = json.loads(copy.read_text())
    copy.write_text(json.dumps({**said, "digest": "0" * 64}))
    assert [broken.what for broken in verify(keys=settings.KEYS, exported=tmp_path).broken] == ["与导出的根不符"]
