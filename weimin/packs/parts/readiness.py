"""Readiness: what an area can really do. A row that is gone means the default again: ready."""

from collections.abc import Iterator

from weimin.catalogue.models import POWER_TITLES, Item, Readiness
from weimin.packs.parts.part import Part, Publication, few

Key = tuple[str, str, str]  # item, area, power


class ReadinessRows(Part):
    """The readiness of the place. What was entered in the administration is left alone."""

    title = "就绪"

    def compare(self) -> None:
        """Every row of the pack, item by item, beside what is said now."""
        known = {(row.item.code, row.area_id, row.power): row
                 for row in Readiness.objects.select_related("item")}
        wanted: dict[Key, tuple[bool, str]] = {}
        codes = [item["code"] for item in self.pack.items]
        for said in self.pack.readiness:
            for code in codes if said["item"] == "*" else [said["item"]]:
                wanted[code, said["area"], said["power"]] = said["ready"] == "yes", said["reason"]
        self.new: list[tuple[Key, bool, str]] = []
        self.changed: list[tuple[Key, Readiness]] = []
        for key, (ready, reason) in wanted.items():
            row = known.get(key)
            if row is None:
                self.new.append((key, ready, reason))
            elif row.pack == self.pack.name and (row.ready, row.reason) != (ready, reason):
                row.ready, row.reason = ready, reason
                self.changed.append((key, row))
        self.gone = [(key, row) for key, row in known.items()
                     if key not in wanted and row.pack == self.pack.name]

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)

    def said(self) -> Iterator[str]:
        """What can be done and what can't, item by item."""
        yield from few((
            *((("new", power, area), f"＋ 就绪 {_words(key)}：{_ready(ready, reason)}")
              for key, ready, reason in self.new for _, area, power in [key]),
            *((("changed", power, area), f"～ 就绪 {_words(key)}：改为{_ready(row.ready, row.reason)}")
              for key, row in self.changed for _, area, power in [key]),
            *((("gone", power, area), f"－ 就绪 {_words(key)}：恢复为办得到")
              for key, _ in self.gone for _, area, power in [key]),
        ))

    def apply(self, publication: Publication) -> None:
        """Write them."""
        ids = dict(Item.objects.values_list("code", "id"))
        Readiness.objects.filter(pk__in=[row.pk for _, row in self.gone]).delete()
        Readiness.objects.bulk_update([row for _, row in self.changed], ["ready", "reason"])
        Readiness.objects.bulk_create(
            Readiness(item_id=ids[item], area_id=area, power=power, ready=ready, reason=reason,
                      pack=self.pack.name) for (item, area, power), ready, reason in self.new
        )


def _words(key: Key) -> str:
    item, area, power = key
    return f"{item} {POWER_TITLES[power]} {area}"


def _ready(ready: bool, reason: str) -> str:
    return "办得到" if ready else f"办不到（{reason}）" if reason else "办不到"
