"""依法删除个人信息: by right, by whom, whole, and the chain still verifies."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from tests.cases.scenes import case_of, offers, proof_faults, publish_variant, story, told
from tests.cases.test_every_verb import _certified
from tests.cast import ALLOWANCE, HANDED, Cast, accepted, do, received
from weimin.cases import reading
from weimin.cases.file import CaseFile
from weimin.cases.models import Material, Party, Step
from weimin.cases.verbs import close, erase, revoke, withdraw
from weimin.documents.models import File, Paper
from weimin.documents.store import path_of, store
from weimin.kernel.errors import Invalid, NotAllowed, WrongState
from weimin.network.actor import SYSTEM
from weimin.outbox.models import Message
from weimin.registry.models import Person
from weimin.trail.models import Event, Private
from weimin.voice.models import Rating
from weimin.voice.rate import rate

ORDER = {"basis": "order", "document": "衡县复决〔2026〕1号", "reason": "复议决定责令删除",
         "sure": True, "exempt": "某法第九条：不受保管期限限制"}


@pytest.fixture
def closed(cast: Cast, now: datetime) -> str:
    """A case that was decided and closed, with a scan, a rating and its words."""
    scan = store(b"%PDF-1.4 scan", name="scan.pdf", media_type="application/pdf", now=now,
                 account_id=cast.info.account_id)
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now, opinion="家住村口第三户")
    do(number, "decide", "reject", actor=cast.county, now=now)
    do(number, "deliver", actor=cast.info, now=now, **HANDED)
    close(number, actor=cast.reviewer, now=now)
    rate(number, actor=cast.resident, now=now, contact=1, level=2, words="我儿子也姓赵")
    Material.objects.filter(case__number=number, key="id-card").update(file=scan)
    return number


def by(cast: Cast, number: str, now: datetime, **changes: object) -> None:
    erase(number, actor=cast.supervisor, now=now, **{**ORDER, **changes})


def test_everything_personal_goes_and_the_record_of_it_stays(
    cast: Cast, closed: str, now: datetime, django_capture_on_commit_callbacks
) -> None:
    file, case = File.objects.latest("pk"), case_of(closed)
    disk: Path = path_of(file.digest)
    before = story(closed)
    with django_capture_on_commit_callbacks(execute=True):
        by(cast, closed, now)
    case.refresh_from_db()
    assert (case.facts, case.applicant, case.follow_hash) == ({}, "已删除", None)
    assert set(Step.objects.filter(case=case).values_list("answers", flat=True)) == {None}
    assert not Party.objects.filter(case=case).exists()
    assert not Private.objects.filter(subject_type="case", subject_id=case.pk).exists()
    assert not File.objects.filter(pk=file.pk).exists() and not disk.exists()
    assert Rating.objects.get(case_id=case.pk).words == ""
    assert {bytes(m.payload) for m in Message.objects.filter(subject_id=case.pk)} <= {b""}
    assert story(closed) == [*before, "erase"]
    assert (case.state, case.outcome, told(closed)["document"]) == ("closed", "denied", ORDER["document"])


def test_the_rows_agree_with_the_chain_only_once_they_are_empty(
    cast: Cast, closed: str, now: datetime
) -> None:
    Material.objects.filter(case__number=closed).update(file=None)
    assert proof_faults(closed) == []
    by(cast, closed, now)
    assert proof_faults(closed) == []


def test_content_that_went_by_right_can_not_come_back(cast: Cast, closed: str, now: datetime) -> None:
    Material.objects.filter(case__number=closed).update(file=None)
    first = Private.objects.filter(subject_id=case_of(closed).pk, seq=1).values().get()
    by(cast, closed, now)
    Private.objects.create(**{k: v for k, v in first.items() if k != "pk"})
    assert "还在" in proof_faults(closed)[0]


def test_it_is_the_supervisor_s_to_do_and_only_once(cast: Cast, closed: str, now: datetime) -> None:
    for actor in (cast.town_head, cast.county_head, cast.reviewer):
        assert "erase" not in offers(closed, actor, now)
        with pytest.raises((NotAllowed, WrongState)):
            erase(closed, actor=actor, now=now, **ORDER)
    assert "erase" in offers(closed, cast.supervisor, now)
    assert "reopen" in offers(closed, cast.supervisor, now)
    by(cast, closed, now)
    assert {"erase", "reopen"}.isdisjoint(offers(closed, cast.supervisor, now))


def test_of_a_confidential_case_the_head_of_the_office_does_it(
    cast: Cast, now: datetime, db: None
) -> None:
    publish_variant(ALLOWANCE, confidential=True)
    number = accepted(cast, now)
    withdraw(number, actor=cast.resident, now=now)
    assert "erase" in offers(number, cast.town_head, now)
    erase(number, actor=cast.town_head, now=now, **ORDER)
    assert proof_faults(number) == []


def test_an_open_case_keeps_what_it_needs(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    with pytest.raises(WrongState, match="已收件"):
        by(cast, number, now)


@pytest.mark.parametrize(("changes", "field"), [
    ({"document": " "}, "document"), ({"reason": ""}, "reason"), ({"sure": False}, "sure"),
    ({"basis": "because"}, "basis"),
])
def test_what_must_be_said(
    cast: Cast, closed: str, now: datetime, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as error:
        by(cast, closed, now, **changes)
    assert set(error.value.fields) == {field}
    assert case_of(closed).facts


@pytest.mark.parametrize(("retention", "years", "after"), [
    ("10y", 10, True), ("30y", 10, False), ("30y", 30, True), ("permanent", 60, False),
])
def test_retention_is_over_at_the_end_of_a_year(
    cast: Cast, now: datetime, db: None, retention: str, years: int, after: bool
) -> None:
    publish_variant(ALLOWANCE, retention=retention)
    number = accepted(cast, now)
    withdraw(number, actor=cast.resident, now=now)
    last = now.replace(year=now.year + years, month=12, day=31)  # 31 December is still within
    file = CaseFile.load(number, actor=SYSTEM, now=now, lock=False)
    with pytest.raises(WrongState, match="届满"):
        by(cast, number, last, basis="expired", document="")
    if after:
        by(cast, number, last + timedelta(days=1), basis="expired", document="")
        assert case_of(number).applicant == "已删除"
    assert file.item.retention == retention


def test_whoever_is_known_for_more_than_this_case_stays_known(
    cast: Cast, closed: str, now: datetime
) -> None:
    by(cast, closed, now)
    assert Person.objects.filter(pk=cast.zhao.pk).exists()  # he has an account to log in with
    other = accepted(cast, now, another_is_meant=True)
    Person.objects.filter(pk=cast.zhao.pk).update(account=None)
    withdraw(other, actor=cast.info, now=now)
    by(cast, other, now)
    assert not Person.objects.filter(pk=cast.zhao.pk).exists()


def test_a_file_that_another_case_holds_stays(cast: Cast, closed: str, now: datetime) -> None:
    other = accepted(cast, now, another_is_meant=True)
    file = Material.objects.get(case__number=closed, key="id-card").file
    Material.objects.filter(case__number=other, key="id-card").update(file=file)
    by(cast, closed, now)
    assert File.objects.filter(pk=file.pk).exists()


def test_nothing_of_it_is_left_in_any_table(cast: Cast, closed: str, now: datetime) -> None:
    """Words that only this case held are looked for in every column of the database."""
    case, seqs = case_of(closed), Event.objects.filter(subject_id=case_of(closed).pk).count()
    Paper.objects.create(case_id=case.pk, form="receipt", made_at=now, data={"office": 1})
    by(cast, closed, now)
    for word in ("家住村口第三户", "我儿子也姓赵"):
        for table in connection.introspection.table_names():
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{word}%"])
                assert cursor.fetchone() == (0,), table
    assert reading.parties(case.pk) == []
    assert len(reading.happenings(case.pk)) == seqs + 1


def test_a_certificate_that_was_taken_back_stays_so(cast: Cast, now: datetime) -> None:
    number = _certified(cast, now)
    revoke(number, actor=cast.town_head, now=now, ground="procedure", reason="未经审核")
    withdrawn = case_of(number)
    if withdrawn.state != "closed":
        do(number, "deliver", actor=cast.info, now=now, **HANDED)
        close(number, actor=cast.info, now=now)
    assert proof_faults(number) == []
    by(cast, number, now)
    assert proof_faults(number) == []
    assert "revoke" not in offers(number, cast.supervisor, now)
