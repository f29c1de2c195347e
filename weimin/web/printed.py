"""What each paper of a case prints: taken from the case, its trail and its item."""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest

from weimin.cases import materials, reading
from weimin.cases.circumstances import taken_back
from weimin.cases.delivery import LABELS, RELATIONS, WAYS, public_until
from weimin.cases.file import CaseFile
from weimin.cases.folding import moment, written_in
from weimin.cases.verbs.notify_missing import ABSENT
from weimin.cases.verbs.revoke import GROUNDS
from weimin.documents.models import Paper
from weimin.documents.signature import drawing
from weimin.flow.profiles import PERMIT, LegalProfile
from weimin.flow.terms import Term
from weimin.kernel import clock
from weimin.kernel.clock import local, say_date
from weimin.kernel.codes import group_case_number
from weimin.kernel.errors import NotFound, WrongState
from weimin.network.models import Account
from weimin.network.offices import review_body
from weimin.registry.models import Certificate
from weimin.trail.models import Event
from weimin.trail.receipts import receipt
from weimin.web.desk.delivery import last as last_delivery
from weimin.web.sealed import round_of

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
        "supervision": file.item.data["phone"]["complain"],
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


def made_by(happened: list[reading.Happening], form: str, seq: int | None = None
            ) -> reading.Happening | None:
    """The event that made the paper: the one of that number in the trail, or the last that did."""
    for happening in happened:
        if form == "decision":
            makes = happening.data.get("decided") in ("granted", "denied")
        elif form == "certificate":
            makes = "certificate" in happening.data
        else:
            makes = happening.verb in MADE_BY.get(form, ())
        if makes and seq in (None, happening.seq):
            return happening
    return None


def told_by(file: CaseFile, form: str, seq: int | None = None) -> reading.Happening:
    """The same of this case. Raises NotFound if nothing made the paper."""
    if (told := made_by(reading.happenings(file.id), form, seq)) is None:
        raise NotFound("这个办件没有这份文书")
    return told


# The verbs whose event makes a paper and holds its number. A decision is whatever decided.
MADE_BY = {
    "notice": ("notify_missing", "notify_again"), "acceptance": ("accept",), "refusal": ("refuse",),
    "extension": ("extend",), "revocation": ("revoke",),
}


def unsealed(happened: list[reading.Happening]) -> list[tuple[str, reading.Happening]]:
    """The numbered papers without a seal, each with the event that made it, the newest first.

    A second notice does not take the first one's place: whoever holds it in hand may ask for it.
    """
    return [(form, happening) for happening in happened for form in MAKERS
            if happening.verb in MADE_BY[form] and "document" in happening.data]


def _numbered(request: HttpRequest, file: CaseFile, told: reading.Happening) -> Data:
    """Number, organ, day and addressee of a paper: all as of the event that made it."""
    office = told.data.get("organ") or file.office_id
    applicant = next(p for p in reading.parties(file.id) if p.role == "applicant")
    return {
        **common(request, file), "organ": file.routes.office_names[office],
        "contact": _contact(file, office), "issued_on": local(told.at).date(),
        # Before papers were numbered in the trail: the case's own number stands for it.
        "number": told.data.get("document") or f"办件{group_case_number(file.number)}",
        "addressee": applicant.name, "to_organisation": applicant.person_id is None,
    }


def _receipt(request: HttpRequest, file: CaseFile) -> Data:
    due = file.clocks["notice"].due_on if "notice" in file.clocks else None
    came = reading.happenings(file.id)[-1]
    first = Event.objects.filter(subject_type="case", subject_id=file.id).order_by("seq")[0]
    return {
        **common(request, file), "organ": file.routes.office_names[file.receiver_id],
        "applicant": _party(file), "received_at": local(file.received_at),
        "follow_code": f"编号加手机号后四位，{request.get_host()}/follow",
        "materials": list(_handed_in(file, first)),
        "next_step": {
            "what": "审查并告知是否受理；材料不齐的，一次告知全部需要补正的内容",
            "by": due, "who": file.routes.office_names[file.office_id],
            "tentative": bool(due and file.calendar.is_foreseen(due)), "then": _afterwards(file),
        },
        "received_by": came.who if came.office else "网上提交，系统收件",
        "first_contact": _contact(file, file.receiver_id),
        "notices": [_silence(file.item.profile), "收件不是受理；办理期限自有权单位受理之日起算。"],
        "trail_code": receipt(file.number, first.seq, bytes(first.hash)),
    }


