"""Limits: by when something must be done, computed from what happened, never decremented.

A term starts on a day that does not count, leaves out the days on which its clock stood
still, and ends with the office hours of its last day. Nothing here is stored as a remainder:
start, term, extension and pauses give the due day, again and again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Literal

from weimin.flow.terms import Term, last_day
from weimin.kernel.clock import local
from weimin.worktime.calendar import Calendar

Light = Literal["green", "yellow", "red"]
YELLOW_SHARE = 2 / 3  # of the term used up


@dataclass(frozen=True, slots=True)
class Pause:
    """A span in which the clock stood still: the days after ``began`` up to ``ended``.

    ``ended`` is None while it still stands. The day on which it began had already started and
    counts, the day on which it ended does not.
    """

    began: date
    ended: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """When a term is over. ``day`` is None while the clock stands still."""

    day: date | None
    at: datetime | None
    warn: date | None = None  # from this day on it is yellow
    foreseen: bool = False  # beyond the last decreed year: say 预计


def due(
    *,
    start: date,
    term: Term,
    calendar: Calendar,
    pauses: Iterable[Pause] = (),
    extension: Term | None = None,
) -> Due:
    """The end of ``term`` (and its ``extension``) from ``start``, without the paused days.

    ``start`` is a day; of a matter of the same day it is the one that :func:`first_day` gives.

    Raises ValueError when the extension is of another unit than the term.
    """
    whole = term + extension if extension else term
    spans = merged(pauses)
    day = _last_counted(start, whole, calendar, spans)
    if day is None:
        return Due(day=None, at=None)
    if whole.unit != "wd":
        day = calendar.workday_on_or_after(day)  # 民法典 203
    return Due(day=day, at=calendar.end_of(day), warn=warn_day(start, day, calendar, spans),
               foreseen=calendar.is_foreseen(day))


def first_day(moment: datetime, term: Term, calendar: Calendar) -> date:
    """The day from which a term counts that something at ``moment`` began.

    The day itself, at whatever hour: it does not count (民法典 201), so nobody gains or loses by
    an evening. Only a matter of the same day has no other day than this, and that day ends when
    business ends (民法典 203(2)); what comes in later, or on a day off, is of the next working day.
    """
    day = calendar_day(moment)
    if term.count:
        return day
    if calendar.is_workday(day) and moment > calendar.end_of(day):
        day += timedelta(days=1)
    return calendar.workday_on_or_after(day)


def _last_counted(
    start: date, term: Term, calendar: Calendar, spans: Sequence[Pause]
) -> date | None:
    """Push the plain end out by the excluded days before it, until no more fall in."""
    plain = last_day(start, term, calendar)
    day = plain
    while True:
        excluded = _excluded(start, day, spans, calendar, term)
        if excluded is None:
            return None
        pushed = (
            calendar.add_workdays(start, term.count + excluded)
            if term.unit == "wd"
            else plain + timedelta(days=excluded)
        )
        if pushed == day:
            return day
        day = pushed


def _excluded(
    start: date, day: date, spans: Sequence[Pause], calendar: Calendar, term: Term
) -> int | None:
    """Excluded days in (start, day]; None if a pause that still stands reaches into them."""
    count = 0
    for span in spans:
        after = max(span.began, start)
        if after >= day:
            break
        if span.ended is None:
            return None
        upto = min(span.ended, day)
        if term.unit == "wd":
            count += calendar.workdays_between(after, upto)
        else:
            count += max(0, (upto - after).days)
    return count


def merged(pauses: Iterable[Pause]) -> tuple[Pause, ...]:
    """The pauses in order, overlapping ones joined, so that no day is left out twice."""
    found: list[Pause] = []
    for pause in sorted(pauses, key=lambda p: p.began):
        if not found or (found[-1].ended is not None and found[-1].ended < pause.began):
            found.append(pause)
            continue
        last = found[-1]
        if last.ended is not None and (pause.ended is None or pause.ended > last.ended):
            found[-1] = Pause(last.began, pause.ended)
    return tuple(found)


def days_left(now: datetime, limit: Due, calendar: Calendar) -> int | None:
    """Working days that are left after today; negative when late; None while it stands still."""
    if limit.day is None or limit.at is None:
        return None
    today = calendar_day(now)
    if limit.at >= now:
        return calendar.workdays_between(today, limit.day)
    return -max(1, calendar.workdays_between(limit.day, today))


def warn_day(
    start: date, day: date, calendar: Calendar, pauses: Sequence[Pause] = (),
    share: float = YELLOW_SHARE,
) -> date | None:
    """The day on which ``share`` of the term's working days is used up; it turns yellow then.

    Days that did not count are part of neither the term nor its used share. None for a term
    without a whole working day: a matter of the same day has no warning.
    """
    whole = _counted(start, day, pauses, calendar)
    wanted = ceil(whole * share - 1e-9)
    found = start
    while (used := _counted(start, found, pauses, calendar)) < wanted:
        found = calendar.add_workdays(found, wanted - used)
    return found if whole else None


def light(now: datetime, *, due_at: datetime | None, warn_on: date | None) -> Light:
    """Green, yellow from the day of the warning on, red when it is over.

    A clock that stands still is green: it was not late when it stopped, or it would have a
    due moment.
    """
    if due_at is None:
        return "green"
    if now > due_at:
        return "red"
    return "yellow" if warn_on is not None and calendar_day(now) >= warn_on else "green"


def _counted(start: date, upto: date, spans: Sequence[Pause], calendar: Calendar) -> int:
    """Working days in (start, upto] on which the clock ran."""
    stood = sum(
        calendar.workdays_between(max(s.began, start), min(s.ended or upto, upto)) for s in spans
    )
    return calendar.workdays_between(start, upto) - stood


def calendar_day(moment: datetime) -> date:
    """The day of a moment in Shanghai."""
    return local(moment).date()


def never_later(printed: date, recomputed: date) -> date:
    """A promise that was printed never moves later because of a decree, only earlier."""
    return min(printed, recomputed)

