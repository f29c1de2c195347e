"""Over the turn of a year and the end of February: every verb, every due day, every page.

The due days are those of the slow second opinion, which reads the decrees out of the pack's own table.
"""

import csv
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.cases.scenes import ROAD, application, case_of, clock_of, someone_of
from tests.cases.test_flows import said as asked
from tests.cast import LEFT, Cast, look
from tests.conftest import ROOT
from tests.unit.oracle import Span, World, first_day, last_moment
from tests.web.doors import logged_in
from weimin.cases.circumstances import doers
from weimin.cases.models import Step
from weimin.cases.verbs import accept, close, complete, receive, resume, suspend
from weimin.flow.kinds import kind_of
from weimin.kernel import clock
from weimin.kernel.clock import say_date
from weimin.network.actor import SYSTEM, Actor

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
DECREED = [date(2025, 12, 29) + n * DAY for n in range(8)]  # both years are decreed
FORESEEN = [*(date(2026, 12, 29) + n * DAY for n in range(8)), date(2028, 2, 28), date(2028, 2, 29)]
LAST_SURE = date(2026, 12, 24)  # the next decree may reach into the days after it


def wall_calendar() -> World:
    """The decrees as the pack writes them, read by hand."""
    with (ROOT / "packs/china/calendar.csv").open(encoding="utf-8") as file:
        days = [(date.fromisoformat(row["date"]), row["kind"]) for row in csv.DictReader(file)]
    return World(off=frozenset(day for day, kind in days if kind == "holiday"),
                 made_up=frozenset(day for day, kind in days if kind == "makeup_workday"),
                 closing={(1, 1): time(17)})


WORLD = wall_calendar()


def term(began: datetime, count: int, pauses: Sequence[Span] = ()) -> datetime | None:
    """When so many working days that begin now are over."""
    return last_moment(first_day(began, count, WORLD), count, "wd", WORLD, pauses)


def assert_pages(number: str, officer: Actor, cast: Cast, at: datetime) -> None:
    """Both pages open, and a day of the running term that may still be moved says so."""
    case = case_of(number)
    with clock.rehearsed(at):
        pages = []
        for actor, path in ((officer, f"/desk/cases/{number}"), (cast.resident, f"/mine/{number}")):
            client: Client = logged_in(actor)
            client.raise_request_exception = True
            answer = client.get(path)
            assert answer.status_code == 200
            pages.append(answer.content.decode())
    if case.due_at is None:
        return
    day = clock.local(case.due_at).date()
    headline = re.search(r'<h1 class="headline"[^>]*>(.*?)</h1>', pages[0], re.DOTALL)
    for said in (headline[0] if headline else "", *pages):
        assert say_date(day) in said
        assert (f"预计 {say_date(day)}" in said) == (day > LAST_SURE)


@pytest.mark.parametrize("first", [*DECREED, *FORESEEN], ids=str)
def test_a_permit_goes_from_the_counter_to_its_holder(first: date, cast: Cast, settings: Any) -> None:
    settings.SESSION_COOKIE_AGE = 4 * 365 * 24 * 3600  # a log-in of today lasts until then
    now = datetime.combine(first, time(10), clock.SHANGHAI)
    number = receive(application(cast.zhao, ROAD), actor=cast.clerk, now=now).number
    assert clock_of(number, "notice").due_at == case_of(number).due_at == term(now, 5)
    officer = someone_of(case_of(number).office_id)
    assert_pages(number, officer, cast, now)

    began = now = now + DAY
    accept(number, actor=officer, now=now)

    def assert_terms(*pauses: Span) -> None:
        assert clock_of(number, "decision").due_at == term(began, 20, pauses)
        assert clock_of(number, "promise").due_at == case_of(number).due_at == term(began, 12, pauses)
        step = Step.objects.get(case__number=number, state="open", key="check")
        assert step.due_at == term(began, 2, pauses)
        assert_pages(number, officer, cast, now)

    assert_terms()
    now = paused = now + DAY
    suspend(number, actor=officer, now=now, reason="expert_review", expected="三日")
    assert_terms((paused.date(), None))
    now += 3 * DAY
    resume(number, actor=officer, now=now)
    assert_terms((paused.date(), now.date()))

    now += DAY
    decided = work_off(number, cast, now)
    assert clock_of(number, "delivery").due_at == case_of(number).due_at == term(decided, 10)
    assert_pages(number, officer, cast, decided)
    now += 2 * DAY
    deliver = Step.objects.get(case__number=number, state="open")
    complete(number, actor=someone_of(deliver.office_id), now=now, step=deliver.pk, outcome="approve",
             answers=LEFT)
    close(number, actor=officer, now=now)
    assert (case_of(number).state, case_of(number).late) == ("closed", False)
    assert_pages(number, officer, cast, now)


def work_off(number: str, cast: Cast, now: datetime) -> datetime:
    """Do what is open until only the delivery is left; when it was decided."""
    decided = now
    while True:
        step = Step.objects.filter(case__number=number, state="open").order_by("id")[0]
        kind = look(number, SYSTEM, now).item.flow.steps[step.key].kind
        if kind_of(kind).delivers:
            return decided
        others = doers(look(number, SYSTEM, now), step.key)
        actor = cast.resident if step.office_id is None else someone_of(step.office_id, but=others)
        complete(number, actor=actor, now=now, step=step.pk, outcome="approve",
                 answers=asked(kind, "approve", step, now))
        if kind_of(kind).decides:
            decided = now
