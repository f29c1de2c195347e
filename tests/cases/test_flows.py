"""All items of the demo place: each goes from the counter to its end, granted and denied."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cases.scenes import (
    application,
    case_of,
    chain_faults,
    item_of,
    someone_of,
    steps_of,
    story,
)
from tests.cast import LEFT, Cast, look
from weimin.cases.circumstances import doers
from weimin.cases.models import Step
from weimin.cases.verbs import accept, close, complete, receive
from weimin.flow.kinds import kind_of
from weimin.kernel.clock import local
from weimin.network.actor import SYSTEM
from weimin.registry.models import Certificate

PACK = Path(__file__).parents[2] / "packs" / "hengyang"
ITEMS = {
    item["code"]: item["flow"]
    for file in sorted((PACK / "items").glob("*.yaml"))
    for item in yaml.safe_load(file.read_text())
}
FLOWS = yaml.safe_load((PACK / "flows.yaml").read_text())
DECIDED = [
    code for code, flow in ITEMS.items()
    if any(step["kind"] == "decision" for step in FLOWS[flow]["steps"].values())
]


def test_the_place_has_its_44_items() -> None:
    assert len(ITEMS) == 44


@pytest.mark.parametrize("code", ITEMS)
def test_an_item_is_granted(code: str, cast: Cast, now: datetime) -> None:
    number, done = drive(cast, now, application(cast.zhao, code), deny=False)
    case, flow = case_of(number), item_of(code).flow
    decided = any(kind_of(flow.steps[key].kind).decides for key in done)
    assert (case.state, case.outcome) == ("closed", "granted" if decided else "done")
    assert story(number) == ["receive", "accept", *["complete"] * len(done), "close"]
    assert_in_order(done, flow.ancestors)
    assert_in_time(case)
    issued = Certificate.objects.filter(case_id=case.pk, revoked_at=None).count()
    assert issued == (item_of(code).result["kind"] == "certificate")


@pytest.mark.parametrize("code", DECIDED)
def test_an_item_is_denied(code: str, cast: Cast, now: datetime) -> None:
    number, done = drive(cast, now, application(cast.zhao, code, yes=False), deny=True)
    case, flow = case_of(number), item_of(code).flow
    assert (case.state, case.outcome) == ("closed", "denied")
    *_, decision, delivery = (kind_of(flow.steps[key].kind) for key in done)
    assert decision.decides and delivery.delivers  # nothing else is done after a denial
    assert story(number) == ["receive", "accept", *["complete"] * len(done), "close"]
    assert_in_time(case)
    assert not Certificate.objects.filter(case_id=case.pk).exists()


def assert_in_order(done: list[str], before: Any) -> None:
    """No step was done before a step that it waits for."""
    first = {key: place for place, key in reversed(list(enumerate(done)))}
    for place, key in enumerate(done):
        assert all(first.get(earlier, -1) < place for earlier in before[key])


def assert_in_time(case: Any) -> None:
    """Every clock was met in time, and the trail holds."""
    assert {c.kind for c in case.clock_set.all()} >= {"notice", "promise", "delivery"}
    assert [c.kind for c in case.clock_set.all() if c.met_at is None or c.late] == []
    assert not case.late
    assert chain_faults(case.pk) == []
    assert steps_of(case.number) == []


def drive(cast: Cast, now: datetime, intake: Any, *, deny: bool) -> tuple[str, list[str]]:
    """Receive, accept and do whatever is open until nothing is; the number and the steps done."""
    number = receive(intake, actor=cast.clerk, now=now).number
    now += timedelta(minutes=5)
    accept(number, actor=someone_of(case_of(number).office_id), now=now)
    done: list[str] = []
    while open_steps := list(Step.objects.filter(case__number=number, state="open").order_by("id")):
        assert len(done) < 30, f"{number} goes round in circles: {done}"
        step = open_steps[0]
        others = doers(look(number, SYSTEM, now), step.key)
        actor = (cast.resident if step.office_id is None
                 else someone_of(step.office_id, but=others))
        file = look(number, actor, now)
        kind = file.item.flow.steps[step.key].kind
        assert step.pk in [a.step.id for a in file.actions() if a.verb == "complete" and a.step]
        now += timedelta(minutes=5)
        if kind == "public-notice":
            now = step.due_at - timedelta(hours=1)
        outcome = "reject" if deny and kind == "decision" else "approve"
        complete(number, actor=actor, now=now, step=step.pk, outcome=outcome,
                 answers=said(kind, outcome, step, now))
        done.append(step.key)
    close(number, actor=someone_of(case_of(number).office_id), now=now)
    return number, done


def said(kind: str, outcome: str, step: Step, now: datetime) -> dict[str, str]:
    """What a kind of step asks for, answered."""
    if kind_of(kind).delivers:
        return LEFT
    known = {
        "posted_on": str(local(step.opened_at).date()), "ended_on": str(local(now).date()),
        "visited_on": str(local(now).date()),
    }
    asks = [ask for ask in kind_of(kind).asks if ask.required and outcome in ask.when]
    return {ask.key: known.get(ask.key, "属实") for ask in asks}
