"""What holds for every verb: one event of its name, one version, one answer, no stranger."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.cases.scenes import (
    ROAD,
    application,
    case_of,
    chain_faults,
    county_building_head,
    of_county,
    proof_faults,
    publish_variant,
    story,
    told,
    town_building,
    under_way,
)
from tests.cast import (
    ALLOWANCE,
    CARD,
    HANDED,
    LEFT,
    MATERIALS,
    Cast,
    accepted,
    do,
    received,
    step_of,
)
from weimin.cases.models import Access, Card, Case, Duty
from weimin.cases.verb import VERBS
from weimin.cases.verbs import (
    accept,
    complete,
    hand_over,
    issue_cards,
    notify_missing,
    receive,
    restrict,
    revoke,
    suspend,
    withdraw,
)
from weimin.kernel.errors import Invalid, KeyReused, NotFound
from weimin.network.actor import SYSTEM, Actor
from weimin.network.models import Holding, Post
from weimin.trail.models import Event

pytestmark = pytest.mark.usefixtures("db")


@dataclass(frozen=True)
class Scene:
    """A case in which a verb can be done, by whom and how."""

    number: str
    actor: Actor
    params: dict[str, Any] = field(default_factory=dict)


def _noticed(cast: Cast, now: datetime) -> str:
    number = received(cast, now, have={})
    notify_missing(number, actor=cast.reviewer, now=now)
    return number


def _reviewed(cast: Cast, now: datetime) -> str:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now)
    return number


def _delivered(cast: Cast, now: datetime) -> str:
    number = _reviewed(cast, now)
    do(number, "decide", "reject", actor=cast.county, now=now)
    do(number, "deliver", actor=cast.info, now=now, **HANDED)
    return number


def _suspended(cast: Cast, now: datetime) -> str:
    number = under_way(cast, now, ROAD)
    suspend(number, actor=town_building(), now=now, reason="hearing", expected="三日")
    return number


def _offered(cast: Cast, now: datetime) -> str:
    number = accepted(cast, now)
    hand_over(number, actor=cast.reviewer, now=now, post=cast.town_head.post_id, reason="休假")
    return number


def _withdrawn(cast: Cast, now: datetime) -> str:
    number = accepted(cast, now)
    withdraw(number, actor=cast.resident, now=now)
    return number


def _restricted(cast: Cast, now: datetime) -> str:
    number = _withdrawn(cast, now)
    restrict(number, actor=cast.supervisor, now=now, basis="consent", reason="撤回同意")
    return number


def _published_anew(cast: Cast, now: datetime) -> str:
    number = accepted(cast, now)
    publish_variant(ALLOWANCE, condition="放宽")
    return number


def _carded(cast: Cast, now: datetime, actor: Actor, **params: Any) -> Scene:
    number = accepted(cast, now - timedelta(days=30))
    issue_cards(number, actor=SYSTEM, now=now)
    card = Card.objects.filter(case__number=number).order_by("id")[0]
    return Scene(number, actor, {"card": card.pk, **params})


def _orphaned(cast: Cast, now: datetime) -> str:
    """The post that answers is no more; the head of the office is on duty from now on."""
    number = accepted(cast, now)
    Post.objects.filter(pk=cast.reviewer.post_id).update(valid_to=now.date())
    Post.objects.filter(pk=cast.town_head.post_id).update(on_duty=True)
    return number


def _certified(cast: Cast, now: datetime) -> str:
    number = receive(application(cast.zhao, CARD), actor=cast.info, now=now).number
    accept(number, actor=cast.info, now=now)
    do(number, "decide", actor=cast.reviewer, now=now)
    complete(number, actor=cast.reviewer, now=now, step=step_of(number, "issue"), outcome="approve")
    return number


def _revoked(cast: Cast, now: datetime) -> str:
    number = _certified(cast, now)
    revoke(number, actor=cast.town_head, now=now, ground="procedure", reason="未经审核")
    return number


def _on_step(number: str, actor: Actor, key: str, **params: Any) -> Scene:
    return Scene(number, actor, {"step": step_of(number, key), **params})


OPINION = {"outcome": "approve", "answers": {"opinion": "同意"}}

SCENES: dict[str, Callable[[Cast, datetime], Scene]] = {
    "accept": lambda c, t: Scene(received(c, t), c.reviewer),
    "notify_missing": lambda c, t: Scene(received(c, t, have={}), c.reviewer),
    "notify_again": lambda c, t: Scene(_noticed(c, t), c.supervisor, {"reason": "漏看"}),
    "supplement": lambda c, t: Scene(_noticed(c, t), c.info, {"have": MATERIALS}),
    "refuse": lambda c, t: Scene(received(c, t), c.reviewer, {"reason": "不属于受理范围"}),
    "transfer": lambda c, t: Scene(received(c, t), c.reviewer, {"reason": "应由县局办理",
                                   "office": c.county.office_id}),
    "complete": lambda c, t: _on_step(accepted(c, t), c.reviewer, "check", **OPINION),
    "done_outside": lambda c, t: _on_step(accepted(c, t), c.reviewer, "check", reason="停电",
                                          **OPINION),
    "return_to": lambda c, t: _on_step(_reviewed(c, t), c.county, "decide", target="check",
                                       reason="漏项"),
    "reassign": lambda c, t: _on_step(accepted(c, t), c.town_head, "check", reason="他熟悉",
                                      account=c.reviewer.account_id),
    "suspend": lambda c, t: Scene(under_way(c, t, ROAD), of_county("housing"),
                                  {"reason": "hearing", "expected": "三日"}),
    "resume": lambda c, t: Scene(_suspended(c, t), town_building()),
    "extend": lambda c, t: Scene(under_way(c, t, ROAD), county_building_head(),
                                 {"term": "10wd", "reason": "管线复杂"}),
    "hand_over": lambda c, t: Scene(accepted(c, t), c.reviewer, {"reason": "休假",
                                    "post": c.town_head.post_id}),
    "take_over": lambda c, t: Scene(_offered(c, t), c.town_head),
    "correct": lambda c, t: Scene(received(c, t), c.info, {"reason": "录错",
                                  "facts": {"birth": "1940-03-08"}}),
    "rename": lambda c, t: Scene(received(c, t), c.info, {
        "person": c.zhao.pk, "name": "赵大叶", "ground": "mistake", "reason": "已核对身份证"}),
    "withdraw": lambda c, t: Scene(accepted(c, t), c.resident, {"reason": "不办了"}),
    "end": lambda c, t: Scene(accepted(c, t), c.reviewer, {"reason": "申请人去世"}),
    "close": lambda c, t: Scene(_delivered(c, t), c.reviewer),
    "reopen": lambda c, t: Scene(_withdrawn(c, t), c.town_head, {"reason": "并非本人撤回"}),
    "erase": lambda c, t: Scene(_withdrawn(c, t), c.supervisor, {"basis": "order", "sure": True,
                                "document": "衡县复决〔2026〕1号", "reason": "复议决定责令删除",
                                "exempt": "某法第九条"}),
    "restrict": lambda c, t: Scene(_withdrawn(c, t), c.supervisor, {"basis": "consent",
                                   "reason": "撤回同意"}),
    "lift": lambda c, t: Scene(_restricted(c, t), c.supervisor, {"reason": "本人重新同意"}),
    "revoke": lambda c, t: Scene(_certified(c, t), c.town_head, {"ground": "procedure",
                                 "reason": "未经审核"}),
    "deliver_revocation": lambda c, t: Scene(_revoked(c, t), c.info, {"answers": LEFT}),
    "upgrade": lambda c, t: Scene(_published_anew(c, t), c.town_head, {"reason": "新版更短"}),
    "issue_cards": lambda c, t: Scene(accepted(c, t - timedelta(days=30)), SYSTEM),
    "contest_card": lambda c, t: _carded(c, t, c.reviewer, reason="停电三日"),
    "rule_on_card": lambda c, t: _carded(c, t, c.supervisor, reason="系停电所致", withdraw=True),
    "renew_by_silence": lambda c, t: Scene(
        under_way(c, t - timedelta(days=40), "HY-EMP-07", expires=f"{t - timedelta(days=1):%F}"),
        SYSTEM),
    "succeed": lambda c, t: Scene(_orphaned(c, t), SYSTEM),
    "call": lambda c, t: Scene(_noticed(c, t), c.info, {"reached": True}),
    "nudge": lambda c, t: Scene(accepted(c, t), c.resident, {"words": "请快些"}),
}


def test_no_verb_is_forgotten_here() -> None:
    assert set(SCENES) | {"receive"} == set(VERBS)


@pytest.fixture(params=SCENES)
def name(request: pytest.FixtureRequest) -> str:
    """Each verb in its turn."""
    return str(request.param)


def test_it_writes_one_event_of_its_name_and_at_most_one_version(
    name: str, cast: Cast, now: datetime
) -> None:
    scene = SCENES[name](cast, now)
    before, version = story(scene.number), case_of(scene.number).version
    answer = VERBS[name](scene.number, actor=scene.actor, now=now, **scene.params)
    case = case_of(scene.number)
    assert story(scene.number) == [*before, name]
    moved = name not in ("nudge", "call")  # which changes nothing on anybody's screen
    assert (case.version, answer.version, answer.state) == (version + moved, case.version, case.state)
    assert chain_faults(case.pk) == []
    assert proof_faults(scene.number) == []


def test_the_event_says_who_did_it_and_in_which_post(name: str, cast: Cast, now: datetime) -> None:
    scene = SCENES[name](cast, now)
    VERBS[name](scene.number, actor=scene.actor, now=now, **scene.params)
    event = Event.objects.filter(subject_id=case_of(scene.number).pk).latest("seq")
    assert (event.account_id, event.post_id) == (scene.actor.account_id, scene.actor.post_id)


def test_one_post_with_a_holder_answers_for_it_afterwards_and_sees_it(
    name: str, cast: Cast, now: datetime
) -> None:
    scene = SCENES[name](cast, now)
    VERBS[name](scene.number, actor=scene.actor, now=now, **scene.params)
    case = case_of(scene.number)
    assert Duty.objects.filter(case=case).latest("since").post_id == case.lead_post_id
    held = Holding.objects.filter(post=case.lead_post_id, deputy=False, during__contains=now.date())
    assert held.count() == 1
    assert Access.objects.filter(case=case, office=case.lead_post.office_id).exists()


def test_the_same_request_twice_is_done_once(name: str, cast: Cast, now: datetime) -> None:
    scene = SCENES[name](cast, now)
    asked = {"actor": scene.actor, "key": "k", **scene.params}
    first = VERBS[name](scene.number, now=now, **asked)
    rows = Case.objects.filter(number=scene.number).values().get()
    assert VERBS[name](scene.number, now=now.replace(hour=16), **asked) == first
    assert Case.objects.filter(number=scene.number).values().get() == rows
    assert story(scene.number).count(name) == 1


def test_the_same_key_for_another_case_is_an_error(name: str, cast: Cast, now: datetime) -> None:
    scene = SCENES[name](cast, now)
    VERBS[name](scene.number, actor=scene.actor, now=now, key="k", **scene.params)
    other = received(cast, now, another_is_meant=True)
    with pytest.raises((KeyReused, NotFound)):  # or it is not even his to see
        VERBS[name](other, actor=scene.actor, now=now, key="k", **scene.params)


def test_a_stranger_is_told_that_there_is_nothing(name: str, cast: Cast, now: datetime) -> None:
    scene = SCENES[name](cast, now)
    for stranger in (cast.neighbour, cast.other_clerk, cast.sysadmin):
        with pytest.raises(NotFound, match="没有找到办件"):
            VERBS[name](scene.number, actor=stranger, now=now, **scene.params)
    VERBS[name](scene.number, actor=scene.actor, now=now, **scene.params)


def test_what_is_entered_later_says_when_and_why(name: str, cast: Cast, now: datetime) -> None:
    scene, noon = SCENES[name](cast, now), now.replace(hour=12)
    asked = {"actor": scene.actor, "now": noon, **scene.params}
    before = case_of(scene.number).received_at - timedelta(days=1)
    with pytest.raises(Invalid, match="补录"):
        VERBS[name](scene.number, occurred_at=noon, **asked)
    with pytest.raises(Invalid, match="不能晚于"):
        VERBS[name](scene.number, occurred_at=now.replace(day=11), late_entry="停电", **asked)
    with pytest.raises(Invalid, match="不能早于"):
        VERBS[name](scene.number, occurred_at=before, late_entry="停电", **asked)
    paper = now.replace(hour=11)
    VERBS[name](scene.number, occurred_at=paper, late_entry="停电", **asked)
    event = Event.objects.filter(subject_id=case_of(scene.number).pk).latest("seq")
    assert (event.occurred_at, told(scene.number)["late_entry"]) == (paper, "停电")
