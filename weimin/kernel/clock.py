"""The time, asked at the edge and handed down as an argument.

Verbs and rules never look at a clock: they take ``now``. Screens, commands and jobs ask
this module, so that a place can rehearse another day without touching the machine's clock.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

_shift: ContextVar[timedelta] = ContextVar("clock_shift", default=timedelta(0))

_WEEKDAYS = "一二三四五六日"


def now() -> datetime:
    """The present moment in Asia/Shanghai, moved by the rehearsal if one is on."""
    return datetime.now(SHANGHAI) + _shift.get()


def today() -> date:
    """The present day in Asia/Shanghai."""
    return now().date()


def local(moment: datetime) -> datetime:
    """The same moment on the wall clock of Shanghai.

    Raises ValueError for a naive moment: a time without a zone is a guess.
    """
    if moment.tzinfo is None:
        raise ValueError(f"a moment needs a time zone: {moment!r}")
    return moment.astimezone(SHANGHAI)


@contextmanager
def rehearsed(moment: datetime) -> Iterator[None]:
    """Within the block the clock starts from ``moment`` and goes on from there."""
    token = _shift.set(local(moment) - datetime.now(SHANGHAI))
    try:
        yield
    finally:
        _shift.reset(token)


def say_date(day: date) -> str:
    """``2026年11月21日 周六``: how every screen and document writes a day."""
    return f"{day.year}年{day.month}月{day.day}日 周{_WEEKDAYS[day.weekday()]}"


def say_day(text: str) -> str:
    """``2026年11月21日 周六`` for ``2026-11-21``; what is no such day stays as it is."""
    try:
        return say_date(date.fromisoformat(text)) if text[4:5] == "-" else text
    except ValueError:
        return text


def say_moment(moment: datetime) -> str:
    """``2026年11月21日 周六 14:05`` in Asia/Shanghai."""
    at = local(moment)
    return f"{say_date(at.date())} {at:%H:%M}"
