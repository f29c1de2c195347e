"""Delegations: begun, ended, withdrawn. What was entered in the administration is left alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from weimin.catalogue.models import POWER_TITLES, Delegation, Item
from weimin.network.models import LEVEL_TITLES
from weimin.packs.parts.part import MOST, Part, Publication, day, last_day

_KINDS = {"devolved": "下放", "entrusted": "委托"}


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One item's part of a row: a power over it, in an area, for a span."""

    item: str
    power: str
    area: str
    level: str
    kind: str
    first: date
    last: date | None
    document: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Of what there can only be one at a time."""
        return self.item, self.power, self.area


class Delegations(Part):
    """The delegations of the place. The past stays as it was; publishing decides from today on."""

    title = "赋权"

    def compare(self) -> None:
        """Every row of the pack, item by item, beside what is in force."""
        self.begun: list[Grant] = []
        self.changed: list[tuple[Delegation, Grant, dict[str, Any]]] = []
        self.withdrawn: list[Delegation] = []
        self.overruled: list[Grant] = []  # the administration has said something else
        mine: dict[tuple[str, str, str], list[Delegation]] = defaultdict(list)
        theirs: dict[tuple[str, str, str], list[Delegation]] = defaultdict(list)
        for row in Delegation.objects.select_related("item").order_by("during"):
            of = mine if row.pack == self.pack.name else theirs
            of[row.item.code, row.power, row.area_id].append(row)
        claimed: set[int] = set()
        for grant in self._grants():
            if any(_overlap(row, grant) for row in theirs[grant.key]):
                self.overruled.append(grant)
            else:
                claimed |= self._grant(grant, mine[grant.key])
        for rows in mine.values():
            self.withdrawn += [r for r in rows if r.pk not in claimed and self._in_force(r)]

    def _grants(self) -> Iterator[Grant]:
        codes = [item["code"] for item in self.pack.items]
        for row in self.pack.delegations:
            for code in codes if row["item"] == "*" else [row["item"]]:
                yield Grant(item=code, power=row["power"], area=row["area"], level=row["level"],
                            kind=row["kind"], first=day(row["from"]), last=last_day(row["to"]),
                            document=row["document"])

    def _grant(self, grant: Grant, rows: Iterable[Delegation]) -> set[int]:
        """Compare one grant with the rows that came from it; which rows those are."""
        its = [row for row in rows if row.during.lower == grant.first or _within(row, grant)]
        now = next((row for row in its if self._in_force(row)), None)
        if now is None:
            over = grant.last is not None and grant.last <= self.today
            if not its:
                self.begun.append(grant)
            elif not over:  # it was withdrawn and is given again: the gap stays a gap
                self.begun.append(_from(grant, self.today))
            return {row.pk for row in its}
        how = {name: getattr(grant, name) for name in ("level", "kind")
               if getattr(now, name) != getattr(grant, name)}
        if how and now.during.lower < self.today:  # in force another way until today
            self.withdrawn.append(now)
            self.begun.append(_from(grant, self.today))
        else:
            changes = {**how}
            if now.during.upper != grant.last:
                changes["during"] = DateRange(now.during.lower, grant.last)
            if now.document != grant.document:
                changes["document"] = grant.document
            if changes:
                self.changed.append((now, grant, changes))
        return {row.pk for row in its}

    def _in_force(self, row: Delegation) -> bool:
        return row.during.upper is None or row.during.upper > self.today

    def __bool__(self) -> bool:
        return bool(self.begun or self.changed or self.withdrawn)

    def said(self) -> Iterator[str]:
        """A line for each row that begins, ends or changes, however many items it means."""
        yield from _together("＋ 赋权", (
            (g.item, _words(g), f"自 {g.first} 起{f'至 {g.last} 前' if g.last else ''}")
            for g in self.begun))
        yield from _together("－ 赋权", (
            (r.item.code, _words(r), f"自 {max(self.today, r.during.lower)} 起收回，在办的件不变")
            for r in self.withdrawn))
        ends = ((g.item, _words(g), f"到期日改为 {g.last or '（长期）'}" if "during" in changes
                 else "依据或方式改写") for _, g, changes in self.changed)
        yield from _together("～ 赋权", ends)
        yield from _together("＝ 赋权", (
            (g.item, _words(g), "管理界面已另行规定，以那里为准") for g in self.overruled))

    def apply(self, publication: Publication) -> None:
        """Withdraw and change what there is, then begin what is new."""
        for row in self.withdrawn:
            if row.during.lower >= self.today:  # it never was in force for a whole day
                row.delete()
            else:
                row.during = DateRange(row.during.lower, self.today)
                row.save(update_fields=["during"])
        for row, _, changes in self.changed:
            for name, value in changes.items():
                setattr(row, name, value)
            row.save(update_fields=list(changes))
        ids = dict(Item.objects.values_list("code", "id"))
        Delegation.objects.bulk_create(
            Delegation(item_id=ids[g.item], power=g.power, area_id=g.area, level=g.level,
                       kind=g.kind, during=DateRange(g.first, g.last), document=g.document,
                       pack=self.pack.name) for g in self.begun
        )


def _from(grant: Grant, first: date) -> Grant:
    return Grant(**{**vars(grant), "first": max(first, grant.first)})


def _within(row: Delegation, grant: Grant) -> bool:
    return bool(grant.first <= row.during.lower
                and (grant.last is None or row.during.lower < grant.last))


def _overlap(row: Delegation, grant: Grant) -> bool:
    starts_before = grant.last is None or row.during.lower < grant.last
    return starts_before and (row.during.upper is None or row.during.upper > grant.first)


def _words(of: Any) -> str:
    area = of.area if isinstance(of, Grant) else of.area_id
    return f"{POWER_TITLES[of.power]} {area} → {LEVEL_TITLES[of.level]}（{_KINDS[of.kind]}）"


def _together(sign: str, lines: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """The same said of several items is said once."""
    items: dict[tuple[str, str], list[str]] = defaultdict(list)
    for item, words, end in lines:
        items[words, end].append(item)
    for (words, end), codes in items.items():
        count = len(Counter(codes))
        names = "、".join(codes) if count <= MOST else f"{count} 个事项"
        yield f"{sign} {names} {words} {end}"
