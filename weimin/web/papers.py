"""Official papers of a case, as PDF: made from the case when they are asked for."""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from weimin.cases import materials, reading
from weimin.cases.circumstances import deciding, standing, taken_back
from weimin.cases.delivery import LABELS, RELATIONS, WAYS, public_until
from weimin.cases.effects import next_number
from weimin.cases.file import CaseFile
from weimin.cases.verbs.revoke import GROUNDS
from weimin.cases.written import ERASED
from weimin.documents.models import Paper
from weimin.documents.render import typesetter
from weimin.documents.signature import drawing
from weimin.flow.profiles import PERMIT, LegalProfile
from weimin.kernel import clock
from weimin.kernel.clock import local, say_date
from weimin.kernel.codes import group_case_number, verification_code
from weimin.kernel.errors import NotFound, WrongState
from weimin.kernel.text import mask_name
from weimin.network.models import Account, Post
from weimin.network.offices import review_body
from weimin.registry.models import Certificate
from weimin.trail.models import Event
from weimin.trail.receipts import receipt
from weimin.web.desk.delivery import last as last_delivery
from weimin.web.desk.delivery import waits
from weimin.web.page import anyone
from weimin.web.sealed import SEALED, Content, round_of, sealed

Data = dict[str, Any]


def common(request: HttpRequest, file: CaseFile) -> Data:
    """What every form says."""
    return {
        "demo": settings.DEMO,
        "organ": file.routes.office_names[file.office_id],
        "case_no": group_case_number(file.number),
        "item": file.item.name,
        "qr": request.build_absolute_uri(f"/follow?number={file.number}"),
        "contact": _contact(file, file.office_id),
    }


def _contact(file: CaseFile, office: int) -> Data:
    phone = file.routes.office_phones.get(office) or file.item.data["phone"]["consult"]
    return {"office": file.routes.office_names[office], "phone": phone}


def _party(file: CaseFile) -> Data:
    people = reading.parties(file.id)
    applicant = next(p for p in people if p.role == "applicant")
    agent = next((p for p in people if p.role in ("agent", "guardian")), None)
    said: Data = {"name": applicant.name, "id_number": applicant.identity,
                  "phone": f"尾号 {applicant.phone[-4:]}" if applicant.phone else None}
    if agent is not None:
        said |= {"agent": agent.name, "agent_basis": agent.paper}
    return said


def _numbered(
    request: HttpRequest, file: CaseFile, form: str, office: int, at: datetime | None = None
) -> Data:
    """The document's number (of that office's series) and date: once given, on every print.

    ``at`` is when it was decided, whenever somebody first asks for the paper.
    """
    said = {"office": office, **({"round": _round(file, form)} if form in SEALED else {})}
    found = Paper.objects.filter(case_id=file.id, form=form)
    if form in SEALED:  # decided anew, it is another paper with another number
        found = found.filter(data__round=said["round"])
    paper = found.order_by("-id").first()
    if paper is None:
        on = local(at).date() if at else clock.today()
        paper = Paper.objects.create(
            case_id=file.id, form=form, number=next_number(office, form, on),
            code=verification_code() if form in SEALED else "", made_at=clock.now(), data=said)
    applicant = next(p for p in reading.parties(file.id) if p.role == "applicant")
    name = file.routes.office_names[paper.data["office"]]
    numbered: Data = {"number": f"{name}{paper.number}", "addressee": applicant.name,
                      "issued_on": local(at or paper.made_at).date()}
    if paper.code:
        numbered["note"] = _verifiable(request, paper.code)
    return numbered


def _round(file: CaseFile, form: str) -> str:
    """Of which result the paper speaks, or of which revocation."""
    return str(_revoked(file).seq) if form == "revocation" else round_of(file.row)


def _verifiable(request: HttpRequest, code: str) -> str:
    return f"核验码 {code}。凭文号和核验码，或凭本文件，可在 {request.get_host()}/check/certificate 核验"


