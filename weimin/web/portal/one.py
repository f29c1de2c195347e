"""我的一件事: one case as its resident reads it: what became of it, what to do now, how it went."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from weimin.cases import materials, reading
from weimin.cases.facts import unanswered
from weimin.cases.file import CaseFile
from weimin.cases.verbs.notify_missing import ABSENT
from weimin.catalogue.spec import Field
from weimin.flow.graph import Flow
from weimin.flow.kinds import kind_of
from weimin.kernel.clock import local, say_date
from weimin.kernel.errors import Invalid, WeiminError
from weimin.kernel.text import mask_name, whole_number
from weimin.registry.models import Certificate
from weimin.voice.rate import rateable
from weimin.web import asking
from weimin.web.desk.areas import areas_for
from weimin.web.desk.case import graph_of
from weimin.web.desk.forms import forms_of
from weimin.web.page import page
from weimin.web.papers import printable, results
from weimin.web.printed import review_told
from weimin.web.steps_graph import layout
from weimin.web.words import state_of

# What an event is called in a resident's words; what is not here has its own title.
_WORDS = {
    "receive": "收到申请", "accept": "受理了", "notify_missing": "告诉您要补什么",
    "notify_again": "再次告诉您要补什么", "supplement": "补交", "refuse": "没有受理",
    "transfer": "转给了有权办理的单位", "succeed": "由新的单位接着办", "return_to": "退回前一步重新办",
    "suspend": "暂停办理", "resume": "接着办理", "extend": "延长了期限", "hand_over": "换人负责",
    "take_over": "接手负责", "reassign": "换人经办", "issue_cards": "因期限对办理单位亮牌",
    "contest_card": "办理单位对亮牌作了说明", "rule_on_card": "督查裁定了亮牌", "end": "终止办理",
    "close": "办完归档", "reopen": "重新办理", "nudge": "催办", "rate": "评价",
    "rate_words": "补充评价", "revoke": "撤销或注销证照", "deliver_revocation": "送达撤销（注销）决定书", "withdraw": "撤回申请",
    "recompute": "因放假安排重新计算期限", "upgrade": "改按新的办事规定办",
}
# The papers that say how it ended, and how to contest it; the certificate has a button of its own.
_PAPERS = {"refusal": "下载不予受理决定书", "decision": "下载决定书", "revocation": "下载撤销（注销）决定书",
           "extension": "下载延期通知书"}
_TO_PRINT = ("receipt", "notice", "acceptance")  # what he was told on the way, in writing
_NOTHING_SAID = (ABSENT, "没有填写")  # what a notice writes of itself where nobody wrote more
_OUTCOMES = {"approve": "同意", "reject": "不同意", "repeat": "再办一次"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Headline:
    """The case in a sentence, and how good the news is."""

    tone: str  # ok | info | warn | bad
    title: str
    text: str = ""


def show(request: HttpRequest, file: CaseFile, error: WeiminError | None = None) -> HttpResponse:
    """The page. ``error``: what was wrong with what was just sent from it."""
    forms, rated = forms_of(file), request.GET.get("thanks", "")
    extended = ["extension"] if any(c.extension for c in file.clocks.values()) else []
    happened = reading.happenings(file.id)
    told = next((h.data for h in happened if h.verb in ("notify_missing", "notify_again")), {})
    questions = _questions(file, told)
    kept = list(Certificate.objects.filter(case_id=file.id).order_by("-id"))
    valid = next((c for c in kept if c.revoked_at is None), None)
    revoked = kept[0] if kept and valid is None and _was_revoked(kept[0]) else None
    office = file.routes.office_names[file.office_id]
    contacts = {h.seq: _event(h, file) for h in happened}
    steps = [cell["step"] for cell in graph_of(file)["cells"] if "step" in cell]
    return page(
        request, "portal/one.jinja", status=error.status if error else 200, file=file, error=error,
        state=state_of(file.state, file.outcome, bool(file.open_pause)), office=office,
        head=headline(file, office, valid, questions), certificate=valid, revoked=revoked,
        phone=file.item.data["phone"]["consult"],
        absent=[spec for spec in materials.wanted(file)
                if file.materials.get(spec.key) in ("missing", "promised")],
        questions=questions, areas=areas_for(file.actor, file.row["area_id"]) if any(
            q.type == "area" for q in questions) else [], ask=asking,
        notes=_notes(told),
        wrong=dict(error.fields) if isinstance(error, Invalid) else {},
        verbs={form.action.verb for form in forms},
        mine=[form for form in forms if form.action.verb == "complete"], typed=request.POST,
        facts=[] if revoked else _dates(file),
        graph=_so_far(steps),
        later=[s["name"] for s in steps if s["state"] == "waiting"] if file.state != "closed" else [],
        events=list(contacts.values()), nudged=request.GET.get("nudged"),
        handed=request.GET.get("handed") and error is None,
        rateable=[{"seq": c.seq, "what": contacts[c.seq]["what"], "office": c.office,
                   "on": say_date(c.at.date())} for c in rateable(file.id)],
        thanks=contacts.get(whole_number(rated) or 0), rated=rated,
        review=review_told(happened),
        papers=[(form, _PAPERS[form]) for form in (*extended, *results(file)) if form in _PAPERS], key=uuid.uuid4().hex,
        to_print=[(form, title) for form, title in printable(file) if form in _TO_PRINT],
        errors=[{"href": f"#{'f-' if name in {q.key for q in questions} else ''}{name}", "text": said}
                for name, said in _faults(error)],
    )


def _questions(file: CaseFile, told: dict[str, Any]) -> list[Field]:
    """What is not answered yet, and what the notice says was answered wrongly."""
    open_ = {field.key for field in unanswered(file.item, file.row["facts"])} | set(told.get("form", {}))
    return [field for field in file.item.form if field.key in open_]


def _notes(told: dict[str, Any]) -> dict[str, str]:
    """What the notice says of each material, by its name, and of each answer, by its key."""
    said = {**told.get("missing", {}), **told.get("wrong", {}), **told.get("form", {})}
    return {key: words for key, words in said.items() if words not in _NOTHING_SAID}


def _faults(error: WeiminError | None) -> list[tuple[str, str]]:
    """What was wrong, each with where it stands on the page."""
    if isinstance(error, Invalid) and error.fields:
        return list(error.fields.items())
    return [("main", f"{error.message}。{error.remedy}")] if error else []


def _so_far(steps: list[dict[str, Any]]) -> dict[str, Any]:
    """The graph of the steps that were reached; what led through another leads on to before it."""
    by_key = {step["key"]: step for step in steps}
    reached = [step for step in steps if step["state"] not in ("waiting", "skipped")]
    keys = {step["key"] for step in reached}

    def before(key: str) -> set[str]:
        needs = by_key[key]["needs"]
        return {n for n in needs if n in keys}.union(*(before(n) for n in needs if n not in keys))

    return layout([{**step, "needs": sorted(before(step["key"]))} for step in reached])


def _was_revoked(certificate: Certificate) -> bool:
    """Taken back from its holder; one that fell with a case that was done again was not."""
    return certificate.revoked_why.startswith(("撤销", "注销"))


def _dates(file: CaseFile) -> list[tuple[str, str]]:
    """The days that were promised and are still to come; none of a case that is over."""
    running = {"received": [("notice", _("最迟告诉您是否受理")), ("acceptance", _("最迟告诉您是否受理"))],
               "accepted": [("promise", _("承诺办结")), ("decision", _("法定期限"))],
               "decided": [("delivery", _("最迟送达"))]}
    for kind, label in running.get(file.state, ()):
        clock = file.clocks.get(kind)
        if clock is not None and clock.met_at is None and clock.due_on is not None:
            foreseen = _("预计 ") if file.calendar.is_foreseen(clock.due_on) else ""
            return [(label, foreseen + say_date(clock.due_on))]
    return []


def headline(
    file: CaseFile, office: str, certificate: Certificate | None, questions: Sequence[Field] = (),
) -> Headline:
    """What became of it, or what it waits for; ``questions`` are the answers he still owes."""
    if file.state == "noticed":
        return _noticed(file, questions)
    opened = [file.item.flow.steps[s.key] for s in file.steps if s.state == "open"]
    own = [spec.title for spec in opened if spec.who.line == "applicant"]
    if file.state in ("decided", "closed"):
        after = [spec.title for spec in opened if not kind_of(spec.kind).delivers]
        if own and file.outcome == "granted":
            return Headline(tone="warn", title=_("批准了。现在轮到您：{}").format("、".join(own)), text=_by(file))
        return _result(file, certificate, after)
    if own:
        return Headline(tone="warn", title=_("现在轮到您：{}").format("、".join(own)), text=_by(file))
    late = file.row["due_at"] is not None and file.now > file.row["due_at"]
    again = _("已经过了期限，您可以催一下。") if late else ""
    tone = "warn" if late else "info"
    if file.state == "received":
        return Headline(tone=tone, title=_("申请收到了，等{}看材料").format(office), text=again)
    if file.open_pause is not None:
        return Headline(tone="info", title=_("暂停办理"), text=_("要等：{}。结束后接着办。").format(
            file.open_pause.expected or file.open_pause.note or _("有关结果")))
    now = "、".join(dict.fromkeys(spec.title for spec in opened))
    return Headline(tone=tone, title=_("正在办：{}").format(now) if now else _("正在办"), text=again)


def _noticed(file: CaseFile, questions: Sequence[Field]) -> Headline:
    """What the notice still waits for: papers, answers, or both."""
    if not questions:
        return Headline(tone="warn", title=_("还缺材料，补齐就受理"),
                        text=_("在下面传照片或扫描件，也可以带到任何一个窗口交。"))
    if materials.missing(file):
        return Headline(tone="warn", title=_("还缺材料，还有内容要填，补齐就受理"),
                        text=_("在下面填好、传照片或扫描件，也可以到任何一个窗口办。"))
    blank = all(file.row["facts"].get(field.key) in (None, "", []) for field in questions)
    return Headline(tone="warn", title=_("还有内容没填，填好就受理") if blank else _("有内容要改，改好就受理"),
                    text=_("在下面填好提交，也可以到任何一个窗口办。"))


def _by(file: CaseFile) -> str:
    """Until when the applicant has to do his own step."""
    due = [s.due_at for s in file.steps if s.state == "open" and s.due_at is not None
           and file.item.flow.steps[s.key].who.line == "applicant"]
    return _("请在 {} 前办好。").format(say_date(local(min(due)).date())) if due else ""


def _result(file: CaseFile, certificate: Certificate | None, after: Sequence[str]) -> Headline:
    """``after``: what is still to be done after the decision, besides delivering it."""
    sent = file.clocks.get("delivery")  # met by the delivery; the case is closed after that
    waits = file.state == "decided" and (sent is None or sent.met_at is None)
    if after and waits and file.outcome == "granted" and certificate is None:
        return Headline(tone="info", title=_("批准了，正在办：{}").format("、".join(after)))
    if file.outcome in ("granted", "done"):
        got = certificate.name if certificate else ""
        title = _("办成了：{}").format(got) if got else _("办成了")
        return Headline(tone="ok", title=title, text=_(
            "证照可以直接下载使用，纸质的正在送达。") if waits and got else _("结果正在送达。") if waits else "")
    if file.outcome == "denied":
        return Headline(tone="bad", title=_("没有批准"), text=_(
            "理由和怎样申请复议、起诉，写在决定书里。"))
    return {
        "refused": Headline(tone="bad", title=_("没有受理"), text=_(
            "理由和怎样申请复议、起诉，写在不予受理决定书里。")),
        "withdrawn": Headline(tone="info", title=_("您撤回了这个申请，不再办理"), text=_(
            "以后需要，可以重新申请。")),
        "ended": Headline(tone="info", title=_("终止办理，不再办了"), text=_("原因见下面的办理经过。")),
    }.get(file.outcome, Headline(tone="info", title=_("办完了")))


def _event(happening: reading.Happening, file: CaseFile) -> dict[str, Any]:
    """A line of what happened, in the resident's words."""
    data, flow = happening.data, file.item.flow
    what = _(_WORDS.get(happening.verb, happening.title))
    if data.get("step") and happening.verb in ("complete", "done_outside"):
        what = _step_words(flow, data)
    who = happening.office
    if not who:  # no post: a resident or the platform
        own = happening.who == file.actor.name
        who = _("您") if own else _("系统") if happening.who == "系统" else mask_name(happening.who)
        if own and happening.verb == "receive":
            what = _("提交申请")
    said = data.get("reason") or _asked_for(data, file) or None
    return {"at": say_date(local(happening.at).date()), "what": what, "who": who, "said": said,
            "proof": None, "tone": "calm", "icon": None}


def _asked_for(data: dict[str, Any], file: CaseFile) -> str:
    """What a notice asked for, as it stands on the notice."""
    if "missing" not in data or "form" not in data:
        return ""
    absent = _("缺：{}").format("、".join(data["missing"])) if data["missing"] else ""
    wrong = [f"{name}：{why}" for name, why in data.get("wrong", {}).items()]
    labels = {field.key: f"{field.label}：" for field in file.item.form}
    form = [f"{labels.get(key, '')}{why}" for key, why in data["form"].items()]
    return "；".join(filter(None, (absent, *wrong, *form)))


def _step_words(flow: Flow, data: dict[str, Any]) -> str:
    """A step by its title, with its outcome where it could have had another one."""
    spec = flow.steps.get(str(data["step"]))
    if spec is None:  # of another version of the item
        return str(data["step"])
    outcome = _OUTCOMES.get(str(data.get("outcome")))
    told = outcome and "reject" in kind_of(spec.kind).outcomes
    return f"{spec.title}：{_(outcome)}" if outcome and told else spec.title
