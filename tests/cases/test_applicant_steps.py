"""A step of the applicant: he does it himself, or an officer enters it for him and it says so."""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import case_of, offers, publish_variant, told
from tests.cast import ALLOWANCE, Cast, accepted, do, step_of
from weimin.kernel import vault
from weimin.kernel.errors import NotAllowed, NotFound, WrongState
from weimin.outbox.models import Message

pytestmark = pytest.mark.usefixtures("db")

FLOW = {"steps": {
    "check": {"title": "乡镇初审", "kind": "review", "who": "item@town", "limit": "5wd"},
    "built": {"title": "申请人报告竣工", "kind": "register", "who": "applicant", "needs": ["check"]},
    "decide": {"title": "决定", "kind": "decision", "who": "item@county", "needs": ["built"]},
}}


@pytest.fixture
def number(cast: Cast, now: datetime) -> str:
    """A case that waits for its applicant."""
    publish_variant(ALLOWANCE, flow=FLOW)
    found = accepted(cast, now)
    do(found, "check", actor=cast.reviewer, now=now + timedelta(hours=1))
    return found


def test_the_applicant_does_his_own_step(number: str, cast: Cast, now: datetime) -> None:
    later = now + timedelta(hours=2)
    assert "complete" in offers(number, cast.resident, later)
    do(number, "built", actor=cast.resident, now=later, note="已完工")
    assert "on_behalf" not in told(number)
    assert told(number)["opened"] == ["decide"]


@pytest.mark.parametrize("who", ["info", "reviewer"])  # who received it, who accepted it
def test_an_officer_enters_it_for_him_and_the_trail_says_so(
    who: str, number: str, cast: Cast, now: datetime
) -> None:
    do(number, "built", actor=getattr(cast, who), now=now + timedelta(hours=2), note="来电报告")
    assert told(number)["on_behalf"] == "applicant"


def test_nobody_else_does_it(number: str, cast: Cast, now: datetime) -> None:
    later, step = now + timedelta(hours=2), step_of(number, "built")
    for actor, refusal in ((cast.county, (NotAllowed, WrongState)), (cast.neighbour, NotFound)):
        with pytest.raises(refusal):
            do(number, "built", actor=actor, now=later, note="替他")
    assert step == step_of(number, "built")


def test_a_step_of_his_gives_him_no_officers_powers(
    number: str, cast: Cast, now: datetime
) -> None:
    his = offers(number, cast.resident, now + timedelta(hours=2))
    assert not his & {"suspend", "return_to", "done_outside", "reassign", "extend"}


def test_he_is_told_that_it_is_his_turn(number: str, cast: Cast, now: datetime) -> None:
    said = [vault.decrypt(m.payload) for m in Message.objects.filter(
        port="resident", subject_id=case_of(number).pk)]
    assert any("请您办理：申请人报告竣工" in text for text in said)
