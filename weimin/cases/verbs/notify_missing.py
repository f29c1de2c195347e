"""一次性告知: one notice names everything that is missing."""

from weimin.cases import clocks, materials
from weimin.cases.facts import unanswered
from weimin.cases.file import CaseFile
from weimin.cases.verb import verb
from weimin.kernel.errors import Invalid, WrongState


@verb("一次性告知")
def notify_missing(
    file: CaseFile, *, missing: dict[str, str] | None = None, form: dict[str, str] | None = None
) -> None:
    """Tell the applicant in writing, once, all that is missing or wrong.

    ``missing`` maps a material to what is wrong with it, ``form`` a field. Everything the engine
    knows to be missing is added: a notice can't forget what the system sees.
    行政许可法 art. 32(1)(4): on the spot or within five working days of receipt.
    """
    _notify(file, dict(missing or {}), dict(form or {}), "notify_missing")


@verb("再次告知")
def notify_again(
    file: CaseFile, *, reason: str, missing: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> None:
    """A second notice for the same case: with a supervisor's reason, and against the office."""
    if not reason.strip():
        raise Invalid(fields={"reason": "再次告知必须由督查或负责人写明理由"})
    _notify(file, dict(missing or {}), dict(form or {}), "notify_again", reason=reason.strip())


def _notify(
    file: CaseFile, told: dict[str, str], form: dict[str, str], event: str, **more: str
) -> None:
    specs = {spec.key: spec for spec in materials.wanted(file)}
    for key in told:
        if key not in specs:
            raise Invalid(fields={key: "这个事项不需要这份材料"})
    for spec in materials.missing(file):
        told.setdefault(spec.key, "未提供")
    for field in unanswered(file.item, file.row["facts"]):
        form.setdefault(field.key, "没有填写")
    if not told and not form:
        raise WrongState("材料齐全、内容填全，没有需要告知的", "请直接受理")
    for key in told:
        materials.put(file, key, "missing", note=told[key])
    clocks.meet(file, "notice", "acceptance")
    file.set(state="noticed")
    file.record(
        event,
        {"missing": {specs[k].name: why for k, why in told.items()}, "form": form,
         "late": event == "notify_missing" and file.clocks["notice"].late, **more},
    )
