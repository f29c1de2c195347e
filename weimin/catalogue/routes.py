"""Who is competent: from line, level and place to an office, through the delegations in force.

What the routes need of the network is read whole and kept per process until the epoch moves:
some ten thousand small rows for a city of 2,785 villages.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import connection

from weimin.catalogue.spec import ItemSpec
from weimin.flow.graph import StepSpec
from weimin.flow.kinds import kind_of
from weimin.kernel.codes import division_level
from weimin.kernel.errors import Invalid

COUNTER_LINE = "service"  # a village has one station for all lines
EACH_LINE = "each"  # ``each@county``: the branch's own value is the line

_LEVEL_TITLES = {"village": "村（社区）", "town": "乡镇（街道）", "county": "县（市、区）", "city": "市"}


@dataclass(frozen=True, slots=True)
class Power:
    """A delegation that is in force: at which level a power is exercised, and in whose name."""

    level: str
    kind: str  # own | devolved | entrusted
    document: str = ""


@dataclass(frozen=True, slots=True)
class _Span:
    first: date
    last: date | None  # the first day on which it is no more

    def holds(self, on: date) -> bool:
        return self.first <= on and (self.last is None or on < self.last)


@dataclass(frozen=True, kw_only=True)
class Routes:
    """Everything routing needs, as of one epoch."""

    epoch: int
    offices: dict[tuple[str, str], list[tuple[_Span, int]]]
    delegations: dict[tuple[int, str], list[tuple[str, _Span, Power]]]
    supervising: dict[str, list[int]]  # by area
    duty_posts: dict[int, tuple[int, int]] = field(default_factory=dict)  # office → post, holder
    current_items: dict[str, int] = field(default_factory=dict)  # item code → version
    office_names: dict[int, str] = field(default_factory=dict)
    office_levels: dict[int, str] = field(default_factory=dict)
    office_phones: dict[int, str] = field(default_factory=dict)

    def power(self, item_id: int, power: str, path: Sequence[str], on: date, own: str) -> Power:
        """Where the power is exercised for a place; the most specific area wins."""
        rows = self.delegations.get((item_id, power), ())
        for area in reversed(path):
            for at, span, given in rows:
                if at == area and span.holds(on):
                    return given
        return Power(own, "own")

    def office(self, line: str, level: str, path: Sequence[str], on: date) -> int | None:
        """The office of a line at a level for a place; None if there is none on that day."""
        for area in path:
            if division_level(area) == level:
                for span, office in self.offices.get((area, line), ()):
                    if span.holds(on):
                        return office
        return None

    def competent(self, item: ItemSpec, path: Sequence[str], on: date) -> int:
        """The office that accepts the item for a place.

        Raises Invalid in words when the place has no such office.
        """
        given = self.power(item.item_id, "accept", path, on, item.level)
        line = COUNTER_LINE if given.level == "village" else item.line
        return self._must(line, given.level, path, on)

    def of_step(
        self, item: ItemSpec, spec: StepSpec, branch: str, path: Sequence[str], on: date,
        counter: int, competent: int,
    ) -> int | None:
        """The office whose work a step is; None for a step of the applicant.

        What a neighbour's system does is watched by the competent office, which enters the
        answer when the neighbour has no line to us.
        """
        who = spec.who
        if who.line == "counter":
            return counter
        if who.line == "system":
            return competent
        if who.level is None:
            return None
        line = branch if who.line == EACH_LINE else who.line
        level = who.level
        kind = kind_of(spec.kind)
        if line == item.line and (kind.decides or kind.issues):
            level = self.power(item.item_id, "decide", path, on, level).level
        here = spec.place in (None, item.place)
        if here and line == item.line and level == self.office_levels.get(competent):
            return competent  # also after the case was transferred to another place's office
        return self._must(line, level, path, on)

    def _must(self, line: str, level: str, path: Sequence[str], on: date) -> int:
        found = self.office(line, level, path, on)
        if found is None:
            raise Invalid(
                f"{on}在这个地方没有{_LEVEL_TITLES[level]}一级的“{line}”办理单位",
                "请确认办理地点；若确应由该地办理，请系统管理员补上这个单位",
            )
        return found

    def supervisors(self, path: Iterable[str]) -> list[int]:
        """The offices that supervise a place."""
        return [office for area in path for office in self.supervising.get(area, ())]

    def lines_above(self, line: str, path: Sequence[str], on: date) -> list[int]:
        """The same line's offices at the county and the city above a place."""
        found = (self.office(line, level, path, on) for level in ("county", "city"))
        return [office for office in found if office is not None]


@lru_cache(maxsize=4096)
def area_name(code: str) -> str:
    """The full name of an area for a screen; the code itself where there is none."""
    rows = _rows("SELECT full_name FROM network_area WHERE code = %s", [code])
    return str(rows[0][0]) if rows else code


_places: dict[str, str] = {}  # by database


def place_name() -> str:
    """The name of the place: of its topmost area; empty until one is published."""
    database = str(connection.settings_dict["NAME"])
    if database not in _places:
        rows = _rows("SELECT name FROM network_area WHERE parent_id IS NULL LIMIT 1")
        if not rows:
            return ""
        _places[database] = str(rows[0][0])
    return _places[database]


def epoch_now() -> int:
    """The network's epoch, for those who did not read it with their own query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM network_epoch")
        return int(cursor.fetchone()[0])


def routes_at(epoch: int) -> Routes:
    """The routes of that epoch, read if this process has another one."""
    return _routes(str(connection.settings_dict["NAME"]), epoch)


def routes_now() -> Routes:
    """The routes as they are now."""
    return routes_at(epoch_now())


@lru_cache(maxsize=2)
def _routes(database: str, epoch: int) -> Routes:
    offices: dict[tuple[str, str], list[tuple[_Span, int]]] = defaultdict(list)
    for area, line, first, last, office in _rows(
        "SELECT area_id, line_id, lower(during), upper(during), office_id FROM network_office_line"
    ):
        offices[area, line].append((_Span(first, last), office))
    delegations: dict[tuple[int, str], list[tuple[str, _Span, Power]]] = defaultdict(list)
    for item, power, area, first, last, level, kind, document in _rows(
        "SELECT item_id, power, area_id, lower(during), upper(during), level, kind, document"
        " FROM catalogue_delegation"
    ):
        delegations[item, power].append((area, _Span(first, last), Power(level, kind, document)))
    supervising: dict[str, list[int]] = defaultdict(list)
    for area, office in _rows(
        "SELECT area_id, id FROM network_office WHERE supervises AND valid_to IS NULL"
    ):
        supervising[area].append(office)
    duty = {
        office: (post, account)
        for office, post, account in _rows(
            "SELECT p.office_id, p.id, h.account_id FROM network_post p JOIN network_holding h"
            " ON h.post_id = p.id AND NOT h.deputy AND h.during @> current_date WHERE p.on_duty"
        )
    }
    items = dict(_rows("SELECT code, current_id FROM catalogue_item WHERE current_id IS NOT NULL"))
    named = _rows("SELECT id, name, level, phone FROM network_office")
    return Routes(
        epoch=epoch, offices=dict(offices), delegations=dict(delegations),
        supervising=dict(supervising), duty_posts=duty, current_items=items,
        office_names={office: name for office, name, _, _ in named},
        office_levels={office: level for office, _, level, _ in named},
        office_phones={office: phone for office, _, _, phone in named},
    )


def _rows(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
