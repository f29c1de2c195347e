"""Due days for any history: they agree with a slow second opinion, and obey simple laws."""

import random
import re
from datetime import date, datetime, time, timedelta
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit import oracle
from tests.unit.oracle import World, counts_from, last_moment
from tests.unit.oracle import first_day as first_day_by_oracle
from weimin.flow.due import Due, Pause, due, first_day, never_later
from weimin.flow.profiles import PERMIT, PROFILES
from weimin.flow.terms import Term
from weimin.kernel.clock import SHANGHAI
from weimin.worktime.calendar import Calendar, Season, calendar_of

HISTORIES = 100_000
FIRST, LAST = date(2018, 1, 1), date(2027, 12, 31)
_LONGEST = {"wd": 60, "d": 90, "m": 6, "y": 1}
_UNITS = ("wd",) * 9 + ("d",) * 7 + ("m",) * 3 + ("y",)  # as often as the law uses them


def _decrees(rng: random.Random, year: int) -> list[tuple[date, str]]:
    """Holidays of one to nine days, each paid for with weekend days worked nearby."""
    days: dict[date, str] = {}
    for _ in range(rng.randint(3, 8)):
        first = date(year, 1, 1) + timedelta(days=rng.randrange(356))
        length = rng.choice((1, 2, 3, 3, 5, 7, 8, 9))
        for n in range(length):
            days[first + timedelta(days=n)] = "holiday"
        for _ in range(rng.randrange(3)):
            near = first + timedelta(days=rng.randint(-10, length + 10))
            if near.weekday() > 4:
                days.setdefault(near, "makeup_workday")
    return sorted(days.items())


def _seasons(rng: random.Random) -> list[Season]:
    """One to three seasons of office hours; the first need not begin in January."""
    begins = sorted(rng.sample([(m, d) for m in range(1, 13) for d in (1, 16)], rng.randint(1, 3)))
    return [
        Season(month=m, day=d, opens=time(8, 30), closes=time(rng.choice((16, 17, 18)), 30))
        for m, d in begins
    ]


def _synthetic(seed: int) -> tuple[Calendar, World]:
    """The same random decrees twice: as the platform keeps them and as the oracle does."""
    rng = random.Random(seed)
    days = [each for year in range(2018, 2029) for each in _decrees(rng, year)]
    seasons = _seasons(rng)
    world = World(
        off=frozenset(day for day, kind in dict(days).items() if kind == "holiday"),
        made_up=frozenset(day for day, kind in dict(days).items() if kind != "holiday"),
        closing={(s.month, s.day): s.closes for s in seasons},
    )
    return calendar_of(version=seed, days=dict(days).items(), seasons=seasons), world


# Few enough for the cache of working days behind due(), many enough to differ.
WORLDS = [_synthetic(seed) for seed in range(24)]


def _pauses(rng: random.Random, start: date, reach: int) -> list[Pause]:
    """Up to four pauses: before the start, overlapping, long after the end, now and then open."""
    found = []
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 4))):
        began = start + timedelta(days=rng.randint(-10, reach))
        length = rng.choice((0, 1, 2, 3, 5, 8, 13, 30))
        still = rng.random() < 0.08
        found.append(Pause(began, None if still else began + timedelta(days=length)))
    return found


