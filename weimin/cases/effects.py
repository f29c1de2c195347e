"""What completing a step of a kind does to the case beyond the step itself."""

from collections.abc import Callable
from typing import Any

from weimin.cases import clocks
from weimin.cases.circumstances import decided_by
from weimin.cases.delivery import acted_at, signer_fault
from weimin.cases.file import CaseFile
from weimin.cases.numbering import numbered
from weimin.cases.reading import parties
from weimin.cases.rows import StepRow
from weimin.documents import signature
from weimin.documents.numbers import give_number
from weimin.documents.store import PDF, owned
from weimin.flow.kinds import kind_of
from weimin.flow.terms import Term, last_day
from weimin.flow.transitions import Plan
from weimin.kernel.clock import local
from weimin.kernel.codes import verification_code
from weimin.kernel.errors import Invalid, WrongState
from weimin.network.offices import review_body

Effect = Callable[[CaseFile, StepRow, dict[str, Any], Plan], dict[str, Any]]


def _decision(file: CaseFile, row: StepRow, answers: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """The case is decided: its decision clocks are met, the delivery clock starts."""
    if plan.decided is None:
        return {}
    settle(file, plan.decided)
    power = file.routes.power(
        file.item, "decide", file.area_path, local(file.row["received_at"]).date(),
        file.item.level,
    )
    late = any(file.clocks[k].late for k in ("decision", "promise") if k in file.clocks)
    return {"decided": plan.decided, "in_name": power.kind, **numbered(file, "decision", row.office_id),
            **({"late_decision": True} if late else {})}


def settle(file: CaseFile, outcome: str) -> str:
    """The work is done: the decision clocks are met and the delivery clock starts."""
    clocks.meet(file, "decision", "promise")
    file.set(state="decided", outcome=outcome, decided_at=file.occurred_at)
    clocks.start(file, "delivery", file.item.delivery(outcome))
    return outcome


def undo(file: CaseFile, row: StepRow) -> None:
    """A step that was done becomes void: what it did beyond itself is taken back, in the open."""
    kind = kind_of(file.item.flow.steps[row.key].kind)
    if kind.issues:
        file.batch.add(
            "UPDATE registry_certificate SET revoked_at = %s, revoked_why = %s"
            " WHERE case_id = %s AND revoked_at IS NULL",
            [file.occurred_at, "办件退回重新办理", file.row["id"]],
        )
    if kind.decides and file.row["state"] == "decided":
        file.set(state="accepted", outcome="", decided_at=None)
        clocks.start_decision(file)


def _certificate(
    file: CaseFile, row: StepRow, answers: dict[str, Any], plan: Plan
) -> dict[str, Any]:
    """Number the result; a certificate is kept, so that the next case finds it by itself.

    Where the decision is itself the result (批复、通知书), it has its number already.
    """
    result = file.item.result
    office = row.office_id
    if office is None:
        raise WrongState("出证环节没有办理单位")
    lasts = result.get("valid") not in (None, "none")
    valid_to = last_day(file.today, Term.parse(result["valid"]), file.calendar) if lasts else None
    if result.get("kind") != "certificate":
        return {} if file.row["outcome"] == "granted" else numbered(file, "result", office)
    written = give_number(office, "certificate", file.today)
    file.batch.add(
        "INSERT INTO registry_certificate (number, type, name, holder_person_id,"
        " holder_organisation_id, case_id, office_id, issued_on, valid_to, code, revoked_why, data)"
        " SELECT %s, %s, %s, p.person_id, p.organisation_id, p.case_id, %s, %s, %s, %s, '', '{}'"
        " FROM cases_party p WHERE p.case_id = %s AND p.role = 'applicant' AND p.seq = 1",
        [written, result.get("type") or file.item.code, result.get("name", file.item.name),
         office, file.today, valid_to, verification_code(), file.row["id"]],
    )
    return {"certificate": written, "valid_to": valid_to and valid_to.isoformat()}


# What comes with a delivery as a file: of which kind, and what is said when it is none.
_ENCLOSED = {"signature": (signature.SVG, "没有收到签名，请重新签"),
             "signed": (PDF, "没有收到扫描件，请重新上传"),
             "consent": (PDF, "没有收到扫描件，请重新上传")}


def _delivery(file: CaseFile, row: StepRow, answers: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """Delivered: the delivery clock is met; what came with it as a file becomes a paper of the case.

    Raises Invalid for a file that this officer did not hand in, or somebody who may not sign.
    """
    clocks.meet(file, "delivery", acted=acted_at(answers, file.occurred_at))
    enclose(file, answers, {"step": row.key, "round": row.round})
    decided = file.row["outcome"] in ("granted", "denied", "refused")
    return how(file, answers, decided_by(file) if decided else None)


def how(file: CaseFile, answers: dict[str, Any], organ: int | None) -> dict[str, Any]:
    """What the event of a delivery says in the open: the way, and where to contest it online.

    ``organ`` decided what was delivered; None: it is no decision. Raises Invalid for a decision that
    went by the internet while nobody knows where it can be contested there.
    """
    way = answers.get("way")
    if way != "electronic" or organ is None:
        return {"way": way}
    if not (online := review_channel(file, organ)):
        raise Invalid(fields={"way": "复议机关没有登记网上申请复议的渠道，不能电子送达决定书（行政复议法第二十二条）："
                                     "请改用其他方式，或请系统管理员在地方包里补上（reconsideration）"})
    return {"way": way, "review": online}


def review_channel(file: CaseFile, organ: int) -> str:
    """Where what this organ decided can be contested online; empty where that is not known.

    行政复议法 art. 22(2): 行政机关通过互联网渠道送达行政行为决定书的，应当同时提供提交行政复议申请书的互联网渠道.
    """
    body = review_body(organ, file.today)
    return body.reconsideration if body else ""


def enclose(file: CaseFile, answers: dict[str, Any], about: dict[str, Any]) -> None:
    """Keep the files that came with a delivery as papers of the case.

    Raises Invalid for a file that this officer did not hand in, or somebody who may not sign.
    """
    given = {key: answers[key] for key in _ENCLOSED if answers.get(key)}
    wrong = {key: _ENCLOSED[key][1] for key, found in given.items()
             if not owned(found, file.actor.account_id, media_type=_ENCLOSED[key][0])}
    if answers.get("relation") and (fault := _signer_fault(file, answers["relation"])):
        wrong["relation"] = fault
    if wrong:
        raise Invalid(fields=wrong)
    file.batch.insert("documents_paper", [
        {"case_id": file.row["id"], "form": key, "number": "", "code": "", "made_at": file.now,
         "data": about, "file_id": int(found)}
        for key, found in given.items()
    ])


def _signer_fault(file: CaseFile, relation: str) -> str | None:
    people = parties(file.row["id"])
    return signer_fault(
        relation, has_agent=any(p.role in ("agent", "guardian") for p in people),
        of_organisation=next(p for p in people if p.role == "applicant").person_id is None)


def _review(file: CaseFile, row: StepRow, answers: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """A review whose rejection ends the case decides it (on_reject: end)."""
    return _decision(file, row, answers, plan)


EFFECTS: dict[str, Effect] = {
    "review": _review,
    "site-visit": _review,
    "public-notice": _review,
    "external": _review,
    "decision": _decision,
    "certificate": _certificate,
    "delivery": _delivery,
}
