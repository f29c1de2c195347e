"""A term as a pack writes it: ``20wd`` working days, ``7d`` calendar days, ``1m``, ``1y``."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from weimin.worktime.calendar import Calendar

Unit = Literal["wd", "d", "m", "y"]

_WRITTEN = re.compile(r"(\d{1,4})(wd|d|m|y)")
_UNIT_WORDS: dict[Unit, str] = {"wd": "个工作日", "d": "日", "m": "个月", "y": "年"}


@dataclass(frozen=True, slots=True)
class Term:
    """So many days of one kind. ``0wd`` means the same day."""

    count: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> "Term":
        """Raises ValueError with the accepted forms when ``text`` is not a term."""
        found = _WRITTEN.fullmatch(text.strip())
        if not found:
            raise ValueError(f"期限“{text}”看不懂，应写成 20wd（工作日）、7d（日）、1m（月）或 1y（年）")
        return cls(int(found[1]), found[2])  # type: ignore[arg-type]

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"

    @property
    def words(self) -> str:
        """``20个工作日``; ``当日`` for a term of nothing."""
        return f"{self.count}{_UNIT_WORDS[self.unit]}" if self.count else "当日"

    def roughly_days(self) -> float:
        """Calendar days, to compare terms of different units in the linter, never as a due date."""
        return self.count * {"wd": 1.4, "d": 1.0, "m": 30.4, "y": 365.0}[self.unit]

    def __add__(self, other: "Term") -> "Term":
        """A term and its extension. Raises ValueError for two units: the law names only one."""
        if self.unit != other.unit:
            raise ValueError(f"延期的单位（{other.words}）与原期限（{self.words}）不同")
        return Term(self.count + other.count, self.unit)


def last_day(start: date, term: Term, calendar: Calendar) -> date:
    """The last day of a term that nothing interrupted, before any move off a day of rest.

    The day of the start does not count (民法典 201); months and years end on the day of the
    same number, or on the month's last day where there is none (民法典 202).
    """
    if term.unit == "wd":
        return calendar.add_workdays(start, term.count)
    if term.unit == "d":
        return start + timedelta(days=term.count)
    months = term.count * (12 if term.unit == "y" else 1)
    year, month0 = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month0 + 1, min(start.day, monthrange(year, month0 + 1)[1]))
