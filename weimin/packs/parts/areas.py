"""Areas: begun, renamed, ended and merged. A code is never given twice; a rename keeps it."""

from collections.abc import Iterator
from typing import Any

from weimin.kernel.codes import division_level
from weimin.kernel.text import pinyin_key
from weimin.network.models import Area
from weimin.packs.parts.part import Part, Publication, day, differing, few, last_day
from weimin.packs.written import Fault

_WRITTEN = ("name", "full_name", "sort_key", "kind", "valid_from", "valid_to", "successor_id",
            "note")


class Areas(Part):
    """The areas of the place."""

    title = "区划"

    def compare(self) -> None:
        """Every area of the pack beside its row."""
        self.names = {area["code"]: area["name"] for area in self.pack.areas}
        self.known = {area.code: area for area in Area.objects.all()}
        self.new: list[Area] = []
        self.changed: list[tuple[Area, Area, dict[str, Any]]] = []
        for written in sorted(self.pack.areas, key=lambda a: len(a["code"])):
            wanted = self._row(written)
            row = self.known.get(wanted.code)
            if row is None:
                self.new.append(wanted)
            elif changes := differing(row, {name: getattr(wanted, name) for name in _WRITTEN}):
                self.changed.append((row, wanted, changes))

    def _row(self, written: dict[str, Any]) -> Area:
        code = written["code"]
        ancestors = [code[:n] for n in (4, 6, 9) if n < len(code)]
        known = self.known.get(code)
        same = known is not None and known.name == written["name"]
        return Area(
            code=code, name=written["name"], level=division_level(code), kind=written["kind"],
            full_name="".join(self.names[a] for a in ancestors[1:]) + written["name"],
            sort_key=known.sort_key if known and same else pinyin_key(written["name"]),
            parent_id=ancestors[-1] if ancestors else None,
            path="/" + "/".join([*ancestors, code]) + "/",
            valid_from=day(written["valid_from"]), valid_to=last_day(written["valid_to"]),
            successor_id=written["successor"] or None, note=written["note"],
        )

    def __bool__(self) -> bool:
        return bool(self.new or self.changed)

    def faults(self) -> Iterator[Fault]:
        """An ended code that lives again, and an area that the pack has forgotten."""
        lines = {area["code"]: area.line for area in self.pack.areas}
        for row, wanted, changes in self.changed:
            ended = row.valid_to is not None and row.valid_to <= self.today
            if ended and "valid_to" in changes and (
                wanted.valid_to is None or wanted.valid_to > self.today
            ):
                yield Fault(
                    file="areas.csv", line=lines[row.code],
                    what=f"{row.name}（{row.code}）已于 {row.valid_to} 撤销，代码不能再用",
                    remedy="恢复建制请用新代码",
                )
        missing = {code for code in set(self.known) - set(lines)
                   if (ends := self.known[code].valid_to) is None or ends > self.today}
        for code in sorted(missing):
            if any(code[:length] in missing for length in (4, 6, 9) if length < len(code)):
                continue  # a town is missed with its villages, once
            below = sum(other.startswith(code) for other in missing) - 1
            with_it = f"，连同它下面的 {below} 个" if below else ""
            yield Fault(
                file="areas.csv", line=1, what=f"{self.known[code].full_name}（{code}）不在包里{with_it}",
                remedy="区划不会删除：把它们加回来；撤并的写明 valid_to 和 successor",
            )

    def said(self) -> Iterator[str]:
        """Each area that begins, ends or changes."""
        yield from few(self._lines())

    def _lines(self) -> Iterator[tuple[str, str]]:
        for area in self.new:
            later = f"，自 {area.valid_from} 起" if area.valid_from > self.today else ""
            yield "new", f"＋ 区划 {area.code} {area.name}{later}"
            if area.valid_to:
                yield "ends", self._end(area)
        for row, wanted, changes in self.changed:
            if "name" in changes:
                yield "renamed", f"～ 区划 {row.code} 改名：{row.name} → {wanted.name}"
            if changes.keys() & {"valid_to", "successor_id"}:
                yield "ends", self._end(wanted)
            for name, title in (("kind", "性质"), ("valid_from", "启用日期"), ("note", "备注")):
                if name in changes:
                    before = getattr(row, name) or "（无）"
                    yield name, f"～ 区划 {row.code} {row.name} {title}：{before} → {changes[name] or '（无）'}"

    def _end(self, area: Area) -> str:
        if area.valid_to is None:
            return f"～ 区划 {area.code} {area.name} 不再撤销"
        into = area.successor_id
        heir = f"并入 {into} {self.names[into]}" if into else "没有承接的区划"
        return f"－ 区划 {area.code} {area.name} 自 {area.valid_to} 起撤销，{heir}"

    def apply(self, publication: Publication) -> None:
        """Rows first, then the links between them: an heir may stand further down the list."""
        links = {area.code: area.successor_id for area in self.new}
        for area in self.new:
            area.successor_id = None
        Area.objects.bulk_create(self.new)
        for area in self.new:
            area.successor_id = links[area.code]
        Area.objects.bulk_update([a for a in self.new if a.successor_id], ["successor"])
        for row, _, changes in self.changed:
            for name, value in changes.items():
                setattr(row, name, value)
        Area.objects.bulk_update(
            [row for row, _, _ in self.changed],
            ["name", "full_name", "sort_key", "kind", "valid_from", "valid_to", "successor", "note"],
            batch_size=500,
        )
