"""撤回 and 终止: a case ends before its decision, and is never counted as done in time."""

from datetime import datetime

import pytest

from tests.cases.scenes import ROAD, case_of, clock_of, steps_of, told, town_building, under_way
from tests.cast import Cast, accepted, do, received
from weimin.cases.models import Pause
from weimin.cases.verbs import end, hand_over, notify_missing, suspend, withdraw
from weimin.kernel.errors import Invalid, NotAllowed, NotFound, WrongState


def test_the_resident_takes_his_application_back(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    withdraw(number, actor=cast.resident, now=now, reason="不办了")
    case = case_of(number)
    assert (case.state, case.outcome, case.closed_at, case.due_at) == ("closed", "withdrawn", now, None)
    assert steps_of(number, "cancelled") == ["check"]
    assert told(number) == {"reason": "不办了"}


def test_a_withdrawn_case_was_not_done_in_time(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    withdraw(number, actor=cast.resident, now=now)
    assert clock_of(number, "decision").met_at is None


def test_whoever_received_it_withdraws_it_for_him(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    withdraw(number, actor=cast.info, now=now)
    assert case_of(number).outcome == "withdrawn"


def test_nobody_withdraws_for_somebody_else(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    for other in (cast.reviewer, cast.county, cast.supervisor):
        with pytest.raises(NotAllowed):
            withdraw(number, actor=other, now=now)
    for stranger in (cast.neighbour, cast.other_clerk):
        with pytest.raises(NotFound):
            withdraw(number, actor=stranger, now=now)


def test_what_is_decided_is_not_withdrawn(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now)
    do(number, "decide", actor=cast.county, now=now)
    with pytest.raises(WrongState, match="已决定"):
        withdraw(number, actor=cast.resident, now=now)


def test_a_case_that_cannot_go_on_is_ended_with_a_reason(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    with pytest.raises(Invalid, match="理由"):
        end(number, actor=cast.reviewer, now=now, reason=" ")
    end(number, actor=cast.reviewer, now=now, reason="申请人去世")
    case = case_of(number)
    assert (case.state, case.outcome) == ("closed", "ended")
    assert clock_of(number, "decision").met_at is None


def test_who_never_answers_the_notice_ends_his_case(cast: Cast, now: datetime) -> None:
    number = received(cast, now, have={})
    notify_missing(number, actor=cast.reviewer, now=now)
    end(number, actor=cast.town_head, now=now, reason="无法联系")
    assert case_of(number).outcome == "ended"


def test_only_the_competent_office_ends_it(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    for other in (cast.info, cast.county, cast.resident):
        with pytest.raises(NotAllowed):
            end(number, actor=other, now=now, reason="算了")


def test_what_nobody_looked_at_is_not_ended(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    with pytest.raises(WrongState, match="待受理"):
        end(number, actor=cast.reviewer, now=now, reason="算了")


def test_pauses_and_offers_end_with_it(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD)
    hand_over(number, actor=town_building(), now=now, post=cast.town_head.post_id, reason="休假")
    suspend(number, actor=town_building(), now=now, reason="hearing", expected="三日")
    end(number, actor=town_building(), now=now, reason="申请单位注销")
    assert case_of(number).hand_over_to_id is None
    assert Pause.objects.get(case__number=number).ended == now.date()
