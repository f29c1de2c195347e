"""改派经办人: the head gives a step to somebody, or releases what an absent one holds."""

from datetime import datetime

import pytest

from tests.cases.scenes import HOUSING, case_of, told, town_building, town_building_head, under_way
from tests.cast import Cast, do, look, step_of
from weimin.cases.models import Step
from weimin.cases.verbs import reassign
from weimin.kernel.errors import Invalid, NotAllowed, NotFound, Stale


def assign(number: str, now: datetime, **more: object) -> None:
    """The head of the town's building office gives the first review to his reviewer."""
    reassign(number, **{"actor": town_building_head(), "now": now, "reason": "他熟悉这一片",
                        "step": step_of(number, "check"),
                        "account": town_building().account_id, **more})


def test_a_step_gets_its_officer(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, HOUSING)
    assign(number, now)
    step = Step.objects.get(case__number=number)
    assert (step.account_id, step.version) == (town_building().account_id, 1)
    assert told(number) == {"step": "check", "from": None, "to": town_building().account_id,
                            "name": town_building().name, "reason": "他熟悉这一片"}


def test_only_the_step_moves(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, HOUSING)
    case, step = case_of(number), Step.objects.get(case__number=number)
    assign(number, now)
    case_now, step_now = case_of(number), Step.objects.get(case__number=number)
    assert (case_now.lead_post_id, case_now.due_at) == (case.lead_post_id, case.due_at)
    assert (step_now.office_id, step_now.due_at) == (step.office_id, step.due_at)


def test_what_an_absent_colleague_holds_is_released(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, HOUSING)
    assign(number, now, account=town_building_head().account_id)
    offered = {a.verb for a in look(number, town_building(), now).actions() if a.step}
    assert "complete" not in offered
    assign(number, now, account=None, reason="他出差了")
    do(number, "check", actor=town_building(), now=now)


def test_only_to_somebody_of_the_office(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, HOUSING)
    with pytest.raises(Invalid, match="不在本单位"):
        assign(number, now, account=cast.reviewer.account_id)


def test_only_the_head_of_the_office_of_the_step(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, HOUSING)
    for other in (town_building(), cast.supervisor, cast.resident):
        with pytest.raises(NotAllowed):
            assign(number, now, actor=other)
    with pytest.raises(NotFound):
        assign(number, now, actor=cast.town_head)  # heads another office


def test_it_takes_a_reason(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, HOUSING)
    with pytest.raises(Invalid, match="原因"):
        assign(number, now, reason="")


def test_a_step_that_is_done_is_given_to_nobody(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, HOUSING)
    step = step_of(number, "check")
    do(number, "check", actor=town_building(), now=now)
    with pytest.raises(Stale, match="已经有人办理"):
        reassign(number, actor=town_building_head(), now=now, step=step, reason="补办")
