"""催办: whoever has a stake may ask for speed; no date moves."""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import case_of, due, story, told
from tests.cast import Cast, accepted
from weimin.cases.models import Case
from weimin.cases.verbs import nudge, withdraw
from weimin.kernel.errors import NotAllowed, NotFound, WrongState


def test_it_is_told_to_whoever_answers_and_changes_nothing(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    before = Case.objects.filter(number=number).values("state", "due_at", "lead_post").get()
    day = due(number)
    nudge(number, actor=cast.resident, now=now, words="等着用钱看病")
    assert Case.objects.filter(number=number).values("state", "due_at", "lead_post").get() == before
    assert due(number) == day
    assert told(number) == {"to": cast.reviewer.post_id}  # the words are personal


def test_every_nudge_is_counted(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    nudge(number, actor=cast.resident, now=now)
    nudge(number, actor=cast.supervisor, now=now)
    assert story(number)[-2:] == ["nudge", "nudge"]


def test_who_presses_twice_hears_what_the_first_time_did(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    nudge(number, actor=cast.resident, now=now + timedelta(minutes=1))
    before = story(number)
    with pytest.raises(WrongState, match="10:01 已经催过了，杉桥镇社会事务办公室看得到"):
        nudge(number, actor=cast.resident, now=now + timedelta(minutes=2))
    assert story(number) == before
    nudge(number, actor=cast.resident, now=now + timedelta(days=1))  # the next day it is news again
    assert story(number) == [*before, "nudge"]


def test_only_who_has_a_stake_asks_for_speed(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    for other in (cast.info, cast.reviewer, cast.county):
        with pytest.raises(NotAllowed):
            nudge(number, actor=other, now=now)
    with pytest.raises(NotFound):
        nudge(number, actor=cast.neighbour, now=now)


def test_what_is_over_is_not_hurried(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    withdraw(number, actor=cast.resident, now=now)
    with pytest.raises(WrongState):
        nudge(number, actor=cast.resident, now=now)
    assert case_of(number).state == "closed"
