"""One case of the demo, played through the verbs from the counter to wherever it stands now."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image

from weimin.cases import verbs
from weimin.cases.circumstances import deciding, is_joint
from weimin.cases.file import CaseFile
from weimin.cases.materials import papers_of
from weimin.cases.rows import StepRow
from weimin.cases.verbs.receive import Intake, Party
from weimin.catalogue.routes import routes_now
from weimin.catalogue.spec import ItemSpec, item_version
from weimin.documents.store import Page, store_scan
from weimin.kernel import vault
from weimin.kernel.clock import local
from weimin.kernel.codes import division_level
from weimin.network.actor import Actor
from weimin.ops.answers import answers_for
from weimin.ops.plots import Plot
from weimin.ops.stage import Later, Moment, Stage, resident
from weimin.registry.models import Person

_STOPS = frozenset(("received", "noticed", "supplemented", "accepted"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Roles:
    """Who plays in a case."""

    applicant: Person
    helper: Person  # the agent or guardian, where there is one
    organisation: int


class Player:
    """Plays one plot. ``play`` returns the number; the case is left where time or plot end."""

    def __init__(self, stage: Stage, plot: Plot, who: Roles, moment: Moment) -> None:
        self.stage, self.plot, self.who, self.moment = stage, plot, who, moment
        self.rng = moment.rng
        self.person = who.applicant
        self.number = ""
        self.item: ItemSpec = item_version(routes_now().current_items[plot.item])
        self.twists = set(plot.twists)
        self.left_out: list[str] = []

    def play(self) -> str:
        """Play until the plot stops, the case ends, or now is reached."""
        try:
            self._at_the_counter()
            if "refuse" not in self.twists:  # then all that is left is to hand the paper over
                self._acceptance()
            self._steps()
            self._end()
        except Later:
            pass
        return self.number

    # -- before acceptance -------------------------------------------------------------------

    def _at_the_counter(self) -> None:
        intake = self._intake()
        self.number = verbs.receive(
            intake, actor=self._receiver(), now=self.moment.at, key=f"demo-{self.plot.name}"
        ).number
        if "transfer" in self.twists:
            self._pass_time()
            self._by_competent(verbs.transfer, reason="申请人现居住在界牌镇，由居住地受理",
                               office=self.stage.offices["430421100.social"])
        if "nudge" in self.twists and self.plot.stop == "received":
            self._later(self.plot.ago - 1)
            self._nudge()
        self._stop("received")
        if "notice" in self.twists:
            self._notice()
        if "refuse" in self.twists:
            self._pass_time()
            self._by_competent(verbs.refuse, reason="申请人不属于本事项规定的对象范围",
                               remedy="可在60日内向县级人民政府申请行政复议，或6个月内起诉")
            return
        if "withdraw-early" in self.twists:
            self._withdraw("想先把材料找齐再来")

    def _notice(self) -> None:
        self._pass_time()
        self._by_competent(verbs.notify_missing)
        self._stop("noticed")
        self._later(self.rng.randint(1, 2))
        actor = resident(self.person) if self.plot.channel == "web" else self._receiver()
        verbs.supplement(self.number, actor=actor, now=self.moment.at,
                         have=self._handed(actor, self.left_out))
        self._stop("supplemented")

    def _acceptance(self) -> None:
        self._pass_time()
        more: dict[str, Any] = {}
        if "gap" in self.twists:
            more["gaps"] = {
                m.key: (self._day + timedelta(days=m.gap_days or 10)).isoformat()
                for m in self.item.materials if m.need == "gap"
            }
        self._by_competent(verbs.accept, **more)
        if "correct" in self.twists:
            self._pass_time()
            verbs.correct(self.number, actor=self._receiver(), now=self.moment.at,
                          facts={"phone": f"190{self.rng.randrange(10**8):08d}"},
                          reason="登记时电话号码少核对一位")
        self._stop("accepted")

    # -- its steps ---------------------------------------------------------------------------

    def _steps(self) -> None:
        halves = 0
        while True:
            file = self.stage.look(self.number, self.moment.at)
            steps = [step for step in file.steps if step.state == "open"]
            if not steps:
                return
            if self.plot.stop == "half" and len(steps) < halves:
                raise Later
            halves = len(steps)
            self._before(file, steps[0])
            if any(s.key == self.plot.stop for s in steps) and "repeat" not in self.twists:
                raise Later
            self._one(file, steps[0])

    def _one(self, file: CaseFile, step: StepRow) -> None:
        spec = file.item.flow.steps[step.key]
        if spec.kind == "public-notice" and "repeat" not in self.twists:
            self.stage.notice_over(file, step, self.moment)
        elif spec.kind == "external":
            self._later(self.rng.randint(1, 3))
        else:
            self._pass_time()
        if "late" in self.twists and spec.limit and spec.limit.count and spec.kind == "decision":
            self.twists.remove("late")
            due = file.clocks.get("promise") or file.clocks["decision"]
            if due.due_on:
                self.moment.on(self.moment.calendar.add_workdays(due.due_on, 2))
        outcome, reason = "approve", ""
        if spec.kind == "decision" and "deny" in self.twists:
            outcome, reason = "reject", "经核对，家庭收入（或年龄、户籍）不符合规定条件"
        if spec.kind == "public-notice" and "repeat" in self.twists:
            self.twists.remove("repeat")
            self._later(3)
            outcome = "repeat"
        outside = ""
        if "outside" in self.twists:
            self.twists.remove("outside")
            outside = "集镇停电断网，先在纸上办理，次日补登"
        self.stage.work(file, step, self.moment, outcome=outcome,  # type: ignore[arg-type]
                        reason=reason, outside=outside)

    def _before(self, file: CaseFile, step: StepRow) -> None:
        """What goes differently before this step; each twist happens once."""
        for twist in sorted(self.twists & _TWISTS.keys()):
            if _TWISTS[twist](self, file, step):
                self.twists.discard(twist)

    def _suspend(self, file: CaseFile, step: StepRow) -> bool:
        self._pass_time()
        actor = self.stage.actor(step.office_id or 0, self._day)
        verbs.suspend(self.number, actor=actor, now=self.moment.at, reason=self.plot.pause,
                      expected="约10个工作日，结束后及时告知")
        if "resume" not in self.twists:
            raise Later
        self._later(4)
        verbs.resume(self.number, actor=actor, now=self.moment.at)
        return True

    def _extend(self, file: CaseFile, step: StepRow) -> bool:
        self._pass_time()
        head = self.stage.actor(deciding(file)[0], self._day, "approver", "head")
        if is_joint(file):  # 行政许可法 art. 42(2): 经本级人民政府负责人批准
            place = next(a for a in file.area_path if division_level(a) == file.item.level)
            head = self.stage.of(f"{place}.government", self._day, "head")
        verbs.extend(self.number, actor=head, now=self.moment.at, term="5wd",
                     reason="现场情况复杂，需补充测量")
        return True

    def _return(self, file: CaseFile, step: StepRow) -> bool:
        done = [s.key for s in file.steps if s.state == "done"]
        targets = [key for key in done if key in file.item.flow.ancestors[step.key]]
        if not targets:
            return False
        self._pass_time()
        verbs.return_to(self.number, actor=self.stage.actor(step.office_id or 0, self._day),
                        now=self.moment.at, step=step.id, target=targets[0],
                        reason="初审意见没有写明核对情况，请补充",
                        straight_back="straight-back" in self.twists)
        raise Later

    def _hand_over(self, file: CaseFile, step: StepRow) -> bool:
        self._pass_time()
        office = file.row["office_id"]
        taker = self.stage.actor(office, self._day, "head", "approver")
        verbs.hand_over(self.number, actor=self.stage.actor(office, self._day, "reviewer"),
                        now=self.moment.at, reason="下周起驻村，请接手主办",
                        post=taker.post_id)
        if "take-over" in self.twists:
            self._pass_time()
            verbs.take_over(self.number, actor=taker, now=self.moment.at)
        return True

    def _reassign(self, file: CaseFile, step: StepRow) -> bool:
        office = step.office_id or 0
        verbs.reassign(self.number, actor=self.stage.actor(office, self._day, "head"),
                       now=self.moment.after(), step=step.id, reason="按村分工",
                       account=self.stage.actor(office, self._day, "reviewer").account_id)
        return True

    def _nudge(self, *_: object) -> bool:
        if self.plot.stop != "received":
            self._later(2)
        verbs.nudge(self.number, actor=resident(self.person), now=self.moment.at,
                    words="想问问办到哪一步了，家里急用")
        return True

    def _supervise(self, file: CaseFile, step: StepRow) -> bool:
        self._later(max(0, self.plot.ago - 4))
        verbs.nudge(self.number, actor=self._supervisor(), now=self.moment.at, words="临近期限，请抓紧办理")
        return True

    def _give_up(self, file: CaseFile, step: StepRow) -> bool:
        self._withdraw("困难已经缓解，不再申请")
        return True

    def _stop_working(self, file: CaseFile, step: StepRow) -> bool:
        self._later(3)
        self._by_competent(verbs.end, reason="申请人已去世，经家属书面确认")
        raise Later

    # -- the end -----------------------------------------------------------------------------

    def _end(self) -> None:
        self._pass_time()
        if self.stage.look(self.number, self.moment.at).row["state"] == "decided":
            self._by_competent(verbs.close)
        if "reopen" in self.twists:
            self._later(3)
            file = self.stage.look(self.number, self.moment.at)
            head = self.stage.actor(file.row["office_id"], self._day, "approver", "head")
            verbs.reopen(self.number, actor=head, now=self.moment.at,
                         reason="申请人补充了户籍变更材料，原结果所依据的事实有变")
        if "revoke" in self.twists:
            self._later(4)
            verbs.revoke(self.number, actor=self._supervisor(), now=self.moment.at,
                         ground="unqualified", reason="数据比对发现申请人户籍已于发证前迁出")
        if "restrict" in self.twists:
            self._later(2)
            verbs.restrict(self.number, actor=self._supervisor(), now=self.moment.at,
                           basis="consent", reason="申请人书面撤回同意，保管期限未满")

    # -- helpers -----------------------------------------------------------------------------

    @property
    def _day(self) -> Any:
        return local(self.moment.at).date()

    def _pass_time(self) -> None:
        self.moment.after(0 if self.item.instant else self.rng.randint(*self.plot.pace))

    def _later(self, workdays: int) -> datetime:
        return self.moment.after(workdays)

    def _stop(self, where: str) -> None:
        if self.plot.stop == where and where in _STOPS:
            raise Later

    def _supervisor(self) -> Actor:
        return self.stage.of("430421.government", self._day, "supervisor")

    def _receiver(self) -> Actor:
        if self.plot.channel == "web":
            return resident(self.person)
        code = self.plot.receiver or f"{self.plot.village}.service"
        return self.stage.of(code, self._day, "info", "clerk")

    def _by_competent(self, verb: Any, **params: Any) -> None:
        file = self.stage.look(self.number, self.moment.at)
        actor = self.stage.actor(file.row["office_id"], self._day, "reviewer", "info")
        verb(self.number, actor=actor, now=self.moment.at, **params)

    def _withdraw(self, why: str) -> None:
        self._pass_time()
        verbs.withdraw(self.number, actor=resident(self.person), now=self.moment.at, reason=why)
        raise Later

    def _intake(self) -> Intake:
        facts = answers_for(self.item, self.person, self._day, self.rng, self.plot.answers)
        parties = self._parties()
        kind = self.item.applicant(organisation=parties[0].organisation_id is not None)
        wanted = list(self.item.materials_for(self.item.facts_of(facts) | kind))
        have = {m.key for m in wanted if m.need != "optional"}
        declared = tuple(m.key for m in wanted if m.commitment) if "commit" in self.twists else ()
        if "held" in self.twists:  # what was issued to him before stands in for a paper
            held = set(self.person.certificate_set.values_list("type", flat=True))
            have -= {m.key for m in wanted if m.replaced_by in held}
        if "gap" in self.twists:
            have -= {m.key for m in wanted if m.need == "gap"}
        if "notice" in self.twists:
            self.left_out = sorted(have)[-2:]
        have -= {*declared, *self.left_out}
        have |= {m.key for m in papers_of(
            ((p.role, p.relation) for p in parties if p.role in ("agent", "guardian")),
            for_person=parties[0].person_id is not None, known={m.key for m in wanted})}
        return Intake(
            item=self.plot.item, area=self.plot.village, parties=parties, answers=facts,
            have=self._handed(self._receiver(), sorted(have)), declared=declared,
            channel=self.plot.channel,
        )

    def _handed(self, actor: Actor, keys: list[str]) -> dict[str, int | None]:
        """Paper over the counter; online a scan of each, which here is an empty page."""
        if not (actor.is_resident and keys):
            return dict.fromkeys(keys)
        page = store_scan([Page(name="scan.png", content=_blank())], now=self.moment.at,
                          account_id=actor.account_id)
        return dict.fromkeys(keys, page.pk)

    def _parties(self) -> tuple[Party, ...]:
        helper = self.who.helper
        if "organisation" in self.twists:
            return (Party(organisation_id=self.who.organisation, name="示意建设有限公司"),
                    Party(role="agent", person_id=helper.pk, name=helper.name, paper="授权委托书（示意）",
                          relation="经办人", phone=vault.decrypt(helper.phone_cipher)))
        phone = vault.decrypt(self.person.phone_cipher)
        first = Party(person_id=self.person.pk, name=self.person.name, phone=phone)
        for role, paper in (("agent", "授权委托书（示意）"), ("guardian", "监护证明（示意）")):
            if role in self.twists:
                return first, Party(role=role, person_id=helper.pk, name=helper.name, paper=paper)
        return (first,)


@cache
def _blank() -> bytes:
    out = BytesIO()
    Image.new("L", (620, 877), 255).save(out, "PNG")
    return out.getvalue()


_TWISTS: dict[str, Any] = {
    "suspend": Player._suspend, "extend": Player._extend, "return": Player._return,
    "straight-back": Player._return, "hand-over": Player._hand_over,
    "reassign": Player._reassign, "nudge": Player._nudge, "supervise": Player._supervise,
    "withdraw": Player._give_up, "end": Player._stop_working,
}
