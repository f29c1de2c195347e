"""移送: the wrong office hands the case to the right one; the clock goes on."""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import case_of, clock_of, due, steps_of, told
from tests.cast import CITY, Cast, accepted, do, holder, look, received, step_of
from weimin.cases.models import Access, Duty, Step
from weimin.cases.verbs import accept, reassign, transfer
from weimin.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from weimin.network.actor import Actor

NEXT_TOWN = "430421101"  # another town of the same county


def neighbours() -> Actor:
    """社会事务经办 of the next town."""
    return holder(f"{NEXT_TOWN}.social", "reviewer")


def send(number: str, cast: Cast, now: datetime, **more: object) -> None:
    """The town sends the case to the next one, where the man really lives."""
    transfer(number, **{"actor": cast.reviewer, "now": now, "reason": "户籍已迁出",
                        "office": neighbours().office_id, **more})


def test_the_duty_post_of_the_right_office_answers_at_once(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    send(number, cast, now)
    case = case_of(number)
    assert (case.office_id, case.lead_post_id) == (neighbours().office_id, neighbours().post_id)
    assert Duty.objects.filter(case=case).latest("since").post_id == neighbours().post_id
    assert told(number)["reason"] == "户籍已迁出"


def test_the_clock_goes_on(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    before = clock_of(number, "notice")
    send(number, cast, now + timedelta(days=3))
    after = clock_of(number, "notice")
    assert (after.start, after.due_at, after.met_at) == (before.start, before.due_at, None)


def test_the_new_office_sees_it_and_the_old_one_still_does(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    with pytest.raises(NotFound):
        look(number, neighbours(), now)
    send(number, cast, now)
    assert "competent" in look(number, neighbours(), now).relations()
    assert look(number, cast.reviewer, now).relations() == frozenset()
    assert Access.objects.filter(case__number=number, office=cast.reviewer.office_id).exists()


def test_the_work_opens_at_the_new_office(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    send(number, cast, now)
    accept(number, actor=neighbours(), now=now)
    assert Step.objects.get(case__number=number).office_id == neighbours().office_id
    do(number, "check", actor=neighbours(), now=now)
    do(number, "decide", actor=cast.county, now=now)


def test_open_work_goes_with_the_case_and_is_held_by_nobody(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    reassign(number, actor=cast.town_head, now=now, step=step_of(number, "check"), reason="他熟悉",
             account=cast.reviewer.account_id)
    before = due(number)
    send(number, cast, now)
    assert Step.objects.get(pk=step_of(number, "check")).account_id is None
    assert due(number) == before
    with pytest.raises(NotAllowed):
        do(number, "check", actor=cast.reviewer, now=now)
    do(number, "check", actor=neighbours(), now=now)


def test_work_of_other_offices_stays_where_it_is(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now)
    send(number, cast, now)
    assert Step.objects.get(case__number=number, state="open").office_id == cast.county.office_id


def test_competent_office_and_accountable_post_may(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    for other in (cast.info, cast.county, cast.supervisor, cast.resident):
        with pytest.raises(NotAllowed):
            send(number, cast, now, actor=other)
    first = received(cast, now, another_is_meant=True)
    send(first, cast, now, actor=cast.info)  # received it and still answers for it


def test_what_is_decided_stays(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now)
    do(number, "decide", actor=cast.county, now=now)
    assert steps_of(number) == ["issue"]
    with pytest.raises(WrongState, match="已决定"):
        send(number, cast, now)


def test_only_to_an_office_that_can_take_it(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    nobody_on_duty = holder(f"{CITY}.government", "head").office_id
    for office, message in ((0, "没有这个单位"), (cast.reviewer.office_id, "已经在这个单位"),
                            (nobody_on_duty, "没有值班岗位")):
        with pytest.raises(Invalid, match=message):
            send(number, cast, now, office=office)
    assert case_of(number).office_id == cast.reviewer.office_id


def test_it_takes_a_reason(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    with pytest.raises(Invalid, match="理由"):
        send(number, cast, now, reason="")
