"""The whole life of a case by verbs in this process, one phase after another for all cases.

Phases instead of lives, because the database's CPU is counted in hundredths of a second.
"""

import random
from datetime import datetime, timedelta
from typing import Any

from bench.place import Cpu, Meter, Place, as_superuser
from bench.report import Report
from weimin.kernel.clock import SHANGHAI

ITEM, VILLAGE = "HY-BLD-01", "430421103200"  # 公租房: three departments review at once
START = datetime(2026, 6, 10, 10, tzinfo=SHANGHAI)  # a Wednesday
COUNTED = ("receive", "accept", "review", "decide", "close")
_GROWTH = """
SELECT relname, pg_total_relation_size(oid) FROM pg_class
 WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


class Lives:
    """Cases that go through every phase together."""

    def __init__(self, place: Place, count: int, name: str) -> None:
        from weimin.ops.people import person_of
        from weimin.ops.stage import Stage

        self.place, self.count, self.name = place, count, name
        self.stage = Stage()
        self.phases: dict[str, Cpu] = {}
        rng = random.Random(name)
        self.people = [person_of(rng, household=VILLAGE) for _ in range(count)]
        self.numbers: list[str] = []

    def run(self) -> dict[str, Cpu]:
        """Every phase; milliseconds per case of each."""
        self.receive()
        self._all("accept", START + timedelta(hours=1), self._accept)
        self._step("check", "check", START + timedelta(hours=2))
        for n, key in enumerate(("income", "property", "business")):
            self._step("review", key, START + timedelta(days=1, minutes=20 * n))
        self._step("notice", "notice", datetime(2026, 6, 25, 10, tzinfo=SHANGHAI))
        self._step("decide", "decide", datetime(2026, 6, 26, 10, tzinfo=SHANGHAI))
        self._step("issue", "issue", datetime(2026, 6, 26, 11, tzinfo=SHANGHAI))
        self._step("deliver", "deliver", datetime(2026, 6, 26, 15, tzinfo=SHANGHAI))
        self._all("close", datetime(2026, 6, 26, 16, tzinfo=SHANGHAI), self._close)
        return self.phases

    def receive(self, record: bool = True) -> Cpu:
        """Receive them all."""
        from weimin.cases.verbs import receive

        intakes = [_intake(person) for person in self.people]
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

        town = self._actor("430421103.building", now)
        accept(number, actor=self._competent(now) or town, now=now, key=f"a-{number}")

    def _close(self, number: str, now: datetime) -> None:
        from weimin.cases.verbs import close

        close(number, actor=self._competent(now), now=now, key=f"c-{number}")

    def _competent(self, now: datetime) -> Any:
        from weimin.cases.models import Case

        if not hasattr(self, "_office"):
            self._office = Case.objects.get(number=self.numbers[0]).office_id
        return self.stage.actor(self._office, now.date(), "reviewer")

    def _actor(self, office: str, now: datetime) -> Any:
        return self.stage.of(office, now.date(), "reviewer")

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
        answers = _answers(key, now)
        with Meter(self.place, self.count) as meter:
            for number, step, office in rows:
                complete(number, actor=actors[office], now=now, step=step, outcome="approve",
                         answers=answers, key=f"{key}-{number}")
        self._add(phase, meter.cpu)

    def _add(self, phase: str, cpu: Cpu) -> None:
        self.phases[phase] = self.phases.get(phase, Cpu(0, 0)) + cpu


def _answers(key: str, now: datetime) -> dict[str, str]:
    if key == "notice":
        return {"posted_on": "2026-06-11", "ended_on": "2026-06-24", "where": "村务公开栏"}
    return {"deliver": {"way": "direct"}, "issue": {}}.get(key, {"opinion": "情况属实，同意"})


def _intake(person: Any) -> Any:
    from weimin.catalogue.routes import routes_now
    from weimin.catalogue.spec import item_version
    from weimin.cases.verbs.receive import Intake, Party
    from weimin.kernel import vault
    from weimin.ops.answers import answers_for

    item = item_version(routes_now().current_items[ITEM])
    answers = answers_for(item, person, START.date(), random.Random(person.pk), {})
    wanted = item.materials_for(item.facts_of(answers))
    return Intake(
        item=ITEM, area=VILLAGE, channel="village", answers=answers,
        have={m.key: None for m in wanted if m.need != "optional"},
        parties=(Party(person_id=person.pk, name=person.name,
                       phone=vault.decrypt(person.phone_cipher)),),
    )


def sizes(place: Place) -> dict[str, int]:
    """Bytes of every table with its indexes, vacuumed as autovacuum would."""
    rows = as_superuser(place.server, "VACUUM", _GROWTH)
    return {str(name): int(str(size)) for name, size in rows}


def measure(place: Place, report: Report, *, count: int) -> None:
    """``case_life_cpu_ms`` and ``bytes_per_case`` from the same lives."""
    Lives(place, 40, "warm").run()
    lives = Lives(place, count, "life")
    before = sizes(place)
    phases = lives.run()
    after = sizes(place)
    counted = sum((phases[name] for name in COUNTED), Cpu(0, 0))
    whole = sum(phases.values(), Cpu(0, 0))
    report.put(
        "case_life_cpu_ms", counted.whole,
        f"{count} cases of {ITEM}, in-process, with idempotency keys; counted: receive, accept, 3"
        " reviews, decide, close; the first check, the public notice, issue and deliver were"
        " completed and are not in the value (whole_life has them)",
        {**counted.sides(), "whole_life": round(whole.whole, 2),
         "phases": {name: {"whole": round(c.whole, 2), **c.sides()} for name, c in phases.items()}},
    )
    grown = {name: after[name] - before.get(name, 0) for name in after}
    report.put(
        "bytes_per_case", sum(grown.values()) / count,
        f"{count} whole lives (11 verbs) of {ITEM}, all tables and indexes after VACUUM, with"
        " idempotency keys, no attachments",
        {name: round(size / count) for name, size in
         sorted(grown.items(), key=lambda pair: -pair[1]) if size > count},
    )

