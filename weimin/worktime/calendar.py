"""Working days of the decreed calendar, as pure arithmetic.

A calendar is the State Council's yearly decree on days off and make-up working days
(国务院办公厅关于部分节假日安排的通知) laid over the five-day week (国务院关于职工工作时间的规定,
国务院令第146号 of 1994, revised in 1995, art. 7), with the office hours of the seasons.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from weimin.kernel.clock import SHANGHAI

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Season:
    """Office hours from one day of the year on, until the next season begins."""

    month: int  # the first month in which these hours hold
    day: int
    opens: time
    closes: time  # 民法典 203: where there are business hours, a term ends when they end


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """One version of the decreed calendar. Immutable: a new decree makes a new version."""

    version: int
    holidays: frozenset[date]
    makeup_workdays: frozenset[date]
    last_decreed_year: int  # due dates beyond it are 预计: the decree may still move them
    seasons: tuple[Season, ...] = field(
        default=(Season(month=1, day=1, opens=time(9), closes=time(17)),)
    )

    def is_workday(self, day: date) -> bool:
        """Whether offices work on ``day``."""
        if day in self.makeup_workdays:
            return True
        return day.weekday() < 5 and day not in self.holidays

    def add_workdays(self, day: date, count: int) -> date:
        """The ``count``-th working day after ``day``, which itself never counts."""
        days = _workdays(self)
        return days[bisect_right(days, day) + count - 1] if count else day

    def workdays_between(self, after: date, upto: date) -> int:
        """How many working days lie after ``after`` up to and including ``upto``."""
        days = _workdays(self)
        return max(0, bisect_right(days, upto) - bisect_right(days, after))

    def workday_on_or_after(self, day: date) -> date:
        """``day`` itself if it is worked, else the next working day (民法典 203)."""
        days = _workdays(self)
        return days[bisect_left(days, day)]

    def season_of(self, day: date) -> Season:
        """The office hours that hold on ``day``; before the year's first season, its last."""
        begun = [s for s in self.seasons if (s.month, s.day) <= (day.month, day.day)]
        return max(begun or self.seasons, key=lambda s: (s.month, s.day))

    def end_of(self, day: date) -> datetime:
        """The moment at which a term that ends on ``day`` is over."""
        return datetime.combine(day, self.season_of(day).closes, tzinfo=SHANGHAI)

    def is_open(self, moment: datetime) -> bool:
        """Whether offices are open at ``moment``."""
        at = moment.astimezone(SHANGHAI)
        season = self.season_of(at.date())
        return self.is_workday(at.date()) and season.opens <= at.time() < season.closes

    def is_foreseen(self, day: date) -> bool:
        """Whether ``day`` may still be moved by a decree that is not out yet.

        The decree of the next year often reaches into the last week of December (元旦).
        """
        return day > date(self.last_decreed_year, 12, 24)


@lru_cache(maxsize=64)
def _workdays(calendar: Calendar) -> list[date]:
    """All working days from 2000 to 2100, so that counting them is two binary searches."""
    first, last = date(2000, 1, 1), date(2101, 1, 1)
    span = (first + DAY * n for n in range((last - first).days))
    return [day for day in span if calendar.is_workday(day)]


def calendar_of(
    *,
    version: int,
    days: Iterable[tuple[date, str]],
    seasons: Iterable[Season] = (),
) -> Calendar:
    """A calendar from decreed days: pairs of a day and ``holiday`` or ``makeup_workday``.

    Raises ValueError for another kind, for a day decreed twice in two ways, and for no days
    at all: without decrees no term may be computed.
    """
    kinds: dict[str, set[date]] = {"holiday": set(), "makeup_workday": set()}
    for day, kind in days:
        if kind not in kinds:
            raise ValueError(f"unknown kind of decreed day: {kind!r} on {day}")
        kinds[kind].add(day)
    both = kinds["holiday"] & kinds["makeup_workday"]
    if both:
        raise ValueError(f"decreed both off and worked: {min(both)}")
    decreed = kinds["holiday"] | kinds["makeup_workday"]
    if not decreed:
        raise ValueError("没有任何节假日安排，无法计算期限。请先录入国务院办公厅的放假通知")
    made = tuple(seasons)
    extra: Mapping[str, tuple[Season, ...]] = {"seasons": made} if made else {}
    return Calendar(
        version=version,
        holidays=frozenset(kinds["holiday"]),
        makeup_workdays=frozenset(kinds["makeup_workday"]),
        last_decreed_year=max(day.year for day in decreed),
        **extra,
    )
