"""Who may do what to a case in which state: one table, read by verbs, screens and the docs.

The server asks :func:`actions` what this actor may do next; the screen draws the answer and a
verb refuses whatever is not in it. There is no second place where this is decided.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from weimin.flow.graph import Flow
from weimin.flow.transitions import Step

State = Literal["received", "noticed", "accepted", "decided", "closed"]

STATE_TITLES: dict[State, str] = {
    "received": "已收件，待受理",
    "noticed": "待补正",
    "accepted": "办理中",
    "decided": "已决定，待送达",
    "closed": "已办结",
}

OUTCOME_TITLES: dict[str, str] = {
    "granted": "准予",
    "done": "办毕",
    "denied": "不予",
    "refused": "不予受理",
    "withdrawn": "申请人撤回",
    "ended": "终止办理",
}

# What an actor is to a case. One actor may be several of these.
Relation = Literal[
    "applicant",  # the person who asks, or an agent with papers
    "lead",  # holds the accountable post, or deputises for its holder
    "receiver",  # belongs to the office that received it
    "competent",  # belongs to the office that accepts it
    "step",  # belongs to the office of the step in question
    "head",  # heads the competent office or the step's office
    "decider",  # heads the office that decides
    "government",  # heads the government of the level that decides
    "supervisor",  # supervises the area
    "leader",  # leads the area and looks after its cases
    "carded",  # belongs to an office that was given a card
    "offered",  # holds the post to which accountability was offered
    "issuer",  # heads an office that issued the certificate
    "system",  # the platform itself, by the calendar
]

RELATION_TITLES: dict[Relation, str] = {
    "applicant": "申请人、代理人",
    "lead": "主办岗位",
    "receiver": "收件单位",
    "competent": "受理单位",
    "step": "环节单位",
    "head": "单位负责人",
    "decider": "决定单位负责人",
    "government": "本级政府负责人",
    "supervisor": "督查岗位",
    "leader": "带班领导",
    "carded": "被亮牌单位",
    "offered": "被移交的岗位",
    "issuer": "发证单位负责人",
    "system": "系统",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """What else decides whether a verb is possible now: the same for the screen and the verb."""

    paused: bool = False
    notice: Literal["running", "overdue", "given"] = "running"
    silence_accepts: bool = False  # by law, no notice in time counts as acceptance
    lacking: bool = False  # materials that may not follow later, or answers, are missing
    awaited: bool = False  # something is still to come from the applicant
    finished: bool = False  # every step is done
    confidential: bool = False
    erased: bool = False  # its personal content was removed by right
    restricted: bool = False  # its personal content is kept and not used
    card_due: bool = False  # a term has earned a card that was not issued yet
    cards: frozenset[str] = frozenset()  # the states of the cards on this case
    own_card: bool = False  # a card of the actor's office stands and was not contested
    lapsed: bool = False  # by law a renewal not decided at expiry is granted, and it expired
    newer_version: bool = False  # the item was published anew since this case was received
    orphaned: bool = False  # an office or post of this case is no more, and somebody took its place
    extension_by: Relation | None = None  # who may extend now; None: nobody may
    returnable: frozenset[int] = frozenset()  # open steps with something done before them
    held: frozenset[int] = frozenset()  # open steps that a colleague holds
    own: frozenset[int] = frozenset()  # open steps that another must do: this actor did one before
    nudged: bool = False  # this actor has asked for speed today
    certified: bool = False  # it issued a certificate, which was not revoked
    untold: bool = False  # it was revoked, and the decision on that was not delivered yet


Guard = Callable[[Circumstances, frozenset[Relation], Step | None], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One line of the table: a verb, its button, the states and the relations that may."""

    verb: str
    title: str
    states: frozenset[State]
    who: frozenset[Relation]
    on_step: bool = False
    while_paused: Literal["either", "only", "never"] = "either"
    primary: bool = False
    while_restricted: bool = False  # all else waits until the restriction is lifted
    only_if: Guard | None = None
    condition: str = ""  # the guard in words, for the docs and for the refusal


def _rule(verb: str, title: str, states: str, who: str, **more: Any) -> Rule:
    return Rule(
        verb=verb,
        title=title,
        states=frozenset(states.split()),  # type: ignore[arg-type]
        who=frozenset(who.split()),  # type: ignore[arg-type]
        **more,
    )


def _is_accepted_by_law(now: Circumstances) -> bool:
    """行政许可法 art. 32(1)(4): also before the system came to say so, or while it stands still."""
    return now.silence_accepts and now.notice == "overdue"


