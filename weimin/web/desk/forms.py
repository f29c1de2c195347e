"""The form of each verb: what it asks for, and how the answers become its parameters.

The server says which verbs an actor may use; this says only what their dialogs look like.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from weimin.cases import materials
from weimin.cases.cards import COLOUR_TITLES
from weimin.cases.cards import STATE_TITLES as CARD_STATES
from weimin.cases.circumstances import longest_extension, taken_back
from weimin.cases.erasing import BASES, RESTRICTABLE, is_over, kept_until
from weimin.cases.facts import unanswered
from weimin.cases.file import CaseFile
from weimin.cases.on_the_spot import reach, specs
from weimin.cases.reading import Someone
from weimin.cases.rows import CardRow
from weimin.cases.verbs.rename import GROUNDS as NAMES
from weimin.cases.verbs.revoke import GROUNDS
from weimin.cases.verbs.suspend import uncounted
from weimin.catalogue.routes import Routes
from weimin.catalogue.spec import Field
from weimin.flow.actions import Action
from weimin.flow.kinds import Ask, StepKind, kind_of
from weimin.flow.profiles import COUNTED, PAUSE_TITLES
from weimin.kernel import clock
from weimin.kernel.clock import say_date
from weimin.kernel.errors import Invalid, WeiminError
from weimin.network.models import Holding, Post
from weimin.web import asking
from weimin.web.desk import delivery
from weimin.web.desk.areas import areas_for
from weimin.web.desk.trail import term_of

Fields = list[dict[str, Any]]


@dataclass(kw_only=True)
class Form:
    """The dialog of one action; where ``href`` is set, it is a page of its own."""

    id: str
    action: Action
    fields: Fields
    danger: bool = False
    hint: str = ""
    href: str = ""
    questions: tuple[Field, ...] = ()  # of the item's form, asked as at the counter
    areas: list[tuple[str, str]] = field(default_factory=list)  # to choose from, for those
    scans: list[tuple[str, str]] = field(default_factory=list)  # materials: key and name
    typed: QueryDict = field(default_factory=QueryDict)
    wrong: dict[str, str] = field(default_factory=dict)  # by the name of the field
    errors: list[dict[str, str]] = field(default_factory=list)
    open: bool = False

    def come_back(self, post: QueryDict, error: WeiminError) -> None:
        """Stand open with what was typed and what is wrong with it."""
        self.open, self.typed = True, post
        said = dict(error.fields) if isinstance(error, Invalid) else {}
        for each in self.fields:
            name = str(each["name"])
            key = name.removeprefix("answer-").removeprefix("gap-").removeprefix("wrong-")
            if key in said:
                self._mark(name, f"{self.id}-{name}", said.pop(key))
            if name in post and each.get("kind") != "hidden":
                each["value"] = post.getlist(name) if each.get("kind") == "checkboxes" else post[name]
            elif each.get("kind") == "checkboxes":
                each["value"] = []
        for question in self.questions:
            if question.key in said:
                self._mark(question.key, f"f-{question.key}", said.pop(question.key))
        self.errors += [{"href": f"#{self.id}-title", "text": text} for text in said.values()]
        if not self.errors:
            self.errors = [{"href": f"#{self.id}-title", "text": f"{error.message} {error.remedy}".strip()}]

    def _mark(self, name: str, anchor: str, said: str) -> None:
        self.wrong[name] = said
        self.errors.append({"href": f"#{anchor}", "text": said})

    @property
    def files(self) -> bool:
        """Whether files may come with it."""
        return bool(self.scans) or any(f.get("kind") == "scan" for f in self.fields)


def forms_of(file: CaseFile, people: Sequence[Someone] = ()) -> list[Form]:
    """A dialog for each action that the server allows, in the table's order.

    ``people``: the parties, where they were read anyway.
    """
    forms = [_form(file, action) for action in file.actions()]
    for form in forms:
        if form.id == "rename":
            form.fields = _rename(people)
    return [spot, *forms] if (spot := _on_the_spot(file)) else forms


def _on_the_spot(file: CaseFile) -> Form | None:
    """Of an instant item all that this post may do now, in one form."""
    reached = reach(file)
    if not reached:
        return None
    steps = specs(file, reached)
    kinds = [kind_of(spec.kind) for spec in steps]
    fields: Fields = []
    if any(ask.key == "opinion" for kind in kinds for ask in kind.asks):
        fields.append(_text("opinion", _("意见"), rows=2))
    if any(kind.delivers for kind in kinds):
        fields += [field for field in delivery.fields(file) if field.get("kind") != "hidden"]
    words = {"accept": _("受理"), "close": _("归档"), **{spec.key: spec.title for spec in steps}}
    said = "、".join(words[each] for each in reached)
    title = _("当场办结") if "close" in reached and "accept" in reached else _("一次办完：{}").format(said)
    return Form(
        id="on_the_spot", fields=fields, hint=_("依次办：{}。每一步都单独留下记录。").format(said),
        action=Action(verb="on_the_spot", primary=True, title=title),
    )


def _form(file: CaseFile, action: Action) -> Form:
    if action.verb == "return_to" and action.step:  # “退回：县级决定” reads as if it went there
        here = file.item.flow.steps[action.step.key].title
        action = replace(action, title=_("退回前面的环节（从“{}”）").format(here))
    name = f"{action.verb}-{action.step.id}" if action.step else action.verb
    maker = _FIELDS.get(action.verb)
    form = Form(
        id=name, action=action, fields=maker(file, action) if maker else [],
        danger=action.verb in ("refuse", "end", "withdraw", "revoke", "erase"), hint=_HINTS.get(action.verb, ""),
    )
    if action.verb == "correct":
        form.href = reverse("correct", args=[file.number])
    if action.verb == "supplement":
        form.questions = tuple(unanswered(file.item, file.row["facts"]))
        form.scans = [] if not form.fields else list(form.fields[0]["options"])
        if any(q.type == "area" for q in form.questions):
            form.areas = areas_for(file.actor, file.row["area_id"])
    blank = unanswered(file.item, file.row["facts"]) if action.verb.startswith("notify") else []
    if blank:
        form.hint += _("没有填写的也会写进去：{}。").format("、".join(f.label for f in blank))
    return form


_HINTS = {
    "notify_missing": "一次写全。居民只应该跑一次。",
    "refuse": "书面决定会写明理由和救济途径（行政复议、行政诉讼）。",
    "hand_over": "对方接收以前，您的岗位仍是主办。",
    "transfer": "计时不停，居民会收到告知。",
    "rename": "以后他的每一件事都用新姓名，原来的姓名留在记录里；已经盖章的文书不变。身份证号不能在这里改。",
    "accept": "办理期限从受理起算，居民会收到告知。受理通知书随后在“打印”里。",
    "suspend": "居民会收到书面告知：等什么、要多久。期间各环节不办；期限停不停，写在每一项后面。",
    "done_outside": "如实登记在系统外办理的结果，并说明原因；按单位统计。",
    "erase": "申请表、办理意见、扫描件、签章文书、短信和评价里的话全部删除；何时、由谁、办了什么仍可查证。",
    "restrict": "保管期限内不能删除的，停止使用：姓名、表单、材料、文书都不再显示、查找、打印，仍保存、仍可查证。可以解除。",
    "lift": "解除后恢复显示和使用；理由会一直保留。",
    "contest_card": "裁定以前牌仍有效；督查岗位会看到您的理由。",
    "revoke": "立即生效：任何人核验都会看到已失效和理由，也不能再代替材料。办件结果本身不变。决定书随后在“打印”里，请送达持证人。",
    "reopen": "原来的结果留在记录里，办理期限重新计算。",
}


# 行政许可法 art. 38: a denial says why, to the applicant; what the house thinks is not his to read.
_DECIDING = {"opinion": "内部意见，不写进决定书", "reason": "不予的必须写：原文写进决定书，告知申请人"}


def _text(name: str, label: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "label": label, "kind": "textarea", "rows": 3, **more}


def _reason(file: CaseFile, action: Action) -> Fields:
    return [_text("reason", _("理由"))]


def _complete(file: CaseFile, action: Action) -> Fields:
    assert action.step is not None
    spec = file.item.flow.steps[action.step.key]
    kind = kind_of(spec.kind)
    if kind.delivers:
        return delivery.fields(file)
    several = len(kind.outcomes) > 1
    fields: Fields = [
        {"name": "outcome", "label": _("结果"), "kind": "radios" if several else "hidden",
         "inline": True, "value": next(iter(kind.outcomes)), "options": list(kind.outcomes.items())}
    ]
    for ask in spec.asks:
        shape: dict[str, Any] = {"name": f"answer-{ask.key}", "label": ask.label,
                                 "optional": not ask.required, "hint": _only_for(ask, kind)}
        if ask.type == "choice":
            shape |= {"kind": "radios", "options": list(ask.options), "optional": False}
        elif ask.type == "date":
            shape |= {"hint": _("如 2026-11-21"), "width": "10",
                      "value": clock.today().isoformat()}
        elif ask.second:
            shape |= {"hint": _("可以一人：{}").format(spec.alone) if spec.alone
                      else _("须两人以上：写另一位工作人员的姓名")}
        elif ask.key in ("opinion", "reason", "found", "objection"):
            shape |= {"kind": "textarea", "rows": 2}
        if kind.decides:
            shape |= {"hint": _DECIDING.get(ask.key)}
        fields.append(shape)
    return fields


def _only_for(ask: Ask, kind: StepKind) -> str | None:
    """With which results alone something must be answered, in words."""
    outcomes = [title for key, title in kind.outcomes.items() if key in ask.when]
    if not ask.required or len(outcomes) == len(kind.outcomes):
        return None
    return _("结果是“{}”的必填").format("”“".join(outcomes))


def _done_outside(file: CaseFile, action: Action) -> Fields:
    there = [field for field in _complete(file, action) if field.get("kind") != "signature"]
    return [*there, _text("why", _("为什么在系统外办理"))]


def _notify(file: CaseFile, action: Action) -> Fields:
    absent = {spec.key for spec in materials.missing(file)}
    options = [(spec.key, spec.name) for spec in materials.wanted(file)]
    blank = {field.key for field in unanswered(file.item, file.row["facts"])}  # told anyway
    fields: Fields = [
        {"name": "missing", "label": _("缺少的材料"), "kind": "checkboxes",
         "options": options, "value": [key for key, name in options if key in absent]},
        *({"name": f"wrong-{key}", "label": _("{}：哪里不符合要求").format(name), "optional": True,
           "width": "full"} for key, name in options if key not in absent),
        {"name": "unfilled", "label": _("填得不对的内容"), "kind": "checkboxes", "optional": True,
         "options": [(f.key, f.label) for f in asking.asked_fields(file.item) if f.key not in blank]},
        _text("mistaken", _("这些内容哪里不对"), optional=True, rows=2),
        _text("said", _("其他要告诉申请人的"), optional=True, rows=2),
    ]
    if action.verb == "notify_again":
        fields.append(_text("reason", _("为什么再次告知")))
    return fields


def _supplement(file: CaseFile, action: Action) -> Fields:
    absent = [spec for spec in materials.wanted(file)
              if file.materials.get(spec.key) in ("missing", "promised", None)]
    return [{"name": "have", "label": _("现在补来的材料"), "kind": "checkboxes",
             "options": [(spec.key, spec.name) for spec in absent],
             "optional": True}] if absent else []  # what came is ticked by whoever holds it


def _accept(file: CaseFile, action: Action) -> Fields:
    gaps = [spec for spec in materials.missing(file) if spec.need == "gap"]
    return [
        {"name": f"gap-{spec.key}", "label": _("{}：何时补齐").format(spec.name),
         "hint": _("容缺受理，最迟{}日内，如 2026-11-30").format(spec.gap_days), "width": "10"}
        for spec in gaps
    ]


def _return(file: CaseFile, action: Action) -> Fields:
    assert action.step is not None
    flow = file.item.flow
    done = {row.key for row in file.steps if row.state == "done"}
    options = [(s.key, s.title) for s in flow.ordered
               if s.key in flow.ancestors[action.step.key] & done]
    return [
        {"name": "target", "label": _("退回到"), "kind": "radios", "options": options,
         "value": options[0][0] if options else None},
        {"name": "straight_back", "label": _("重办后"), "kind": "radios", "value": "",
         "options": [("", _("按流程重新走后面的环节")), ("1", _("直接回到我这里"))]},
        _text("reason", _("退回的原因")),
    ]


def _revoke(file: CaseFile, action: Action) -> Fields:
    return [
        {"name": "ground", "label": _("依据"), "kind": "select",
         "options": [(key, f"{g.kind}：{g.words}（{g.basis}）") for key, g in GROUNDS.items()]},
        _text("reason", _("事实和理由"), hint=_("核验证照的人都能看到，不要写身份证号等个人信息")),
    ]


def _deliver_revocation(file: CaseFile, action: Action) -> Fields:
    row = taken_back(file)
    return delivery.fields(file, ((row and row.answers) or {}).get("revoked_by"))


def _suspend(file: CaseFile, action: Action) -> Fields:
    free = uncounted(file.item)
    offered = [key for key in PAUSE_TITLES if key in free or key in COUNTED]
    return [
        {"name": "reason", "label": _("等什么"), "kind": "select",
         "hint": None if free else _("这类事项没有依法不计时的情形：等待会告知居民，期限照常计算。"),
         "options": [(key, PAUSE_TITLES[key] + (_("（依法不计时）") if key in free else _("（照常计时）")))
                     for key in offered]},
        {"name": "expected", "label": _("需要多长时间"), "hint": _("书面告知申请人，如“约10个工作日”"),
         "width": "18"},
        _text("note", _("说明"), optional=True),
    ]


def _extend(file: CaseFile, action: Action) -> Fields:
    longest = longest_extension(file)
    if longest is None:
        return [_text("reason", _("理由（会告知申请人）"))]
    unit = longest.words.removeprefix(str(longest.count))
    return [
        {"name": "unit", "kind": "hidden", "value": longest.unit},
        {"name": "term", "label": _("延长多少{}").format(unit.removeprefix("个")), "value": str(longest.count),
         "kind": "number", "width": "6", "hint": _("最多{}").format(longest.words)},
        _text("reason", _("理由（会告知申请人）")),
    ]


def _hand_over(file: CaseFile, action: Action) -> Fields:
    offices = {s.office_id for s in file.steps if s.office_id} | {
        file.row["office_id"], file.row["receiver_id"]}
    posts = Post.objects.filter(office_id__in=offices, valid_to=None).select_related("office")
    return [
        {"name": "post", "label": _("移交给"), "kind": "select",
         "options": [(p.pk, f"{p.office.name} · {p.title}") for p in posts
                     if p.pk != file.row["lead_post_id"]]},
        _text("reason", _("移交的原因")),
    ]


def _rename(people: Sequence[Someone]) -> Fields:
    found = [(str(p.person_id), f"{p.name}（{role_of(p)}）") for p in people if p.person_id]
    return [
        {"name": "person", "label": _("谁"), "kind": "radios", "options": found,
         "value": found[0][0] if found else None},
        {"name": "name", "label": _("现在证件上的姓名"), "width": "10"},
        {"name": "ground", "label": _("为什么更正"), "kind": "radios", "options": list(NAMES.items())},
        _text("reason", _("核对了什么证件"), rows=2, hint=_("这段话会一直保留，请不要写姓名")),
    ]


_ROLES = {"applicant": "申请人", "agent": "代办人", "guardian": "监护人", "member": "家庭成员"}


def role_of(someone: Someone) -> str:
    """A party's role in words: an agent is called what he is to the applicant."""
    return someone.relation if someone.role == "agent" and someone.relation else _ROLES[someone.role]


