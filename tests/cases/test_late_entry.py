"""补录: what happened on paper counts from when it happened, not from when it was typed in."""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import case_of, clock_of, due, proof_faults
from tests.cast import Cast, accepted, do, received, step_of
from weimin.cases.models import Pause, Step
from weimin.cases.verb import VERBS
from weimin.cases.verbs import accept, done_outside, suspend


def test_the_clocks_start_when_it_was_accepted(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    accept(number, actor=cast.reviewer, now=now + timedelta(days=2), occurred_at=now,
           late_entry="停电")
    assert str(clock_of(number, "decision").start) == "2026-06-10"
    assert due(number, "promise") == "2026-07-02"  # 15 working days after Wednesday 10 June


def test_a_step_that_was_done_in_time_is_not_late(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)  # the town has until Wednesday 17 June
    done_outside(number, actor=cast.reviewer, now=now + timedelta(days=10), reason="停电",
                 occurred_at=now + timedelta(days=2), late_entry="停电", outcome="approve",
                 step=step_of(number, "check"), answers={"opinion": "同意"})
    assert not Step.objects.get(case__number=number, key="check").late


@pytest.mark.parametrize("verb", ["supplement", "withdraw", "resume"])
def test_what_came_before_a_pause_was_entered_ends_it_on_its_first_day(
    verb: str, cast: Cast, now: datetime
) -> None:
    """Wednesday 10 June, accepted; Friday, somebody waits for it; Monday, what came on Thursday is entered."""
    number = accepted(cast, now)
    suspend(number, actor=cast.reviewer, now=now + timedelta(days=2), reason="supplement", expected="三日")
    params = {"supplement": {"have": {"id-card": None}}}.get(verb, {})
    actor = cast.reviewer if verb == "resume" else cast.info
    VERBS[verb](number, actor=actor, now=now + timedelta(days=5), occurred_at=now + timedelta(days=1),
                late_entry="停电", **params)
    pause = Pause.objects.get(case__number=number)
    assert str(pause.ended) == str(pause.began) == "2026-06-12"
    assert proof_faults(number) == []


def test_a_decision_that_was_made_in_time_is_not_late(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)  # promised by Thursday 2 July
    do(number, "check", actor=cast.reviewer, now=now)
    done_outside(number, actor=cast.county, now=now + timedelta(days=30), reason="停电",
                 occurred_at=now + timedelta(days=5), late_entry="停电", outcome="approve",
                 step=step_of(number, "decide"), answers={"opinion": "同意"})
    assert not case_of(number).late
