"""依法删除个人信息: what must be forgotten goes, and the record says that it did, and why."""

from weimin.cases import materials
from weimin.cases.erasing import BASES, erase_all, kept_until
from weimin.cases.file import CaseFile
from weimin.cases.verb import verb
from weimin.cases.written import ERASED
from weimin.kernel.clock import say_date
from weimin.kernel.errors import Invalid, WrongState


@verb("依法删除个人信息")
def erase(
    file: CaseFile, *, basis: str, document: str = "", reason: str = "", sure: bool = False
) -> None:
    """Remove all personal content of a closed case. It can't be undone.

    ``basis`` is one of 个人信息保护法 art. 47(1), items 2 to 5
    (:data:`weimin.cases.erasing.BASES`). ``expired`` needs the retention of the item to be over; the
    others need the number of the document that orders it. What happened when, by which post, stays
    and verifies.

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
    if basis == "expired":
        _must_be_over(file)
    case_id = file.row["id"]
    gone = erase_all(case_id)
    file.set(applicant=ERASED, facts={}, follow_hash=None)
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
    })


def _must_be_over(file: CaseFile) -> None:
    until = kept_until(file.item, file.row["closed_at"])
    if until is None:
        raise WrongState("这个事项的档案永久保管，没有届满之日", "如有决定删除的文书，请选其他依据并填写文号")
    if file.today <= until:
        raise WrongState(f"保管期限到 {say_date(until)} 届满，现在还不能以此删除",
                         "如有决定删除的文书，请选其他依据并填写文号")