def _history(rng: random.Random) -> tuple[date, Term, Term | None, list[Pause]]:
    start = FIRST + timedelta(days=rng.randrange((LAST - FIRST).days + 1))
    unit = rng.choice(_UNITS)
    longest = rng.randint(0, _LONGEST[unit])
    term = Term(rng.randint(0, longest), unit)  # short ones more often
    extension = Term(rng.randint(0, 1 + longest // 3), unit) if rng.random() < 0.3 else None
    return start, term, extension, _pauses(rng, start, 10 + int(1.3 * term.roughly_days()))


def test_the_oracle_shares_no_code_with_what_it_judges():
    assert not re.search(r"^\s*(from|import)\s+(weimin|tests)", Path(oracle.__file__).read_text(), re.MULTILINE)


@pytest.mark.slow
def test_a_hundred_thousand_random_histories_agree_with_the_oracle():
    rng = random.Random(203)  # of the article on last days; any seed will do
    standing = 0
    for _ in range(HISTORIES):
        calendar, world = rng.choice(WORLDS)
        start, term, extension, pauses = _history(rng)
        found = due(
            start=start, term=term, calendar=calendar, pauses=pauses, extension=extension
        )
        expected = last_moment(
            start, term.count, term.unit, world, [(p.began, p.ended) for p in pauses],
            extension.count if extension else 0,
        )
        assert found.at == expected, (calendar.version, start, str(term), extension, pauses)
        assert found.day == (expected and expected.date())
        standing += expected is None
    assert HISTORIES * 0.02 < standing < HISTORIES * 0.3  # both sorts were really drawn


# -- laws that need no oracle -----------------------------------------------------------------

days = st.dates(FIRST, LAST)
calendars = st.sampled_from([calendar for calendar, _ in WORLDS])
units = st.sampled_from(("wd", "d", "m", "y"))


@st.composite
def terms(draw: st.DrawFn, unit: str | None = None) -> Term:
    """A term of that unit, or of any."""
    chosen = unit or draw(units)
    return Term(draw(st.integers(0, _LONGEST[chosen])), chosen)


@st.composite
def histories(draw: st.DrawFn, *, may_stand: bool = True) -> tuple[date, Term, list[Pause]]:
    """A start, a term and up to four pauses near them."""
    start, term = draw(days), draw(terms())
    reach = 10 + int(1.3 * term.roughly_days())
    lengths = st.integers(0, 30)
    found = []
    for after, length in draw(
        st.lists(
            st.tuples(st.integers(-10, reach), st.none() | lengths if may_stand else lengths),
            max_size=4,
        )
    ):
        began = start + timedelta(days=after)
        found.append(Pause(began, None if length is None else began + timedelta(days=length)))
    return start, term, found


def _on(calendar: Calendar, start: date, term: Term, pauses: list[Pause], **more: Term) -> Due:
    return due(start=start, term=term, calendar=calendar, pauses=pauses, **more)


a_property = settings(max_examples=300, deadline=None)


@a_property
@given(calendars, histories())
def test_hypothesis_finds_no_history_on_which_the_oracle_disagrees(calendar, history):
    start, term, pauses = history
    world = next(w for c, w in WORLDS if c is calendar)
    expected = last_moment(
        start, term.count, term.unit, world, [(p.began, p.ended) for p in pauses]
    )
    assert _on(calendar, start, term, pauses).at == expected


hours = st.integers(0, 23)
gaps = st.integers(0, 16)


@st.composite
def beginnings(
    draw: st.DrawFn, *, whole: bool = False
) -> tuple[date, datetime | None, date | None, datetime]:
    """Received, told what is missing (or not), all of it there (or not), accepted: in this order.

    With ``whole`` it always was told, and always came in.
    """
    received = draw(days)
    told = complete = None
    day = received
    if whole or draw(st.booleans()):
        day += timedelta(days=draw(gaps))
        told = datetime.combine(day, time(draw(hours)), SHANGHAI)
        if whole or draw(st.booleans()):
            complete = day = day + timedelta(days=draw(gaps))
    day += timedelta(days=draw(gaps))
    accepted = datetime.combine(day, time(23 if told and told.date() == day else draw(hours)), SHANGHAI)
    return received, told, complete, accepted


def _begins(
    calendar: Calendar, received: date, told: datetime | None, complete: date | None,
    accepted: datetime, profile: str = "permit",
) -> date:
    over = due(start=received, term=PERMIT.notice, calendar=calendar).at
    return PROFILES[profile].counts_from(
        accepted=accepted.date(), received=received, silent=(told or accepted) > over,
        supplemented=complete,
    )


@a_property
@given(calendars, beginnings())
def test_the_oracle_agrees_from_which_day_a_permits_days_count(calendar, beginning):
    received, told, complete, accepted = beginning
    world = next(w for c, w in WORLDS if c is calendar)
    expected = counts_from(received, told, complete, accepted, world)
    found = _begins(calendar, *beginning)
    assert found == expected
    assert _on(calendar, found, PERMIT.decision, []).at == last_moment(expected, 20, "wd", world)


@a_property
@given(calendars, beginnings(whole=True), gaps)
def test_who_accepts_a_complete_supplement_later_gains_no_day(calendar, beginning, more):
    received, told, complete, accepted = beginning
    later = accepted + timedelta(days=more)
    assert _begins(calendar, received, told, complete, later) == _begins(calendar, *beginning)


@a_property
@given(calendars, beginnings(), st.sampled_from(sorted(set(PROFILES) - {"permit"})))
def test_the_days_of_all_else_count_from_acceptance(calendar, beginning, profile):
    assert _begins(calendar, *beginning, profile=profile) == beginning[3].date()


@a_property
@given(calendars, days, st.times(), st.integers(0, 3), units)
def test_hypothesis_finds_no_hour_at_which_the_oracle_begins_elsewhere(
    calendar, day, hour, count, unit
):
    world = next(w for c, w in WORLDS if c is calendar)
    moment = datetime.combine(day, hour, tzinfo=SHANGHAI)
    assert first_day(moment, Term(count, unit), calendar) == first_day_by_oracle(
        moment, count, world)


@a_property
@given(calendars, histories(), st.integers(0, 20))
def test_a_pause_and_an_extension_commute(calendar, history, more):
    """Extended before the pause, after it, or written as one longer term: the same day."""
    start, term, pauses = history
    longer = Term(term.count + more, term.unit)
    extended = _on(calendar, start, term, pauses, extension=Term(more, term.unit))
    assert extended == _on(calendar, start, longer, pauses)


@a_property
@given(calendars, days, st.integers(1, 40), st.integers(0, 20), st.integers(0, 30),
       st.integers(0, 30))
def test_a_pause_moves_the_end_by_the_working_days_it_covers(
    calendar, start, count, more, after, length
):
    """First the pause and then the extension, or the other way round, step by step."""
    pause = Pause(start + timedelta(days=after), start + timedelta(days=after + length))
    assume(pause.ended <= calendar.add_workdays(start, count))
    stood = sum(
        calendar.is_workday(pause.began + timedelta(days=n)) for n in range(1, length + 1)
    )
    paused_first = calendar.add_workdays(calendar.add_workdays(start, count + stood), more)
    extended_first = calendar.add_workdays(calendar.add_workdays(start, count + more), stood)
    found = _on(calendar, start, Term(count, "wd"), [pause], extension=Term(more, "wd"))
    assert found.day == paused_first == extended_first


@a_property
@given(calendars, histories(may_stand=False), days, st.integers(0, 30))
def test_another_pause_never_makes_the_due_day_earlier(calendar, history, began, length):
    start, term, pauses = history
    began = start + (began - FIRST) % timedelta(days=120)
    more = [*pauses, Pause(began, began + timedelta(days=length))]
    assert _on(calendar, start, term, more).day >= _on(calendar, start, term, pauses).day


@a_property
@given(calendars, histories())
def test_overlapping_pauses_count_once(calendar, history):
    """The same pauses cut in two, told twice, or with a part told again: the same day."""
    start, term, pauses = history
    told_again = [
        Pause(p.began, p.ended and p.began + (p.ended - p.began) // 2) for p in pauses
    ]
    found = _on(calendar, start, term, pauses)
    assert _on(calendar, start, term, pauses + told_again) == found
    assert _on(calendar, start, term, pauses + pauses) == found


@a_property
@given(calendars, histories(may_stand=False), st.integers(0, 60), st.none() | st.integers(0, 60))
def test_a_pause_after_the_due_day_changes_nothing(calendar, history, after, length):
    start, term, pauses = history
    found = _on(calendar, start, term, pauses)
    began = found.day + timedelta(days=after)
    late = Pause(began, None if length is None else began + timedelta(days=length))
    assert _on(calendar, start, term, [*pauses, late]) == found


@a_property
@given(calendars, histories())
def test_the_order_in_which_pauses_were_entered_is_irrelevant(calendar, history):
    start, term, pauses = history
    found = {_on(calendar, start, term, list(order)) for order in permutations(pauses)}
    assert len(found) == 1


@a_property
@given(calendars, histories(), units, st.integers(0, 5))
def test_an_extension_of_another_unit_is_refused(calendar, history, unit, count):
    start, term, pauses = history
    assume(unit != term.unit)
    with pytest.raises(ValueError, match="单位"):
        _on(calendar, start, term, pauses, extension=Term(count, unit))


@a_property
@given(calendars, histories(), st.integers(0, 20))
def test_a_longer_term_never_ends_earlier(calendar, history, more):
    start, term, pauses = history
    longer = _on(calendar, start, Term(term.count + more, term.unit), pauses).day
    assert longer is None or longer >= _on(calendar, start, term, pauses).day


@a_property
@given(calendars, histories())
def test_a_term_of_days_ends_on_a_day_on_which_offices_work(calendar, history):
    """Except the term of nothing in working days: the same day, whatever day it is."""
    start, term, pauses = history
    found = _on(calendar, start, term, pauses)
    assume(found.day is not None and (term.count or term.unit != "wd"))
    assert calendar.is_workday(found.day)


@a_property
@given(days, days)
def test_a_printed_promise_never_moves_later(printed, recomputed):
    kept = never_later(printed, recomputed)
    assert kept <= printed
    assert kept == recomputed or recomputed > printed
