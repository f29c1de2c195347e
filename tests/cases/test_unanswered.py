"""What a form requires and nobody answered is missing, like a material: told once, then supplemented."""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import case_of, offers, told
from tests.cast import ANSWERS, VILLAGE, Cast, accepted, received
from weimin.cases.verbs import accept, notify_missing, supplement
from weimin.kernel.errors import WrongState

pytestmark = pytest.mark.django_db

NO_ACCOUNT = {key: value for key, value in ANSWERS.items() if key != "account"}


def test_a_case_is_received_with_what_was_said_and_not_accepted(cast: Cast, now: datetime) -> None:
    number = received(cast, now, answers=NO_ACCOUNT)
    assert case_of(number).state == "received"
    assert "accept" not in offers(number, cast.reviewer, now)
    with pytest.raises(WrongState, match="发放账户"):
        accept(number, actor=cast.reviewer, now=now)


def test_the_one_notice_names_it_with_the_materials(cast: Cast, now: datetime) -> None:
    number = received(cast, now, answers=NO_ACCOUNT, have={"id-card": None})
    notify_missing(number, actor=cast.reviewer, now=now)
    said = told(number)
    assert "居民户口簿" in said["missing"]
    assert said["form"] == {"account": "没有填写"}


@pytest.mark.parametrize("by", ["resident", "clerk_of_village"])
def test_the_applicant_or_the_clerk_supplements_it_and_it_is_accepted(
    cast: Cast, now: datetime, by: str
) -> None:
    number = received(cast, now, answers=NO_ACCOUNT)
    notify_missing(number, actor=cast.reviewer, now=now)
    actor = cast.resident if by == "resident" else cast.info
    supplement(number, actor=actor, now=now + timedelta(hours=1),
               facts={"account": "6200000000000000000"})
    assert case_of(number).state == "received"
    accept(number, actor=cast.reviewer, now=now + timedelta(hours=2))
    assert case_of(number).state == "accepted"


def test_a_material_alone_does_not_make_it_complete(cast: Cast, now: datetime) -> None:
    number = received(cast, now, answers=NO_ACCOUNT, have={"id-card": None})
    notify_missing(number, actor=cast.reviewer, now=now)
    supplement(number, actor=cast.info, now=now, have={
        "household-register": None, "bank-account": None, "apply": None})
    assert case_of(number).state == "noticed"
    assert told(number)["lacking"] == ["发放账户（本人社会保障卡优先）"]


def test_the_notice_is_the_first_thing_to_do_while_something_is_missing(
    cast: Cast, now: datetime
) -> None:
    from tests.cast import look

    lacking = received(cast, now, answers=NO_ACCOUNT)
    first = [a.verb for a in look(lacking, cast.reviewer, now).actions() if a.primary]
    assert first[0] == "notify_missing"
    complete = received(cast, now, another_is_meant=True)
    first = [a.verb for a in look(complete, cast.reviewer, now).actions() if a.primary]
    assert first[0] == "accept"


def test_no_phone_and_a_household_of_one_are_no_gaps(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now, answers={**ANSWERS, "household_area": VILLAGE})
    assert "phone" not in case_of(number).facts
