"""一起同意: first the list, then an opinion of one's own, then what became of each."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast, accepted, received, step_of
from tests.web.doors import logged_in
from weimin.cases.models import Step
from weimin.kernel import clock

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