def _receipt(request: HttpRequest, file: CaseFile) -> Data:
    notice = file.clocks.get("notice")
    first = Event.objects.filter(subject_type="case", subject_id=file.id).order_by("seq")[0]
    return {
        **common(request, file), "organ": file.routes.office_names[file.receiver_id],
        "applicant": _party(file), "received_at": local(file.received_at),
        "follow_code": f"编号加手机号后四位，{request.get_host()}/follow",
        "materials": list(_handed_in(file, first)),
        "next_step": {
            "what": "审查并告知是否受理；材料不齐的，一次告知全部需要补正的内容",
            "by": (notice.due_on if notice and notice.due_on else file.today),
            "who": file.routes.office_names[file.office_id],
            "tentative": bool(notice and notice.due_on and file.calendar.is_foreseen(notice.due_on)),
        },
        "first_contact": _contact(file, file.receiver_id),
        "notices": [_silence(file.item.profile), "收件不是受理；办理期限自有权单位受理之日起算。"],
        "trail_code": receipt(file.number, first.seq, bytes(first.hash)),
    }


# How a material stands on the receipt that was not handed over on paper.
_NOT_ON_PAPER = {"replaced": "电子证照", "declared": "告知承诺", "missing": "未提交"}


def _handed_in(file: CaseFile, first: Event) -> Iterator[Data]:
    """What came in with the application, by its own event: what came later is not on this receipt.

    Only over a counter somebody saw an original and gave it back.
    """
    for key, row in json.loads(bytes(first.body)).get("w", {}).get("material", {}).items():
        spec = materials.spec_of(file.item, key)
        state = row if isinstance(row, str) else row["state"]
        if spec is None or (state == "missing" and spec.need == "optional"):
            continue
        on_paper = state == "have" and file.row["channel"] != "web"
        seen = on_paper and spec.original == "seen"
        paper = {"kept": "原件", "seen": "查验原件", "copy": "复印件"}[spec.original]
        yield {
            "name": spec.name, "copies": max(1, spec.copies) if on_paper else int(state == "have"),
            "kind": paper if on_paper else _NOT_ON_PAPER.get(state, "扫描件"),
            "original_seen": seen, "original_returned": seen,
            "note": "网上提交" if state == "have" and not on_paper else "",
        }


def _silence(profile: LegalProfile) -> str:
    if profile.silence_accepts:
        return "逾期不告知需要补正的，自收到申请材料之日起即为受理（行政许可法第三十二条）。"
    return "受理单位应在上述日期前告知；逾期未告知的，可向督查部门反映。"


def _notice(request: HttpRequest, file: CaseFile) -> Data:
    told = next(h for h in reading.happenings(file.id)
                if h.verb in ("notify_missing", "notify_again"))
    missing = [{"name": name, "problem": why, "remedy": "请补交或更换这份材料"}
               for name, why in told.data.get("missing", {}).items()]
    labels = {field.key: field.label for field in file.item.form}
    missing += [{"name": labels.get(key, "其他"), "problem": said, "remedy": "请按说明填写、更正"}
                for key, said in told.data.get("form", {}).items()]
    return {
        **common(request, file), **_numbered(request, file, "notice", file.office_id),
        "received_on": local(file.received_at).date(), "missing": missing,
        "how": "可以到任何一个服务中心（站）窗口补交，也可以在网上办事大厅补交；不必再跑原窗口。",
        "effect": "以上是全部需要补正的内容。补齐后即予受理。",
    }


def _acceptance(request: HttpRequest, file: CaseFile) -> Data:
    promise = file.clocks.get("promise") or file.clocks.get("decision")
    decision = file.clocks.get("decision") or promise
    if promise is None or decision is None:
        raise WrongState("这个事项没有办理期限，不出受理通知书")
    accepted: date = local(file.row["accepted_at"]).date()
    return {
        **common(request, file), **_numbered(request, file, "acceptance", file.office_id), "accepted_on": accepted,
        "promised_by": promise.printed_on or promise.due_on or accepted,
        "statutory_by": decision.due_on or accepted,
        "counts_from": f"{say_date(decision.start)}（行政许可法第三十二条）" if decision.start < accepted else None,
        "tentative": bool(promise.due_on and file.calendar.is_foreseen(promise.due_on)),
        "accountable": _contact(file, file.office_id),
    }