def _transfer(file: CaseFile, action: Action) -> Fields:
    return [
        {"name": "office", "label": _("移送给"), "kind": "select",
         "options": _likely_offices(file, file.routes)},
        _text("reason", _("移送的理由")),
    ]


def _likely_offices(file: CaseFile, routes: Routes) -> list[tuple[int, str]]:
    """Offices of the same town, county and city, the nearest first: where a case may really belong."""
    here = set(file.area_path)
    found = {
        (-len(area), office): routes.office_names[office]
        for (area, _line), spans in routes.offices.items() if area in here
        for span, office in spans if span.holds(file.today) and office != file.row["office_id"]
    }
    return list({office: name for (_level, office), name in sorted(found.items())}.items())


def _reassign(file: CaseFile, action: Action) -> Fields:
    assert action.step is not None
    office = file.find_step(action.step.id).office_id
    holders = Holding.objects.filter(post__office=office or 0, during__contains=file.today
                                     ).select_related("account", "post")
    return [
        {"name": "account", "label": _("交给"), "kind": "select", "optional": True,
         "options": [(h.account_id, f"{h.account.name}（{h.post.title}）") for h in holders],
         "hint": _("不选则释放给本单位任何人")},
        _text("reason", _("原因")),
    ]


def _erase(file: CaseFile, action: Action) -> Fields:
    until = kept_until(file.item, file.row["closed_at"])
    kept = _("永久保管") if until is None else _("保管期限到 {}").format(say_date(until))
    return [
        {"name": "basis", "label": _("依据"), "kind": "radios", "options": list(BASES.items()),
         "hint": kept},
        {"name": "document", "label": _("决定删除的文书文号"), "optional": True,
         "hint": _("依据不是保存期限届满的必须填写")},
        *([] if is_over(file.item, file.row["closed_at"], file.today) else [
            {"name": "exempt", "label": _("不受保管期限限制的依据"), "optional": True,
             "hint": _("保管期限未届满时，只有法律、行政法规规定不受其限制的才能删除：选第（五）项，写明条文；"
                       "其余请限制处理")}]),
        _text("reason", _("理由"), hint=_("这段话会一直保留，请不要写个人信息")),
        {"name": "sure", "label": _("确认"), "kind": "checkboxes",
         "options": [("1", _("我已核对编号，知道删除后任何人都不能恢复"))]},
    ]