def _may_accept(now: Circumstances, mine: frozenset[Relation], step: Step | None) -> bool:
    return _is_accepted_by_law(now) if "system" in mine else not now.lacking


def _may_notify(now: Circumstances) -> bool:
    return now.notice != "given" and not _is_accepted_by_law(now)


def _may_do(now: Circumstances, mine: frozenset[Relation], step: Step | None) -> bool:
    return step is not None and step.id not in now.held and step.id not in now.own


def _may_erase(now: Circumstances, mine: frozenset[Relation], step: Step | None) -> bool:
    # Not the office that handled it: nobody removes what may speak against himself. A
    # confidential case is seen by nobody else.
    return not now.erased and ("supervisor" in mine or now.confidential)


def _may_restrict(now: Circumstances, mine: frozenset[Relation], step: Step | None) -> bool:
    return not now.restricted and _may_erase(now, mine, step)


def _may_lift(now: Circumstances, mine: frozenset[Relation], step: Step | None) -> bool:
    return now.restricted and _may_erase(now, mine, step)


RULES: tuple[Rule, ...] = (
    _rule("accept", "受理", "received noticed", "competent system", primary=True,
          only_if=_may_accept, condition="材料齐全（可容缺的除外），必填内容都已填写；系统只在法定告知期限届满后"),
    _rule("notify_missing", "出具一次性告知单", "received", "receiver competent", primary=True,
          only_if=lambda now, mine, step: now.lacking and _may_notify(now),
          condition="还缺材料或必填内容，尚未告知过；许可逾期未告知的即为受理"),
    _rule("notify_missing", "出具一次性告知单", "received", "receiver competent",
          only_if=lambda now, mine, step: not now.lacking and _may_notify(now),
          condition="材料不合要求，尚未告知过；许可逾期未告知的即为受理"),
    _rule("notify_again", "再次告知（须说明理由）", "received noticed", "supervisor head",
          only_if=lambda now, mine, step: now.notice == "given", condition="已经告知过一次"),
    _rule("supplement", "提交补正材料", "noticed", "applicant receiver competent", primary=True),
    _rule("supplement", "提交补正材料", "accepted", "applicant receiver competent",
          only_if=lambda now, mine, step: now.awaited, condition="还有容缺、欠缺或等待补充的材料"),
    _rule("refuse", "不予受理", "received noticed", "competent",
          only_if=lambda now, mine, step: not _is_accepted_by_law(now),
          condition="许可逾期未告知的即为受理"),
    _rule("transfer", "移送有权单位", "received noticed accepted", "competent lead"),
    _rule("complete", "办理", "accepted decided", "step", on_step=True, while_paused="never",
          primary=True, only_if=_may_do, condition="没有同事正在经办；须由另一人办的，前一环节不是自己办的"),
    _rule("complete", "请您办理", "accepted decided", "applicant", on_step=True,
          while_paused="never", primary=True, condition="申请人自己的环节"),
    _rule("complete", "代申请人登记", "accepted decided", "receiver competent", on_step=True,
          while_paused="never", condition="申请人自己的环节，申请人到场或来电"),
    _rule("return_to", "退回", "accepted", "step", on_step=True, while_paused="never",
          only_if=lambda now, mine, step: _may_do(now, mine, step)
          and step is not None and step.id in now.returnable, condition="前面有办过的环节"),
    _rule("done_outside", "登记线下办理结果", "accepted decided", "step", on_step=True,
          while_paused="never", only_if=_may_do, condition="没有同事正在经办；须由另一人办的，前一环节不是自己办的"),
    _rule("reassign", "改派经办人", "accepted decided", "head", on_step=True),
    _rule("suspend", "暂停办理", "accepted", "step lead", while_paused="never"),
    _rule("resume", "恢复办理", "accepted", "step lead", while_paused="only", primary=True),
    _rule("extend", "批准延期", "accepted", "decider government",
          only_if=lambda now, mine, step: now.extension_by in mine,
          condition="法律允许、未曾延期、由有权的负责人"),
    _rule("hand_over", "移交主办", "received noticed accepted decided", "lead head"),
    _rule("take_over", "接收移交", "received noticed accepted decided", "offered", primary=True),
    _rule("correct", "更正登记信息", "received noticed accepted decided", "receiver competent lead"),
    _rule("rename", "更正姓名", "received noticed accepted decided", "receiver competent lead"),
    _rule("withdraw", "撤回申请", "received noticed accepted", "applicant receiver"),
    _rule("end", "终止办理", "noticed accepted", "competent head"),
    _rule("renew_by_silence", "视为准予延续", "accepted", "system",
          only_if=lambda now, mine, step: now.lapsed,
          condition="许可延续，依法提前申请，届满时未作决定（行政许可法第五十条）"),
    _rule("close", "办结归档", "decided", "lead competent system", primary=True,
          only_if=lambda now, mine, step: now.finished, condition="各环节都已办完"),
    _rule("reopen", "重新办理", "closed", "head supervisor",
          only_if=lambda now, mine, step: not now.erased, condition="个人信息没有删除"),
    _rule("restrict", "限制处理个人信息", "closed", "supervisor head", only_if=_may_restrict,
          condition="没有删除、没有限制；保密事项由单位负责人，其余由督查"),
    _rule("lift", "解除限制处理", "closed", "supervisor head", only_if=_may_lift,
          while_restricted=True, condition="正在限制；保密事项由单位负责人，其余由督查"),
    _rule("erase", "依法删除个人信息", "closed", "supervisor head", only_if=_may_erase,
          while_restricted=True, condition="还没有删除过；保密事项由单位负责人，其余由督查"),
    _rule("revoke", "撤销或注销证照", "decided closed", "issuer supervisor",
          only_if=lambda now, mine, step: now.certified, condition="已经发证，且没有撤销、注销"),
    _rule("deliver_revocation", "送达撤销、注销决定书", "decided closed",
          "receiver competent issuer supervisor", primary=True,
          only_if=lambda now, mine, step: now.untold, condition="已经撤销、注销，决定书还没有送达"),
    _rule("upgrade", "改按新版事项办理", "received noticed accepted", "head supervisor",
          only_if=lambda now, mine, step: now.newer_version, condition="事项有了新版"),
    _rule("call", "登记电话告知", "noticed decided", "receiver competent lead"),
    _rule("nudge", "催办", "received noticed accepted decided", "applicant supervisor leader",
          only_if=lambda now, mine, step: not now.nudged, condition="今天还没有催过"),
    _rule("issue_cards", "亮牌", "received noticed accepted decided", "system",
          only_if=lambda now, mine, step: now.card_due,
          condition="期限已过三分之二（黄牌）或已过（红牌），还没有亮过"),
    _rule("contest_card", "对红黄牌申辩", "received noticed accepted decided closed", "carded",
          only_if=lambda now, mine, step: now.own_card, condition="本单位的牌还没有申辩过"),
    _rule("rule_on_card", "裁定红黄牌", "received noticed accepted decided closed", "supervisor",
          only_if=lambda now, mine, step: bool(now.cards - {"withdrawn"}),
          condition="有还没有撤销的牌"),
    _rule("succeed", "承继撤并单位的办件", "received noticed accepted decided", "system",
          only_if=lambda now, mine, step: now.orphaned,
          condition="单位或岗位已撤销，承接单位的值班岗位有人"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """Something this actor may do now; the screen shows ``title`` on a button."""

    verb: str
    title: str
    step: Step | None = None
    primary: bool = False


_ORDINARY = Circumstances()


def actions(
    *,
    state: State,
    relations: frozenset[Relation],
    flow: Flow,
    steps: Iterable[Step] = (),
    step_relations: Mapping[int, frozenset[Relation]] | None = None,
    now: Circumstances = _ORDINARY,
) -> Iterator[Action]:
    """Every action open to an actor of these relations, in the order of the table.

    ``step_relations`` gives, per open step, what the actor is to that step: an officer of one
    department may complete his own review and not the one beside it.
    """
    to_steps = step_relations or {}
    for rule in RULES:
        if state not in rule.states or not _fits_pause(rule, now.paused):
            continue
        if now.restricted and not rule.while_restricted:
            continue
        if not rule.on_step:
            if rule.who & relations and _allows(rule, now, relations, None):
                yield Action(verb=rule.verb, title=rule.title, primary=rule.primary)
            continue
        for step in steps:
            mine = to_steps.get(step.id, frozenset())
            if step.state == "open" and rule.who & mine and _allows(rule, now, mine, step):
                yield _on_step(rule, flow, step)


def _allows(
    rule: Rule, now: Circumstances, mine: frozenset[Relation], step: Step | None
) -> bool:
    return rule.only_if is None or rule.only_if(now, mine & rule.who, step)


def _fits_pause(rule: Rule, paused: bool) -> bool:
    return rule.while_paused == "either" or (rule.while_paused == "only") == paused


def _on_step(rule: Rule, flow: Flow, step: Step) -> Action:
    spec = flow.steps[step.key]
    title = f"{rule.title}：{spec.title}"
    return Action(verb=rule.verb, title=title, step=step, primary=rule.primary)
