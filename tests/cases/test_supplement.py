"""补正: what the notice asked for comes in, from the resident or over the counter."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import (
    LICENCE,
    ROAD,
    application,
    case_of,
    clock_of,
    offers,
    someone_of,
    told,
    town_building,
    town_building_head,
    under_way,
)
from tests.cases.test_cards import cards
from tests.cast import MATERIALS, Cast, received, scans
from tests.unit.calendars import at, on
from weimin.cases.models import Clock, Pause
from weimin.cases.tasks import issue_due_cards
from weimin.cases.verbs import (
    accept,
    notify_again,
    notify_missing,
    receive,
    refuse,
    reopen,
    supplement,
    suspend,
    withdraw,
)
from weimin.kernel import clock
from weimin.kernel.errors import Invalid, NotAllowed, NotFound, Stale, WrongState
from weimin.network.actor import SYSTEM


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


# -- 提交全部补正申请材料的，应当受理 (行政许可法 art. 32(1)(5)) --------------------------------------


def completed(
    cast: Cast, now: datetime, moment: str, code: str = ROAD, lacking: str = "plan"
) -> str:
    """A permit whose applicant was told on 10 June what is missing, and brought it all then."""
    whole = application(cast.zhao, code)
    have = dict(whole.have)
    have.pop(lacking)
    number = receive(replace(whole, have=have), actor=cast.clerk, now=now).number
    notify_missing(number, actor=cast.clerk, now=now + timedelta(hours=1))
    supplement(number, actor=cast.resident, now=at(moment),
               have=scans(cast.resident, [lacking], at(moment)))
    return number


ACCEPTED = [  # complete, accepted, late, the days count from, the twentieth working day
    ("2026-06-15 周一 10:00", "2026-06-15 周一 15:00", False, "2026-06-15 周一", "2026-07-14 周二"),
    ("2026-06-15 周一 10:00", "2026-06-16 周二 15:00", False, "2026-06-15 周一", "2026-07-14 周二"),
    ("2026-06-15 周一 10:00", "2026-06-17 周三 09:00", True, "2026-06-15 周一", "2026-07-14 周二"),
    ("2026-06-18 周四 22:00", "2026-06-22 周一 15:00", False, "2026-06-18 周四", "2026-07-17 周五"),  # 端午
    ("2026-06-20 周六 10:00", "2026-06-23 周二 09:00", True, "2026-06-20 周六", "2026-07-17 周五"),
]


@pytest.mark.parametrize(("complete", "accepted", "late", "begins", "last"), ACCEPTED)
def test_a_permits_days_count_from_the_full_supplement_whenever_it_is_accepted(
    cast: Cast, now: datetime, complete: str, accepted: str, late: bool, begins: str, last: str
) -> None:
    number = completed(cast, now, complete)
    accept(number, actor=town_building(), now=at(accepted))
    assert clock_of(number, "acceptance").late is late
    assert told(number).get("late", False) is late
    decision = clock_of(number, "decision")
    assert (decision.start, decision.due_on) == (on(begins), on(last))
    assert clock_of(number, "promise").start == on(begins)
    assert not case_of(number).late  # that is judged when it is decided


def test_a_promise_of_the_same_day_is_of_the_day_of_acceptance(cast: Cast, now: datetime) -> None:
    """Else it would be broken by an acceptance that came in time; the law's term is not moved."""
    number = completed(cast, now, "2026-06-15 周一 16:50", LICENCE, "application")
    officer = someone_of(case_of(number).office_id)
    accept(number, actor=officer, now=at("2026-06-16 周二 09:00"))
    assert clock_of(number, "promise").due_on == on("2026-06-16 周二")
    assert clock_of(number, "decision").start == on("2026-06-15 周一")
    assert not clock_of(number, "acceptance").late


def test_who_lets_a_full_supplement_lie_has_a_red_card(cast: Cast, now: datetime) -> None:
    number = completed(cast, now, "2026-06-15 周一 10:00")
    with clock.rehearsed(at("2026-06-16 周二 17:31")):
        issue_due_cards()
    assert cards(number)[-1] == ("red", "acceptance", "standing")


def test_what_came_in_may_not_be_what_was_asked_for(cast: Cast, now: datetime) -> None:
    number = completed(cast, now, "2026-06-15 周一 10:00")
    officer, head, day = town_building(), town_building_head(), at("2026-06-16 周二 10:00")
    assert {"accept", "refuse"} <= offers(number, officer, day)
    assert "notify_missing" not in offers(number, officer, day)
    notify_again(number, actor=head, now=day, reason="补来的是旧图", missing={"plan": "不是本次方案"})
    assert case_of(number).state == "noticed"
    supplement(number, actor=cast.resident, now=at("2026-06-22 周一 10:00"),
               have=scans(cast.resident, ["plan"], at("2026-06-22 周一 10:00")))
    accept(number, actor=officer, now=at("2026-06-25 周四 10:00"))
    assert clock_of(number, "decision").start == on("2026-06-22 周一")


def test_silence_goes_before_the_supplement(cast: Cast, now: datetime) -> None:
    """A notice that came too late counts as never given: the day of receipt stands."""
    whole = application(cast.zhao, ROAD)
    have = {key: file for key, file in whole.have.items() if key != "plan"}
    number = receive(replace(whole, have=have), actor=cast.clerk, now=now).number
    accept(number, actor=SYSTEM, now=at("2026-06-17 周三 18:00"))
    supplement(number, actor=cast.resident, now=at("2026-06-22 周一 10:00"),
               have=scans(cast.resident, ["plan"], at("2026-06-22 周一 10:00")))
    assert clock_of(number, "decision").start == on("2026-06-10 周三")
    assert not Clock.objects.filter(case__number=number, kind="acceptance").exists()


def test_of_all_else_the_days_count_from_acceptance(cast: Cast, now: datetime) -> None:
    number = noticed(cast, now)
    supplement(number, actor=cast.resident, now=at("2026-06-15 周一 10:00"),
               have=scans(cast.resident, MATERIALS, at("2026-06-15 周一 10:00")))
    assert clock_of(number, "acceptance").due_on == on("2026-06-23 周二")  # five days, 端午
    accept(number, actor=cast.reviewer, now=at("2026-06-17 周三 10:00"))
    assert clock_of(number, "decision").start == on("2026-06-17 周三")


def test_a_case_that_was_withdrawn_and_reopened_counts_from_its_new_acceptance(
    cast: Cast, now: datetime
) -> None:
    number = completed(cast, now, "2026-06-15 周一 10:00")
    withdraw(number, actor=cast.resident, now=at("2026-06-15 周一 15:00"))
    reopen(number, actor=town_building_head(), now=at("2026-07-06 周一 10:00"), reason="误撤")
    accept(number, actor=town_building(), now=at("2026-07-07 周二 10:00"))
    assert clock_of(number, "decision").start == on("2026-07-07 周二")


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
