"""The whole life of a case by verbs in this process, one phase after another for all cases.

Phases instead of lives, because the database's CPU is counted in hundredths of a second.
"""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from bench.place import Cpu, Meter, Place, as_superuser
from bench.report import Report
from weimin.kernel.clock import SHANGHAI

ITEM = "HY-BLD-01"  # 公租房: a check, three departments at once, a public notice, the decision
SHORT = "HY-LND-02"  # 竣工核查: three offices at once and the decision, nothing else
VILLAGE = "430421103200"
START = datetime(2026, 6, 10, 10, tzinfo=SHANGHAI)  # a Wednesday
_LATER = datetime(2026, 6, 26, 10, tzinfo=SHANGHAI)  # the notice is over
_PHASES: dict[str, tuple[tuple[str, str, datetime], ...]] = {  # phase, step, when
    ITEM: (
        ("check", "check", START + timedelta(hours=2)),
        ("review", "income", START + timedelta(days=1)),
        ("review", "property", START + timedelta(days=1, minutes=20)),
        ("review", "business", START + timedelta(days=1, minutes=40)),
        ("notice", "notice", datetime(2026, 6, 25, 10, tzinfo=SHANGHAI)),
        ("decide", "decide", _LATER),
        ("issue", "issue", _LATER + timedelta(hours=1)),
        ("deliver", "deliver", _LATER + timedelta(hours=2)),
    ),
    SHORT: (
        ("review", "agri", START + timedelta(days=1)),
        ("review", "land", START + timedelta(days=1, minutes=20)),
        ("review", "build", START + timedelta(days=1, minutes=40)),
        ("decide", "decide", START + timedelta(days=2)),
        ("issue", "issue", START + timedelta(days=2, hours=1)),
        ("deliver", "deliver", START + timedelta(days=2, hours=2)),
    ),
}
COUNTED = ("receive", "accept", "review", "decide", "close")
_GROWTH = """
SELECT relname, pg_total_relation_size(oid) FROM pg_class
 WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


class Lives:
    """Cases that go through every phase together."""

    def __init__(self, place: Place, count: int, name: str, item: str = ITEM) -> None:
        from weimin.ops.people import person_of
        from weimin.ops.stage import Stage

        self.place, self.count, self.name, self.item = place, count, name, item
        self.stage = Stage()
        self.phases: dict[str, Cpu] = {}
        rng = random.Random(name)
        self.people = [person_of(rng, household=VILLAGE) for _ in range(count)]
        self.numbers: list[str] = []

    def run(self) -> dict[str, Cpu]:
        """Every phase; milliseconds per case of each."""
        self.receive()
        self._all("accept", START + timedelta(hours=1), self._accept)
        for phase, key, now in _PHASES[self.item]:
            self._step(phase, key, now)
        self._all("close", _LATER + timedelta(hours=6), self._close)
        return self.phases

    def wait_at_three_desks(self) -> None:
        """As far as three departments' desks."""
        self.receive()
        self._all("accept", START + timedelta(hours=1), self._accept)
        self._step(*_PHASES[self.item][0])

    def receive(self, record: bool = True) -> Cpu:
        """Receive them all."""
        from weimin.cases.verbs import receive

        intakes = [_intake(person, self.item) for person in self.people]
        clerk = self.stage.of(f"{VILLAGE}.service", START.date(), "info")
        with Meter(self.place, self.count) as meter:
            self.numbers = [
                receive(intake, actor=clerk, now=START, key=f"{self.name}-{n}").number
                for n, intake in enumerate(intakes)
            ]
        if record:
            self.phases["receive"] = meter.cpu
        return meter.cpu

    def _accept(self, number: str, now: datetime) -> None:
        from weimin.cases.verbs import accept

        accept(number, actor=self._competent(now), now=now, key=f"a-{number}")

    def _close(self, number: str, now: datetime) -> None:
        from weimin.cases.verbs import close

        close(number, actor=self._competent(now), now=now, key=f"c-{number}")

    def _competent(self, now: datetime) -> Any:
        from weimin.cases.models import Case

        if not hasattr(self, "_office"):
            self._office = Case.objects.get(number=self.numbers[0]).office_id
        return self.stage.actor(self._office, now.date(), "reviewer")

    def _all(self, phase: str, now: datetime, act: Any) -> None:
        act_on = list(self.numbers)
        self._competent(now)
        with Meter(self.place, self.count) as meter:
            for number in act_on:
                act(number, now)
        self._add(phase, meter.cpu)

    def _step(self, phase: str, key: str, now: datetime) -> None:
        from weimin.cases.models import Step
        from weimin.cases.verbs import complete

        rows = list(Step.objects.filter(
            case__number__in=self.numbers, key=key, state="open"
        ).values_list("case__number", "pk", "office_id"))
        actors = {office: self.stage.actor(office, now.date(), "reviewer", "info")
                  for _, _, office in rows}
        answers = _answers(key, now, self.item == SHORT)
        with Meter(self.place, self.count) as meter:
            for number, step, office in rows:
                complete(number, actor=actors[office], now=now, step=step, outcome="approve",
                         answers=answers, key=f"{key}-{number}")
        self._add(phase, meter.cpu)

    def _add(self, phase: str, cpu: Cpu) -> None:
        self.phases[phase] = self.phases.get(phase, Cpu(0, 0)) + cpu


