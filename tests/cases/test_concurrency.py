"""Many people at once, on connections of their own, in a copy of the database."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from threading import Barrier
from typing import Any

import psycopg
import pytest
from django.db import connections

from tests.cases.scenes import (
    HOUSING,
    case_of,
    chain_faults,
    of_county,
    steps_of,
    story,
    town_building,
    under_way,
)
from tests.cast import Cast, accepted, assemble, intake, step_of
from tests.conftest import point_at
from weimin.cases.models import Case
from weimin.cases.verb import Answer
from weimin.cases.verbs import accept, complete, receive
from weimin.kernel.errors import AlreadyOpen, Stale, WeiminError
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
