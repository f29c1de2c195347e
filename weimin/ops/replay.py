"""A year played again: the cases of 2020 over all villages, through the verbs.

92,445 is the source's cumulated count to 2020-12-15; which items they were it does not say:
the mix is our illustration. The days are the working days of the decreed calendar.
"""

import itertools
import random
import sys
import time as clockwork
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.db import connection

import weimin.cases.kinds  # noqa: F401  (the verbs ask for them)
from weimin.cases.file import CaseFile
from weimin.cases.rows import StepRow
from weimin.cases.verbs import accept, close, receive
from weimin.cases.verbs.receive import Intake, Party
from weimin.catalogue.routes import routes_now
from weimin.catalogue.spec import ItemSpec, item_version
from weimin.kernel import vault
from weimin.kernel.clock import SHANGHAI, local
from weimin.kernel.codes import with_identity_check
from weimin.network.models import Area
from weimin.ops.answers import answers_for
from weimin.ops.people import name_of
from weimin.ops.stage import Moment, Stage
from weimin.registry.models import Person
from weimin.worktime.current import calendar_now

Say = Callable[[str], None]

FIRST, LAST = date(2020, 1, 2), date(2020, 12, 15)
UNTIL = datetime(2021, 12, 31, 17, tzinfo=SHANGHAI)  # every case comes to its end
_NOWHERE = "990001"  # a division that does not exist, and not the demo's
_MIX = {
    "HY-SOC-04": 16, "HY-MED-01": 14, "HY-SOC-01": 10, "HY-ELD-02": 9, "HY-ELD-01": 9,
    "HY-MED-02": 6, "HY-SUB-01": 6, "HY-MED-04": 5, "HY-AID-04": 4, "HY-EMP-01": 4,
    "HY-SOC-03": 4, "HY-AID-05": 3, "HY-MED-05": 3, "HY-MED-06": 2, "HY-AID-01": 2,
    "HY-LND-01": 1, "HY-SUB-02": 1, "HY-EMP-02": 1,
}


def replay(count: int, say: Say) -> float:
    """Play ``count`` cases; those played before are counted and left alone. Cases per second."""
    done = _played()
    if done:
        say(f"接着上次：已有 {done} 件")
    year = _Year(count)
    began, first = clockwork.monotonic(), max(0, done - 1)  # the last one may be half played
    for n in range(first, count):
        year.play(n)
        _progress(n + 1, count, n + 1 - first, clockwork.monotonic() - began)
    took = clockwork.monotonic() - began
    rate = (count - first) / took if count > first else 0.0
    say(f"{count} 件，{took:.0f} 秒，每秒 {rate:.1f} 件")
    return rate


def _played() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_case WHERE received_at < '2021-01-01'")
        return int(cursor.fetchone()[0])


class _Year:
    """Which case comes when, where and for what: the n-th is always the same one."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.stage = Stage()
        self.villages = [
            code for code in Area.objects.filter(level="village", valid_to=None)
            .order_by("code").values_list("code", flat=True)
            if f"{code}.service" in self.stage.offices
        ]
        random.Random(2785).shuffle(self.villages)
        calendar = calendar_now()
        self.days = [day for n in range((LAST - FIRST).days + 1)
                     if calendar.is_workday(day := FIRST + timedelta(days=n))]
        current = routes_now().current_items
        self.items = [item_version(current[code]) for code in _MIX]

    def play(self, n: int) -> str:
        """The n-th case, from the village's counter to its end."""
        rng = random.Random(n)
        village = self.villages[n % len(self.villages)]
        day = self.days[n * len(self.days) // self.count]
        moment = Moment(datetime.combine(day, time(9), SHANGHAI), UNTIL, rng)
        moment.on(day)
        item = rng.choices(self.items, tuple(_MIX.values()))[0]
        clerk = self.stage.of(f"{village}.service", day, "info")
        number = receive(
            _intake(item, _person(n, village, rng), village, day, rng),
            actor=clerk, now=moment.at, key=f"replay-{n}",
        ).number
        self._carry_on(number, moment)
        return number

    def _carry_on(self, number: str, moment: Moment) -> None:
        file = self.stage.look(number, moment.at)
        competent = self.stage.actor(file.row["office_id"], local(moment.at).date(),
                                     "reviewer", "info")
        if file.row["state"] == "received":
            accept(number, actor=competent, now=moment.after(moment.rng.randint(0, 1)))
        while step := self._next(file := self.stage.look(number, moment.at)):
            self._let_time_pass(file, step, moment)
            self.stage.work(file, step, moment)
        if file.row["state"] == "decided":
            close(number, actor=competent, now=moment.after())

    def _next(self, file: CaseFile) -> StepRow | None:
        return next((step for step in file.steps if step.state == "open"), None)

    def _let_time_pass(self, file: CaseFile, step: StepRow, moment: Moment) -> None:
        spec = file.item.flow.steps[step.key]
        if spec.kind == "public-notice":
            self.stage.notice_over(file, step, moment)
        else:
            moment.after(moment.rng.randint(0, 2) if spec.limit and spec.limit.count else 0)


def _intake(item: ItemSpec, person: Person, village: str, day: date, rng: random.Random) -> Intake:
    facts = answers_for(item, person, day, rng, {})
    wanted = item.materials_for(item.facts_of(facts) | item.applicant(organisation=False))
    return Intake(
        item=item.code, area=village, channel="village", answers=facts,
        parties=(Party(person_id=person.pk, name=person.name,
                       phone=vault.decrypt(person.phone_cipher)),),
        have={m.key: None for m in wanted if m.need != "optional"},
    )


def _person(n: int, village: str, rng: random.Random) -> Person:
    """The n-th invented resident: his identity number is given once, so that he is found again."""
    born = date(1940, 1, 1) + timedelta(days=n % 25_000)
    number = with_identity_check(f"{_NOWHERE}{born:%Y%m%d}{n // 25_000:03d}")
    person = Person(name=name_of(rng), birth=born, sex=rng.choice("男女"), ethnic="汉族",
                    household_id=village, residence_id=village)
    person.set_identity(number)
    person.set_phone(f"190{n:08d}")
    known = Person.objects.filter(identity_hash=person.identity_hash).first()
    if known is not None:
        return known
    person.save()
    return person


_spinner = itertools.count()


def _progress(at: int, count: int, played: int, seconds: float) -> None:
    """A line that draws itself again; nothing where nobody looks."""
    if not sys.stderr.isatty() or (next(_spinner) % 10 and at < count):
        return
    rate = played / seconds if seconds else 0.0
    left = (count - at) / rate if rate else 0.0
    full = 30 * at // max(count, 1)
    print(f"\r  {'█' * full}{'·' * (30 - full)} {at:,}/{count:,}  每秒 {rate:.1f} 件"
          f"  还需 {left / 60:.0f} 分 ", end="\n" if at == count else "", file=sys.stderr, flush=True)
