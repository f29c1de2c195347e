"""What happened to a case, in words: the trail, what the offices found, and what was done just now."""

from typing import Any

from django.utils.translation import gettext as _

from weimin.cases import reading
from weimin.cases.cards import COLOUR_TITLES
from weimin.cases.cards import STATE_TITLES as CARD_STATES
from weimin.cases.clocks import CLOCK_TITLES
from weimin.cases.delivery import WAYS
from weimin.cases.file import CaseFile
from weimin.catalogue.spec import ItemSpec
from weimin.flow.actions import OUTCOME_TITLES
from weimin.flow.graph import Flow
from weimin.flow.kinds import kind_of
from weimin.flow.profiles import PAUSE_TITLES
from weimin.flow.terms import Term
from weimin.kernel.clock import local, say_date, say_day, say_moment
from weimin.kernel.codes import group_case_number

_PLAIN = (
    ("reason", "{}"), ("outside", "线下办理：{}"), ("note", "{}"), ("certificate", "证照 {}"),
    ("document", "文书 {}"), ("basis", "依据{}"), ("expected", "需要 {}"),
    ("by_law", "依据{}，系统计为受理"), ("exempt", "不受保管期限限制：{}"),
    ("review", "告知网上申请行政复议：{}"), ("kept", "{}"),
)


def event_of(happening: reading.Happening, item: ItemSpec) -> dict[str, Any]:
    """One event as the timeline draws it."""
    data, flow = happening.data, item.flow
    late_entry = happening.recorded_at.date() != happening.at.date()
    return {
        "at": say_moment(happening.at), "what": _what(happening, flow),
        "who": f"{happening.office} {happening.who}".strip(),
        "said": "；".join(_said(happening, item)) or None,
        "proof": happening.mark, "tone": "late" if data.get("late") else "calm",
        "icon": None, "recorded": say_moment(happening.recorded_at) if late_entry else None,
    }


def _what(happening: reading.Happening, flow: Flow) -> str:
    step = happening.data.get("step")
    return _titles(flow, [step]) if step and "outcome" in happening.data else happening.title


def _said(happening: reading.Happening, item: ItemSpec) -> list[str]:
    data, flow, said = happening.data, item.flow, []
    if step := data.get("step"):
        said.append(_outcome(flow, step, str(data.get("outcome", ""))))
    if data.get("decided"):
        said.append(_("全件决定：{}").format(OUTCOME_TITLES.get(data["decided"], "")))
    if data.get("way") in WAYS:
        said.append(WAYS[data["way"]].title)
    if "reached" in data:
        said.append(_("已告知") if data["reached"] else _("没联系上"))
    if happening.verb in ("hand_over", "transfer") and isinstance(data.get("to"), list):
        said.append(_("给{}").format(" ".join(reversed(data["to"][1:]))))
    if happening.verb == "reassign" and "name" in data:
        said.append(_("交给{}").format(data["name"]) if data["name"] else _("释放，本单位谁都可以办"))
    if happening.verb == "rename":
        said.append(data["ground"])
    if data.get("twin"):
        said.append(_("同一申请人另有一件在办：{}，请核实是否重复").format(group_case_number(data["twin"])))
    if data.get("on_behalf"):
        said.append(_("工作人员代申请人登记"))
    if data.get("missing"):
        said.append("缺：" + "、".join(data["missing"]))
    if isinstance(data.get("wrong"), dict):
        said.append("不符合要求：" + "、".join(f"{name}（{why}）" for name, why in data["wrong"].items()))
    if isinstance(data.get("form"), dict):
        labels = {field.key: field.label for field in item.form}
        said += [f"{labels[key]}：{why}" if key in labels else why for key, why in data["form"].items()]
    if names := _names(item, data.get("materials"), data.get("fields")):
        said.append((_("更正：{}") if happening.verb == "correct" else _("补来：{}")).format(names))
    if data.get("lacking"):
        said.append(_("还缺：{}").format("、".join(data["lacking"])))
    said += [words.format(PAUSE_TITLES.get(data[key], data[key])) for key, words in _PLAIN if data.get(key)]
    if happening.verb in ("suspend", "resume") and "counts" in data:
        said.append(_("照常计时") if data["counts"] else _("依法不计时"))
    if data.get("term"):
        said.append(_("延长{}").format(Term.parse(data["term"]).words))
    said += _cards(flow, data.get("cards", ()))
    if data.get("card"):
        said += _cards(flow, [data["card"]])
    if data.get("ruling"):
        said.append(CARD_STATES[data["ruling"]])
    if data.get("opened"):
        said.append("接下来：" + _titles(flow, data["opened"]))
    return [words for words in said if words]


def _outcome(flow: Flow, step: str, outcome: str) -> str:
    if step not in flow.steps:
        return ""
    kind = kind_of(flow.steps[step].kind)
    return next((title for key, title in kind.outcomes.items() if key == outcome), "")


def _names(item: ItemSpec, materials: Any, fields: Any) -> str:
    names = {m.key: m.name for m in item.materials} | {f.key: f.label for f in item.form}
    return "、".join(names.get(key, key) for key in (*(materials or ()), *(fields or ())))


def _cards(flow: Flow, cards: Any) -> list[str]:
    """红牌（乡镇初审、承诺期限): one phrase a colour."""
    by_colour: dict[str, list[str]] = {}
    for colour, about, *_rest in cards:
        by_colour.setdefault(colour, []).append(term_of(flow, about))
    return [f"{COLOUR_TITLES[colour]}（{'、'.join(terms)}）" for colour, terms in by_colour.items()]