def _remedy(office: int) -> str:
    """Both ways, their terms, and the organ of review: left unsaid, the term does not run.

    行政复议法 (2023) art. 20(3): 未告知…申请行政复议的权利、行政复议机关和申请期限的，申请期限自…知道…之日起计算.
    """
    body = review_body(office, clock.today())
    online = f"，也可以在网上提交复议申请（{body.reconsideration}）" if body and body.reconsideration else ""
    return (f"如不服本决定，可以自知道本决定之日起60日内向{body.name if body else '有管辖权的人民政府'}申请行政复议"
            f"（行政复议法第二十条、第二十四条）{online}，"
            "或者自知道本决定之日起6个月内向有管辖权的人民法院提起行政诉讼（行政诉讼法第四十六条）。")


def _last_reason(file: CaseFile, *verbs: str) -> str:
    for happening in reading.happenings(file.id):
        if happening.verb in verbs and happening.data.get("reason"):
            return str(happening.data["reason"])
    return ""


def _basis(file: CaseFile) -> str:
    laws = file.item.data.get("basis", ())
    return "；".join(f"《{b['title']}》{b.get('clause', '')}" for b in laws) or "事项办事指南（示意）"


def _refusal(request: HttpRequest, file: CaseFile) -> Data:
    return {
        **common(request, file),
        **_numbered(request, file, "refusal", file.office_id, file.decided_at or file.closed_at),
        "received_on": local(file.received_at).date(),
        "reasons": _last_reason(file, "refuse"), "basis": _basis(file),
        "remedy": _remedy(file.office_id),
    }


def _decision(request: HttpRequest, file: CaseFile) -> Data:
    granted = file.outcome == "granted"
    row = deciding(file)
    answers = (row.answers or {}) if row else {}
    office = (row.office_id if row else None) or file.office_id
    return {
        **common(request, file),
        **_numbered(request, file, "decision", office, file.decided_at), "granted": granted,
        "organ": file.routes.office_names[office],
        "accepted_on": local(file.row["accepted_at"]).date(), "kind": file.item.profile.title,
        "facts": f"经审查，你（单位）申请的{file.item.name}材料齐全，已依照程序办理。",
        "reasons": answers.get("reason") or answers.get("opinion") or "符合规定的条件",
        "basis": _basis(file),
        "content": str(file.item.data.get("consequence", "")) if granted else _told_within(file),
        "remedy": _remedy(office),
    }


def _told_within(file: CaseFile) -> str | None:
    """By when a denial is told in writing, where the law of the item has a term for it."""
    term, delivery = file.item.refusal, file.clocks.get("delivery")
    if term is None or delivery is None or delivery.due_on is None:
        return None
    return f"本决定自作出之日起{term.words}内（最迟{say_date(delivery.due_on)}）书面告知。"


def _valid_certificate(file: CaseFile) -> Certificate:
    found = Certificate.objects.filter(case_id=file.id, revoked_at=None).order_by("-id").first()
    if found is None:
        raise NotFound("这个办件没有有效的证照")
    return found


def _certificate(request: HttpRequest, file: CaseFile) -> Data:
    found = _valid_certificate(file)
    applicant = next(p for p in reading.parties(file.id) if p.role == "applicant")
    address = request.build_absolute_uri("/check/certificate")
    asked = urlencode({"number": found.number, "code": found.code})
    return {
        "demo": settings.DEMO, "organ": file.routes.office_names[found.office_id],
        "title": found.name, "number": found.number, "holder": applicant.name,
        "id_number": applicant.identity, "statement": str(file.item.data.get("consequence", "")),
        "valid_from": found.issued_on, "valid_until": found.valid_to,
        "issued_on": found.issued_on, "verify_code": found.code, "verify_url": address,
        "qr": f"{address}?{asked}",
    }


def _revoked(file: CaseFile) -> reading.Happening:
    """The last revocation of what this case issued. Raises NotFound when there was none."""
    for happening in reading.happenings(file.id):
        if happening.verb == "revoke":
            return happening
    raise NotFound("这个办件的证照没有撤销、注销过")


