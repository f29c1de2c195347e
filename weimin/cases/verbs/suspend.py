"""暂停办理 and 恢复办理: days that lawfully don't count, and the ones that do."""

from weimin.cases import clocks
from weimin.cases.file import CaseFile
from weimin.cases.rows import PauseRow
from weimin.cases.verb import verb
from weimin.catalogue.spec import ItemSpec
from weimin.flow.profiles import PAUSE_TITLES, PauseReason
from weimin.kernel.errors import Invalid, WrongState


def uncounted(item: ItemSpec) -> frozenset[str]:
    """The reasons whose days don't count by the law of the item: its type's, and its own."""
    return item.profile.uncounted | set(item.data.get("limit", {}).get("uncounted_pauses", ()))


@verb("暂停办理")
def suspend(file: CaseFile, *, reason: PauseReason, expected: str, note: str = "") -> None:
    """Wait for something outside the office, with written notice of how long.

    行政许可法 art. 45 says which days don't count, and no others: for the rest the case waits,
    the resident sees why, and the clock goes on.
    """
    wrong = {}
    if reason not in PAUSE_TITLES:
        wrong["reason"] = "请选择等什么"
    if not expected.strip():
        wrong["expected"] = "请写明需要多长时间：必须书面告知申请人"
    if wrong:
        raise Invalid(fields=wrong)
    counts = reason not in uncounted(file.item)
    file.pauses.append(
        PauseRow(id=None, reason=reason, counts=counts, began=file.today, note=note.strip(),
                 expected=expected.strip())
    )
    clocks.recompute(file)
    file.record("suspend", {"reason": reason, "counts": counts, "expected": expected.strip()})


@verb("恢复办理")
def resume(file: CaseFile) -> None:
    """The reason is over; the dates move by the working days that did not count."""
    pause = file.open_pause
    if pause is None:
        raise WrongState("办件没有暂停")
    pause.end(file.today)
    clocks.recompute(file)
    file.record(
        "resume",
        {"reason": pause.reason, "began": str(pause.began), "counts": pause.counts,
         "due": {k: str(c.due_on) for k, c in file.clocks.items() if not c.met_at}},
    )
