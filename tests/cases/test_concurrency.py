"""Many people at once, on connections of their own, in a copy of the database."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any

import psycopg
import pytest
from django.db import connections

from tests.cases.scenes import (
    HOUSING,
    ROAD,
    application,
    case_of,
    chain_faults,
    clock_of,
    of_county,
    proof_faults,
    steps_of,
    story,
    town_building,
    under_way,
)
from tests.cases.test_deputies import standing_in
from tests.cast import MATERIALS, Cast, accepted, assemble, do, intake, step_of
from tests.conftest import forget_the_place, point_at
from weimin.cases.models import Card, Case, Duty
from weimin.cases.verb import Answer
from weimin.cases.verbs import (
    accept,
    complete,
    hand_over,
    issue_cards,
    notify_again,
    notify_missing,
    receive,
    supplement,
    take_over,
    transfer,
)
from weimin.kernel.errors import AlreadyOpen, NotAllowed, Stale, WeiminError, WrongState
from weimin.network.actor import SYSTEM
from weimin.ops.postgres import APP, DATABASE, SUPERUSER, Server

pytestmark = pytest.mark.slow
COPY = "weimin_copy"


@pytest.fixture
def crowd(django_db_setup: None, server: Server, django_db_blocker: Any) -> Iterator[Cast]:
    """The cast in a copy of the database, where what they do is committed."""
    with django_db_blocker.unblock():
        connections["default"].close()
        with psycopg.connect(server.url(SUPERUSER, "postgres"), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {COPY} TEMPLATE {DATABASE}")
            try:
                point_at(server.url(APP, COPY))
                yield assemble()
            finally:
                connections["default"].close()
                admin.execute(f"DROP DATABASE {COPY} WITH (FORCE)")
                point_at(server.url(APP))
                forget_the_place()  # the copy had an epoch of its own


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Everybody starts at the same moment; what each was answered, or refused with."""
    ready = Barrier(len(deeds))

    def run(deed: Callable[[], Any]) -> Any:
        try:
            connections["default"].ensure_connection()
            ready.wait(timeout=20)
            return deed()
        except WeiminError as error:
            return error
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def test_no_number_is_given_twice(crowd: Cast, now: datetime) -> None:
    def ten() -> Answer:
        return [receive(intake(crowd.zhao, another_is_meant=True), actor=crowd.info, now=now)
                for _ in range(10)][-1]

    at_once(*[ten] * 8)
    numbers = list(Case.objects.values_list("number", flat=True))
    assert len(numbers) == len(set(numbers)) == 80


def test_the_same_request_five_times_at_once_is_one_case(crowd: Cast, now: datetime) -> None:
    answers = at_once(*[lambda: receive(intake(crowd.zhao), actor=crowd.info, now=now, key="k")] * 5)
    assert len({repr(answer) for answer in answers}) == 1
    assert isinstance(answers[0], Answer)
    assert Case.objects.get().number == answers[0].number


def test_the_same_acceptance_five_times_at_once_is_one_event(crowd: Cast, now: datetime) -> None:
    number = receive(intake(crowd.zhao), actor=crowd.info, now=now).number
    answers = at_once(*[lambda: accept(number, actor=crowd.reviewer, now=now, key="k")] * 5)
    assert len({repr(answer) for answer in answers}) == 1
    assert story(number) == ["receive", "accept"]


def test_of_two_who_do_the_same_step_one_is_told_that_it_is_done(
    crowd: Cast, now: datetime
) -> None:
    number = accepted(crowd, now)
    step = step_of(number, "check")

    def review() -> Answer:
        return complete(number, actor=crowd.reviewer, now=now, step=step, expect=0,
                        outcome="approve", answers={"opinion": "同意"})

    answers = at_once(review, review)
    assert {type(answer) for answer in answers} == {Answer, Stale}
    assert story(number) == ["receive", "accept", "complete"]
    assert chain_faults(case_of(number).pk) == []


def test_reviewers_of_three_departments_never_refuse_each_other(
    crowd: Cast, now: datetime
) -> None:
    number = under_way(crowd, now, HOUSING)
    complete(number, actor=town_building(), now=now, step=step_of(number, "check"),
             outcome="approve", answers={"opinion": "同意"})
    lines = {"income": "civil-affairs", "property": "natural-resources", "business": "market"}
    deeds = [
        partial(complete, number, actor=of_county(line), now=now, step=step_of(number, key),
                expect=0, outcome="approve", answers={"opinion": "同意"})
        for key, line in lines.items()
    ]
    assert all(isinstance(answer, Answer) for answer in at_once(*deeds))
    assert steps_of(number) == ["notice"]
    assert chain_faults(case_of(number).pk) == []


