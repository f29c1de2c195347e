"""The stage on which demo and replay play cases: who holds which post, what time it is.

Everything goes through the verbs, as the holder of the office whose work it is, at working
hours of the decreed calendar. Nothing here knows an item: the driver looks at the open steps
and answers what their kind asks.
"""

import json
import random
from collections import defaultdict
from collections.abc import Container
from datetime import date, datetime, time, timedelta
from typing import Any

from weimin.cases.circumstances import doers
from weimin.cases.file import CaseFile
from weimin.cases.reading import parties
from weimin.cases.rows import StepRow
from weimin.cases.verbs import complete, done_outside
from weimin.documents import signature
from weimin.documents.sample_data import delivery
from weimin.flow.kinds import Ask, Outcome, kind_of
from weimin.kernel.clock import SHANGHAI, local
from weimin.network.actor import SYSTEM, Actor
from weimin.network.models import Account, Holding, Office
from weimin.network.staff import acting
from weimin.ops.people import name_of
from weimin.registry.models import Person
from weimin.worktime.current import calendar_now


class Later(Exception):
    """What comes next lies in the future: the case waits."""


class Moment:
    """The time of one case, which only goes on and never passes ``until``."""

    def __init__(self, at: datetime, until: datetime, rng: random.Random) -> None:
        self.at = at
        self.until = until
        self.rng = rng
        self.calendar = calendar_now()

    def after(self, workdays: int = 0) -> datetime:
        """Some minutes later, or so many working days later. Raises Later beyond ``until``."""
        if workdays:
            return self.on(self.calendar.add_workdays(local(self.at).date(), workdays))
        at = self.at + timedelta(minutes=self.rng.randint(4, 45))
        if not self.calendar.is_open(at):
            return self.on(self.calendar.add_workdays(local(self.at).date(), 1))
        return self._to(at)

    def on(self, day: date) -> datetime:
        """Some time of a working day, or of the next one. Raises Later beyond ``until``."""
        day = self.calendar.workday_on_or_after(day)
        at = datetime.combine(day, time(9, 5), SHANGHAI) + timedelta(
            minutes=self.rng.randint(0, 420))
        return self._to(max(at, self.at + timedelta(minutes=3)))

    def _to(self, at: datetime) -> datetime:
        if at > self.until:
            raise Later
        self.at = at
        return at


class Stage:
    """Who acts for which office, read once."""

    def __init__(self) -> None:
        self._seats: dict[int, list[tuple[str, int]]] = defaultdict(list)
        self._actors: dict[tuple[int, date], Actor] = {}
        rows = Holding.objects.filter(deputy=False).order_by("post_id")
        for office, key, account in rows.values_list(
            "post__office_id", "post__key", "account_id"
        ):
            self._seats[office].append((key, account))
        self.offices = dict(Office.objects.values_list("code", "pk"))

    def actor(
        self, office: int, day: date, *keys: str, but: Container[int | None] = ()
    ) -> Actor:
        """The holder of one of these posts of an office, or of its first post; none of ``but``.

        Raises LookupError for an office without anybody.
        """
        seats = [seat for seat in self._seats[office] if seat[1] not in but]
        found = [account for key in keys for k, account in seats if k == key]
        if not found and not seats:
            raise LookupError(f"nobody works in office {office}")
        account = found[0] if found else seats[0][1]
        if (account, day) not in self._actors:
            self._actors[account, day] = acting(account, on=day)
        return self._actors[account, day]

    def of(self, code: str, day: date, *keys: str) -> Actor:
        """The same by the code of the office."""
        return self.actor(self.offices[code], day, *keys)

    def look(self, number: str, at: datetime) -> CaseFile:
        """The case as it is."""
        return CaseFile.load(number, actor=SYSTEM, now=at, lock=False)

    def work(
        self, file: CaseFile, step: StepRow, moment: Moment, *, outcome: Outcome = "approve",
        reason: str = "", outside: str = "", who: Actor | None = None,
    ) -> None:
        """End one open step as an officer of its office, or as the applicant."""
        spec = file.item.flow.steps[step.key]
        who = who or (
            resident_of_case(file) if spec.who.line == "applicant"
            else self.actor(step.office_id or 0, local(moment.at).date(), *_WHO.get(spec.kind, ()),
                            but=doers(file, step.key)))
        answers = (_handed_over(file, who, moment) if kind_of(spec.kind).delivers
                   else self._answers(file, step, moment, outcome, reason))
        if any(ask.second and ask.required for ask in spec.asks):
            answers["companions"] = _somebody_else(who, moment)
        if outside:
            done_outside(file.row["number"], actor=who, now=moment.at, step=step.id,
                         outcome=outcome, answers=answers, reason=outside)
        else:
            complete(file.row["number"], actor=who, now=moment.at, step=step.id,
                     outcome=outcome, answers=answers)

    def _answers(
        self, file: CaseFile, step: StepRow, moment: Moment, outcome: Outcome, reason: str
    ) -> dict[str, Any]:
        spec = file.item.flow.steps[step.key]
        said: dict[str, Any] = {}
        if spec.kind == "public-notice" and outcome == "approve":
            posted = local(step.opened_at).date()
            said = {"posted_on": posted.isoformat(), "where": "村务公开栏",
                    "ended_on": local(moment.at).date().isoformat()}
        for ask in spec.asks:
            if outcome in ask.when and ask.required and not ask.second:
                said.setdefault(ask.key, _said(ask, moment, outcome, reason))
        return said

    def notice_over(self, file: CaseFile, step: StepRow, moment: Moment) -> None:
        """Let the days of a public notice go by. Raises Later while it still runs."""
        limit = file.item.flow.steps[step.key].limit
        posted = local(step.opened_at).date()
        ended = posted + timedelta(days=max(7, limit.count if limit else 7))
        if limit and limit.unit == "wd":
            ended = moment.calendar.add_workdays(posted, limit.count)
        moment.on(ended)


