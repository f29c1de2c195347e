"""The calendar that holds now, read once per process and again when a decree was entered."""

from django.db import connection

from weimin.worktime.calendar import Calendar, Season, calendar_of
from weimin.worktime.models import DecreedDay, OfficeHours

_cached: dict[str, Calendar] = {}


def calendar_now() -> Calendar:
    """The calendar of the newest decree; its version is the decree's number of entry.

    Raises ValueError if no decree was ever entered: without one no term may be computed.
    """
    key = str(connection.settings_dict["NAME"])
    if key not in _cached:
        _cached[key] = _read()
    return _cached[key]


def forget() -> None:
    """Read the decrees again at the next question."""
    _cached.clear()


def _read() -> Calendar:
    days = list(DecreedDay.objects.values_list("date", "kind", "decree_id"))
    hours = OfficeHours.objects.values_list("month", "day", "opens", "closes")
    return calendar_of(
        version=max((decree for _, _, decree in days), default=0),
        days=[(day, kind) for day, kind, _ in days],
        seasons=[Season(month=m, day=d, opens=o, closes=c) for m, d, o, c in hours],
    )
