"""The calendar that holds now, read once per process and again when a decree was entered."""

from django.db import connection

from weimin.worktime.calendar import Calendar, Season, calendar_of
from weimin.worktime.models import Decree, DecreedDay, OfficeHours

_cached: dict[str, tuple[int, Calendar]] = {}  # by database: the epoch it was read at


def calendar_at(epoch: int) -> Calendar:
    """The calendar of the newest decree; its version is the decree's number of entry.

    The epoch moves with every decree, also with one that another process entered. Raises
    ValueError if no decree was ever entered: without one no term may be computed.
    """
    key = str(connection.settings_dict["NAME"])
    if key not in _cached or _cached[key][0] != epoch:
        _cached[key] = epoch, _read()
    return _cached[key][1]


def calendar_now() -> Calendar:
    """The calendar as this process last read it: for words on a screen, never for a term."""
    key = str(connection.settings_dict["NAME"])
    return _cached[key][1] if key in _cached else calendar_at(0)


def forget() -> None:
    """Read the decrees again at the next question."""
    _cached.clear()


def _read() -> Calendar:
    days = list(DecreedDay.objects.values_list("date", "kind"))
    hours = OfficeHours.objects.values_list("month", "day", "opens", "closes")
    return calendar_of(
        version=Decree.objects.order_by("-id").values_list("id", flat=True).first() or 0,
        days=days,
        seasons=[Season(month=m, day=d, opens=o, closes=c) for m, d, o, c in hours],
    )
