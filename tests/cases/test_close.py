"""办结归档 and 重新办理: the end of a case, and the honest way back."""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import ROAD, application, case_of, due, offers, steps_of, story, told
from tests.cast import CARD, HANDED, Cast, accepted, do, received, step_of
from weimin.cases.models import Step
from weimin.cases.verbs import accept, close, complete, hand_over, receive, refuse, reopen, withdraw
from weimin.kernel.errors import Invalid, NotAllowed, WrongState
from weimin.network.actor import SYSTEM
from weimin.registry.models import Certificate


def delivered(cast: Cast, now: datetime) -> str:
    """A granted allowance, handed over to the resident and not yet closed."""
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now)
    do(number, "decide", actor=cast.county, now=now)
    complete(number, actor=cast.county, now=now, step=step_of(number, "issue"), outcome="approve")
    do(number, "deliver", actor=cast.info, now=now, **HANDED)
    return number


def closed(cast: Cast, now: datetime) -> str:
    """The same, closed."""
    number = delivered(cast, now)
    close(number, actor=cast.reviewer, now=now)
    return number


def test_it_is_closed_and_the_last_one_still_answers(cast: Cast, now: datetime) -> None:
    number = closed(cast, now)
    case = case_of(number)
    assert (case.state, case.outcome, case.closed_at, case.due_at) == ("closed", "granted", now, None)
    assert case.lead_post_id == cast.reviewer.post_id


def test_the_system_closes_what_is_finished(cast: Cast, now: datetime) -> None:
    number = delivered(cast, now)
    close(number, actor=SYSTEM, now=now)
    assert case_of(number).state == "closed"


def test_it_is_not_closed_while_a_step_is_open(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now)
    do(number, "decide", actor=cast.county, now=now)
    assert "close" not in offers(number, cast.reviewer, now)
    with pytest.raises(WrongState, match="办完"):
        close(number, actor=cast.reviewer, now=now)


def test_only_who_answers_for_it_closes_it(cast: Cast, now: datetime) -> None:
    number = delivered(cast, now)
    for other in (cast.info, cast.county, cast.supervisor, cast.resident):
        with pytest.raises(NotAllowed):
            close(number, actor=other, now=now)


def test_an_offer_that_nobody_took_ends_with_it(cast: Cast, now: datetime) -> None:
    number = delivered(cast, now)
    hand_over(number, actor=cast.reviewer, now=now, post=cast.town_head.post_id, reason="休假")
    close(number, actor=cast.reviewer, now=now)
    assert case_of(number).hand_over_to_id is None


# -- 重新办理 ------------------------------------------------------------------------------------


def test_reopened_it_begins_anew_and_the_old_result_stays_in_the_trail(
    cast: Cast, now: datetime
) -> None:
    number = closed(cast, now)
    reopen(number, actor=cast.town_head, now=now + timedelta(days=1), reason="复议决定撤销")
    case = case_of(number)
    assert (case.state, case.outcome, case.closed_at, case.decided_at) == ("accepted", "", None, None)
    assert told(number) == {"reason": "复议决定撤销", "was": "granted", "opened": ["check"]}
    assert story(number)[-2:] == ["close", "reopen"]
    assert Step.objects.get(case__number=number, state="open").round == 2


def test_its_clocks_start_anew(cast: Cast, now: datetime) -> None:
    number = closed(cast, now)
    reopen(number, actor=cast.supervisor, now=now + timedelta(days=1), reason="督查发现漏审")
    assert due(number, "promise") == "2026-07-03"  # 15 working days after Thursday 11 June: Friday


def test_late_once_is_late_for_ever(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now)
    later = now + timedelta(days=30)
    do(number, "decide", "reject", actor=cast.county, now=later)
    do(number, "deliver", actor=cast.info, now=later, **HANDED)
    close(number, actor=cast.reviewer, now=later)
    reopen(number, actor=cast.town_head, now=later, reason="复议决定撤销")
    assert case_of(number).late


def test_a_certificate_of_the_old_result_is_revoked(cast: Cast, now: datetime) -> None:
    number = receive(application(cast.zhao, CARD), actor=cast.info, now=now).number
    accept(number, actor=cast.info, now=now)  # entrusted to the villages of this county
    do(number, "decide", actor=cast.reviewer, now=now)
    complete(number, actor=cast.reviewer, now=now, step=step_of(number, "issue"), outcome="approve")
    do(number, "deliver", actor=cast.info, now=now, **HANDED)
    close(number, actor=cast.info, now=now)
    card = Certificate.objects.get(case_id=case_of(number).pk)
    assert card.revoked_at is None
    reopen(number, actor=cast.supervisor, now=now, reason="照片不是本人")
    card.refresh_from_db()
    assert (card.revoked_at, bool(card.revoked_why)) == (now, True)


@pytest.mark.parametrize("how", ["refuse", "withdraw"])
def test_what_was_never_accepted_waits_for_acceptance_again(
    cast: Cast, now: datetime, how: str
) -> None:
    number = received(cast, now)
    if how == "refuse":
        refuse(number, actor=cast.reviewer, now=now, reason="不属于受理范围")
        do(number, "deliver", actor=cast.info, now=now, **HANDED)
        close(number, actor=cast.reviewer, now=now)
    else:
        withdraw(number, actor=cast.resident, now=now)
    reopen(number, actor=cast.town_head, now=now, reason="复议责令受理")
    case = case_of(number)
    assert (case.state, case.accepted_at, steps_of(number)) == ("received", None, [])
    assert case.due_at is not None
    accept(number, actor=cast.reviewer, now=now)


def test_a_permit_that_was_reopened_is_not_accepted_by_old_silence(
    cast: Cast, now: datetime
) -> None:
    number = receive(application(cast.zhao, ROAD), actor=cast.clerk, now=now).number
    withdraw(number, actor=cast.resident, now=now)
    later = now + timedelta(days=60)
    reopen(number, actor=cast.supervisor, now=later, reason="并非本人撤回")
    with pytest.raises(WrongState):
        accept(number, actor=SYSTEM, now=later)


def test_only_the_head_or_the_supervisor_reopens_with_a_reason(cast: Cast, now: datetime) -> None:
    number = closed(cast, now)
    for other in (cast.reviewer, cast.info, cast.county, cast.resident):
        with pytest.raises(NotAllowed):
            reopen(number, actor=other, now=now, reason="再办一次")
    with pytest.raises(Invalid, match="为什么"):
        reopen(number, actor=cast.town_head, now=now, reason=" ")


def test_what_is_open_is_not_reopened(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    with pytest.raises(WrongState):
        reopen(number, actor=cast.town_head, now=now, reason="再办一次")