def term_of(flow: Flow, about: str) -> str:
    """Which term a card is about: a step's own or one of the case's."""
    key = about.split()[0]
    return flow.steps[key].title if key in flow.steps else CLOCK_TITLES.get(key, _("全件期限"))


def _titles(flow: Flow, keys: list[str]) -> str:
    """The steps by their titles; a key of another version of the item stays a key."""
    return "、".join(flow.steps[key].title if key in flow.steps else key for key in keys)


def returned(file: CaseFile, happenings: list[reading.Happening]) -> list[dict[str, str]]:
    """For each open step that was sent back: by whom, why, and where it goes when it is done."""
    back = {row.key for row in file.steps if row.state == "open" and row.round > 1}
    found = []
    for h in happenings:  # the newest first: an older return of the same step is over
        if h.verb == "return_to" and h.data.get("target") in back:
            back.discard(h.data["target"])
            then = _("。重办后直接回到退回的环节") if h.data.get("straight_back") else ""
            found.append({
                "title": _("“{}”是退回来重办的").format(_titles(file.item.flow, [h.data["target"]])),
                "text": f"{h.office} {h.who}：{h.data.get('reason', '')}{then}"})
    return found


_NO_PROGRESS = frozenset(("nudge", "rate", "rate_words", "call", "issue_cards"))


def nudged(happenings: list[reading.Happening]) -> str:
    """Who asked for speed, and when, as long as nothing has been done since."""
    asked = []
    for h in happenings:
        if h.verb not in _NO_PROGRESS:
            break
        if h.verb == "nudge":
            asked.append(_("{}（{}）").format(f"{h.office} {h.who}".strip(), say_moment(h.at)))
    return _("催办：{}。还没有进展。").format("，".join(asked)) if asked else ""


# -- what the offices found ----------------------------------------------------------------------


def opinions(file: CaseFile, happenings: list[reading.Happening]) -> list[dict[str, Any]]:
    """What every office said when it did its part, for those who decide after it."""
    by = {(h.data.get("step"), h.data.get("branch", ""), h.data.get("round", 1)): h for h in happenings
          if "outcome" in h.data}
    found = []
    for row in file.steps:
        spec = file.item.flow.steps[row.key]
        kind = kind_of(spec.kind)
        if row.state != "done" or not row.answers or kind.delivers:
            continue
        said = [(ask.label, dict(ask.options).get(str(row.answers[ask.key]), say_day(str(row.answers[ask.key]))))
                for ask in kind.asks if row.answers.get(ask.key)]
        if not said:
            continue
        who = by.get((row.key, row.branch, row.round))
        found.append({
            "title": spec.title, "outcome": next((t for key, t in kind.outcomes.items() if key == row.outcome), ""),
            "tone": "go" if row.outcome == "approve" else "soon", "said": said,
            "who": f"{who.office} {who.who}" if who else file.routes.office_names.get(row.office_id or 0, ""),
            "on": say_date(local(row.done_at).date()) if row.done_at else "",
        })
    return found


# -- what was done just now ----------------------------------------------------------------------

_DONE = {
    "accept": "已受理，各环节开始办理。", "notify_missing": "已出具一次性告知单，请打印交给申请人。",
    "notify_again": "已再次告知，请打印交给申请人。", "supplement": "已登记补来的材料和内容。",
    "refuse": "已决定不予受理，请打印决定书送达申请人。", "transfer": "已移送，居民会收到告知。",
    "return_to": "已退回，前面的环节重新办理。", "done_outside": "已登记线下办理的结果。",
    "reassign": "已改派。", "suspend": "已暂停，居民会收到告知。", "resume": "已恢复办理。",
    "extend": "已批准延期，请打印通知书告知申请人。", "hand_over": "已提出移交，等对方接收。",
    "take_over": "已接收，现在由您的岗位主办。", "correct": "已更正，原来的内容留在办理经过里。",
    "rename": "已更正姓名，原来的留在办理经过里。",
    "withdraw": "申请已撤回，办件结束。", "end": "已终止办理。", "close": "已办结归档。",
    "reopen": "已重新办理，期限重新计算。", "erase": "个人信息已删除。",
    "revoke": "证照已失效，核验时看得到。请打印决定书送达持证人。", "deliver_revocation": "已登记决定书的送达。",
    "upgrade": "已改按新版事项办理。", "nudge": "已催办。", "contest_card": "已申辩，等督查裁定。",
    "rule_on_card": "已裁定。", "call": "已登记电话告知。", "on_the_spot": "这几步都已办好。",
}
_PRINTED = {"notify_missing": "notice", "notify_again": "notice", "accept": "acceptance",
            "refuse": "refusal", "extend": "extension", "revoke": "revocation",
            "deliver_revocation": "revocation-delivery", "on_the_spot": "certificate"}


def done(verb: str, events: list[dict[str, Any]], papers: list[dict[str, str]],
         happenings: list[reading.Happening]) -> dict[str, Any]:
    """What was done in words, and the paper that the counter prints now."""
    words = _(_DONE[verb]) if verb in _DONE else ""
    form = _PRINTED.get(verb, "")
    if verb == "on_the_spot" and any(h.data.get("way") for h in happenings[:2]):
        form = "delivery"  # handed over and filed: the certificate is in the resident's hands
    if verb == "complete" and events:
        said = str(events[0]["said"] or "").split("；")[0]
        words = _("“{}”已登记：{}。").format(events[0]["what"], said)
        form = "decision" if happenings[0].data.get("decided") else form
        form = "certificate" if happenings[0].data.get("certificate") else form
        form = "delivery" if happenings[0].data.get("way") else form
    return {"words": words or _("已办好。"), "paper": next((p for p in papers if p["form"] == form), None)}
