"""案卷: a case as a verb sees it, read whole under lock and written whole in one statement."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection

from weimin.cases import saving
from weimin.cases.batch import Batch
from weimin.cases.circumstances import circumstances, deciding, deciding_level, issuing
from weimin.cases.heirs import step_lines
from weimin.cases.materials import lacking, lacks, missing
from weimin.cases.rows import (
    CASE_COLUMNS,
    LOAD,
    LOCK,
    CardRow,
    ClockRow,
    PauseRow,
    StepRow,
    card_row,
    clock_row,
    pause_row,
    step_row,
)
from weimin.cases.telling import tell
from weimin.cases.written import Before, leave_out, told_of
from weimin.catalogue.routes import Routes, routes_at
from weimin.catalogue.spec import ItemSpec, item_version
from weimin.flow.actions import RULES, STATE_TITLES, Action, Relation, Rule, State, actions
from weimin.flow.graph import StepSpec
from weimin.flow.transitions import Plan, Step
from weimin.kernel.clock import local, say_moment
from weimin.kernel.errors import Invalid, NotAllowed, NotFound, Stale, WrongState
from weimin.network.actor import Actor
from weimin.trail import chain
from weimin.trail.receipts import receipt
from weimin.worktime.calendar import Calendar
from weimin.worktime.current import calendar_at


class CaseFile:
    """A case with its steps, clocks and pauses, for one actor at one moment.

    Changes are collected and written by :meth:`save` together with the events.
    """

    def __init__(self, actor: Actor, now: datetime, row: Mapping[str, Any]) -> None:
        self.actor = actor
        self.now = now
        self.today = local(now).date()
        self.row = dict(row)
        self.changed: set[str] = set()
        self.steps: list[StepRow] = []
        self.clocks: dict[str, ClockRow] = {}
        self.pauses: list[PauseRow] = []
        self.cards: list[CardRow] = []
        self.area_path: list[str] = []
        self.may_see = False  # an office of the actor has the right to
        self.is_party = False
        self.nudged_at: datetime | None = None  # when the actor last asked for speed
        self.epoch = 0
        self.trial: Calendar | None = None
        self.lead_account: int | None = None  # the holder of the first accountable post
        self.head = chain.Head()
        self.recorded_at = now
        self.occurred_at = now  # when it really happened, if it is entered later from paper
        self.late_entry = ""
        self.drafts: list[chain.Draft] = []
        self.links: list[chain.Link] = []
        self.materials: dict[str, str] = {}  # key → state
        self.materials_written: dict[str, dict[str, Any]] = {}  # rows put by this verb
        self.lead_holder: int | None = None  # who holds the accountable post that was taken
        self.stored = Before()
        self.reply: list[Any] = []  # what was answered to the same request, if it came before
        self.batch = Batch()
        self.touched_clocks: set[str] = set()
        self._grants: dict[int, str] = {}

    @classmethod
    def load(
        cls, number: str, *, actor: Actor, now: datetime, lock: bool, verb: str = "", key: str = "",
        sealed: bool = False,
    ) -> "CaseFile":
        """The case of that number as this actor may see it, locked for a verb or only read.

        With ``verb`` and ``key`` it also brings what was answered to that request before.
        Raises NotFound when there is none for him; WrongState for one that is restricted, which comes
        without its personal content when ``sealed`` (a verb has it, and may only lift or erase).
        """
        asked = {
            "number": number, "offices": list(actor.offices), "person": actor.person_id,
            "account": actor.account_id, "reply": reply_key(actor, verb, key),
        }
        with connection.cursor() as cursor:
            if lock:
                cursor.execute(LOCK, [number])
            cursor.execute(LOAD, asked)
            found = cursor.fetchone()
        if found is None:
            raise _unknown(number)
        width = len(CASE_COLUMNS)
        file = cls(actor, now, dict(zip(CASE_COLUMNS, found[:width], strict=True)))
        file.row["facts"] = json.loads(file.row["facts"])  # Django leaves jsonb as text
        (path, file.epoch, file.recorded_at, seq, hash_, steps, clocks, pauses, cards,
         materials, file.may_see, file.is_party, file.row["contact_id"], file.nudged_at,
         *file.reply) = found[width:]
        file.area_path = path.strip("/").split("/")
        if not (actor.is_system or file.may_see or file.is_party):
            raise _unknown(number)
        if file.row["restricted"] and not sealed:
            raise WrongState(f"办件 {number} 的个人信息限制处理：只保存，不使用",
                             "确需使用的，请督查岗位依法解除限制")
        file.head = chain.Head(seq, bytes(hash_)) if seq else chain.Head()
        file.steps = [step_row(values) for values in steps or ()]
        file.clocks = {values[0]: clock_row(values) for values in clocks or ()}
        file.pauses = [pause_row(values) for values in pauses or ()]
        file.cards = [card_row(values) for values in cards or ()]
        file.materials = materials or {}
        file.stored = Before(
            facts=file.row["facts"],
            pauses=[replace(pause) for pause in file.pauses],
            clocks={kind: replace(clock) for kind, clock in file.clocks.items()},
        )
        return file if lock or not file.row["restricted"] else leave_out(file)

    # -- what it is ------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["row"][name]
        except KeyError:
            raise AttributeError(name) from None

    @cached_property
    def item(self) -> ItemSpec:
        """The item as it was when the case was received, or as it was moved to."""
        return item_version(self.row["item_version_id"])

    @property
    def routes(self) -> Routes:
        """The network as it is now."""
        return routes_at(self.epoch)

    @property
    def calendar(self) -> Calendar:
        """The decreed calendar as it is now, or the one that is being tried out."""
        return self.trial or calendar_at(self.epoch)

    @property
    def subject(self) -> chain.Subject:
        """The chain this case's events belong to."""
        return chain.Subject("case", self.row["id"])

    @property
    def facts(self) -> dict[str, Any]:
        """What conditions may ask about: the form, and how earlier steps ended."""
        ended = {
            f"steps.{row.key}.outcome": row.outcome for row in self.steps if row.state == "done"
        }
        return {**self.row["facts"], **ended}

    @property
    def pure_steps(self) -> list[Step]:
        """The steps as the flow knows them."""
        return [row.pure for row in self.steps]

    @property
    def open_pause(self) -> PauseRow | None:
        """The pause that stands now, if one does."""
        return next((pause for pause in self.pauses if pause.ended is None), None)

    # -- who may -----------------------------------------------------------------------------

    def relations(self) -> frozenset[Relation]:
        """What the actor is to this case."""
        actor, row = self.actor, self.row
        found: set[Relation] = set()
        if actor.is_system:
            found.add("system")
        if self.is_party:
            found.add("applicant")
        if row["lead_post_id"] in actor.posts:
            found.add("lead")
        if row["receiver_id"] in actor.offices:
            found.add("receiver")
        if row["hand_over_to_id"] in actor.posts:
            found.add("offered")
        if any(actor.has_in(step.office_id or 0, "head") for step in issuing(self)):
            found.add("issuer")
        if row["office_id"] in actor.offices:
            found.add("competent")
            if actor.has_in(row["office_id"], "head"):
                found.add("head")
        if any(actor.has_in(office, "head") for office in deciding(self)):
            found.add("decider")
        if actor.has("government_head") and self._is_above() and actor.level == deciding_level(self):
            found.add("government")
        if actor.has("supervisor") and self._is_above():
            found.add("supervisor")
        if actor.has("leader") and self._is_above():
            found.add("leader")
        if any(card.office_id in actor.offices for card in self.cards):
            found.add("carded")
        return frozenset(found)

    def _is_above(self) -> bool:
        return f"/{'/'.join(self.area_path)}/".startswith(self.actor.area_path or "?")

    def step_relations(self) -> dict[int, frozenset[Relation]]:
        """What the actor is to each open step."""
        return {
            step.id: self._to_step(step)
            for step in self.steps
            if step.state == "open" and step.id is not None
        }

    def _to_step(self, step: StepRow) -> frozenset[Relation]:
        who = self.item.flow.steps[step.key].who.line
        found: set[Relation] = set()
        if step.office_id in self.actor.offices:
            found.add("step")
            if self.actor.has_in(step.office_id, "head"):
                found.add("head")
        if who == "system" and self.actor.is_system:
            found.add("step")
        if who == "applicant":
            # His own to do, or, for somebody who comes to the counter, entered on his behalf.
            found |= self.relations() & {"applicant", "receiver", "competent"}
        return frozenset(found)

    def actions(self) -> list[Action]:
        """Everything this actor may do now."""
        to_steps = self.step_relations()
        mine = self.relations()
        if any("step" in relation for relation in to_steps.values()):
            mine |= {"step"}
        return list(
            actions(
                state=self.row["state"], relations=mine, flow=self.item.flow,
                steps=self.pure_steps, step_relations=to_steps, now=circumstances(self),
            )
        )

    def require(self, verb: str, step_id: int | None = None) -> None:
        """Refuse unless the actor may do this now.

        Raises WrongState when nobody may in this state, NotAllowed when somebody else may.
        """
        allowed = [a for a in self.actions() if a.verb == verb]
        if any(step_id is None or (a.step and a.step.id == step_id) for a in allowed):
            return
        raise self._refusal(verb, step_id)

    def _refusal(self, verb: str, step_id: int | None) -> NotAllowed | WrongState | Stale:
        rules = [rule for rule in RULES if rule.verb == verb]
        title = rules[0].title if rules else verb
        state: State = self.row["state"]
        if all(state not in rule.states for rule in rules):
            return WrongState(
                f"办件现在是“{STATE_TITLES[state]}”，不能“{title}”", "请刷新页面，看看现在可以做什么"
            )
        if self.row["restricted"] and not any(rule.while_restricted for rule in rules):
            return WrongState("这个办件的个人信息限制处理，只保存、不使用", "确需办理的，先依法解除限制")
        if not self.open_pause and all(rule.while_paused == "only" for rule in rules):
            return WrongState("办件没有暂停")
        if self.open_pause and all(rule.while_paused == "never" for rule in rules):
            return WrongState("办件正在暂停办理", "恢复办理后再办理")
        if verb == "nudge" and self.nudged_at and self._is_theirs(rules, step_id):
            office = self.routes.office_names[self.row["office_id"]]
            return WrongState(f"您 {say_moment(local(self.nudged_at))} 已经催过了，{office}看得到",
                              "一天催一次就够；还没有进展，明天可以再催")
        if verb == "accept" and (names := lacks(self, lacking(missing(self)))):
            return WrongState(f"还缺：{'、'.join(names)}", "请出具一次性告知单，一次写全")
        if state in rules[0].states and self._is_theirs(rules, step_id) and rules[0].condition:
            return WrongState(f"现在还不能“{title}”", f"条件：{rules[0].condition}")
        step = self.find_step(step_id) if step_id is not None else None
        if step and step.state != "open":
            return Stale("这个环节刚才已经有人办理了", "请刷新页面，看看最新情况")
        return NotAllowed(f"“{title}”不由您的岗位办理", "请联系主办岗位，或切换到有权的岗位")

    def _is_theirs(self, rules: list[Rule], step_id: int | None) -> bool:
        """Whether the actor would be the right one, were the circumstances others."""
        to_case = self.relations()
        to_step = self.step_relations().get(step_id or 0, frozenset())
        return any(rule.who & (to_step if rule.on_step else to_case) for rule in rules)

    # -- changes -----------------------------------------------------------------------------

    def set(self, **changes: Any) -> None:
        """Change columns of the case row."""
        for column, value in changes.items():
            if self.row[column] != value:
                self.row[column] = value
                self.changed.add(column)

    def find_step(self, step_id: int) -> StepRow:
        """The step of that id. Raises NotFound if it belongs to no or another case."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise NotFound("没有这个环节", "请刷新页面")

    def row_of(self, step: Step) -> StepRow:
        """The row behind a step of a plan."""
        return next(
            row for row in self.steps
            if (row.key, row.branch, row.round) == (step.key, step.branch, step.round)
        )

    def carry_out(self, plan: Plan) -> list[str]:
        """Make the rows what the plan says; the keys of the steps that opened."""
        from weimin.cases.clocks import set_due
        from weimin.cases.effects import undo

        for step in (*plan.cancelled, *plan.voided):
            state = "cancelled" if step in plan.cancelled else "void"
            row = self.row_of(step)
            if row.state == "done":
                undo(self, row)
            row.set(state=state, done_at=row.done_at or self.now)
        opened: list[str] = []
        for opening in (*plan.skipped, *plan.opened):
            is_open = opening in plan.opened
            spec = self.item.flow.steps[opening.key]
            row = StepRow(
                id=None, key=opening.key, branch=opening.branch, round=opening.round,
                state="open" if is_open else "skipped", opened_at=self.occurred_at,
                done_at=None if is_open else self.occurred_at,
            )
            self.steps.append(row)
            if is_open:
                row.office_id = self._office_for(spec, opening.branch)
                set_due(self, row)
                self.grant(row.office_id, "step")
                opened.append(opening.key)
        return opened

    def _office_for(self, spec: StepSpec, branch: str) -> int | None:
        """Whose work a step is by the day of receiving; an abolished office's heir takes over."""
        office = self.routes.of_step(
            self.item, spec, branch, self._path_for(spec.place),
            local(self.row["received_at"]).date(), self.row["receiver_id"], self.row["office_id"],
        )
        if office is None:
            return None
        lines = step_lines(self.item, spec, branch)
        # Without an heir it waits where it would have been, in everybody's sight.
        return self.routes.heir(office, lines, local(self.now).date()) or office

    def office_for(self, spec: StepSpec) -> int | None:
        """Whose work a step without branches would be if it opened now."""
        return self._office_for(spec, "")

    def _path_for(self, place: str | None) -> list[str]:
        """The area whose office a step belongs to: the case's, or another declared place."""
        from weimin.cases.places import path_of

        return self.area_path if place is None else path_of(self, place)

    def grant(self, office_id: int | None, why: str) -> None:
        """Give an office the right to see this case, and say why. The first reason stays."""
        if office_id is not None:
            self._grants.setdefault(office_id, why)

    def touch_clock(self, clock: ClockRow) -> None:
        """Have the clock written."""
        self.clocks[clock.kind] = clock
        self.touched_clocks.add(clock.kind)

    def record(self, verb: str, data: Mapping[str, Any] | None = None,
               private: Mapping[str, Any] | None = None, *, post: int | None = None) -> None:
        """Append an event when the case is saved. ``post``: the one a deputy acts in, if not his own."""
        self.drafts.append(
            chain.Draft(
                verb=verb, occurred_at=self.occurred_at, account_id=self.actor.account_id,
                post_id=post or self.actor.post_id, private=private,
                data={**(data or {}), **({"late_entry": self.late_entry} if self.late_entry
                                         else {})},
            )
        )

    def enter_late(self, occurred_at: datetime, why: str) -> None:
        """Something entered later from paper says when it really happened, and why so late.

        Raises Invalid without a reason, or for a moment that has not come yet.
        """
        if not why.strip():
            raise Invalid(fields={"late_entry": "补录必须说明原因"})
        if occurred_at > self.now:
            raise Invalid(fields={"occurred_at": "发生时间不能晚于现在"})
        if self.row["id"] and occurred_at < self.row["received_at"]:
            raise Invalid(fields={"occurred_at": "发生时间不能早于收件时间"})
        self.occurred_at, self.late_entry = occurred_at, why.strip()
        self.today = local(occurred_at).date()

    def check_version(self, expected: int | None) -> None:
        """Raises Stale if the case changed since the screen was drawn."""
        if expected is not None and expected != self.row["version"]:
            raise Stale("办件刚才有了新的进展", "请刷新页面，看看最新情况后再办理")

    def seal(self) -> str:
        """Seal what was recorded; the receipt of the last event.

        A change without an event is a mistake of ours: it raises RuntimeError.
        """
        if not self.drafts:
            raise RuntimeError("a verb changed a case and recorded nothing")
        self.drafts[-1] = told_of(self, self.drafts[-1])
        self.links = chain.seal(self.subject, self.head, self.drafts, self.recorded_at)
        return receipt(self.row["number"], self.links[-1].seq, self.links[-1].hash)

    @property
    def next_version(self) -> int:
        """One more if anything moved; a nudge or a rating makes nobody's screen stale."""
        moved = self.changed or self.touched_clocks or self.materials_written or any(
            row.id is None or row.changed for row in self.steps
        ) or any(pause.id is None or pause.changed for pause in self.pauses) or any(
            card.id is None or card.changed for card in self.cards
        )
        return int(self.row["version"]) + bool(moved)

    def save(self) -> None:
        """Write everything in one statement, once it is sealed."""
        self.set(version=self.next_version)
        batch, case_id = self.batch, self.row["id"]
        saving.steps(batch, case_id, self.steps)
        saving.pauses(batch, case_id, self.pauses)
        saving.cards(batch, case_id, self.cards)
        saving.clocks(batch, case_id, [self.clocks[kind] for kind in self.touched_clocks])
        batch.update("cases_case", {"id": case_id},
                     {column: self.row[column] for column in sorted(self.changed)})
        self._finish()

    def insert_only(self) -> None:
        """Write a case that is being received: its rows are all in the batch already."""
        saving.clocks(self.batch, self.row["id"], list(self.clocks.values()))
        self._finish()

    def _finish(self) -> None:
        if self._grants:
            self.batch.add(
                "INSERT INTO cases_access (office_id, case_id, why)"
                " SELECT o, %s, w FROM unnest(%s::bigint[], %s::text[]) g(o, w)"
                " ON CONFLICT DO NOTHING",
                [self.row["id"], list(self._grants), list(self._grants.values())],
            )
        tell(self)
        if private := chain.insert_private(self.links):
            self.batch.add(*private)
        self.batch.add(*chain.insert_events(self.links))
        self.batch.run()


def reply_key(actor: Actor, verb: str, key: str) -> str:
    """Under what the answer to a request is kept: a key is one actor's, for one verb."""
    said = f"{actor.account_id or 0}:{verb}:{key}"
    return str(UUID(bytes=sha256(said.encode()).digest()[:16]))


def _unknown(number: str) -> NotFound:
    return NotFound(f"没有找到办件 {number}", "请核对编号；如果编号无误，可能不属于您的岗位")
