"""撤销、注销: a certificate that was issued is taken back, in the open."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from weimin.cases import delivery
from weimin.cases.circumstances import standing, taken_back
from weimin.cases.effects import enclose, how
from weimin.cases.file import CaseFile
from weimin.cases.kinds import DELIVERY
from weimin.cases.numbering import numbered
from weimin.cases.verb import verb
from weimin.cases.verbs.complete import check_asked
from weimin.kernel.errors import Invalid


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """A lawful ground: what it makes of the certificate, in which words, by which clause."""

    kind: Literal["撤销", "注销"]  # as of its beginning, as of now
    words: str
    basis: str

    @property
    def effect(self) -> str:
        """What it means for whoever holds the certificate: art. 69(4), art. 70."""
        if self.kind == "注销":
            return "所发证照自本决定作出之日起注销，不能再使用。"
        if self.basis == f"{_ART69}第二款":
            return "所发证照自始无效，基于它取得的利益不受保护（同条第四款）。"
        return "所发证照不能再使用；合法权益因此受到损害的，可以依法要求赔偿（同条第四款）。"


_ART69, _ART70 = "行政许可法第六十九条", "行政许可法第七十条"

# 行政许可法 art. 69 (撤销) and art. 70 (注销); for what is no permit, by analogy.
GROUNDS: dict[str, Ground] = {
    "abuse": Ground(kind="撤销", words="滥用职权、玩忽职守作出准予决定", basis=f"{_ART69}第一款第一项"),
    "powers": Ground(kind="撤销", words="超越法定职权作出准予决定", basis=f"{_ART69}第一款第二项"),
    "procedure": Ground(kind="撤销", words="违反法定程序作出准予决定", basis=f"{_ART69}第一款第三项"),
    "unqualified": Ground(kind="撤销", words="申请人不具备资格或者不符合法定条件", basis=f"{_ART69}第一款第四项"),
    "other-revoke": Ground(kind="撤销", words="依法可以撤销的其他情形", basis=f"{_ART69}第一款第五项"),
    "deceit": Ground(kind="撤销", words="以欺骗、贿赂等不正当手段取得", basis=f"{_ART69}第二款"),
    "expired": Ground(kind="注销", words="有效期届满未延续", basis=f"{_ART70}第一项"),
    "death": Ground(kind="注销", words="公民死亡或者丧失行为能力", basis=f"{_ART70}第二项"),
    "dissolved": Ground(kind="注销", words="法人或者其他组织依法终止", basis=f"{_ART70}第三项"),
    "withdrawn": Ground(kind="注销", words="许可依法被撤销、撤回，或者证件依法被吊销", basis=f"{_ART70}第四项"),
    "impossible": Ground(kind="注销", words="因不可抗力无法实施", basis=f"{_ART70}第五项"),
    "other-cancel": Ground(kind="注销", words="法律、法规规定应当注销的其他情形", basis=f"{_ART70}第六项"),
}


@verb("撤销或注销证照")
def revoke(file: CaseFile, *, ground: str, reason: str) -> None:
    """Take back the certificate that this case issued; the case itself stays as it is.

    From now on it is shown as revoked to whoever checks it, with the ground and the reason, and it
    replaces no material of another case. The step that issued it carries the mark.

    Raises Invalid for an unknown ground or a missing reason.
    """
    found = GROUNDS.get(ground)
    wrong = {} if found else {"ground": "请选择依据"}
    if not reason.strip():
        wrong["reason"] = "请写明事实和理由"
    if found is None or wrong:
        raise Invalid(fields=wrong)
    why = f"{found.kind}（{found.basis}，{found.words}）：{reason.strip()}"
    file.batch.add(
        "UPDATE registry_certificate SET revoked_at = %s, revoked_why = %s"
        " WHERE case_id = %s AND revoked_at IS NULL",
        [file.occurred_at, why, file.row["id"]],
    )
    for row in standing(file):
        row.set(answers={**(row.answers or {}), "revoked": ground,
                         "revoked_at": file.occurred_at.isoformat(),
                         "revoked_by": file.actor.office_id})
    form = "revocation" if found.kind == "撤销" else "cancellation"
    file.record("revoke", {"ground": ground, "kind": found.kind, "basis": found.basis,
                           "reason": reason.strip(), **numbered(file, form, file.actor.office_id)})


@verb("送达撤销、注销决定书")
def deliver_revocation(file: CaseFile, *, answers: dict[str, Any]) -> None:
    """Whoever held the certificate was handed the decision that takes it back: how, and what proves it.

    The ways and their proofs are those of every result (送达); the case may long be closed. The
    terms for reconsideration and litigation run from here.
    Raises Invalid for a delivery without its proof.
    """
    row = taken_back(file)
    assert row is not None and row.answers is not None  # the table of actions saw to it
    check_asked(file, DELIVERY, DELIVERY.asks, answers)
    delivery.check(answers, datetime.fromisoformat(row.answers["revoked_at"]), file.occurred_at, None,
                   file.calendar)
    enclose(file, answers, {"step": row.key, "round": row.round, "of": "revocation"})
    handed = {**answers, "at": file.occurred_at.isoformat(), "by": file.actor.account_id,
              "office": file.actor.office_id}
    row.set(answers={**row.answers, "handed": handed})
    told = how(file, answers, row.answers.get("revoked_by") or file.row["office_id"])
    file.record("deliver_revocation", told, private=answers)
