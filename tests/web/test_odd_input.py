"""Whatever is typed or sent: an answer in words, never a fault of ours (no 500), and nothing half done."""

import inspect
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from tests.cases.test_every_verb import SCENES
from tests.cast import Cast
from tests.web.doors import logged_in
from weimin.cases.verb import VERBS
from weimin.kernel import clock

pytestmark = pytest.mark.usefixtures("own_network")

RARE = "𠮷㛃" * 20  # forty characters that are not in every table
ODD: list[Any] = [
    "", " ", "\u3000", "\x00", "a\x00b", "\ud800", RARE, "字" * 5000, "%s{}'\";--", "²", "１２", "-1", "1e9", "NaN",
    "2026-02-29", "2024-02-29", "9999-12-31", "0000-00-00", "2026年12月30日", None, True, 0, -1, 2**31, 2**63, 10**30,
    1.5, [], [None], {}, {"": ""}, {"\x00": "\x00"}, {"id-card": "\x00"}, {"birth": "2026-02-29"}, {"name": RARE},
    {"name": "\x00"}, {"name": "\ud800"}, {"opinion": "\x00"}, {"opinion": "\ud800"}, {"opinion": RARE},
    {"opinion": 1, "reason": []}, {"id-card": 10**30}, {"id-card": "x"},
]
BY_PEOPLE = sorted(set(SCENES) - {"issue_cards", "renew_by_silence", "succeed"})
FINE = {200, 302, 400, 403, 404, 409, 422}


def named(verb: str) -> list[str]:
    """The parameters of a verb."""
    known = inspect.signature(inspect.unwrap(VERBS[verb])).parameters.values()
    return [p.name for p in known if p.kind is p.KEYWORD_ONLY]


@pytest.mark.parametrize("verb", BY_PEOPLE)
def test_no_parameter_of_the_api_is_a_fault_of_ours(verb: str, cast: Cast, now: datetime) -> None:
    with clock.rehearsed(now):
        scene = SCENES[verb](cast, now)
    client, address = logged_in(scene.actor), f"/api/v1/cases/{scene.number}/{verb}"
    faults = []
    with clock.rehearsed(now + timedelta(minutes=1)):
        for name in named(verb):
            for odd in ODD:
                said = json.dumps({"params": {**scene.params, name: odd}})
                point = transaction.savepoint()
                response = client.post(address, said, content_type="application/json")
                if response.status_code not in FINE:
                    faults.append((name, odd, response.status_code))
                if response.status_code == 200:  # what was written can be read
                    shown = client.get(f"/{'desk/cases' if scene.actor.is_staff else 'mine'}/{scene.number}")
                    if shown.status_code not in FINE:
                        faults.append((name, odd, "page", shown.status_code))
                transaction.savepoint_rollback(point)
    assert not faults, "\n".join(map(repr, faults))


TYPED = ["", " ", "\x00", "a\x00b", RARE, "字" * 5000, "²", "１２", "-1", "10" * 20, "2026-02-29", "x", "[]", "1e400"]
FIELDS = ["reason", "step", "outcome", "answer-opinion", "answer-reason", "target", "account", "post", "office", "card",
          "term", "gap-invoice", "missing", "wrong-id-card", "said", "have", "expected", "note", "why", "words",
          "fact-birth", "fact-name", "ground", "basis", "document", "exempt", "key", "expect", "version",
          "occurred_at", "late_entry"]


@pytest.mark.parametrize("verb", BY_PEOPLE)
def test_no_field_of_a_dialog_is_a_fault_of_ours(verb: str, cast: Cast, now: datetime) -> None:
    with clock.rehearsed(now):
        scene = SCENES[verb](cast, now)
    place = "desk/cases" if scene.actor.is_staff else "mine"
    client, address = logged_in(scene.actor), f"/{place}/{scene.number}/do/{verb}"
    good: dict[str, Any] = {k: v for k, v in scene.params.items() if isinstance(v, str | int)}
    good |= {f"answer-{k}": v for k, v in scene.params.get("answers", {}).items()}
    faults = []
    with clock.rehearsed(now + timedelta(minutes=1)):
        for name in FIELDS:
            for odd in TYPED:
                point = transaction.savepoint()
                response = client.post(address, {"reason": "说明", **good, name: odd})
                if response.status_code not in FINE:
                    faults.append((name, odd, response.status_code))
                transaction.savepoint_rollback(point)
    assert not faults, "\n".join(map(repr, faults))
