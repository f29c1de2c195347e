"""Offices: made, renamed, given and relieved of lines, ended with an heir."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from weimin.catalogue.routes import routes_now
from weimin.network.models import Line, Office, OfficeLine
from weimin.packs import resolve
from weimin.packs.parts.part import (
    Part,
    Publication,
    day,
    differing,
    few,
    last_day,
    running_by_office,
)
from weimin.packs.written import Fault

_TITLES = {"name": "改名", "kind": "类别", "supervises": "督查本地"}


@dataclass(frozen=True, kw_only=True)
class Span:
    """An office will work for a line, from a day on."""

    office: str
    area: str
    line: str
    first: date
    last: date | None


class Offices(Part):
    """The offices of the place and the lines they work for."""

    title = "单位"

    def compare(self) -> None:
        """Every office that the templates make beside its row, and every row that none makes."""
        self.plans = {plan.code: plan for plan in resolve.offices(self.pack)}
        self.known = {office.code: office for office in Office.objects.all()}
        self.codes = {office.pk: office.code for office in self.known.values()}
        self.areas = {a["code"]: (a["valid_to"], a["successor"]) for a in self.pack.areas}
        self.new: list[resolve.OfficePlan] = []
        self.changed: list[tuple[Office, dict[str, Any]]] = []
        self.opened: list[Span] = []
        self.cut: list[tuple[OfficeLine, date, date | None]] = []  # row, its new days
        self._read_lines()
        for plan in self.plans.values():
            self._plan(plan)
        for office in self.known.values():
            if office.code not in self.plans and office.pack == self.pack.name:
                self._gone(office)
        self._running: dict[int, int] | None = None

    def _read_lines(self) -> None:
        self.at_work: dict[int, dict[str, OfficeLine]] = defaultdict(dict)
        for row in OfficeLine.objects.order_by("id"):
            if row.during.upper is None or row.during.upper > self.today:
                self.at_work[row.office_id][row.line_id] = row
        # Who will work for a line in an area: the heirs of those who no longer do.
        self.holders = {
            (plan.area, line): plan.code for plan in self.plans.values() for line in plan.lines
        }

    def _plan(self, plan: resolve.OfficePlan) -> None:
        first, last = day(plan.first), last_day(plan.last)
        office = self.known.get(plan.code)
        if office is None:
            if last is None or last > self.today:  # what ended before we came is not made
                self.new.append(plan)
                self.opened += [Span(office=plan.code, area=plan.area, line=line, first=first,
                                     last=last) for line in plan.lines]
            return
        before = office.valid_from
        wanted = {"name": plan.name, "kind": plan.kind, "supervises": plan.supervises,
                  "valid_from": first, "valid_to": last, "pack": self.pack.name}
        changes = differing(office, wanted)
        if "valid_to" in changes or (last is not None and last > self.today):
            heir = self._heir(plan.area, plan.lines, plan.key, last) if last else None
            if heir != self.codes.get(office.successor_id or 0):
                changes["successor"] = heir
        if changes:
            self.changed.append((office, changes))
        for line in plan.lines:
            self._line(office, line, before, first, last)
        self._close(office, set(plan.lines), self.today)

    def _line(self, office: Office, line: str, before: date, first: date, last: date | None
              ) -> None:
        row = self.at_work[office.pk].get(line)
        if row is None:
            if last is None or last > self.today:
                self.opened.append(Span(office=office.code, area=office.area_id, line=line,
                                        first=max(self.today, first), last=last))
            return
        lower = first if row.during.lower == before else row.during.lower
        if (row.during.lower, row.during.upper) != (lower, last):
            self.cut.append((row, lower, last))

    def _close(self, office: Office, kept: set[str], on: date) -> None:
        for line, row in self.at_work[office.pk].items():
            if line not in kept:
                self.cut.append((row, row.during.lower, on))

    def _gone(self, office: Office) -> None:
        if office.valid_to is not None and office.valid_to <= self.today:
            return
        lines = self.at_work[office.pk]
        heir = self._heir(office.area_id, lines, office.code.partition(".")[2], self.today)
        self.changed.append((office, {"valid_to": self.today, "successor": heir}))
        self._close(office, set(), self.today)

    def _heir(self, area: str, lines: Iterable[str], key: str, on: date) -> str | None:
        """The code of the office that does most of an ended office's work from that day on."""
        at = area
        while at in self.areas and self.areas[at][0] and day(self.areas[at][0]) <= on:
            at = self.areas[at][1]
        taking = Counter(self.holders[at, line] for line in lines if (at, line) in self.holders)
        if taking:
            return taking.most_common(1)[0][0]
        return f"{at}.{key}" if f"{at}.{key}" in self.plans and at != area else None

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.opened or self.cut)

    @property
    def running(self) -> dict[int, int]:
        """Running cases by office, counted when first asked."""
        if self._running is None:
            self._running = running_by_office()
        return self._running

    def faults(self) -> Iterator[Fault]:
        """An office that ends with running cases and without an heir."""
        for office, changes in self.changed:
            if not changes.get("valid_to") or changes.get("successor"):
                continue
            if count := self.running.get(office.pk, 0):
                plan = self.plans.get(office.code)
                yield Fault(
                    file="areas.csv" if plan else "offices.yaml", line=1,
                    what=f"{office.name}（{office.code}）撤销后没有承接单位，还有 {count} 件在办",
                    remedy="给它的区划写上 successor，或让另一个单位承担它的条线；也可先移送这些件",
                )

    def said(self) -> Iterator[str]:
        """Each office that begins, ends or changes, and what becomes of its running cases."""
        yield from few(self._lines())

    def _lines(self) -> Iterator[tuple[Any, str]]:
        for plan in self.new:
            yield ("new", plan.key), f"＋ 单位 {plan.code} {plan.name}"
        for office, changes in self.changed:
            key = office.code.partition(".")[2]
            for name, title in _TITLES.items():
                if name in changes:
                    yield (name, key), (f"～ 单位 {office.code} {title}："
                                        f"{_say(getattr(office, name))} → {_say(changes[name])}")
            if changes.keys() & {"valid_to", "successor"}:
                yield ("ends", key), self._end(office, changes)
        yield from self._nobody_on_duty()
        yield from self._moved_lines()

    def _end(self, office: Office, changes: dict[str, Any]) -> str:
        on = changes.get("valid_to", office.valid_to)
        if on is None:
            return f"～ 单位 {office.code} {office.name} 不再撤销"
        heir = changes.get("successor")
        count = self.running.get(office.pk, 0)
        taken = self.plans[heir].name if heir else "没有承接单位"
        cases = f"，{count} 件在办件移过去" if count and heir else ""
        by = f"由{taken}承接" if heir else taken
        return f"－ 单位 {office.code} {office.name} 自 {on} 起撤销，{by}{cases}"

    def _nobody_on_duty(self) -> Iterator[tuple[Any, str]]:
        """Heirs that can't take anything over yet."""
        manned = routes_now().duty_posts
        ids = {code: pk for pk, code in self.codes.items()}
        waiting = {
            changes["successor"] for office, changes in self.changed
            if changes.get("successor") and self.running.get(office.pk)
            and ids.get(changes["successor"], 0) not in manned
        }
        for code in sorted(waiting):
            yield "empty", (f"！ {self.plans[code].name}（{code}）的值班岗位还没有人："
                            "安排之前，原单位的人继续负责")

    def _moved_lines(self) -> Iterator[tuple[Any, str]]:
        """Lines that an office which stands gives up or takes on."""
        titles = {**dict(Line.objects.values_list("key", "name")),
                  **{line["code"]: line["name"] for line in self.pack.lines}}
        ending = {office.pk for office, changes in self.changed if changes.get("valid_to")}
        for row, _, last in self.cut:
            office = self.known[self.codes[row.office_id]]
            if last is None or last > self.today or office.pk in ending:
                continue
            heir = self.holders.get((office.area_id, row.line_id))
            by = f"，改由{self.plans[heir].name}承担" if heir else ""
            count = self.running.get(office.pk, 0)
            stay = f"；它的 {count} 件在办件原单位办完" if count else ""
            yield (("line", row.line_id, office.code.partition(".")[2]),
                   f"～ 单位 {office.code} 不再承担“{titles[row.line_id]}”{by}{stay}")
        made = {plan.code for plan in self.new}
        for span in self.opened:
            if span.office not in made:
                yield (("line", span.line, span.office.partition(".")[2]),
                       f"～ 单位 {span.office} 承担“{titles[span.line]}”")

    def apply(self, publication: Publication) -> None:
        """Make, change, and move lines: a line is given up before another office takes it."""
        made = Office.objects.bulk_create(
            Office(code=p.code, name=p.name, area_id=p.area, level=p.level, kind=p.kind,
                   supervises=p.supervises, valid_from=p.first, valid_to=p.last or None,
                   pack=self.pack.name) for p in self.new
        )
        ids = {**{o.code: o.pk for o in self.known.values()}, **{o.code: o.pk for o in made}}
        for office, changes in self.changed:
            for name, value in changes.items():
                if name == "successor":
                    office.successor_id = ids[value] if value else None
                else:
                    setattr(office, name, value)
        Office.objects.bulk_update(
            [office for office, _ in self.changed],
            ["name", "kind", "supervises", "valid_from", "valid_to", "successor", "pack"],
            batch_size=500,
        )
        for row, first, last in self.cut:
            if last is not None and last <= first:
                row.delete()
            else:
                row.during = DateRange(first, last)
                row.save(update_fields=["during"])
        OfficeLine.objects.bulk_create(
            OfficeLine(office_id=ids[s.office], line_id=s.line, area_id=s.area,
                       during=DateRange(s.first, s.last)) for s in self.opened
        )


def _say(value: Any) -> str:
    return ("是" if value else "否") if isinstance(value, bool) else str(value)
