"""Who is competent: from line, level and place to an office, through the delegations in force.

What the routes need of the network is read whole and kept per process until the epoch moves:
some ten thousand small rows for a city of 2,785 villages.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from django.db import connection

from weimin.catalogue.spec import ItemSpec, item_version
from weimin.flow.graph import EACH_LINE, StepSpec
from weimin.flow.kinds import kind_of
from weimin.kernel import clock
from weimin.kernel.codes import division_level
from weimin.kernel.errors import Invalid, NotFound

COUNTER_LINE = "service"  # a village has one station for all lines

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


@dataclass(frozen=True, slots=True)
class Ended:
    """An office that ends, or has ended, and what is known of its heirs."""

    on: date  # the first day on which it is no more
    area: str
    lines: frozenset[str]  # all it ever worked for
    successor: int | None


@dataclass(frozen=True, kw_only=True)
class Routes:
    """Everything routing needs, as of one epoch and one day."""

    epoch: int
    offices: dict[tuple[str, str], list[tuple[_Span, int]]]
    delegations: dict[tuple[int, str], list[tuple[str, _Span, Power]]]
    supervising: dict[str, list[tuple[_Span, int]]]  # by area
    ended: dict[int, Ended] = field(default_factory=dict)
    ended_areas: dict[str, tuple[date, str | None]] = field(default_factory=dict)
    ended_posts: dict[int, tuple[date, int]] = field(default_factory=dict)  # post → day, office
    left_posts: dict[int, tuple[date, int]] = field(default_factory=dict)  # held once, by nobody today
    duty_posts: dict[int, tuple[int, int]] = field(default_factory=dict)  # office → post, holder
    current_items: dict[str, int] = field(default_factory=dict)  # item code → version
    office_names: dict[int, str] = field(default_factory=dict)
    office_levels: dict[int, str] = field(default_factory=dict)
    office_phones: dict[int, str] = field(default_factory=dict)

    @cached_property
    def gone_posts(self) -> dict[int, tuple[date, int]]:
        """Posts that answer for nothing any more: since when, and of which office."""
        return {**self.left_posts, **self.ended_posts}

    def item(self, code: str) -> ItemSpec:
        """The current version of an item. Raises NotFound for one that nobody offers (any more)."""
        version = self.current_items.get(code)
        if version is None:
            raise NotFound(f"事项 {code} 不在清单中，或已经停办", "请重新查找事项")
        return item_version(version)

    def centre_phone(self) -> str:
        """The phone of the place's own service centre, or where most items are asked about."""
        for (line, area), held in self.offices.items():
            if line == COUNTER_LINE and division_level(area) == "city":
                for _span, office in held:
                    if phone := self.office_phones.get(office):
                        return phone
        asked = [str(item_version(version).data["phone"]["consult"])
                 for version in self.current_items.values()]
        return max(sorted(set(asked)), key=asked.count, default="")

    def power(self, item: ItemSpec, power: str, path: Sequence[str], on: date, own: str) -> Power:
        """Where the power is exercised for a place; the most specific area wins.

        A row that the law of the item's type does not allow gives nothing: the item may have
        become a permit since it was written.
        """
        rows = self.delegations.get((item.item_id, power), ())
        for area in reversed(path):
            for at, span, given in rows:
                if at == area and span.holds(on) and item.profile.may_hold(power, given.level):
                    return given
        return Power(own, "own")

    def office(self, line: str, level: str, path: Sequence[str], on: date) -> int | None:
        """The office of a line at a level for a place; None if there is none on that day."""
        for area in path:
            if division_level(area) == level:
                return self._holding(area, line, on)
        return None

    def heir(self, office: int, lines: Iterable[str], on: date) -> int | None:
        """The office itself while it stands; then whoever took its place, None if nobody did.

        A line goes to the office that works for it where the old one was, or where that area
        was merged into; the first of ``lines`` that the old office ever worked for decides.
        """
        wanted, met = list(lines), set()
        found: int | None = office
        while found in self.ended and self.ended[found].on <= on:
            if found in met:
                return None
            met.add(found)
            old = self.ended[found]
            area, found = self._standing(old.area, on), old.successor
            for line in wanted:
                at_work = self._holding(area, line, on) if line in old.lines else None
                if at_work is not None:
                    found = at_work
                    break
        return found

    def _standing(self, area: str | None, on: date) -> str | None:
        while area in self.ended_areas and self.ended_areas[area][0] <= on:
            area = self.ended_areas[area][1]
        return area

    def _holding(self, area: str | None, line: str, on: date) -> int | None:
        if area is None:
            return None
        return next((o for span, o in self.offices.get((area, line), ()) if span.holds(on)), None)

    def competent(self, item: ItemSpec, path: Sequence[str], on: date) -> int:
        """The office that accepts the item for a place.

        Raises Invalid in words when the place has no such office.
        """
        given = self.power(item, "accept", path, on, item.level)
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
            level = self.power(item, "decide", path, on, level).level
        here = spec.place in (None, item.place)
        if here and line == item.line and level == self.office_levels.get(competent):
            return competent  # also after the case was transferred to another place's office
        return self._must(line, level, path, on)

    def _must(self, line: str, level: str, path: Sequence[str], on: date) -> int:
        found = self.office(line, level, path, on)
        if found is None:
            named = dict(_rows("SELECT key, name FROM network_line WHERE key = %s", [line]))
            raise Invalid(
                f"{on}在这个地方没有{_LEVEL_TITLES[level]}一级的“{named.get(line, line)}”办理单位",
                "请确认办理地点；若确应由该地办理，请系统管理员补上这个单位",
            )
        return found

    def supervisors(self, path: Iterable[str], on: date) -> list[int]:
        """The offices that supervise a place."""
        return [office for area in path for span, office in self.supervising.get(area, ())
                if span.holds(on)]

    def lines_above(self, line: str, path: Sequence[str], on: date) -> list[int]:
        """The same line's offices at the county and the city above a place."""
        found = (self.office(line, level, path, on) for level in ("county", "city"))
        return [office for office in found if office is not None]


