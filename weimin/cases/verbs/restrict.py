"""限制处理个人信息: what must be kept and may not be used, and the way back.

个人信息保护法 art. 47(2): 法律、行政法规规定的保存期限未届满…的，个人信息处理者应当停止除存储和采取必要的安全
保护措施之外的处理.
"""

from weimin.cases.erasing import BASES, RESTRICTABLE, is_over, kept_until
from weimin.cases.file import CaseFile
from weimin.cases.verb import verb
from weimin.kernel.clock import say_date
from weimin.kernel.errors import Invalid, WrongState


@verb("限制处理个人信息")
def restrict(file: CaseFile, *, basis: str, reason: str = "", document: str = "") -> None:
    """Keep the personal content of a closed case and use it for nothing any more.

    ``basis`` is why it would have to be erased (:data:`weimin.cases.erasing.RESTRICTABLE`), were
    its retention over; ``document`` the paper that says so, if there is one. What waits to be sent
    about the case is not sent. Raises Invalid for what was not said, WrongState when the retention is
    over: then the law asks for more.
    """
    wrong = {}
    if basis not in RESTRICTABLE:
        wrong["basis"] = "请选择依据"
    if not reason.strip():
        wrong["reason"] = "请写明理由（不要写个人信息，这段话会一直保留）"
    if wrong:
        raise Invalid(fields=wrong)
    if is_over(file.item, file.row["closed_at"], file.today):
        raise WrongState("保管期限已经届满，不必再保存", "请依法删除")
    until = kept_until(file.item, file.row["closed_at"])
    file.set(restricted=True)
    file.batch.add(
        "UPDATE outbox_message SET status = 'dropped' WHERE subject_type = 'case'"
        " AND subject_id = %s AND status IN ('waiting', 'failed')", [file.row["id"]])
    file.record("restrict", {
        "basis": f"个人信息保护法第四十七条第二款（{BASES[basis]}）", "reason": reason.strip(),
        "kept": f"保存到 {say_date(until)}" if until else "永久保存",
        **({"document": document.strip()} if document.strip() else {}),
    })


@verb("解除限制处理")
def lift(file: CaseFile, *, reason: str = "", document: str = "") -> None:
    """Let the content be used again, with the reason. Raises Invalid without one."""
    if not reason.strip():
        raise Invalid(fields={"reason": "请写明理由（不要写个人信息，这段话会一直保留）"})
    file.set(restricted=False)
    file.record("lift", {"reason": reason.strip(), **(
        {"document": document.strip()} if document.strip() else {})})
