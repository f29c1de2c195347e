"""Any member of the cast does anything, in any order: what must hold holds after every verb.

A small model knows who answers, who is the first contact, what is offered and which states
there are; hypothesis looks for a sequence of verbs after which the database says otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import hypothesis.strategies as st
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.cases.scenes import (
    HOUSING,
    ROAD,
    application,
    chain_faults,
    of_county,
    proof_faults,
    publish_variant,
    story,
    town_building,
    town_building_head,
)
from tests.cases.test_deputies import standing_in
from tests.cast import ALLOWANCE, LEFT, Cast, look, scans
from tests.conftest import forget_the_place
from weimin.cases import materials
from weimin.cases.circumstances import doers
from weimin.cases.file import CaseFile
from weimin.cases.models import Access, Case, Duty, Party, Step
from weimin.cases.verb import VERBS
from weimin.cases.verbs import receive
from weimin.catalogue.routes import routes_now
from weimin.flow.kinds import kind_of
from weimin.kernel.clock import local
from weimin.kernel.errors import NotAllowed, NotFound, Stale, WrongState
from weimin.network.actor import SYSTEM, Actor
from weimin.network.models import Holding, Post

REFUSALS = (NotAllowed, NotFound, Stale, WrongState)
EXPERTS = "HY-MED-03"  # 门诊慢特病: two of three experts, and back to the start if they disagree
DECLARED = "HY-EMP-03"  # 告知承诺: decided first, checked later, taken back if it was untrue
RENEWAL = "HY-EMP-07"  # a permit, renewed by law if nobody decides before it expires
STILL = frozenset(("nudge", "call", "hand_over", "reassign", "rename"))  # may leave everything as it was
ENDINGS = {"withdraw": "withdrawn", "end": "ended"}
EVERYBODY = 21
HASTY = frozenset(("refuse", *ENDINGS))  # done rarely, so that most cases go on


@dataclass
class Model:
    """What we believe about the case."""

    state: str
    lead: int | None
    first_contact: int | None
    offered_to: int | None = None
    outcome: str = ""
    was_accepted: bool = False
    version: int = 1
    events: int = 1
    last_verb: str = "receive"

    def answers(self, post: int | None) -> None:
        """Another post is accountable from now on; an offer to a third one lapses."""
        if post != self.lead:
            self.lead, self.offered_to = post, None

    def closes(self, outcome: str) -> None:
        """The case is over."""
        self.state, self.outcome, self.offered_to = "closed", outcome, None


class Township(RuleBasedStateMachine):
    """One case among people who do what they are offered, and sometimes what they are not."""

    def __init__(self, cast: Cast, start: datetime) -> None:
        super().__init__()
        self.start = transaction.savepoint()
        self.cast, self.now, self.corrections = cast, start, 0
        self.people: dict[str, Actor] = {
            "信息员": cast.info, "窗口": cast.clerk, "外镇窗口": cast.other_clerk,
            "社会事务经办": cast.reviewer, "社会事务主任": cast.town_head,
            "规划建设经办": town_building(), "规划建设主任": town_building_head(),
            "县住建": of_county("housing"), "县住建负责人": of_county("housing", "approver"),
            "县民政": cast.county, "县自然资源": of_county("natural-resources"),
            "县市场监管": of_county("market"), "县医保": of_county("medical-security"),
            "县人社": of_county("human-resources"), "督查": cast.supervisor, "县政府": cast.government,
            "县人社负责人": of_county("human-resources", "approver"),
            "代理": standing_in(cast.health, cast.reviewer),
            "居民": cast.resident, "邻居": cast.neighbour, "系统": SYSTEM,
        }
        self.ended: set[int | None] = set()  # posts that are no more

    def teardown(self) -> None:
        """The chain alone gives every row again; the next example begins with the same database."""
        if hasattr(self, "number"):
            assert proof_faults(self.number) == []
        transaction.savepoint_rollback(self.start)
        forget_the_place()

    # -- what happens ------------------------------------------------------------------------

    @initialize(item=st.sampled_from([HOUSING, ROAD, ALLOWANCE, EXPERTS, DECLARED, RENEWAL]),
                complete=st.booleans(),
                by=st.sampled_from(["信息员", "窗口", "外镇窗口", "居民"]))
    def somebody_comes(self, item: str, complete: bool, by: str) -> None:
        expires = {"expires": str(self.now.date() + timedelta(days=31))} if item == RENEWAL else {}
        asked = application(self.cast.zhao, item, **expires)
        have = {} if not complete else asked.have
        if by == "居民":
            have = scans(self.people[by], have, self.now)
        asked = type(asked)(**{**vars(asked), "have": have})
        self.number = receive(asked, actor=self.people[by], now=self.now).number
        case = self.case
        lead = self.people[by].post_id or duty_of(case.office_id)
        self.model = Model(state="received", lead=lead, first_contact=lead)

    @rule(hours=st.integers(1, 100) | st.just(24 * 35))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @precondition(lambda self: len(self.people) == EVERYBODY)
    @rule()
    def a_post_is_abolished(self) -> None:
        """The officer leaves with his post, and so does who stands in for him; the head is on duty."""
        Post.objects.filter(pk=self.cast.reviewer.post_id).update(valid_to=self.now.date())
        Post.objects.filter(pk=self.cast.town_head.post_id).update(on_duty=True)
        self.ended.add(self.cast.reviewer.post_id)
        del self.people["社会事务经办"], self.people["代理"]

    @precondition(lambda self: self.case.item_version.number == 1)
    @rule()
    def the_item_is_published_anew(self) -> None:
        item = self.case.item_version.item
        if item.current_id == self.case.item_version_id:
            publish_variant(item.code, condition="放宽")

    @rule(data=st.data(), impatient=st.integers(0, 9), times=st.integers(1, 4))
    def some_do_what_they_are_offered(
        self, data: st.DataObject, impatient: int, times: int
    ) -> None:
        for _ in range(times):
            self.somebody_does_what_he_is_offered(data, impatient)

    def somebody_does_what_he_is_offered(self, data: st.DataObject, impatient: int) -> None:
        offered = {
            (action.verb, who, action.step.id if action.step else 0)
            for who in self.people for action in self.offers(who)
        }
        verbs = sorted({verb for verb, _, _ in offered} - (set() if impatient == 9 else HASTY))
        if not verbs:
            return
        verbs = [v for v in verbs if v != "erase" or impatient == 8]  # after it nothing happens
        if not verbs:
            return
        ahead = [v for v in verbs if v in ("accept", "complete", "close", "resume", "reopen")]
        verb = data.draw(st.sampled_from(verbs + ahead * 4), label="verb")
        _, who, step = data.draw(st.sampled_from(sorted(o for o in offered if o[0] == verb)), label="who")
        file = look(self.number, self.people[who], self.now)
        params = self.parameters(file, verb, step, lambda choices: data.draw(st.sampled_from(choices)))
        if params is not None:
            self.do(verb, who, params)

    @rule(data=st.data())
    def somebody_tries_what_he_is_not_offered(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(sorted(self.people)), label="who")
        verb = data.draw(st.sampled_from(sorted(set(VERBS) - {"receive"})), label="verb")
        offered = {(a.verb, a.step.id if a.step else 0) for a in self.offers(who)}
        file = look(self.number, SYSTEM, self.now)
        steps = [row.id or 0 for row in file.steps] if verb in ON_STEP else [0]
        step = data.draw(st.sampled_from(steps)) if steps else None
        if step is None or (verb, step) in offered:
            return
        params = self.parameters(file, verb, step, lambda choices: choices[0])
        if params is None:
            return
        try:
            VERBS[verb](self.number, actor=self.people[who], now=self.now, **params)
        except REFUSALS:
            return
        raise AssertionError(f"{who} was not offered {verb} and did it")

    def do(self, verb: str, who: str, params: dict[str, Any]) -> None:
        """What was offered must be possible; then the model follows."""
        model, actor = self.model, self.people[who]
        answer = VERBS[verb](self.number, actor=actor, now=self.now, **params)
        assert answer.version - model.version in ((0, 1) if verb in STILL else (1,))
        model.version, model.last_verb, model.events = answer.version, verb, model.events + 1
        if verb == "accept":
            model.state, model.was_accepted = "accepted", True
            office = self.case.office_id
            here = actor.post_id if actor.office_id == office else self.cast.reviewer.post_id
            model.answers(duty_of(office) if actor is SYSTEM else here)
            model.first_contact = None
        elif verb in ("notify_missing", "notify_again"):
            model.state = "noticed"
        elif verb == "supplement" and model.state == "noticed":
            model.state = "received"
        elif verb == "transfer":
            model.answers(duty_of(params["office"]))
        elif verb == "hand_over":
            model.offered_to = params["post"]
        elif verb == "take_over":
            model.answers(model.offered_to)
            model.first_contact = None
        elif verb == "refuse":
            model.state, model.outcome = "decided", "refused"
        elif verb in ENDINGS:
            model.closes(ENDINGS[verb])
        elif verb == "close":
            model.closes(model.outcome)
        elif verb == "reopen":
            model.state, model.outcome = "accepted" if model.was_accepted else "received", ""
            self.heirs_take_over()
        elif verb == "succeed":
            self.heirs_take_over()
        elif verb == "renew_by_silence":
            model.state, model.outcome = "decided", "granted"
        elif verb in ("complete", "done_outside"):
            model.state, model.outcome = self.case.state, self.case.outcome
            assert model.state in ("accepted", "decided")

    def heirs_take_over(self) -> None:
        """What an ended post had of the case, the duty post of its office has now."""
        model, heir = self.model, duty_of(self.cast.reviewer.office_id)
        if model.offered_to in self.ended:
            model.offered_to = None
        if model.first_contact in self.ended:
            model.first_contact = heir
        if model.lead in self.ended:
            model.answers(heir)

    # -- what must hold ----------------------------------------------------------------------

    @property
    def case(self) -> Case:
        return Case.objects.get(number=self.number)

    @precondition(lambda self: hasattr(self, "number"))
    @invariant()
    def one_post_with_a_holder_answers(self) -> None:
        assert Duty.objects.filter(case=self.case).latest("since").post_id == self.model.lead
        assert Holding.objects.filter(
            post_id=self.model.lead, deputy=False, during__contains=self.now.date()
        ).count() == 1

    @precondition(lambda self: hasattr(self, "number"))
    @invariant()
    def who_answers_may_see_it(self) -> None:
        office = Post.objects.get(pk=self.model.lead).office_id
        assert Access.objects.filter(case=self.case, office=office).exists()

    @precondition(lambda self: hasattr(self, "number"))
    @invariant()
    def the_row_says_what_we_believe(self) -> None:
        case, model = self.case, self.model
        assert (case.state, case.outcome) == (model.state, model.outcome)
        assert (case.lead_post_id, case.first_contact_id) == (model.lead, model.first_contact)
        assert (case.hand_over_to_id, case.version) == (model.offered_to, model.version)

    @precondition(lambda self: hasattr(self, "number"))
    @invariant()
    def state_outcome_and_moments_agree(self) -> None:
        case = self.case
        assert (case.outcome != "") == (case.state in ("decided", "closed"))
        assert (case.closed_at is not None) == (case.state == "closed")
        assert (case.accepted_at is not None) == self.model.was_accepted
        assert case.due_at is None or case.state in ("received", "accepted", "decided")

    @precondition(lambda self: hasattr(self, "number"))
    @invariant()
    def it_is_never_stuck(self) -> None:
        case = self.case
        open_steps = Step.objects.filter(case=case, state="open").count()
        if case.state == "accepted":
            assert open_steps, "accepted, and nobody has anything to do"
        elif case.state == "decided":
            assert open_steps or any(a.verb == "close" for a in self.offers("系统"))
        else:
            assert not open_steps

    @precondition(lambda self: hasattr(self, "number"))
    @invariant()
    def the_trail_has_no_gap_and_holds(self) -> None:
        told = story(self.number)
        assert (len(told), told[-1]) == (self.model.events, self.model.last_verb)
        assert chain_faults(self.case.pk) == []

    # -- how -----------------------------------------------------------------------------------

    def offers(self, who: str) -> list[Any]:
        try:
            return look(self.number, self.people[who], self.now).actions()
        except NotFound:
            return []

    def parameters(
        self, file: CaseFile, verb: str, step_id: int, pick: Callable[[list[Any]], Any]
    ) -> dict[str, Any] | None:
        """Valid parameters of a verb; None where this case gives no choice."""
        wanted = [spec.key for spec in materials.wanted(file)]
        if verb in ON_STEP:
            return self.of_step(file, verb, step_id, pick)
        if verb == "transfer":
            places = ("社会事务主任", "规划建设经办", "县住建")
            return {"reason": "应由对方办理", "office": pick(
                [o for o in (self.people[p].office_id for p in places) if o != file.row["office_id"]]
            )}
        if verb == "hand_over":
            names = {"社会事务经办", "社会事务主任", "规划建设经办", "县住建", "窗口"} & self.people.keys()
            posts = (self.people[name].post_id for name in sorted(names))
            return {"reason": "休假", "post": pick([p for p in posts if p != file.row["lead_post_id"]])}
        if verb in ("contest_card", "rule_on_card"):
            mine = verb == "contest_card"
            fit = [c for c in file.cards if (c.state == "standing" and c.office_id in
                   file.actor.offices if mine else c.state != "withdrawn")]
            if not fit:
                return None
            card = pick(fit)
            ruling = {} if mine else {"withdraw": card.state != "contested" or pick([True, False])}
            return {"card": card.id, "reason": "停电", **ruling}
        if verb == "correct":
            self.corrections += 1
            texts = [f.key for f in file.item.form if f.type == "text" and not f.prefill.startswith("person.")]
            return {"reason": "录错", "facts": {pick(texts): f"改{self.corrections}"}} if texts else None
        if verb == "rename":
            self.corrections += 1
            person = Party.objects.filter(case_id=file.id, role="applicant").get().person_id
            return {"person": person, "name": f"赵改{self.corrections}", "ground": "mistake",
                    "reason": "已核对身份证"}
        return {
            "notify_missing": {"missing": {wanted[0]: "看不清"}},
            "notify_again": {"missing": {wanted[-1]: "看不清"}, "reason": "漏看"},
            "supplement": {"have": scans(file.actor, wanted, self.now) if file.actor.is_resident
                           else dict.fromkeys(wanted)},
            "suspend": {"reason": pick(["hearing", "site_visit", "supplement"]), "expected": "三日"},
            "extend": {"term": "1wd", "reason": "情况复杂"},
            "refuse": {"reason": "不属于受理范围"}, "end": {"reason": "申请人去世"},
            "reopen": {"reason": "复议决定撤销"}, "upgrade": {"reason": "新版更短"},
            "erase": {"basis": "order", "document": "1号", "reason": "复议决定", "sure": True,
                      "exempt": "某法第九条"},
            "restrict": {"basis": "consent", "reason": "撤回同意"}, "lift": {"reason": "重新同意"},
            "deliver_revocation": {"answers": LEFT},
            "revoke": {"ground": "procedure", "reason": "未经审核"},
        }.get(verb, {})

    def of_step(
        self, file: CaseFile, verb: str, step_id: int, pick: Callable[[list[Any]], Any]
    ) -> dict[str, Any] | None:
        row = file.find_step(step_id)
        if verb == "reassign":
            held = Holding.objects.filter(post__office_id=row.office_id).order_by("id")
            return {"step": step_id, "reason": "他熟悉", "account": pick(
                [None, *held.exclude(account_id__in=doers(file, row.key)).values_list(
                    "account_id", flat=True)]
            )}
        if verb == "return_to":
            before = file.item.flow.ancestors[row.key]
            done = sorted({s.key for s in file.steps if s.state == "done" and s.key in before})
            if not done:  # then the verb is refused before anybody looks at the target
                return {"step": step_id, "reason": "漏项", "target": "check"}
            return {"step": step_id, "reason": "漏项", "target": pick(done),
                    "straight_back": pick([False, True])}
        kind = kind_of(file.item.flow.steps[row.key].kind)
        outcome = pick(list(kind.outcomes))
        outside = {"reason": "停电"} if verb == "done_outside" else {}
        if kind.key == "public-notice" and outcome == "approve":
            self.now = max(self.now, row.opened_at + timedelta(days=8))
        if kind.delivers:
            return {"step": step_id, "outcome": outcome, **outside, "answers": LEFT}
        known = {"posted_on": str(local(row.opened_at).date()), "ended_on": str(local(self.now).date()),
                 "visited_on": str(local(self.now).date())}
        return {"step": step_id, "outcome": outcome, **outside, "answers": {
            ask.key: known.get(ask.key, "属实") for ask in kind.asks
            if ask.required and outcome in ask.when
        }}


def duty_of(office: int) -> int:
    """The post on duty in an office."""
    return routes_now().duty_posts[office][0]


ON_STEP = frozenset(("complete", "done_outside", "return_to", "reassign"))


def test_whatever_they_do_the_record_stays_honest(cast: Cast, now: datetime) -> None:
    run_state_machine_as_test(
        lambda: Township(cast, now),
        settings=settings(
            max_examples=20, stateful_step_count=25, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],  # shrinking on a real database takes minutes
        ),
    )
