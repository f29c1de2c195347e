"""Whatever is typed or sent: an answer in words, never a fault of ours (no 500), and nothing half done."""

import inspect
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from tests.cases.scenes import story
from tests.cases.test_every_verb import SCENES
from tests.cast import Cast, accepted
from tests.web.doors import logged_in
from weimin.cases.verb import VERBS
from weimin.cases.verbs import transfer
from weimin.kernel import clock

pytestmark = pytest.mark.usefixtures("db")

RARE = "𠮷㛃" * 20  # forty characters that are not in every table
SENT: list[Any] = ["", RARE, "字" * 5000, "²", "2026-02-29", None, True, -1, 10**30, 1.5, [], [None], {"": ""},
                   {"id-card": 10**30}, {"name": RARE}, {"opinion": 1, "reason": []}]
TYPED = ["", RARE, "字" * 5000, "²", "10" * 20, "9" * 5000]
BY_PEOPLE = sorted(set(SCENES) - {"issue_cards", "renew_by_silence", "succeed"})
FINE = {200, 302, 400, 403, 404, 409, 422}


def named(verb: str) -> list[str]:
    """The parameters of a verb."""
    known = inspect.signature(inspect.unwrap(VERBS[verb])).parameters.values()
    return [p.name for p in known if p.kind is p.KEYWORD_ONLY]


@pytest.fixture(params=BY_PEOPLE)
def verb(request: pytest.FixtureRequest) -> str:
    """Each verb of people in its turn."""
    return str(request.param)


def test_no_parameter_sent_to_the_api_is_a_fault_of_ours(verb: str, cast: Cast, now: datetime) -> None:
    with clock.rehearsed(now):
        scene = SCENES[verb](cast, now)
    client, faults = logged_in(scene.actor), []
    page = f"/{'desk/cases' if scene.actor.is_staff else 'mine'}/{scene.number}"
    with clock.rehearsed(now + timedelta(minutes=1)):
        for name in named(verb):
            for odd in SENT:
                point = transaction.savepoint()
                said = json.dumps({"params": {**scene.params, name: odd}})
                seen = [client.post(f"/api/v1/cases/{scene.number}/{verb}", said,
                                    content_type="application/json").status_code]
                if seen == [200]:  # what was written can be read again
                    seen.append(client.get(page).status_code)
                faults += [(name, odd, seen)] if set(seen) - FINE else []
                transaction.savepoint_rollback(point)
    assert not faults, "\n".join(map(repr, faults))


def test_nothing_typed_into_a_dialog_is_a_fault_of_ours(verb: str, cast: Cast, now: datetime) -> None:
    with clock.rehearsed(now):
        scene = SCENES[verb](cast, now)
    address = f"/{'desk/cases' if scene.actor.is_staff else 'mine'}/{scene.number}/do/{verb}"
    good: dict[str, Any] = {k: v for k, v in scene.params.items() if isinstance(v, str | int)}
    good |= {f"answer-{k}": v for k, v in scene.params.get("answers", {}).items()}
    client, faults = logged_in(scene.actor), []
    with clock.rehearsed(now + timedelta(minutes=1)):
        for name in {*good, "reason", "expect", "key"}:
            for odd in TYPED:
                point = transaction.savepoint()
                status = client.post(address, {"reason": "说明", **good, name: odd}).status_code
                faults += [(name, odd, status)] if status not in FINE else []
                transaction.savepoint_rollback(point)
    assert not faults, "\n".join(map(repr, faults))


UNKEEPABLE = ["a\x00b", "\ud800"]


@pytest.mark.parametrize("odd", UNKEEPABLE, ids=["NUL", "half a pair"])
def test_what_can_never_be_read_again_is_never_written(odd: str, cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    client = logged_in(cast.reviewer)
    said = json.dumps({"params": {"reason": odd, "office": cast.county.office_id}})
    with clock.rehearsed(now):
        answer = client.post(f"/api/v1/cases/{number}/transfer", said, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        with pytest.raises(ValueError, match="surrogate"):  # and a caller of ours can't either
            transfer(number, actor=cast.reviewer, now=now, office=cast.county.office_id, reason=odd)
    assert story(number) == ["receive", "accept"]


@pytest.mark.parametrize("address", [
    "/desk/search?s=%00", "/desk/cases/2600%00", "/desk?page=%00", "/items/%00", "/follow?number=%00",
    "/api/v1/cases?q=%00", "/api/v1/cases/%00",
])
def test_what_nobody_can_have_meant_is_not_looked_for(address: str, cast: Cast) -> None:
    answer = logged_in(cast.reviewer).get(address)
    assert answer.status_code == 422
    assert "不能保存的字符" in answer.content.decode()


def test_a_form_with_it_is_refused_in_words_and_changes_nothing(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    with clock.rehearsed(now):
        answer = logged_in(cast.reviewer).post(
            f"/desk/cases/{number}/do/transfer", {"reason": "\x00", "office": cast.county.office_id})
    assert answer.status_code == 422 and "看不见的字符" in answer.content.decode()
    assert story(number) == ["receive", "accept"]