def _revocation(request: HttpRequest, file: CaseFile) -> Data:
    """撤销、注销决定书, of whoever decided it: the office that had issued it, or the one above."""
    told = _revoked(file)
    by = Event.objects.get(subject_type="case", subject_id=file.id, seq=told.seq).post_id or 0
    office: int = Post.objects.get(pk=by).office_id
    ground = GROUNDS[told.data["ground"]]
    taken = list(Certificate.objects.filter(case_id=file.id, revoked_at=told.at).order_by("id"))
    return {
        **common(request, file), **_numbered(request, file, "revocation", office, told.at),
        "organ": file.routes.office_names[office], "contact": _contact(file, office),
        "title": f"{ground.kind}{'、'.join(dict.fromkeys(each.name for each in taken))}决定书",
        "kind": ground.kind, "issuer": file.routes.office_names[taken[0].office_id],
        "granted_on": taken[0].issued_on,
        "certificates": [{"title": each.name, "number": each.number} for each in taken],
        "reasons": told.data["reason"], "ground": ground.words,
        "basis": ground.basis.replace("行政许可法", "《中华人民共和国行政许可法》"),
        "by_analogy": file.item.profile is not PERMIT, "effect": ground.effect, "remedy": _remedy(office),
    }


def _delivery(request: HttpRequest, file: CaseFile) -> Data:
    """送达回证: what was handed over to whom, how, and what proves it; before, a blank to sign by hand."""
    row = last_delivery(file)
    applicant = next(p for p in reading.parties(file.id) if p.role == "applicant")
    whose = {**common(request, file), "documents": _handed_over(file), "recipient": applicant.name}
    if row is None or row.answers is None or row.done_at is None:
        return whose
    said, way = row.answers, row.answers["way"]
    server = Account.objects.filter(pk=row.account_id or 0).values_list("name", flat=True)
    by, relation = said.get("received_by"), said.get("relation")
    days = [(f"{LABELS[key]}：{say_date(date.fromisoformat(said[key]))}")
            for key in ("posted_on", "consent_on") if said.get(key)]
    words = [f"{LABELS[key]}：{said[key]}" for key in ("cause", "sent_to", "recording", "designation")
             if said.get(key)]
    if said.get("signed"):
        words.append("附签名、盖章的纸质送达回证")
    if said.get("consent") or said.get("consent_kept"):
        words.append("附电子送达确认书" if said.get("consent") else f"确认书原件：{said['consent_kept']}")
    if way == "electronic" and (online := review_told(reading.happenings(file.id))):
        words.append(f"已同时告知网上提交行政复议申请的渠道：{online}")
    if way == "public":
        words.append(f"公告满三十日（{say_date(public_until(said, file.calendar))}）视为送达")
    picture = drawing(said["signature"]) if said.get("signature") else None
    proxy = [by, RELATIONS.get(relation, "其他") if relation else "邮件签收人"] if by and relation != "self" else []
    return {
        **whose,
        "method": WAYS[way].title.removesuffix("（经同意）"),
        "place": said.get("place") or said.get("sent_to") or file.routes.office_names[
            row.office_id or file.office_id],
        "tracking": said.get("tracking"), "servers": list(server),
        "signed_by": "见所附纸质送达回证" if way == "direct" and said.get("signed") else None,
        "received_at": local(row.done_at) if way == "direct" else None,
        "received_on": date.fromisoformat(said["received_on"]) if said.get("received_on") else None,
        "proxy": "，".join(proxy) or None,
        "refusal": f"{said['refusal']}，{say_date(local(row.done_at).date())}" if way == "left" else None,
        "remark": "；".join([*days, *words]),
        "witnesses": [said["witness"]] if said.get("witness") else [],
        "witness_signature" if way == "left" else "signature": picture,
    }


def review_told(happened: list[reading.Happening]) -> str:
    """Where to contest it online, as it was told with the last electronic delivery."""
    return next((str(h.data["review"]) for h in happened if h.data.get("review")), "")


def _consent(request: HttpRequest, file: CaseFile) -> Data:
    """送达地址和电子送达确认书, to be filled in and signed by hand."""
    applicant = next(p for p in reading.parties(file.id) if p.role == "applicant")
    return {**common(request, file), "recipient": applicant.name, "id_number": applicant.identity,
            "contact": _contact(file, file.receiver_id)}