def _answers(key: str, now: datetime, visit: bool) -> dict[str, str]:
    if visit and key in ("agri", "land", "build"):
        return {"visited_on": now.date().isoformat(), "found": "到现场核对，情况属实",
                "companions": "同行同事"}
    if key == "notice":
        return {"posted_on": "2026-06-11", "ended_on": "2026-06-24", "where": "村务公开栏"}
    handed = {"way": "post", "tracking": "BENCH1", "received_on": now.date().isoformat()}
    return {"deliver": handed, "issue": {}}.get(key, {"opinion": "情况属实，同意"})


def _intake(person: Any, code: str = ITEM) -> Any:
    from weimin.cases.verbs.receive import Intake, Party
    from weimin.catalogue.routes import routes_now
    from weimin.catalogue.spec import item_version
    from weimin.kernel import vault
    from weimin.ops.answers import answers_for

    item = item_version(routes_now().current_items[code])
    answers = answers_for(item, person, START.date(), random.Random(person.pk), {})
    wanted = item.materials_for(item.facts_of(answers))
    return Intake(
        item=code, area=VILLAGE, channel="village", answers=answers,
        have={m.key: None for m in wanted if m.need != "optional"},
        parties=(Party(person_id=person.pk, name=person.name,
                       phone=vault.decrypt(person.phone_cipher)),),
    )


def sizes(place: Place) -> dict[str, int]:
    """Bytes of every table with its indexes, vacuumed as autovacuum would."""
    rows = as_superuser(place.server, "VACUUM", "VACUUM", _GROWTH)
    return {str(name): int(str(size)) for name, size in rows}


def measure(place: Place, report: Report, *, count: int) -> None:
    """``case_life_cpu_ms`` and ``bytes_per_case`` from the same lives."""
    for item in (SHORT, ITEM):
        Lives(place, 30, f"warm-{item}", item).run()
    phases, grown, replies = _lives(place, count, SHORT)
    longer, longer_grown, _ = _lives(place, count // 2, ITEM)
    counted, whole = _sum(phases, COUNTED), _sum(phases, phases)
    report.put(
        "case_life_cpu_ms", counted.whole,
        f"{count} cases of {SHORT}, in-process, with idempotency keys; counted: receive, accept, 3"
        " reviews, decide, close; issue and deliver were completed and are not in the value"
        f" (whole_life has them). {ITEM} adds a first check and a public notice",
        {**counted.sides(), "whole_life": round(whole.whole, 2),
         f"same_of_{ITEM}": round(_sum(longer, COUNTED).whole, 2),
         f"whole_life_of_{ITEM}": round(_sum(longer, longer).whole, 2),
         "phases": {name: {"whole": round(c.whole, 2), **c.sides()} for name, c in phases.items()}},
    )
    report.put(
        "bytes_per_case", sum(grown.values()) / count,
        f"{count} whole lives (9 verbs) of {SHORT} after as many before them: all tables and indexes,"
        " vacuumed and 90 days later, when answers to repeated requests are dropped; no attachments",
        {"answers_to_repeats_for_90_days": round(replies / count),
         f"of_{ITEM}_with_11_verbs": round(sum(longer_grown.values()) / (count // 2)),
         **{name: round(size / count) for name, size in
            sorted(grown.items(), key=lambda pair: -pair[1]) if size > count}},
    )


def _lives(place: Place, count: int, item: str) -> tuple[dict[str, Cpu], dict[str, int], int]:
    """The phases and the growth of that many lives, and what repeated requests took until dropped.

    As many went before: what a life leaves free is used by the next, as in operation. What is
    about the people is not the case's.
    """
    Lives(place, count, f"before-{item}", item).run()
    lives = Lives(place, count, f"life-{item}", item)
    _forget_replies()
    before = sizes(place)
    phases = lives.run()
    replies = sizes(place)["cases_reply"] - before["cases_reply"]
    _forget_replies()
    after = sizes(place)
    return phases, {name: size - before.get(name, 0) for name, size in after.items()}, replies


def _forget_replies() -> None:
    """Ninety days go by: the worker drops the answers to repeated requests."""
    from weimin.kernel import clock
    from weimin.ops.tasks import REPLY_DAYS, forget_old

    with clock.rehearsed(clock.now() + timedelta(days=REPLY_DAYS + 1)):
        forget_old()


def _sum(phases: dict[str, Cpu], names: Iterable[str]) -> Cpu:
    return sum((phases[name] for name in names), Cpu(0, 0))
