"""不予受理: always in writing, with the reason and what can be done about it."""

from datetime import datetime

import pytest

from tests.cases.scenes import case_of, clock_of, told
from tests.cast import Cast, accepted, received
from weimin.cases.verbs import notify_missing, refuse
from weimin.kernel.errors import Invalid, NotAllowed, NotFound, WrongState


def test_a_refusal_ends_the_case_and_says_why(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    refuse(number, actor=cast.reviewer, now=now, reason="不属于本县受理范围", remedy="60日内申请复议")
    case = case_of(number)
    assert (case.state, case.outcome, case.closed_at) == ("closed", "refused", now)
    assert told(number) == {"reason": "不属于本县受理范围", "remedy": "60日内申请复议"}
    assert clock_of(number, "notice").met_at == now


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
