"""Windows of the centres. They are numbers over a desk: no record names one, so one may go."""

from collections import defaultdict
from collections.abc import Iterator

from weimin.network.models import Office, Window
from weimin.packs import unfold
from weimin.packs.parts.part import Part, Publication, few


class Windows(Part):
    """How many windows each office has."""

    title = "窗口"

    def compare(self) -> None:
        """The numbers that each template gives beside those that are there."""
        whose = dict(Office.objects.values_list("code", "pack"))
        there: dict[str, dict[str, int]] = defaultdict(dict)
        for pk, code, number in Window.objects.values_list("id", "office__code", "number"):
            there[code][number] = pk
        self.new: list[tuple[str, str]] = []
        self.gone: list[int] = []
        self.counts: list[tuple[str, str, int, int]] = []
        for plan in unfold.offices(self.pack):
            if plan.last or not whose.get(plan.code, self.pack.name):
                continue  # those of an office that the administration made are its own
            wanted = {str(n) for n in range(1, plan.windows + 1)}
            has = there[plan.code]
            self.new += [(plan.code, number) for number in sorted(wanted - set(has), key=int)]
            self.gone += [has[number] for number in set(has) - wanted if number.isdigit()]
            if plan.code in whose and wanted != set(has):
                self.counts.append((plan.key, plan.name, len(has), len(wanted)))

    def __bool__(self) -> bool:
        return bool(self.new or self.gone)

    def said(self) -> Iterator[str]:
        """How many windows there were and will be, where there were any."""
        yield from few((key, f"～ 窗口 {name}：{before} 个 → {after} 个")
                       for key, name, before, after in self.counts)

    def apply(self, publication: Publication) -> None:
        """Open and close them."""
        ids = dict(Office.objects.values_list("code", "id"))
        Window.objects.bulk_create(
            Window(office_id=ids[code], number=number, title=f"{number}号综合窗口")
            for code, number in self.new
        )
        Window.objects.filter(pk__in=self.gone).delete()