def test_of_several_who_enter_the_same_matter_all_but_one_are_asked(
    crowd: Cast, now: datetime
) -> None:
    answers = at_once(*[lambda: receive(intake(crowd.zhao), actor=crowd.info, now=now)] * 6)
    assert Case.objects.count() == 1
    assert [type(answer) for answer in answers].count(AlreadyOpen) == 5


# -- two who do different things -----------------------------------------------------------------


def one_of(answers: list[Any]) -> int:
    """Which of them was done; every other was refused in words."""
    (done,) = (at for at, answer in enumerate(answers) if isinstance(answer, Answer))
    assert all(isinstance(answer, (Answer, Stale, WrongState, NotAllowed)) for answer in answers)
    return done


def holds(number: str) -> bool:
    """Whether the chain has no fault and gives every row again."""
    return chain_faults(case_of(number).pk) == [] and proof_faults(number) == []


def test_of_two_heads_who_grant_and_deny_at_once_one_decides(crowd: Cast, now: datetime) -> None:
    number = accepted(crowd, now)
    do(number, "check", actor=crowd.reviewer, now=now)
    step = step_of(number, "decide")
    deeds = {
        "granted": partial(complete, number, actor=crowd.county, now=now, step=step,
                           outcome="approve", answers={"opinion": "同意"}),
        "denied": partial(complete, number, actor=crowd.county_head, now=now, step=step,
                          outcome="reject", answers={"opinion": "不同意", "reason": "不符合条件"}),
    }
    done = one_of(at_once(*deeds.values()))
    assert case_of(number).outcome == list(deeds)[done]
    assert story(number) == ["receive", "accept", "complete", "complete"]
    assert holds(number)


def test_a_deputy_and_whom_he_stands_in_for_do_the_same_step_once(crowd: Cast, now: datetime) -> None:
    number = accepted(crowd, now)
    deputy = standing_in(crowd.health, crowd.reviewer)
    step = step_of(number, "check")
    one_of(at_once(*[
        partial(complete, number, actor=actor, now=now, step=step, expect=0, outcome="approve",
                answers={"opinion": "同意"}) for actor in (deputy, crowd.reviewer)]))
    assert story(number).count("complete") == 1 and holds(number)


def test_what_comes_in_while_more_is_asked_for_is_asked_for_or_there(crowd: Cast, now: datetime) -> None:
    number = receive(intake(crowd.zhao, have={}), actor=crowd.info, now=now).number
    notify_missing(number, actor=crowd.reviewer, now=now)
    more = partial(notify_again, number, actor=crowd.town_head, now=now, reason="漏看",
                   missing={"id-card": "看不清"})
    brought = partial(supplement, number, actor=crowd.info, now=now, have=MATERIALS)
    assert all(isinstance(answer, Answer) for answer in at_once(more, brought))
    first = story(number)[2]
    assert case_of(number).state == ("noticed" if first == "supplement" else "received")
    assert holds(number)


def test_a_notice_of_the_last_minute_and_silence_are_never_both(crowd: Cast, now: datetime) -> None:
    """Received on Wednesday 10 June; the fifth working day, Wednesday 17 June, ends at 17:00."""
    for _ in range(4):
        number = receive(replace(application(crowd.zhao, ROAD), another_is_meant=True),
                         actor=crowd.clerk, now=now).number
        five = clock_of(number, "notice").due_at
        done = one_of(at_once(
            partial(notify_missing, number, actor=town_building(), now=five, wrong={"plan": "没有尺寸"}),
            partial(accept, number, actor=SYSTEM, now=five + timedelta(seconds=1))))
        assert case_of(number).state == ("noticed", "accepted")[done]
        assert story(number)[1:] == [("notify_missing", "accept")[done]]
        assert holds(number)


def test_who_takes_a_case_over_while_it_is_transferred_answers_or_does_not(
    crowd: Cast, now: datetime
) -> None:
    number = accepted(crowd, now)
    hand_over(number, actor=crowd.reviewer, now=now, post=crowd.town_head.post_id, reason="休假")
    at_once(partial(take_over, number, actor=crowd.town_head, now=now),
            partial(transfer, number, actor=crowd.reviewer, now=now, office=crowd.county.office_id,
                    reason="应由县局办理"))
    case = case_of(number)
    assert Duty.objects.filter(case=case).latest("since").post_id == case.lead_post_id
    assert case.hand_over_to_id is None and holds(number)


def test_a_card_of_the_worker_and_a_late_officers_are_one(crowd: Cast, now: datetime) -> None:
    number = accepted(crowd, now)
    late = now + timedelta(days=10)
    at_once(partial(issue_cards, number, actor=SYSTEM, now=late),
            partial(complete, number, actor=crowd.reviewer, now=late, step=step_of(number, "check"),
                    outcome="approve", answers={"opinion": "同意"}))
    assert Card.objects.filter(case__number=number, about="check 1", colour="red").count() == 1
    assert holds(number)
