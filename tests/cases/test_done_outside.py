"""登记线下办理结果: what really happened outside the system is entered, marked and counted."""

from datetime import datetime

import pytest

from tests.cases.scenes import (
    HOUSING,
    steps_of,
    story,
    told,
    town_building,
    town_building_head,
    under_way,
)
from tests.cast import Cast, accepted, step_of
from weimin.cases.verbs import done_outside, reassign
from weimin.kernel.errors import Invalid, NotAllowed, NotFound, WrongState


def enter(number: str, key: str = "check", **changes: object) -> None:
    """The step was done on paper."""
    done_outside(number, **{"step": step_of(number, key), "outcome": "approve", "reason": "停电",
                            "answers": {"opinion": "同意"}, **changes})


def test_it_counts_as_done_and_carries_the_mark(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    enter(number, actor=cast.reviewer, now=now)
    assert steps_of(number) == ["decide"]
    assert (story(number)[-1], told(number)["outside"]) == ("done_outside", "停电")


def test_it_takes_a_reason(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    with pytest.raises(Invalid, match="系统外"):
        enter(number, actor=cast.reviewer, now=now, reason=" ")


def test_the_answers_are_checked_as_if_it_were_done_here(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    with pytest.raises(Invalid, match="请填写意见"):
        enter(number, actor=cast.reviewer, now=now, answers={})


def test_only_the_office_of_the_step_enters_it(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    for other in (cast.info, cast.county, cast.resident):
        with pytest.raises(NotAllowed):
            enter(number, actor=other, now=now)
    with pytest.raises(NotFound):
        enter(number, actor=cast.other_clerk, now=now)


def test_nobody_takes_a_colleagues_step_by_this_door(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, HOUSING)
    head = town_building_head()
    reassign(number, actor=head, now=now, step=step_of(number, "check"), account=head.account_id,
             reason="亲自办")
    with pytest.raises((NotAllowed, WrongState), match="同事"):
        enter(number, actor=town_building(), now=now)
    enter(number, actor=head, now=now)
