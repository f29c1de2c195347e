"""Lines: the departments' names and their order."""

from collections.abc import Iterator

from weimin.network.models import Line
from weimin.packs.parts.part import Part, Publication


class Lines(Part):
    """The lines of the place. A line that is no longer written stays: offices once held it."""

    title = "条线"

    def compare(self) -> None:
        """Every line of the pack beside its row."""
        known = {line.key: line for line in Line.objects.all()}
        self.new: list[Line] = []
        self.changed: list[Line] = []
        self.renamed: list[tuple[str, str]] = []
        for order, written in enumerate(self.pack.lines):
            row = known.get(written["code"])
            if row is None:
                self.new.append(Line(key=written["code"], name=written["name"], order=order))
            elif (row.name, row.order) != (written["name"], order):
                if row.name != written["name"]:
                    self.renamed.append((row.name, written["name"]))
                row.name, row.order = written["name"], order
                self.changed.append(row)

    def __bool__(self) -> bool:
        return bool(self.new or self.changed)

    def said(self) -> Iterator[str]:
        """New lines and new names; the order alone is worth one line."""
        for line in self.new:
            yield f"＋ 条线 {line.key} {line.name}"
        for before, after in self.renamed:
            yield f"～ 条线 改名：{before} → {after}"
        if self.changed and not self.renamed and not self.new:
            yield "～ 条线 的排列次序"

    def apply(self, publication: Publication) -> None:
        """Write them."""
        Line.objects.bulk_create(self.new)
        Line.objects.bulk_update(self.changed, ["name", "order"])