# Whose hand it is, within an office: the counter hands over, the head decides.
_WHO: dict[str, tuple[str, ...]] = {
    "decision": ("approver", "reviewer"), "delivery": ("info", "clerk", "reviewer"),
    "register": ("info", "clerk", "reviewer"),
}
_WORDS = {
    "opinion": {"approve": "材料齐全，情况属实，同意", "reject": "不同意"},
    "found": {"approve": "到现场核对，情况属实", "reject": "到现场核对，与申报不符"},
    "objection": {"repeat": "有村民反映情况与实际不符，需再核实", "reject": "异议经核实成立"},
}


def _handed_over(file: CaseFile, who: Actor, moment: Moment) -> dict[str, Any]:
    """Mostly at the counter, sometimes by post: what proves the one or the other."""
    if moment.rng.random() < 0.25:
        return {"way": "post", "tracking": f"DEMO{moment.rng.randrange(10**9):09d}",
                "received_on": local(moment.at).date().isoformat()}
    company = next(p for p in parties(file.id) if p.role == "applicant").person_id is None
    drawn = signature.keep(json.dumps(delivery["strokes"]), now=moment.at, account_id=who.account_id)
    return {"way": "direct", "signature": drawn.pk, "received_by": "单位收件人" if company else "申请人",
            "relation": "organisation" if company else "self"}


def _said(ask: Ask, moment: Moment, outcome: Outcome, reason: str) -> Any:
    if ask.key == "reason":
        return reason or "经核查，不符合规定条件"
    if ask.type == "date":
        return local(moment.at).date().isoformat()
    if ask.type == "choice":
        return moment.rng.choice(ask.options)[0]
    return _WORDS.get(ask.key, {}).get(outcome, "已办")


def _somebody_else(who: Actor, moment: Moment) -> str:
    """The name of a colleague who went along."""
    while (name := name_of(moment.rng)) == who.name:
        pass
    return name


def resident_of_case(file: CaseFile) -> Actor:
    """The applicant, logged in."""
    person = Person.objects.get(party__case=file.row["id"], party__role="applicant")
    return resident(person)


def resident(person: Person) -> Actor:
    """A person with an account of his own, made at the first need."""
    if person.account_id is None:
        account, _ = Account.objects.get_or_create(
            username=f"resident-{person.pk}", defaults={"name": person.name}
        )
        person.account = account
        person.save(update_fields=["account"])
    return Actor(account_id=person.account_id, name=person.name, person_id=person.pk)

