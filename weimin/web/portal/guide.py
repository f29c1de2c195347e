"""What can be finished where: the guide's answer for one item and one place."""

from dataclasses import dataclass

from django.db import connection

from weimin.catalogue.models import POWER_TITLES
from weimin.catalogue.routes import routes_now
from weimin.catalogue.spec import ItemSpec
from weimin.kernel import clock
from weimin.network.models import LEVEL_TITLES, Area


@dataclass(frozen=True, slots=True)
class Answer:
    """For one power: at which level, by which office, and whether it is ready here."""

    title: str
    level: str
    office: str
    ready: bool
    reason: str


def guide_of(item: ItemSpec, area_code: str) -> list[Answer]:
    """Where each part is done for a place. Raises Area.DoesNotExist for an unknown place."""
    routes, today = routes_now(), clock.today()
    asked = Area.objects.get(code=area_code)
    area = asked.standing(today) or asked  # an old address finds what the village is now
    path = area.ancestors
    ready = _readiness(item.item_id, path)
    answers = []
    for power, title in POWER_TITLES.items():
        given = routes.power(item, power, path, today, item.level)
        line = "service" if given.level == "village" else item.line
        office = routes.office(line, given.level, path, today)
        is_ready, reason = ready.get(power, (True, ""))
        answers.append(
            Answer(title, LEVEL_TITLES[given.level],
                   routes.office_names.get(office or 0, "—"), is_ready, reason)
        )
    return answers


def _readiness(item_id: int, path: list[str]) -> dict[str, tuple[bool, str]]:
    """The most specific statement for each power."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (power) power, ready, reason FROM catalogue_readiness"
            " WHERE item_id = %s AND area_id = ANY(%s) ORDER BY power, length(area_id) DESC",
            [item_id, path],
        )
        return {power: (ready, reason) for power, ready, reason in cursor.fetchall()}
