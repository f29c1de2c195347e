"""补正: what the notice asked for comes in, from the resident or over the counter."""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import ROAD, case_of, told, town_building, under_way
from tests.cast import MATERIALS, Cast, received, scans
from weimin.cases.models import Pause
from weimin.cases.verbs import notify_missing, refuse, supplement, suspend
from weimin.kernel.errors import Invalid, NotAllowed, NotFound, Stale, WrongState


def noticed(cast: Cast, now: datetime) -> str:
    """A case whose applicant was told that register and account are missing."""
    number = received(cast, now, have={"id-card": None, "apply": None})
    notify_missing(number, actor=cast.reviewer, now=now)
    return number


def test_with_everything_there_it_waits_for_acceptance_again(cast: Cast, now: datetime) -> None:
    number = noticed(cast, now)
    supplement(number, actor=cast.resident, now=now, have=scans(cast.resident, MATERIALS, now))
    assert case_of(number).state == "received"
    assert told(number)["lacking"] == []


def test_with_a_part_of_it_the_rest_is_still_waited_for(cast: Cast, now: datetime) -> None:
    number = noticed(cast, now)
    supplement(number, actor=cast.info, now=now, have={"bank-account": None})
    assert case_of(number).state == "noticed"
    assert told(number)["lacking"] == ["居民户口簿"]


def test_a_resident_hands_in_scans_and_only_an_office_receives_paper(
    cast: Cast, now: datetime
) -> None:
    number = noticed(cast, now)
    with pytest.raises(Invalid, match="网上只收扫描件") as refused:
        supplement(number, actor=cast.resident, now=now, have=MATERIALS)
    assert set(refused.value.fields) == set(MATERIALS)
    assert case_of(number).state == "noticed"
    supplement(number, actor=cast.info, now=now, have=MATERIALS)
    assert case_of(number).state == "received"


def test_a_wrong_answer_is_put_right_and_kept_secret(cast: Cast, now: datetime) -> None:
    number = noticed(cast, now)
    supplement(number, actor=cast.resident, now=now, facts={"phone": "19000005678"})
    facts = case_of(number).facts
    assert facts["phone"].startswith("密:")
    assert facts["low_income"] is True  # the other answers stay
    assert "19000005678" not in str(told(number))


def test_who_has_nothing_to_do_with_it_supplements_nothing(cast: Cast, now: datetime) -> None:
    number = noticed(cast, now)
    for stranger in (cast.neighbour, cast.other_clerk):
        with pytest.raises(NotFound):
            supplement(number, actor=stranger, now=now, have=MATERIALS)
    with pytest.raises(NotAllowed):
        supplement(number, actor=cast.county, now=now, have=MATERIALS)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "至少补交一份"),
        ({"have": {"moon-rock": None}}, "不需要这份材料"),
        ({"facts": {"nonsense": 1}}, "没有这一项"),
        ({"facts": {"birth": "不知道"}}, "应为日期"),
    ],
)
def test_bad_input_is_said_in_words(
    cast: Cast, now: datetime, given: dict[str, object], message: str
) -> None:
    number = noticed(cast, now)
    with pytest.raises(Invalid, match=message):
        supplement(number, actor=cast.resident, now=now, **given)


def test_nobody_supplements_what_nobody_asked_for(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    with pytest.raises(WrongState, match="待受理"):
        supplement(number, actor=cast.resident, now=now, have=scans(cast.resident, MATERIALS, now))


def test_it_ends_the_pause_that_waited_for_it(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD)
    suspend(number, actor=town_building(), now=now, reason="supplement", expected="3日内")
    supplement(number, actor=cast.resident, now=now + timedelta(days=2),
               have=scans(cast.resident, ["plan"], now))
    assert str(Pause.objects.get(case__number=number).ended) == "2026-06-12"


def test_what_came_in_makes_an_old_screen_stale(cast: Cast, now: datetime) -> None:
    number = noticed(cast, now)
    drawn = case_of(number).version
    supplement(number, actor=cast.resident, now=now, have=scans(cast.resident, ["bank-account"], now))
    with pytest.raises(Stale):
        refuse(number, actor=cast.reviewer, now=now, reason="逾期未补正", expect=drawn)
