"""限制处理: while the archive must be kept, what may not be used is kept and used for nothing.

个人信息保护法 art. 47(2).
"""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import case_of, offers, proof_faults, publish_variant, story, told
from tests.cases.test_erase import ORDER
from tests.cast import ALLOWANCE, Cast, accepted, received
from weimin.cases import reading
from weimin.cases.file import CaseFile
from weimin.cases.verbs import erase, lift, reopen, restrict, withdraw
from weimin.kernel import vault
from weimin.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from weimin.outbox.models import Message
from weimin.trail.models import Private
from weimin.voice.rate import rate

CONSENT = {"basis": "consent", "reason": "本人书面撤回同意"}


@pytest.fixture
def closed(cast: Cast, now: datetime) -> str:
    """A case that is over."""
    number = accepted(cast, now)
    withdraw(number, actor=cast.resident, now=now)
    return number


@pytest.fixture
def restricted(cast: Cast, closed: str, now: datetime) -> str:
    restrict(closed, actor=cast.supervisor, now=now, **CONSENT)
    return closed


def after(now: datetime, years: int) -> datetime:
    """New Year's Day after so many whole years: the retention of ten ended the day before."""
    return now.replace(year=now.year + years + 1, month=1, day=1)


def test_everything_is_kept_and_verifies(cast: Cast, closed: str, now: datetime) -> None:
    before, facts = Private.objects.filter(subject_id=case_of(closed).pk).count(), case_of(closed).facts
    restrict(closed, actor=cast.supervisor, now=now, **CONSENT)
    case = case_of(closed)
    assert case.restricted and case.facts == facts and case.follow_hash
    assert Private.objects.filter(subject_id=case.pk).count() == before
    assert proof_faults(closed) == []
    said = told(closed)
    assert "第四十七条第二款" in said["basis"] and said["kept"] == "保存到 2036年12月31日 周三"


def test_nobody_reads_it_neither_he_nor_the_office_nor_the_platform(
    cast: Cast, restricted: str, now: datetime
) -> None:
    for actor in (cast.resident, cast.reviewer, cast.county_head, cast.supervisor):
        with pytest.raises(WrongState, match="限制处理"):
            CaseFile.load(restricted, actor=actor, now=now, lock=False)
    with pytest.raises(NotFound):  # to an outsider it is not there, as before
        CaseFile.load(restricted, actor=cast.neighbour, now=now, lock=False)
    closed = CaseFile.load(restricted, actor=cast.supervisor, now=now, lock=False, sealed=True)
    assert (closed.applicant, closed.facts) == ("限制处理", {})
    assert {step.answers for step in closed.steps} <= {None}


def test_no_search_finds_it_by_its_person(cast: Cast, restricted: str, now: datetime) -> None:
    for words in ("赵大爷", vault.decrypt(cast.zhao.identity_cipher), "19000001234"):
        assert reading.search(cast.reviewer, words) == []
    (row,) = reading.search(cast.reviewer, restricted)
    assert row.applicant == "限制处理"
    assert [row.applicant for row in reading.seen(cast.resident)] == ["限制处理"]
    assert reading.follow(restricted, "1234") is None


def test_nothing_more_is_sent_or_rated_about_it(cast: Cast, closed: str, now: datetime) -> None:
    case = case_of(closed)
    waiting = Message.objects.filter(subject_type="case", subject_id=case.pk, status="waiting")
    assert waiting.exists()
    restrict(closed, actor=cast.supervisor, now=now, **CONSENT)
    assert not waiting.exists()
    with pytest.raises(WrongState, match="限制处理"):
        rate(closed, actor=cast.resident, now=now, contact=1, level=5)


def test_nothing_is_done_with_it_but_to_lift_or_to_erase(
    cast: Cast, restricted: str, now: datetime
) -> None:
    assert offers(restricted, cast.supervisor, now) == {"lift", "erase"}
    assert offers(restricted, cast.town_head, now) == set()
    with pytest.raises(WrongState, match="限制处理"):
        reopen(restricted, actor=cast.town_head, now=now, reason="复议")


def test_lifted_all_is_there_again(cast: Cast, restricted: str, now: datetime) -> None:
    with pytest.raises(Invalid) as error:
        lift(restricted, actor=cast.supervisor, now=now)
    assert set(error.value.fields) == {"reason"}
    lift(restricted, actor=cast.supervisor, now=now, reason="本人重新同意")
    file = CaseFile.load(restricted, actor=cast.resident, now=now, lock=False)
    assert file.applicant == "赵**" and file.row["facts"]["name"] == "赵大爷"
    assert story(restricted)[-2:] == ["restrict", "lift"] and proof_faults(restricted) == []
    assert {"restrict", "reopen"} <= offers(restricted, cast.supervisor, now)


@pytest.mark.parametrize(("changes", "field"), [({"basis": "expired"}, "basis"), ({"reason": " "}, "reason")])
def test_what_must_be_said(
    cast: Cast, closed: str, now: datetime, changes: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as error:
        restrict(closed, actor=cast.supervisor, now=now, **{**CONSENT, **changes})
    assert set(error.value.fields) == {field}


def test_it_is_for_whoever_may_erase(
    cast: Cast, closed: str, now: datetime, db: None
) -> None:
    for actor in (cast.town_head, cast.reviewer):
        with pytest.raises((NotAllowed, WrongState)):
            restrict(closed, actor=actor, now=now, **CONSENT)
    publish_variant(ALLOWANCE, confidential=True)
    number = accepted(cast, now, another_is_meant=True)
    withdraw(number, actor=cast.resident, now=now)
    restrict(number, actor=cast.town_head, now=now, **CONSENT)


def test_a_running_case_is_not_restricted(cast: Cast, now: datetime) -> None:
    with pytest.raises(WrongState, match="已收件"):
        restrict(received(cast, now), actor=cast.supervisor, now=now, **CONSENT)


# -- and erasing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("basis", ["consent", "unlawful", "order"])
def test_before_the_retention_is_over_nothing_is_erased(
    basis: str, cast: Cast, closed: str, now: datetime
) -> None:
    said = {**ORDER, "basis": basis, "exempt": "" if basis == "order" else ORDER["exempt"]}
    with pytest.raises(WrongState, match="2036年12月31日"):
        erase(closed, actor=cast.supervisor, now=now, **said)
    assert case_of(closed).facts


def test_unless_a_law_takes_it_out_of_the_retention(
    cast: Cast, restricted: str, now: datetime
) -> None:
    erase(restricted, actor=cast.supervisor, now=now, **ORDER)
    assert told(restricted)["exempt"] == ORDER["exempt"]
    case = case_of(restricted)
    assert (case.applicant, case.restricted) == ("已删除", False)
    assert proof_faults(restricted) == []


def test_once_it_is_over_it_is_erased_and_no_more_restricted(
    cast: Cast, closed: str, now: datetime
) -> None:
    later = after(now, 10)
    with pytest.raises(WrongState, match="保管期限已经届满"):
        restrict(closed, actor=cast.supervisor, now=later, **CONSENT)
    with pytest.raises(WrongState, match="届满"):
        erase(closed, actor=cast.supervisor, now=later - timedelta(days=1), **{
            **ORDER, "basis": "consent"})
    erase(closed, actor=cast.supervisor, now=later, **{**ORDER, "basis": "consent"})
    assert case_of(closed).applicant == "已删除"
