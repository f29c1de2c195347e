"""The decreed calendars of 2025 and 2026, as facts (国办发明电〔2024〕12号, 〔2025〕7号).

And days as tables write them: with their weekday, which is checked.
"""

from datetime import date, datetime, time, timedelta

from weimin.kernel.clock import SHANGHAI
from weimin.worktime.calendar import Calendar, calendar_of


def _span(first: str, last: str) -> list[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


_OFF = {
    2025: [("2025-01-01", "2025-01-01"), ("2025-01-28", "2025-02-04"),
           ("2025-04-04", "2025-04-06"), ("2025-05-01", "2025-05-05"),
           ("2025-05-31", "2025-06-02"), ("2025-10-01", "2025-10-08")],
    2026: [("2026-01-01", "2026-01-03"), ("2026-02-15", "2026-02-23"),
           ("2026-04-04", "2026-04-06"), ("2026-05-01", "2026-05-05"),
           ("2026-06-19", "2026-06-21"), ("2026-09-25", "2026-09-27"),
           ("2026-10-01", "2026-10-07")],
}
_WORKED = {
    2025: ["2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"],
    2026: ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"],
}


def decreed(*years: int) -> Calendar:
    """The calendar as it stood once the decrees of these years were out."""
    days = [(day, "holiday") for year in years for span in _OFF[year] for day in _span(*span)]
    days += [(date.fromisoformat(day), "makeup_workday") for y in years for day in _WORKED[y]]
    return calendar_of(version=max(years), days=days)


WEEKDAYS = "一二三四五六日"


def on(written: str) -> date:
    """``2026-06-10 周三`` as a day. The table itself is wrong if the weekday is."""
    text, weekday = written.split(" 周")
    day = date.fromisoformat(text)
    assert WEEKDAYS[day.weekday()] == weekday, f"{text} is 周{WEEKDAYS[day.weekday()]}"
    return day


def at(written: str) -> datetime:
    """``2026-06-10 周三 17:00`` on the wall clock of Shanghai."""
    day, moment = written.rsplit(" ", 1)
    return datetime.combine(on(day), time.fromisoformat(moment), tzinfo=SHANGHAI)
