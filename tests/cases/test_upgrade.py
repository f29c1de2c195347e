"""改按新版事项办理: publishing leaves running cases alone; this moves one, in the open."""

from datetime import datetime

import pytest

from tests.cases.scenes import case_of, publish_variant, story, told
from tests.cast import ALLOWANCE, Cast, accepted, do, look, step_of
from weimin.cases.verbs import upgrade
from weimin.catalogue.models import Item
from weimin.kernel.errors import NotAllowed, WrongState

pytestmark = pytest.mark.usefixtures("db")


def flow_of(item: str) -> dict[str, object]:
    """The steps of an item as they are published now."""
    found = Item.objects.select_related("current").get(code=item).current
    assert found is not None
    return dict(found.data["flow"]["steps"])


def test_a_case_keeps_its_version_until_somebody_moves_it(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    before = case_of(number).item_version_id
    publish_variant(ALLOWANCE, condition="放宽")
    assert case_of(number).item_version_id == before
    upgrade(number, actor=cast.town_head, now=now, reason="新版放宽了条件")
    assert case_of(number).item_version_id != before
    assert told(number)["to"] == told(number)["from"] + 1
    assert story(number)[-1] == "upgrade"


def test_steps_that_the_new_flow_adds_open_in_their_turn(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    steps = flow_of(ALLOWANCE)
    steps["compare"] = {"kind": "review", "who": "human-resources@county", "title": "数据比对"}
    steps["decide"] = {**steps["decide"], "needs": ["check", "compare"]}  # type: ignore[dict-item]
    publish_variant(ALLOWANCE, flow={"name": "wider", "steps": steps})
    upgrade(number, actor=cast.town_head, now=now, reason="新版加了比对")
    assert step_of(number, "compare")
    do(number, "check", actor=cast.reviewer, now=now)
    assert not case_of(number).step_set.filter(key="decide").exists()


def test_the_promise_that_was_given_stays(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    promised = case_of(number).clock_set.get(kind="promise").due_on
    publish_variant(ALLOWANCE, limit={"statutory": "30wd", "promised": "25wd"})
    upgrade(number, actor=cast.town_head, now=now, reason="改版")
    assert case_of(number).clock_set.get(kind="promise").due_on == promised


def test_a_flow_without_a_step_the_case_stands_in_is_refused(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    steps = {key: step for key, step in flow_of(ALLOWANCE).items() if key != "check"}
    steps["decide"] = {**steps["decide"], "needs": []}  # type: ignore[dict-item]
    publish_variant(ALLOWANCE, flow={"name": "shorter", "steps": steps})
    with pytest.raises(WrongState, match="乡镇初审"):
        upgrade(number, actor=cast.town_head, now=now, reason="改版")


def test_it_is_offered_only_when_there_is_a_newer_version(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    assert "upgrade" not in {a.verb for a in look(number, cast.town_head, now).actions()}
    publish_variant(ALLOWANCE, condition="放宽")
    assert "upgrade" in {a.verb for a in look(number, cast.town_head, now).actions()}
    with pytest.raises(NotAllowed):
        upgrade(number, actor=cast.reviewer, now=now, reason="我想")
