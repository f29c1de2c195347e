"""A slow second opinion on due days: walks day by day, as a clerk would on a wall calendar.

It shares no code and no data type with :mod:`weimin.flow.due`, so that a mistake in one of
them shows. Days are looked at one at a time; nothing is bisected, merged or corrected later.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
Span = tuple[date, date | None]  # began, ended; None while it still stands


@dataclass(frozen=True, kw_only=True)
class World:
    """The decrees as a clerk has them: days off, make-up days, closing times of the seasons."""

    off: frozenset[date]
    made_up: frozenset[date]
    closing: dict[tuple[int, int], time]  # (month, day) from which a closing time holds
    _closes: dict[tuple[int, int], time] = field(default_factory=dict)

    def works(self, day: date) -> bool:
        """The decree goes before the weekday."""
        if day in self.off or day in self.made_up:
            return day in self.made_up
        return day.isoweekday() <= 5

    def closes(self, day: date) -> time:
        """Go back day by day to the day on which these hours began; remembered, for speed."""
        at = (day.month, day.day)
        if at not in self._closes:
            began = day
            while (began.month, began.day) not in self.closing:
                began -= DAY
            self._closes[at] = self.closing[began.month, began.day]
        return self._closes[at]


def last_moment(
    start: date, count: int, unit: str, world: World, pauses: Sequence[Span] = (), extra: int = 0
) -> datetime | None:
    """When a term of ``count`` (and ``extra``) ends; None if the clock stands still before."""
    day, left = start, count + extra
    if unit in ("m", "y"):
        left = _length(start, left * (12 if unit == "y" else 1))
    for day in _days_after(start, left):
        if any(began < day and ended is None for began, ended in pauses):
            return None
        left -= _counts(day, unit, world, pauses)
        if left == 0:
            break
    while unit != "wd" and not world.works(day):  # 民法典 203: after the days off
        day += DAY
    return datetime.combine(day, world.closes(day), tzinfo=ZoneInfo("Asia/Shanghai"))


def first_day(moment: datetime, count: int, world: World) -> date:
    """From which day a term counts: a matter of the same day comes too late after closing time."""
    day, at = moment.date(), moment.time()
    while count == 0 and (not world.works(day) or (day == moment.date() and at > world.closes(day))):
        day += DAY
    return day


def counts_from(
    received: date, told: datetime | None, complete: date | None, accepted: datetime, world: World
) -> date:
    """From which day a permit's days count: the file is read day by day, as the law reads it.

    ``told`` is the one notice, ``complete`` the day on which all that it asked for was there.
    """
    spoken = [moment for moment in (told, accepted) if moment is not None]
    working, day = 0, received
    while working < 5:
        day += DAY
        working += world.works(day)
    over = datetime.combine(day, world.closes(day), tzinfo=ZoneInfo("Asia/Shanghai"))
    if all(moment > over for moment in spoken):
        return received  # 行政许可法 32(1)(4): 逾期不告知的，自收到申请材料之日起即为受理
    day = received
    while day != accepted.date() and day != complete:
        day += DAY
    return day  # 32(1)(5): 提交全部补正申请材料的，应当受理


def _days_after(start: date, left: int) -> Iterator[date]:
    """The days to look at: never the first one (民法典 201), none for a term of nothing."""
    day = start
    while left:
        day += DAY
        yield day


def _counts(day: date, unit: str, world: World, pauses: Sequence[Span]) -> bool:
    """A day counts unless the clock stood still on it, or offices were closed on it."""
    for began, ended in pauses:
        if ended is not None and began < day <= ended:
            return False
    return unit != "wd" or world.works(day)


def _length(start: date, months: int) -> int:
    """How many days lie in so many months: up to the same number, or the month's end (202)."""
    end, passed = start, 0
    while passed < months:
        end += DAY
        passed += end.day == 1  # so often has a new month begun
    while end.day != start.day and (end + DAY).month == end.month:
        end += DAY
    return (end - start).days
