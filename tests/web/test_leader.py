"""今日: cases are counted, once each, and every figure opens to the list that it counts."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cases.scenes import HOUSING, under_way
from tests.cast import Cast, accepted, do, received, step_of
from tests.web.doors import logged_in
from weimin.cases import overseeing
from weimin.cases.verbs import done_outside, notify_again, notify_missing
from weimin.kernel import clock

pytestmark = pytest.mark.django_db


def at(actor: Any) -> Client:
    client = logged_in(actor)
    client.raise_request_exception = True
    return client


@pytest.fixture
def later(now: datetime) -> Iterator[datetime]:
    """Two months on: what is open is late."""
    with clock.rehearsed(now + timedelta(days=60)):
        yield now + timedelta(days=60)


@pytest.fixture
def several(cast: Cast, now: datetime) -> list[str]:
    """Three cases: one with three reviews side by side, one accepted, one just received."""
    side_by_side = under_way(cast, now, HOUSING)
    first = at(cast.supervisor)
    assert first
    return [side_by_side, accepted(cast, now), received(cast, now, another_is_meant=True)]


def test_the_figures_and_the_lists_behind_them_add_up(
    cast: Cast, several: list[str], later: datetime
) -> None:
    found = overseeing.today(cast.supervisor, now=later)
    loads = overseeing.loads(cast.supervisor, now=later)
    assert found.figures["open"] == sum(load.open for load in loads) == 3
    assert found.figures["late"] == sum(load.late for load in loads) == 3
    for kind, figure in found.figures.items():
        assert len(overseeing.behind(cast.supervisor, kind, now=later)) == figure
    for load in loads:
        assert len(overseeing.of_office(cast.supervisor, load.office_id, now=later)) == load.open


def test_the_lists_are_late_first_with_what_it_waits_for_and_who_answers(
    cast: Cast, several: list[str], now: datetime, later: datetime
) -> None:
    do(several[1], "check", actor=cast.reviewer, now=now + timedelta(hours=1))
    rows = overseeing.behind(cast.supervisor, "open", now=later)
    assert [row.due_at for row in rows] == sorted(row.due_at for row in rows if row.due_at)
    page = re.sub(r"<[^>]+>", "", at(cast.supervisor).get("/today/cases/open").content.decode())
    name = cast.reviewer.name  # whoever holds the accountable post today, not only the post
    assert re.search(rf"衡阳县民政局 县级决定.*?杉桥镇社会事务办公室 {name}", page, re.DOTALL)


def test_second_notices_and_steps_outside_the_system_count_against_their_offices(
    cast: Cast, now: datetime
) -> None:
    noticed, outside = received(cast, now, have={}), accepted(cast, now, another_is_meant=True)
    notify_missing(noticed, actor=cast.reviewer, now=now)
    for _ in range(2):
        notify_again(noticed, actor=cast.supervisor, now=now, reason="漏看", missing={"apply": "没有签字"})
    done = {"reason": "停电", "outcome": "approve", "answers": {"opinion": "同意"}, "now": now}
    done_outside(outside, actor=cast.reviewer, step=step_of(outside, "check"), **done)
    done_outside(outside, actor=cast.county, step=step_of(outside, "decide"), **done)
    found = {mark.office: (mark.again, mark.outside) for mark in overseeing.marks(cast.supervisor, now=now)}
    assert found == {"杉桥镇社会事务办公室": (2, 1), "衡阳县民政局": (0, 1)}
    assert overseeing.marks(cast.other_clerk, now=now) == []
    assert overseeing.marks(cast.supervisor, now=now + timedelta(days=31)) == []
    with clock.rehearsed(now):
        page = re.sub(r"<[^>]+>", " ", at(cast.supervisor).get("/today").content.decode())
    assert re.search(r"再次告知\s+线下办理\s+杉桥镇社会事务办公室\s+2\s+1\s+衡阳县民政局\s+1", page)


def test_the_list_asks_as_often_for_many_cases_as_for_few(
    cast: Cast, several: list[str], later: datetime
) -> None:
    leader = at(cast.supervisor)
    leader.get("/today")
    with CaptureQueriesContext(connection) as queries:
        leader.get("/today/cases/open")
    assert len(queries) <= 5, [q["sql"][:80] for q in queries]
