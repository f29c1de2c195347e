"""The API says of a case what the screen says: late, what it waits for, and when, in +08:00."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.cases.scenes import HOUSING, under_way
from tests.cast import Cast, accepted, do
from tests.web.doors import logged_in
from weimin.cases import reading
from weimin.kernel import clock

pytestmark = pytest.mark.django_db


def get(actor: Any, path: str) -> Any:
    return logged_in(actor).get(f"/api/v1/{path}").json()


def test_an_open_case_past_its_day_is_late_in_the_list_and_alone(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    for days, late in ((0, False), (60, True)):
        with clock.rehearsed(now + timedelta(days=days)):
            assert get(cast.reviewer, f"cases/{number}")["late"] is late
            assert [row["late"] for row in get(cast.reviewer, "cases")] == [late]


def test_it_waits_for_the_same_in_the_list_and_alone(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, HOUSING)
    do(number, "check", actor=_of(number), now=now + timedelta(hours=1))
    with clock.rehearsed(now + timedelta(hours=2)):
        alone = get(cast.supervisor, f"cases/{number}")
        listed = next(row for row in get(cast.supervisor, "cases") if row["number"] == number)
    assert alone["waits_for"] == listed["waits_for"]
    assert alone["waits_for"].count("核对") == 3  # three departments side by side


def test_every_moment_is_of_shanghai(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    with clock.rehearsed(now):
        alone = get(cast.reviewer, f"cases/{number}")
    for moment in (alone["due_at"], *(step["due_at"] for step in alone["steps"])):
        assert moment.endswith("+08:00")


def test_an_item_says_what_it_asks_for() -> None:
    asked = Client().get("/api/v1/items/HY-ELD-02").json()
    assert {field["key"] for field in asked["form"] if field["required"]} >= {"account", "low_income"}
    assert "id-card" in {material["key"] for material in asked["materials"]}
    assert Client().get("/api/v1/items/NOPE").json()["code"] == "not_found"


def test_a_full_page_leads_to_the_next(cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted(cast, now)
    monkeypatch.setattr(reading, "PAGE", 1)  # a page is full with one line
    answer = logged_in(cast.reviewer).get("/api/v1/cases?q=高龄&page=1")
    assert "Link" not in answer.headers  # found nothing
    answer = logged_in(cast.reviewer).get("/api/v1/cases")
    assert answer.headers["Link"] == '</api/v1/cases?page=2>; rel="next"'


def test_a_missing_token_is_called_by_its_name(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = logged_in(cast.reviewer).cookies
    answer = client.post("/api/v1/cases", {}, content_type="application/json")
    assert answer.status_code == 403 and answer.json()["code"] == "csrf"
    assert "X-CSRFToken" in answer.content.decode()


def test_what_is_wrong_with_a_request_is_said_by_field_in_words(cast: Cast) -> None:
    answer = logged_in(cast.reviewer).post(
        "/api/v1/cases", {"item": "HY-ELD-02"}, content_type="application/json")
    assert answer.json()["fields"] == {"area": "必填", "parties": "必填"}


def _of(number: str) -> Any:
    from tests.cases.scenes import someone_of
    from weimin.cases.models import Step

    return someone_of(Step.objects.get(case__number=number, state="open").office_id)


def test_an_action_says_what_it_asks_for(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    with clock.rehearsed(now):
        case = get(cast.reviewer, f"cases/{number}")
    said = next(a for a in case["actions"] if a["verb"] == "complete")["params"]["properties"]
    assert said["outcome"]["enum"] == ["approve", "reject"]
    assert said["answers"]["required"] == ["opinion"]
    assert "reject" in said["answers"]["properties"]["reason"]["description"]
    assert {m["state"] for m in case["materials"]} == {"have"}


def test_the_description_names_every_verb_with_its_parameters() -> None:
    told = Client().get("/api/v1/openapi.json").json()["paths"]["/api/v1/cases/{number}/{verb}"]
    assert "`complete(step, outcome, answers?)`" in told["post"]["description"]