def _restrict(file: CaseFile, action: Action) -> Fields:
    return [
        {"name": "basis", "label": _("依据"), "kind": "radios", "options": list(RESTRICTABLE.items())},
        *_lift(file, action),
    ]


def _lift(file: CaseFile, action: Action) -> Fields:
    return [
        {"name": "document", "label": _("文书文号"), "optional": True, "hint": _("有申请书、决定书的填写")},
        _text("reason", _("理由"), hint=_("这段话会一直保留，请不要写个人信息")),
    ]


def _contest(file: CaseFile, action: Action) -> Fields:
    mine = [card for card in file.cards
            if card.state == "standing" and card.office_id in file.actor.offices]
    return [_card_choice(file, mine), _text("reason", _("申辩的理由"))]


def _rule_on(file: CaseFile, action: Action) -> Fields:
    return [
        _card_choice(file, [card for card in file.cards if card.state != "withdrawn"]),
        {"name": "withdraw", "label": _("裁定"), "kind": "radios", "value": "", "inline": True,
         "options": [("", _("维持")), ("1", _("撤销"))]},
        _text("reason", _("理由")),
    ]


def _card_choice(file: CaseFile, cards: list[CardRow]) -> dict[str, Any]:
    return {"name": "card", "label": _("哪一张"), "kind": "radios",
            "value": str(cards[0].id) if cards else None,
            "options": [(str(card.id), card_words(file, card)) for card in cards]}