@lru_cache(maxsize=4096)
def area_name(code: str) -> str:
    """The full name of an area for a screen; the code itself where there is none."""
    rows = _rows("SELECT full_name FROM network_area WHERE code = %s", [code])
    return str(rows[0][0]) if rows else code


@lru_cache(maxsize=512)
def villages_of(town: str) -> tuple[tuple[str, str], ...]:
    """The villages and communities of a town, for a list to choose from: code and full name."""
    return tuple(_rows(
        "SELECT a.code, a.full_name FROM network_area a JOIN network_area t ON t.code = %s"
        " AND a.path LIKE t.path || '%%' WHERE a.level = 'village' AND a.valid_to IS NULL"
        " ORDER BY a.sort_key", [town]))


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
    """The routes of that epoch and this day, read if this process has others."""
    return _routes(str(connection.settings_dict["NAME"]), epoch, clock.today())


def routes_now() -> Routes:
    """The routes as they are now."""
    return routes_at(epoch_now())


@lru_cache(maxsize=2)
def _routes(database: str, epoch: int, today: date) -> Routes:
    area_name.cache_clear()  # a place may have been renamed
    villages_of.cache_clear()
    _places.clear()
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
    supervising: dict[str, list[tuple[_Span, int]]] = defaultdict(list)
    for area, office, first, last in _rows(
        "SELECT area_id, id, valid_from, valid_to FROM network_office WHERE supervises"
    ):
        supervising[area].append((_Span(first, last), office))
    duty = {
        office: (post, account)
        for office, post, account in _rows(
            "SELECT p.office_id, p.id, h.account_id FROM network_post p"
            " JOIN network_office o ON o.id = p.office_id AND coalesce(o.valid_to > %s, true)"
            " JOIN network_holding h ON h.post_id = p.id AND NOT h.deputy AND h.during @> %s"
            " WHERE p.on_duty AND coalesce(p.valid_to > %s, true)", [today] * 3
        )
    }
    items = dict(_rows("SELECT code, current_id FROM catalogue_item WHERE current_id IS NOT NULL"))
    named = _rows("SELECT id, name, level, phone FROM network_office")
    return Routes(
        epoch=epoch, offices=dict(offices), delegations=dict(delegations),
        supervising=dict(supervising), duty_posts=duty, current_items=items,
        ended=_ended(offices),
        ended_areas={code: (on, heir) for code, on, heir in _rows(
            "SELECT code, valid_to, successor_id FROM network_area WHERE valid_to IS NOT NULL")},
        ended_posts={post: (on, office) for post, on, office in _rows(
            "SELECT p.id, least(p.valid_to, o.valid_to), o.id FROM network_post p"
            " JOIN network_office o ON o.id = p.office_id"
            " WHERE p.valid_to IS NOT NULL OR o.valid_to IS NOT NULL")},
        left_posts={post: (on, office) for post, on, office in _rows(
            "SELECT p.id, max(upper(h.during)), p.office_id FROM network_post p"
            " JOIN network_holding h ON h.post_id = p.id AND NOT h.deputy GROUP BY p.id"
            " HAVING max(upper(h.during)) <= %s AND NOT bool_or(upper_inf(h.during))", [today])},
        office_names={office: name for office, name, _, _ in named},
        office_levels={office: level for office, _, level, _ in named},
        office_phones={office: phone for office, _, _, phone in named},
    )


def _ended(offices: dict[tuple[str, str], list[tuple[_Span, int]]]) -> dict[int, Ended]:
    rows = _rows(
        "SELECT id, valid_to, area_id, successor_id FROM network_office WHERE valid_to IS NOT NULL"
    )
    lines: dict[int, set[str]] = {office: set() for office, *_ in rows}
    for (_area, line), spans in offices.items():
        for _span, office in spans:
            if office in lines:
                lines[office].add(line)
    return {office: Ended(on, area, frozenset(lines[office]), successor)
            for office, on, area, successor in rows}


def _rows(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