def _afterwards(file: CaseFile) -> str | None:
    """How long it takes once it is accepted, as the item promises it and the law limits it."""
    item = file.item
    if item.instant:
        return "受理后当场（当日）办结"
    terms = [f"{words}{term.words}" for words, term in (("承诺", item.promised), ("法定期限", item.statutory))
             if term is not None]
    return f"受理后办结：{'，'.join(terms)}" if terms else None


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


def _notice(request: HttpRequest, file: CaseFile, told: reading.Happening) -> Data:
    return {
        **_numbered(request, file, told), "received_on": local(file.received_at).date(),
        "missing": list(_asked_for(file, told.data)),
        "how": "可以到任何一个服务中心（站）窗口补交，也可以在网上办事大厅补交；不必再跑原窗口。",
        "effect": "以上是全部需要补正的内容。补齐后即予受理。",
    }


def _asked_for(file: CaseFile, told: Data) -> Iterator[Data]:
    """Of each material and answer: what exactly is the matter, and what is to be brought."""
    for name, why in told.get("missing", {}).items():
        more = "" if why == ABSENT else f"：{why}"
        yield {"name": name, "problem": f"缺少{more}", "remedy": f"请提交{_wanted(file, name)}"}
    for name, why in told.get("wrong", {}).items():
        yield {"name": name, "problem": f"不符合要求：{why}", "remedy": f"请更换：{_wanted(file, name)}"}
    labels = {field.key: field.label for field in file.item.form}
    form = told.get("form", {})
    if blank := [labels[key] for key, said in form.items() if key in labels and said == "没有填写"]:
        yield {"name": "申请表", "problem": f"没有填写：{'、'.join(blank)}", "remedy": "请填写"}
    for key, said in form.items():
        if key not in labels:
            yield {"name": "其他", "problem": said, "remedy": "请按左栏办理"}
        elif said != "没有填写":
            yield {"name": f"申请表：{labels[key]}", "problem": f"不符合要求：{said}", "remedy": "请更正"}


def _wanted(file: CaseFile, name: str) -> str:
    """原件1份, 原件核验后退还: how many of a material, and whether the original stays."""
    spec = materials.spec_named(file.item, name)
    if spec is None:  # of another version of the item
        return "这份材料"
    copies = f"{max(1, spec.copies)}份"
    if spec.original == "kept":
        said = f"原件{copies}"
    elif spec.original == "copy":
        said = f"复印件或电子件{copies}"
    else:
        said = "原件，核验后当场退还" + (f"；另交复印件{copies}" if spec.copies else "")
    return said + ("；也可以书面承诺代替" if spec.commitment else "")


def _acceptance(request: HttpRequest, file: CaseFile, told: reading.Happening) -> Data:
    clock_row = file.clocks.get("decision") or file.clocks.get("promise")
    if clock_row is None:
        raise WrongState("这个事项没有办理期限，不出受理通知书")
    accepted = local(file.row["accepted_at"]).date()
    due = _due_then(file, told)
    promise = due.get("promise") or due.get("decision") or accepted
    return {
        **_numbered(request, file, told), "accepted_on": accepted,
        "promised_by": promise, "statutory_by": due.get("decision", promise),
        "counts_from": f"{say_date(clock_row.start)}（行政许可法第三十二条）" if clock_row.start < accepted else None,
        "tentative": file.calendar.is_foreseen(promise),
        "accountable": _contact(file, file.office_id),
    }


def _due_then(file: CaseFile, told: reading.Happening) -> dict[str, date]:
    """The days that were promised with the acceptance: a later extension has its own notice."""
    body = bytes(Event.objects.get(subject_type="case", subject_id=file.id, seq=told.seq).body)
    rows = {kind: written_in(body, "clock", kind) for kind in ("promise", "decision")}
    return {kind: local(moment(row["due_at"], told.at)).date() for kind, row in rows.items() if row.get("due_at")}


def _remedy(office: int) -> str:
    """Both ways, their terms, and the organ of review: left unsaid, the term does not run.

    行政复议法 (2023) art. 20(3): 未告知…申请行政复议的权利、行政复议机关和申请期限的，申请期限自…知道…之日起计算.
    """
    body = review_body(office, clock.today())
    online = f"，也可以在网上提交复议申请（{body.reconsideration}）" if body and body.reconsideration else ""
    return (f"如不服本决定，可以自知道本决定之日起60日内向{body.name if body else '有管辖权的人民政府'}申请行政复议"
            f"（行政复议法第二十条、第二十四条）{online}，"
            "或者自知道本决定之日起6个月内向有管辖权的人民法院提起行政诉讼（行政诉讼法第四十六条）。")


