"""依法删除个人信息: what must be forgotten goes, and the record says that it did, and why."""

from weimin.cases import materials
from weimin.cases.erasing import BASES, erase_all, is_over, kept_until
from weimin.cases.file import CaseFile
from weimin.cases.verb import verb
from weimin.cases.written import ERASED
from weimin.kernel.clock import say_date
from weimin.kernel.errors import Invalid, WrongState


@verb("依法删除个人信息")
def erase(
    file: CaseFile, *, basis: str, document: str = "", reason: str = "", sure: bool = False,
    exempt: str = "",
) -> None:
    """Remove all personal content of a closed case. It can't be undone.

    ``basis`` is one of 个人信息保护法 art. 47(1), items 2 to 5
    (:data:`weimin.cases.erasing.BASES`). All but ``expired`` need the number of the document that
    orders it, and all of them that the retention of the item is over: until then what must not be
    used is restricted (47(2)). Only ``order`` goes before, with the article of the law or regulation
    that lifts the retention (``exempt``). What happened when, by which post, stays and verifies.

    Raises Invalid for what was not said, WrongState while the case must still be kept.
    """
    wrong = {}
    if basis not in BASES:
        wrong["basis"] = "请选择依据"
    elif basis != "expired" and not document.strip():
        wrong["document"] = "请填写决定删除的文书文号"
    if not reason.strip():
        wrong["reason"] = "请写明理由（不要写个人信息，这段话会一直保留）"
    if not sure:
        wrong["sure"] = "删除后不能恢复，请确认"
    if wrong:
        raise Invalid(fields=wrong)
    lifted = exempt.strip() if basis == "order" else ""
    if not lifted:
        _must_be_over(file)
    case_id = file.row["id"]
    gone = erase_all(case_id)
    file.set(applicant=ERASED, facts={}, follow_hash=None, restricted=False)
    marks: dict[str, str] = {}
    for step in file.steps:
        # That a certificate was taken back is no secret, and still forbids to take it back again.
        kept = {k: v for k, v in (step.answers or {}).items() if k == "revoked"}
        marks |= kept
        step.set(answers=kept or None)
    for pause in file.pauses:
        if pause.note:
            pause.note, pause.changed = "", True
    for key, state in file.materials.items():
        materials.put(file, key, state)
    file.record("erase", {
        "basis": BASES[basis], "reason": reason.strip(), "erased": gone, **marks,
        **({"document": document.strip()} if document.strip() else {}),
        **({"exempt": lifted} if lifted else {}),
    })


def _must_be_over(file: CaseFile) -> None:
    if is_over(file.item, file.row["closed_at"], file.today):
        return
    until = kept_until(file.item, file.row["closed_at"])
    kept = f"保管期限到 {say_date(until)} 届满，现在还不能删除" if until else \
        "这个事项的档案永久保管，没有届满之日"
    raise WrongState(kept, "请先限制处理（个人信息保护法第四十七条第二款）；法律、行政法规规定不受保管期限限制的，"
                           "依据选第（五）项，写明条文")