def _handed_over(file: CaseFile) -> list[Data]:
    """The papers of the last result: decision or refusal, and the certificate if there is one."""
    forms = [f"sealed {form}:{round_of(file.row)}" for form in ("decision", "refusal")]
    decision = Paper.objects.filter(case_id=file.id, form__in=forms).first()
    plain = {"granted": "决定书", "denied": "决定书", "refused": "不予受理决定书"}.get(
        file.outcome, "办理结果")
    found: list[Data] = [{"title": decision.data["title"], "number": decision.number, "copies": 1}
                         if decision else {"title": plain, "copies": 1}]
    certificate = Certificate.objects.filter(case_id=file.id, revoked_at=None).order_by("-id").first()
    if certificate is not None:
        found.append({"title": certificate.name, "number": certificate.number, "copies": 1})
    return found


FORMS: dict[str, Callable[[HttpRequest, CaseFile], Data]] = {
    "receipt": _receipt, "notice": _notice, "acceptance": _acceptance, "refusal": _refusal,
    "decision": _decision, "certificate": _certificate, "revocation": _revocation,
    "delivery": _delivery, "consent": _consent,
}


def results(file: CaseFile) -> list[str]:
    """The sealed papers in which this case has ended, whether anybody has asked for them or not."""
    found = {"refused": ["refusal"], "granted": ["decision"], "denied": ["decision"]}.get(
        file.outcome, [])
    if standing(file):
        found.append("certificate")
    if taken_back(file):
        found.append("revocation")
    return found


def made(request: HttpRequest, file: CaseFile, form: str) -> bytes:
    """One paper as PDF; what is sealed is made once. Raises NotFound for what there is not."""
    if form == "certificate":
        _valid_certificate(file)  # a revoked one is kept, and not handed out any more
    elif form in SEALED and form not in results(file):
        raise NotFound("这个办件没有这份文书")
    if form in SEALED:
        return sealed(file, form, _round(file, form), lambda: _content(request, file, form))
    return typesetter().typeset(form, FORMS[form](request, file)).pdf


def _content(request: HttpRequest, file: CaseFile, form: str) -> Content:
    """A sealed paper, and what whoever checks it is told: who is in it stays masked."""
    printed = FORMS[form](request, file)
    applicant = next(p for p in reading.parties(file.id) if p.role == "applicant")
    code = printed.get("verify_code") or Paper.objects.get(
        case_id=file.id, form=form, data__round=_round(file, form)).code
    title = {"refusal": "不予受理决定书", "decision":
             f"{'准予' if printed.get('granted') else '不予'}{printed.get('kind')}决定书"}
    return Content(printed=printed, code=code, public={
        "title": title.get(form) or printed["title"], "item": file.item.name, "organ": printed["organ"],
        "on": printed["issued_on"].isoformat(),
        "to": mask_name(applicant.name) if applicant.person_id else applicant.name,
    })


def printable(file: CaseFile) -> list[tuple[str, str]]:
    """The papers that there are of this case now: form and title."""
    told = file.state == "noticed" or "acceptance" in file.clocks
    ground = taken_back(file)
    found = [
        ("receipt", _("收件回执"), True),
        ("notice", _("一次性告知书"), told),
        ("acceptance", _("受理通知书"), file.row["accepted_at"] is not None),
        ("refusal", _("不予受理决定书"), file.outcome == "refused"),
        ("decision", _("决定书"), file.outcome in ("granted", "denied")),
        ("certificate", _("证照"), bool(standing(file))),
        ("revocation", _("{}决定书").format(GROUNDS[ground].kind) if ground else "", bool(ground)),
        ("delivery", _("送达回证") if last_delivery(file) else _("空白的送达回证"),
         bool(last_delivery(file)) or waits(file)),
        ("consent", _("空白的电子送达确认书"), waits(file)),
    ]
    return [(form, title) for form, title, there in found if there]


@require_GET
def paper(request: HttpRequest, number: str, form: str) -> HttpResponse:
    """One paper of a case, for whoever may see the case."""
    if form not in FORMS:
        raise NotFound("没有这种文书")
    file = CaseFile.load(number, actor=anyone(request), now=clock.now(), lock=False)
    if file.applicant == ERASED:
        raise NotFound("这个办件的个人信息已依法删除，不能再出文书")
    if form not in dict(printable(file)):
        raise NotFound("这个办件现在没有这份文书", "请回到办件页，看看“打印”里有哪些")
    response = HttpResponse(made(request, file, form), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{form}-{number}.pdf"'
    return response
