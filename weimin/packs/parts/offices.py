"""Offices: made, renamed, given and relieved of lines, ended with an heir.

What was decided in the administration stays as it is: offices and lines that it made, and fields
of a pack's office that it changed. The findings say where the pack would have it otherwise. Only
the end of an area ends whatever works there.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db.backends.postgresql.psycopg_any import DateRange

from weimin.catalogue.routes import routes_now
from weimin.network.models import Line, Office, OfficeLine
from weimin.packs import unfold
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

_TITLES = {"name": "改名", "kind": "类别", "supervises": "督查本地", "phone": "电话", "address": "地址",
           "reconsideration": "网上复议渠道", "document_word": "机关代字"}
_OWN = frozenset(("name", "kind", "supervises", "reconsideration", "document_word", "valid_from", "valid_to", "pack"))
_WRITTEN = ["name", "kind", "supervises", "valid_from", "valid_to", "successor", "pack", "phone",
            "address", "reconsideration", "document_word"]


class LineRow(NamedTuple):
    """A row of OfficeLine. There are thousands, and few change: no model is made of each."""

    id: int
    office_id: int
    line_id: str
    area_id: str
    during: DateRange
    pack: str


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
        self.plans = {plan.code: plan for plan in unfold.offices(self.pack)}
        self.known = {office.code: office for office in Office.objects.all()}
        self.codes = {office.pk: office.code for office in self.known.values()}
        self.areas = {a["code"]: (a["valid_to"], a["successor"]) for a in self.pack.areas}
        self.new: list[unfold.OfficePlan] = []
        self.changed: list[tuple[Office, dict[str, Any]]] = []
        self.opened: list[Span] = []
        self.cut: list[tuple[LineRow, date, date | None]] = []  # row, its new days
        self.stays: list[tuple[Any, str]] = []  # the administration's, where the pack differs
        self._read_lines()
        for plan in self.plans.values():
            self._plan(plan)
        for office in self.known.values():
            if office.code in self.plans:
                continue
            if office.pack == self.pack.name:
                self._gone(office)
            elif not office.pack:
                self._end_with_its_area(office)
        self._cut_with_their_areas()
        self._running: dict[int, int] | None = None

    def _read_lines(self) -> None:
        self.at_work: dict[int, dict[str, LineRow]] = defaultdict(dict)
        # Who will work for a line in an area: the heirs of those who no longer do.
        self.holders = {
            (plan.area, line): plan.code for plan in self.plans.values() for line in plan.lines
            if not plan.span(line)[1]
        }
        self.decided: dict[tuple[str, str], str] = {}  # by the administration: area, line → office
        for row in map(LineRow._make, OfficeLine.objects.order_by("id").values_list(*LineRow._fields)):
            if row.during.upper is None or row.during.upper > self.today:
                self.at_work[row.office_id][row.line_id] = row
                if not row.pack:
                    self.decided[row.area_id, row.line_id] = self.codes[row.office_id]
        self.holders |= self.decided

    def _plan(self, plan: unfold.OfficePlan) -> None:
        first, last = day(plan.first), last_day(plan.last)
        office = self.known.get(plan.code)
        if office is None:
            if last is None or last > self.today:  # what ended before we came is not made
                self._begin(plan)
            return
        before, kept = office.valid_from, _OWN if not office.pack else frozenset(office.kept)
        ends = last
        if "valid_to" in kept and office.valid_to is not None:
            ends = min(office.valid_to, last or date.max)
        wanted: dict[str, Any] = {
            "name": plan.name, "kind": plan.kind, "supervises": plan.supervises,
            "reconsideration": plan.reconsideration, "document_word": plan.document_word, "valid_from": first, "valid_to": ends, "pack": self.pack.name}
        wanted |= {name: value for name, value in (("phone", plan.phone), ("address", plan.address))
                   if value and not getattr(office, name)}
        changes = differing(office, wanted)
        self._stays(office, plan, last, changes, kept)
        if "valid_to" in changes or (last is not None and last > self.today and ends == last
                                     and "valid_to" not in kept):
            heir = plan.successor or self._heir(plan.area, plan.lines, plan.key, ends) if ends else None
            if heir != self.codes.get(office.successor_id or 0):
                changes["successor"] = heir
        if changes:
            self.changed.append((office, changes))
        for line in plan.lines:
            begins, until = (last_day(text) for text in plan.span(line))
            assert begins is not None
            if ends is not None:
                until = min(until or ends, ends)
            self._line(plan, office, line, before, begins, until)
        self._close(office, set(plan.lines), self.today)

    def _begin(self, plan: unfold.OfficePlan) -> None:
        self.new.append(plan)
        for line in plan.lines:
            first, last = plan.span(line)
            self._open(plan, line, day(first), last_day(last))

    def _stays(self, office: Office, plan: unfold.OfficePlan, last: date | None,
               changes: dict[str, Any], kept: frozenset[str]) -> None:
        """Take what the administration has the last word on out of the changes, and say so."""
        where = f"＝ 单位 {office.code} {office.name}"
        if "valid_to" in kept and office.valid_to is not None and (last is None or last > office.valid_to):
            self.stays.append((("ends", plan.key), f"{where} 在管理界面定于 {office.valid_to} 撤销，"
                                                   "包里仍有它：不恢复"))
        for name in kept & changes.keys() - {"valid_to"}:
            value = changes.pop(name)
            if name in _TITLES:
                self.stays.append(((name, plan.key), f"{where} {_TITLES[name]}以管理界面的为准"
                                                     f"（包里是{_say(value)}）"))

    def _open(self, plan: unfold.OfficePlan, line: str, first: date, last: date | None) -> None:
        """Have an office begin to work for a line, if nobody else was given it."""
        holder = self.decided.get((plan.area, line))
        if holder is None:
            if last is None or last > self.today:
                self.opened.append(Span(office=plan.code, area=plan.area, line=line, first=first,
                                        last=last))
        elif holder != plan.code and last is None:
            self.stays.append((("decided", line, plan.key), f"＝ 单位 {plan.code} {plan.name} 不接"
                               f"“{self._line_name(line)}”：管理界面已交给{self._name(holder)}"))

    def _line(self, plan: unfold.OfficePlan, office: Office, line: str, before: date, first: date,
              last: date | None) -> None:
        row = self.at_work[office.pk].get(line)
        if (office.area_id, line) in self.decided:
            if row is None or row.during.upper != last:
                self._open(plan, line, first, last)
        elif row is None:
            self._open(plan, line, max(self.today, first), last)
        else:
            lower = first if row.during.lower == before else row.during.lower
            if (row.during.lower, row.during.upper) != (lower, last):
                self.cut.append((row, lower, last))

    def _close(self, office: Office, kept: set[str], on: date) -> None:
        for line, row in self.at_work[office.pk].items():
            if line not in kept and (row.area_id, line) not in self.decided:
                self.cut.append((row, row.during.lower, on))

    def _gone(self, office: Office) -> None:
        if office.valid_to is not None and office.valid_to <= self.today:
            return
        rows = self.at_work[office.pk]
        for line in rows:  # what the administration gave it goes with it
            self.decided.pop((office.area_id, line), None)
            if self.holders.get((office.area_id, line)) == office.code:
                del self.holders[office.area_id, line]
        heir = self._heir(office.area_id, rows, office.code.partition(".")[2], self.today)
        self.changed.append((office, {"valid_to": self.today, "successor": heir}))
        self._close(office, set(), self.today)

    def _end_with_its_area(self, office: Office) -> None:
        """An office of the administration's own: the pack has no say in it, but for its area."""
        ends = last_day(self.areas.get(office.area_id, ("", ""))[0])
        if ends is None or (office.valid_to is not None and office.valid_to <= ends):
            return
        heir = self._heir(office.area_id, self.at_work[office.pk],
                          office.code.partition(".")[2], ends)
        self.changed.append((office, {"valid_to": ends, "successor": heir}))

    def _cut_with_their_areas(self) -> None:
        """Lines that the administration gave end with their area as well."""
        for rows in self.at_work.values():
            for row in rows.values():
                ends = last_day(self.areas.get(row.area_id, ("", ""))[0])
                if (row.area_id, row.line_id) in self.decided and ends is not None and (
                        row.during.upper is None or row.during.upper > ends):
                    self.cut.append((row, row.during.lower, ends))

    def _name(self, code: str) -> str:
        return self.plans[code].name if code in self.plans else self.known[code].name

    def _line_name(self, key: str) -> str:
        return next((str(line["name"]) for line in self.pack.lines if line["code"] == key), key)

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
        yield from few(self.stays)

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
        taken = self._name(heir) if heir else "没有承接单位"
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
            yield "empty", (f"！ {self._name(code)}（{code}）的值班岗位还没有人："
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
            by = f"，改由{self._name(heir)}承担" if heir else ""
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
                   phone=p.phone, address=p.address, reconsideration=p.reconsideration,
                   document_word=p.document_word, pack=self.pack.name) for p in self.new
        )
        ids = {**{o.code: o.pk for o in self.known.values()}, **{o.code: o.pk for o in made}}
        for office, changes in self.changed:
            for name, value in changes.items():
                if name == "successor":
                    office.successor_id = ids[value] if value else None
                else:
                    setattr(office, name, value)
        Office.objects.bulk_update(
            [office for office, _ in self.changed], _WRITTEN, batch_size=500,
        )
        self._cut()
        OfficeLine.objects.bulk_create(
            OfficeLine(office_id=ids[s.office], line_id=s.line, area_id=s.area,
                       during=DateRange(s.first, s.last), pack=self.pack.name)
            for s in self.opened
        )

    def _cut(self) -> None:
        """All lines that get the same days at once: a reform moves one in every town."""
        same: dict[tuple[date, date | None], list[int]] = defaultdict(list)
        for row, first, last in self.cut:
            same[first, last].append(row.id)
        for (first, last), ids in same.items():
            rows = OfficeLine.objects.filter(pk__in=ids)
            if last is not None and last <= first:
                rows.delete()
            else:
                rows.update(during=DateRange(first, last))


def _say(value: Any) -> str:
    return ("是" if value else "否") if isinstance(value, bool) else str(value)
