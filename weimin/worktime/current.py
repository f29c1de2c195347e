"""The calendar that holds now, kept per process until the network's epoch moves.

A decree moves the epoch, which every process reads together with the case: a decree that was
entered in one of them is never unknown to another.
"""

from datetime import date

from django.db import connection
from django.db.models import Max

from weimin.worktime.calendar import Calendar, Season, calendar_of
from weimin.worktime.models import Decree, DecreedDay, OfficeHours

_cached: dict[str, tuple[int | None, Calendar]] = {}


def calendar_now() -> Calendar:
    """The calendar of the newest decree this process knows of.

    Raises ValueError if no decree was ever entered: without one no term may be computed.
    """
    key = str(connection.settings_dict["NAME"])
    if key not in _cached:
        _cached[key] = None, _read()
    return _cached[key][1]


def calendar_at(epoch: int) -> Calendar:
    """The calendar as of that epoch, read again if this process has another one."""
    key = str(connection.settings_dict["NAME"])
    if key not in _cached or _cached[key][0] != epoch:
        _cached[key] = epoch, _read()
    return _cached[key][1]


def calendar_with(days: dict[date, str | None]) -> Calendar:
    """The calendar as it would be with these days: ``holiday``, ``makeup_workday``, None: as any."""
    return _read(days)


def forget() -> None:
    """Read the decrees again at the next question."""
    _cached.clear()


def _read(changed: dict[date, str | None] | None = None) -> Calendar:
    """The version is the number of the newest decree, also of one that only takes days back."""
    kinds: dict[date, str | None] = dict(DecreedDay.objects.values_list("date", "kind"))
    kinds.update(changed or {})
    hours = OfficeHours.objects.values_list("month", "day", "opens", "closes")
    return calendar_of(
        version=Decree.objects.aggregate(last=Max("id"))["last"] or 0,
        days=[(day, kind) for day, kind in kinds.items() if kind],
        seasons=[Season(month=m, day=d, opens=o, closes=c) for m, d, o, c in hours],
    )