def sentence(words: str) -> str:
    """Somebody's own words, with the full stop that he may have left out."""
    return words if words.endswith(("。", "！", "？", "；", "）")) else f"{words}。"


def _basis(file: CaseFile) -> str:
    laws = file.item.data.get("basis", ())
    return "；".join(f"《{b['title']}》{b.get('clause', '')}" for b in laws) or "事项办事指南（示意）"


def _refusal(request: HttpRequest, file: CaseFile) -> Data:
    told = told_by(file, "refusal")
    return {
        **_numbered(request, file, told), "received_on": local(file.received_at).date(),
        "reasons": sentence(told.data["reason"]), "basis": _basis(file),
        "remedy": _remedy(file.office_id),
    }


def _decision(request: HttpRequest, file: CaseFile) -> Data:
    """准予、不予决定书. What a reviewer thought stays in the house: the resident is told the reasons.

    行政许可法 art. 38: granted is what meets the conditions that the law sets; a denial says why, as
    whoever decided wrote it for the applicant, and names both ways against it.
    """
    told, granted = told_by(file, "decision"), file.outcome == "granted"
    numbered = _numbered(request, file, told)
    you = "你单位" if numbered["to_organisation"] else "您"
    condition = str(file.item.data.get("condition", "")).rstrip("。")
    return {
        **numbered, "granted": granted,
        "accepted_on": local(file.row["accepted_at"]).date(), "kind": file.item.profile.title,
        "facts": f"{you}提交的申请材料，本机关已经按照规定的程序审查。",
        "reasons": (f"{you}的申请符合规定的条件：{condition}。" if condition else f"{you}的申请符合规定的条件。")
        if granted else _why_denied(file, told),
        "basis": _basis(file),
        "content": str(file.item.data.get("consequence", "")) if granted else _told_within(file),
        "remedy": _remedy(told.data.get("organ") or file.office_id),
    }


def _why_denied(file: CaseFile, told: reading.Happening) -> str:
    """What whoever decided entered as the reason; of a public notice, the objection that held."""
    key = tuple(told.data.get(name, default) for name, default in (("step", ""), ("branch", ""), ("round", 1)))
    answers = next((row.answers or {} for row in file.steps if (row.key, row.branch, row.round) == key), {})
    if answers.get("reason"):
        return sentence(str(answers["reason"]))
    return f"公示期间有异议，经核实成立：{answers['objection']}" if answers.get("objection") else "不符合规定的条件。"


def _extension(request: HttpRequest, file: CaseFile, told: reading.Happening) -> Data:
    """延期通知书: until when, and why (行政许可法 art. 42: 应当将延长期限的理由告知申请人)."""
    kind = "promise" if "promise" in told.data["after"] else "decision"
    old, new = (told.data[when].get(kind, "None") for when in ("before", "after"))  # None: paused
    own = file.item.data.get("limit", {}).get("extension")
    return {
        **_numbered(request, file, told), "accepted_on": local(file.row["accepted_at"]).date(),
        "old_due": None if old == "None" else date.fromisoformat(old),
        "new_due": None if new == "None" else date.fromisoformat(new),
        "term": f"延长{Term.parse(told.data['term']).words}", "reasons": sentence(told.data["reason"]),
        "basis": _basis(file) if own else "《中华人民共和国行政许可法》第四十二条",
        "approved_by": f"{told.office}负责人",
    }


def _told_within(file: CaseFile) -> str | None:
    """By when a denial is told in writing, where the law of the item has a term for it."""
    term, delivery = file.item.refusal, file.clocks.get("delivery")
    if term is None or delivery is None or delivery.due_on is None:
        return None
    return f"本决定自作出之日起{term.words}内（最迟{say_date(delivery.due_on)}）书面告知。"


def valid_certificate(file: CaseFile) -> Certificate:
    found = Certificate.objects.filter(case_id=file.id, revoked_at=None).order_by("-id").first()
    if found is None:
        raise NotFound("这个办件没有有效的证照")
    return found


def _certificate(request: HttpRequest, file: CaseFile) -> Data:
    found = valid_certificate(file)
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


