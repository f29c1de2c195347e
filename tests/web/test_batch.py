"""一起同意: first the list, then an opinion of one's own, then what became of each."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast, accepted, do, received, step_of
from tests.web.doors import logged_in
from weimin.cases.models import Step
from weimin.cases.verbs import reassign
from weimin.kernel import clock
from weimin.trail.models import Event

pytestmark = pytest.mark.django_db


def at(actor: Any) -> Client:
    client = logged_in(actor)
    client.raise_request_exception = True
    return client


@pytest.fixture
def picked(cast: Cast, now: datetime) -> list[str]:
    numbers = [accepted(cast, now, another_is_meant=True) for _ in range(2)]
    return [f"{number}:{step_of(number, 'check')}:0" for number in numbers]


def test_the_list_is_read_before_anything_is_decided(
    cast: Cast, now: datetime, picked: list[str]
) -> None:
    with clock.rehearsed(now):
        page = at(cast.reviewer).post("/desk/batch", {"case": picked}).content.decode()
    assert "同意这 2 件" in page and page.count("乡镇初审") == 2
    assert not Step.objects.filter(state="done").exists()


def test_only_what_a_batch_takes_has_a_box_before_it(
    cast: Cast, now: datetime, picked: list[str]
) -> None:
    waiting = received(cast, now, another_is_meant=True)  # it waits to be accepted, one by one
    with clock.rehearsed(now):
        page = at(cast.reviewer).get("/desk").content.decode()
        village = at(cast.info).get("/desk").content.decode()
    assert all(f'value="{each}"' in page for each in picked)
    assert waiting in page and f'name="case" value="{waiting}' not in page
    assert 'name="case"' not in village and "一起同意" not in village


def test_without_an_opinion_nothing_is_decided(
    cast: Cast, now: datetime, picked: list[str]
) -> None:
    with clock.rehearsed(now):
        answer = at(cast.reviewer).post("/desk/batch", {"case": picked, "sure": "1", "opinion": " "})
    assert answer.status_code == 422 and "请填写意见" in answer.content.decode()
    assert not Step.objects.filter(state="done").exists()


def test_each_is_decided_with_the_opinion_and_the_result_is_shown(
    cast: Cast, now: datetime, picked: list[str]
) -> None:
    said = {"case": [*picked, f"{received(cast, now, another_is_meant=True)}::0"], "sure": "1",
            "opinion": "材料齐全", "key": "k"}
    with clock.rehearsed(now):
        page = at(cast.reviewer).post("/desk/batch", said).content.decode()
    assert "已同意 2 件" in page and "1 件不在下面" in page
    assert {step.answers["opinion"] for step in Step.objects.filter(state="done")} == {"材料齐全"}


def agree(actor: Any, picked: list[str], now: datetime, key: str = "k") -> str:
    """The second page: agreed to with an opinion; what it says became of each."""
    with clock.rehearsed(now):
        return at(actor).post("/desk/batch", {"case": picked, "sure": "1", "opinion": "材料齐全",
                                              "key": key}).content.decode()


def done(picked: list[str]) -> list[bool]:
    """Of each that was picked, whether its step is done."""
    states = dict(Step.objects.values_list("pk", "state"))
    return [states[int(each.split(":")[1])] == "done" for each in picked]


def test_one_that_has_changed_since_the_list_was_read_stays_and_says_why(
    cast: Cast, now: datetime, picked: list[str]
) -> None:
    number, step, _version = picked[0].split(":")
    reassign(number, actor=cast.town_head, now=now, step=int(step),
             account=cast.reviewer.account_id, reason="由他办")
    page = agree(cast.reviewer, picked, now)
    assert "已同意 1 件" in page and "这个环节刚才有了变化" in page
    assert done(picked) == [False, True]


def test_a_step_that_is_not_mine_or_is_done_is_not_in_a_batch(
    cast: Cast, now: datetime, picked: list[str]
) -> None:
    with clock.rehearsed(now):
        page = at(cast.health).post("/desk/batch", {"case": picked}).content.decode()
    assert not any(each.split(":")[0] in page for each in picked)
    agree(cast.health, picked, now)
    assert done(picked) == [False, False]
    do(picked[0].split(":")[0], "check", actor=cast.reviewer, now=now)
    with clock.rehearsed(now):
        page = at(cast.reviewer).post("/desk/batch", {"case": picked}).content.decode()
    assert "同意这 1 件" in page and picked[0].split(":")[0] not in page


def test_a_page_that_is_sent_twice_says_the_same_twice(
    cast: Cast, now: datetime, picked: list[str]
) -> None:
    before = Event.objects.filter(verb="complete").count()
    assert "已同意 2 件" in agree(cast.reviewer, picked, now)
    agree(cast.reviewer, picked, now)
    assert Event.objects.filter(verb="complete").count() == before + 2


def test_what_asks_for_more_than_an_opinion_is_left_to_be_done_one_by_one(
    cast: Cast, now: datetime, picked: list[str]
) -> None:
    number = picked[0].split(":")[0]
    do(number, "check", actor=cast.reviewer, now=now)
    do(number, "decide", "reject", actor=cast.county, now=now)  # now it waits to be handed over
    step = Step.objects.get(case__number=number, state="open")
    mine = [f"{number}:{step.pk}:{step.version}"]
    page = agree(cast.info, mine, now)
    assert number not in page and "1 件不在下面" in page and done(mine) == [False]
