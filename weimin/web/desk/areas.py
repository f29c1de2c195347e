"""The places that an officer chooses from: his own town's villages, and what he looks for."""

from collections.abc import Iterable

from django.db.models import Q

from weimin.kernel import clock
from weimin.network.actor import Actor
from weimin.network.models import Area, living

MOST = 400


def areas_for(actor: Actor, *chosen: str, named: str = "") -> list[tuple[str, str]]:
    """Those found by name first, then the villages of the officer's own town and the chosen ones."""
    path = actor.area_path
    parts = path.strip("/").split("/")
    wanted = Q(path__startswith="/" + "/".join(parts[:3]) + "/" if len(parts) >= 3 else path)
    if codes := [code for code in chosen if code]:
        wanted |= Q(code__in=codes)
    rows = Area.objects.filter(wanted, living(clock.today()), level="village")
    own = rows.order_by("sort_key").values_list("code", "full_name")[:MOST]
    return list(dict([*called(named), *own]).items())


def called(name: str) -> list[tuple[str, str]]:
    """The villages of the whole city with these words in their name; none for no words."""
    if not name.strip():
        return []
    rows = Area.objects.filter(living(clock.today()), full_name__contains=name.strip(), level="village")
    return list(rows.order_by("sort_key").values_list("code", "full_name")[:MOST])


def chosen_in(values: Iterable[object]) -> list[str]:
    """Of the values of a form, those that look like a village."""
    return [str(value) for value in values if str(value).isdigit() and len(str(value)) == 12]