def _revocation(request: HttpRequest, file: CaseFile) -> Data:
    """撤销、注销决定书, of whoever decided it: the office that had issued it, or the one above."""
    told = told_by(file, "revocation")
    ground = GROUNDS[told.data["ground"]]
    taken = _taken(file, told)
    return {
        **_numbered(request, file, told),
        "title": _title(ground.kind, taken),
        "kind": ground.kind, "issuer": file.routes.office_names[taken[0].office_id],
        "granted_on": taken[0].issued_on,
        "certificates": [{"title": each.name, "number": each.number} for each in taken],
        "reasons": sentence(told.data["reason"]), "ground": ground.words,
        "basis": ground.basis.replace("行政许可法", "《中华人民共和国行政许可法》"),
        "by_analogy": file.item.profile is not PERMIT, "effect": ground.effect, "remedy": _remedy(told.data["organ"]),
    }


def _taken(file: CaseFile, told: reading.Happening) -> list[Certificate]:
    """What that revocation took back."""
    return list(Certificate.objects.filter(case_id=file.id, revoked_at=told.at).order_by("id"))


def _title(kind: str, taken: list[Certificate]) -> str:
    """撤销老年人优待证决定书."""
    return f"{kind}{'、'.join(dict.fromkeys(each.name for each in taken))}决定书"


def _delivery(request: HttpRequest, file: CaseFile) -> Data:
    """送达回证: what was handed over to whom, how, and what proves it; before, a blank to sign by hand."""
    row = last_delivery(file)
    blank = {**common(request, file), "documents": _handed_over(file), "recipient": _recipient(file)}
    if row is None or row.answers is None or row.done_at is None:
        return blank
    return {**_proof(file, row.answers, row.done_at, row.account_id, row.office_id or file.office_id), **blank}


def _revocation_delivery(request: HttpRequest, file: CaseFile) -> Data:
    """The same for the decision that took back what was granted."""
    row, told = taken_back(file), told_by(file, "revocation")
    handed = (row.answers or {}).get("handed") if row else None
    title, number = _title(told.data["kind"], _taken(file, told)), told.data.get("document", "")
    blank = {**common(request, file), "organ": file.routes.office_names[told.data.get("organ") or file.office_id],
             "documents": [{"title": title, "number": number, "copies": 1}], "recipient": _recipient(file)}
    if not handed:
        return blank
    return {**_proof(file, handed, datetime.fromisoformat(handed["at"]), handed["by"], handed["office"]), **blank}


def _recipient(file: CaseFile) -> str:
    return next(p for p in reading.parties(file.id) if p.role == "applicant").name


def _proof(file: CaseFile, said: Data, at: datetime, account: int | None, office: int) -> Data:
    """How it was handed over, and what proves it."""
    way = said["way"]
    server = Account.objects.filter(pk=account or 0).values_list("name", flat=True)
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
        "method": WAYS[way].title.removesuffix("（经同意）"),
        "place": said.get("place") or said.get("sent_to") or file.routes.office_names[office],
        "tracking": said.get("tracking"), "servers": list(server),
        "signed_by": "见所附纸质送达回证" if way == "direct" and said.get("signed") else None,
        "received_at": local(at) if way == "direct" else None,
        "received_on": date.fromisoformat(said["received_on"]) if said.get("received_on") else None,
        "proxy": "，".join(proxy) or None,
        "refusal": f"{said['refusal']}，{say_date(local(at).date())}" if way == "left" else None,
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


# The papers that each event makes anew, with a number and without a seal.
MAKERS: dict[str, Callable[[HttpRequest, CaseFile, reading.Happening], Data]] = {
    "notice": _notice, "acceptance": _acceptance, "extension": _extension,
}
# Those of which a case has one at a time.
SINGLE: dict[str, Callable[[HttpRequest, CaseFile], Data]] = {
    "receipt": _receipt, "refusal": _refusal, "decision": _decision, "certificate": _certificate,
    "revocation": _revocation, "delivery": _delivery, "revocation-delivery": _revocation_delivery,
    "consent": _consent,
}


def printed(request: HttpRequest, file: CaseFile, form: str, seq: int | None = None) -> Data:
    """What a paper says; ``seq``: the event that made it, where there were several.

    Raises NotFound where that event made no such paper.
    """
    if form in MAKERS:
        return MAKERS[form](request, file, told_by(file, form, seq))
    return SINGLE[form](request, file)
