"""不予受理: always in writing, with the reason and what can be done about it, and handed over."""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import (
    HOUSING,
    application,
    case_of,
    clock_of,
    due,
    offers,
    proof_faults,
    steps_of,
    story,
    told,
    town_building,
)
from tests.cast import HANDED, Cast, accepted, do, received
from weimin.cases import reading
from weimin.cases.verbs import accept, close, notify_missing, receive, refuse, reopen
from weimin.kernel.errors import Invalid, NotAllowed, NotFound, WrongState


def refused(cast: Cast, now: datetime, **changes: object) -> str:
    number = received(cast, now, **changes)
    refuse(number, actor=cast.reviewer, now=now, reason="不属于本县受理范围", remedy="60日内申请复议")
    return number


def test_a_refusal_decides_the_case_and_says_why(cast: Cast, now: datetime) -> None:
    number = refused(cast, now)
    case = case_of(number)
    assert (case.state, case.outcome, case.decided_at, case.closed_at) == (
        "decided", "refused", now, None)
    said = told(number)
    assert (said["reason"], said["remedy"], said["opened"]) == (
        "不属于本县受理范围", "60日内申请复议", ["deliver"])
    assert clock_of(number, "notice").met_at == now


def test_it_waits_on_the_desk_of_the_counter_until_it_was_handed_over(
    cast: Cast, now: datetime
) -> None:
    """行政许可法 art. 44 by analogy: Wednesday 10 June and ten working days, Dragon Boat Friday off."""
    number = refused(cast, now)
    (row,) = reading.work(cast.info, now=now).rows
    assert (row.number, row.step, due(number, "delivery")) == (number, "送达", "2026-06-25")
    with pytest.raises(WrongState, match="各环节都已办完"):
        close(number, actor=cast.reviewer, now=now)
    do(number, "deliver", actor=cast.info, now=now + timedelta(hours=1), **HANDED)
    assert clock_of(number, "delivery").met_at == now + timedelta(hours=1)
    close(number, actor=cast.reviewer, now=now + timedelta(hours=2))
    case = case_of(number)
    assert (case.state, case.outcome, case.late) == ("closed", "refused", False)
    assert reading.work(cast.info, now=now).rows == [] and proof_faults(number) == []


@pytest.mark.parametrize(("way", "answers"), [
    ("post", {"tracking": "EMS1", "received_on": "2026-06-10"}),
    ("left", {"refusal": "拒收", "place": "杉桥村家中", "recording": "录像，存村委会"}),
])
def test_it_is_handed_over_in_the_same_lawful_ways_as_a_decision(
    way: str, answers: dict[str, str], cast: Cast, now: datetime
) -> None:
    number = refused(cast, now)
    with pytest.raises(Invalid):
        do(number, "deliver", actor=cast.info, now=now, way=way)
    do(number, "deliver", actor=cast.info, now=now, way=way, **answers)
    assert told(number)["way"] == way


def test_handed_over_late_the_office_has_its_red_card(cast: Cast, now: datetime) -> None:
    number = refused(cast, now)
    do(number, "deliver", actor=cast.info, now=now + timedelta(days=20), **HANDED)
    assert case_of(number).late and case_of(number).card_set.get().colour == "red"
    assert proof_faults(number) == []


def test_no_step_of_a_refused_case_is_worked_on(cast: Cast, now: datetime) -> None:
    number = receive(application(cast.zhao, HOUSING), actor=cast.clerk, now=now).number
    refuse(number, actor=town_building(), now=now, reason="不属于保障对象")
    assert steps_of(number) == ["deliver"]
    assert {"check", "issue"} & set(steps_of(number, "skipped"))
    assert not offers(number, town_building(), now) & {"accept", "refuse", "withdraw", "end"}


def test_who_was_refused_may_ask_again_at_once(cast: Cast, now: datetime) -> None:
    refused(cast, now)
    received(cast, now + timedelta(minutes=5))  # and is not asked whether another one is meant


def test_a_review_that_orders_acceptance_begins_it_from_the_first_step(
    cast: Cast, now: datetime
) -> None:
    """What was handed over stays in the trail; the new round is numbered and proved anew."""
    number = refused(cast, now)
    do(number, "deliver", actor=cast.info, now=now, **HANDED)
    close(number, actor=cast.reviewer, now=now)
    reopen(number, actor=cast.supervisor, now=now, reason="复议责令受理")
    assert (case_of(number).state, steps_of(number), case_of(number).decided_at) == (
        "received", [], None)
    accept(number, actor=cast.reviewer, now=now)
    do(number, "check", actor=cast.reviewer, now=now)
    do(number, "decide", "reject", actor=cast.county, now=now)
    do(number, "deliver", actor=cast.info, now=now, **HANDED)
    assert steps_of(number, "done") == ["check", "decide", "deliver"]
    assert story(number).count("complete") == 4 and proof_faults(number) == []


def test_refused_a_second_time_it_is_delivered_a_second_time(cast: Cast, now: datetime) -> None:
    number = refused(cast, now)
    do(number, "deliver", actor=cast.info, now=now, **HANDED)
    close(number, actor=cast.reviewer, now=now)
    reopen(number, actor=cast.supervisor, now=now, reason="理由没有写明依据")
    refuse(number, actor=cast.reviewer, now=now, reason="依据某办法第三条，不属于受理范围")
    assert steps_of(number) == ["deliver"]
    do(number, "deliver", actor=cast.info, now=now, **HANDED)
    assert proof_faults(number) == []


def test_no_refusal_without_a_reason(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    with pytest.raises(Invalid, match="必须写明理由"):
        refuse(number, actor=cast.reviewer, now=now, reason="  ")
    assert case_of(number).state == "received"


def test_only_the_competent_office_refuses(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    for other in (cast.info, cast.county, cast.resident):
        with pytest.raises(NotAllowed):
            refuse(number, actor=other, now=now, reason="不受理")
    with pytest.raises(NotFound):
        refuse(number, actor=cast.other_clerk, now=now, reason="不受理")
    refuse(number, actor=cast.reviewer, now=now, reason="不受理")


def test_who_never_supplements_is_refused(cast: Cast, now: datetime) -> None:
    number = received(cast, now, have={})
    notify_missing(number, actor=cast.reviewer, now=now)
    refuse(number, actor=cast.reviewer, now=now, reason="逾期未补正")
    assert case_of(number).outcome == "refused"


def test_what_was_accepted_is_decided_and_not_refused(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    with pytest.raises(WrongState, match="办理中"):
        refuse(number, actor=cast.reviewer, now=now, reason="不受理")