def card_words(file: CaseFile, card: CardRow) -> str:
    """A card in words: 红牌（县级审核确认），县民政局，申辩中."""
    return _("{colour}（{term}），{office}，{state}").format(
        colour=COLOUR_TITLES[card.colour], term=term_of(file.item.flow, card.about),
        office=file.routes.office_names.get(card.office_id, ""), state=CARD_STATES[card.state],
    )


_FIELDS: dict[str, Callable[[CaseFile, Action], Fields]] = {
    "accept": _accept, "notify_missing": _notify, "notify_again": _notify,
    "supplement": _supplement,
    "refuse": _reason, "end": _reason, "reopen": _reason, "upgrade": _reason,
    "withdraw": lambda file, action: [_text("reason", _("原因"), optional=True)],
    "complete": _complete, "done_outside": _done_outside, "return_to": _return,
    "revoke": _revoke, "deliver_revocation": _deliver_revocation,
    "suspend": _suspend, "extend": _extend, "hand_over": _hand_over, "transfer": _transfer,
    "reassign": _reassign,
    "erase": _erase, "restrict": _restrict, "lift": _lift,
    "contest_card": _contest, "rule_on_card": _rule_on,
    "call": lambda file, action: [
        {"name": "reached", "label": _("告知到了吗"), "kind": "radios", "inline": True, "value": "1",
         "options": [("1", _("告知到了")), ("", _("没联系上"))]},
        _text("note", _("说了什么"), optional=True, rows=2)],
    "nudge": lambda file, action: [_text("words", _("想说的话"), optional=True)],
}
