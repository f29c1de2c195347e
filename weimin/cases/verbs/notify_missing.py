"""一次性告知: one notice names everything that is missing."""

from weimin.cases import clocks, materials
from weimin.cases.duty import acting_post
from weimin.cases.facts import unanswered
from weimin.cases.file import CaseFile
from weimin.cases.numbering import numbered
from weimin.cases.verb import verb
from weimin.kernel.errors import Invalid, WrongState

ABSENT = "未提供"  # what is wrong with a material that is not there


@verb("一次性告知")
def notify_missing(
    file: CaseFile, *, missing: dict[str, str] | None = None, wrong: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> None:
    """Tell the applicant in writing, once, all that is missing or wrong.

    ``missing`` maps a material that is not there to what is to be said of it, ``wrong`` one that
    is there and won't do (不符合法定形式) to what exactly is wrong with it, ``form`` a field to what
    is to be told of it (another key: what else is to be told). Everything the engine knows to be
    missing is added: a notice can't forget what the system sees.
    行政许可法 art. 32(1)(4): on the spot or within five working days of receipt.
    """
    _notify(file, "notify_missing", dict(missing or {}), dict(wrong or {}), dict(form or {}))


@verb("再次告知")
def notify_again(
    file: CaseFile, *, reason: str, missing: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None, form: dict[str, str] | None = None,
) -> None:
    """A second notice for the same case: with a supervisor's reason, and against the office."""
    if not reason.strip():
        raise Invalid(fields={"reason": "再次告知必须由督查或负责人写明理由"})
    _notify(file, "notify_again", dict(missing or {}), dict(wrong or {}), dict(form or {}),
            reason=reason.strip())


def _notify(
    file: CaseFile, event: str, told: dict[str, str], wrong: dict[str, str], form: dict[str, str],
    **more: str,
) -> None:
    specs = {spec.key: spec for spec in materials.wanted(file)}
    unknown = (told.keys() | wrong.keys()) - specs.keys()
    if unknown:
        raise Invalid(fields=dict.fromkeys(sorted(unknown), "这个事项不需要这份材料"))
    if vague := [key for key, why in wrong.items() if not why.strip()]:
        raise Invalid(fields=dict.fromkeys(vague, "请写明哪里不符合要求"))
    for spec in materials.missing(file):
        if spec.key not in wrong:
            told.setdefault(spec.key, ABSENT)
    for field in unanswered(file.item, file.row["facts"]):
        form.setdefault(field.key, "没有填写")
    if not (told or wrong or form):
        raise WrongState("材料齐全、内容填全，没有需要告知的", "请直接受理")
    for key, why in (told | wrong).items():
        materials.put(file, key, "missing", note=why)
    clocks.meet(file, "notice", "acceptance")
    file.set(state="noticed")
    file.record(
        event,
        {"missing": {specs[k].name: why for k, why in told.items()}, "form": form,
         **({"wrong": {specs[k].name: why for k, why in wrong.items()}} if wrong else {}),
         **numbered(file, "notice"), "late": event == "notify_missing" and file.clocks["notice"].late, **more},
        post=acting_post(file) if event == "notify_missing" else None,
    )
