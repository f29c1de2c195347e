"""Who may do what to a case in which state: one table, read by verbs, screens and the docs.

The server asks :func:`actions` what this actor may do next; the screen draws the answer and a
verb refuses whatever is not in it. There is no second place where this is decided.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from weimin.flow.graph import Flow
from weimin.flow.kinds import kind_of
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
    "government",  # heads the government above the competent office
    "supervisor",  # supervises the area
    "system",  # the platform itself, by the calendar
]

RELATION_TITLES: dict[Relation, str] = {
    "applicant": "申请人、代理人",
    "lead": "主办岗位",
    "receiver": "收件单位",
    "competent": "受理单位",
    "step": "环节单位",
    "head": "单位负责人",
    "government": "本级政府负责人",
    "supervisor": "督查岗位",
    "system": "系统",
}


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


def _rule(verb: str, title: str, states: str, who: str, **more: Any) -> Rule:
    return Rule(
        verb=verb,
        title=title,
        states=frozenset(states.split()),  # type: ignore[arg-type]
        who=frozenset(who.split()),  # type: ignore[arg-type]
        **more,
    )


RULES: tuple[Rule, ...] = (
    _rule("accept", "受理", "received noticed", "competent system", primary=True),
    _rule("notify_missing", "出具一次性告知单", "received", "receiver competent"),
    _rule("notify_again", "再次告知（须说明理由）", "noticed", "supervisor head"),
    _rule("supplement", "提交补正材料", "noticed", "applicant receiver competent", primary=True),
    _rule("refuse", "不予受理", "received noticed", "competent"),
    _rule("transfer", "移送有权单位", "received noticed accepted", "competent lead"),
    _rule("complete", "办理", "accepted decided", "step", on_step=True, while_paused="never",
          primary=True),
    _rule("return_to", "退回", "accepted", "step", on_step=True, while_paused="never"),
    _rule("done_outside", "登记线下办理结果", "accepted decided", "step", on_step=True,
          while_paused="never"),
    _rule("reassign", "改派经办人", "accepted decided", "head", on_step=True),
    _rule("suspend", "暂停计时", "accepted", "step lead", while_paused="never"),
    _rule("resume", "恢复计时", "accepted", "step lead system", while_paused="only",
          primary=True),
    _rule("supplement", "提交补正材料", "accepted", "applicant receiver competent",
          while_paused="only"),
    _rule("extend", "批准延期", "accepted", "head government"),
    _rule("hand_over", "移交主办", "received noticed accepted decided", "lead head"),
    _rule("take_over", "接收移交", "received noticed accepted decided", "competent step"),
    _rule("correct", "更正登记信息", "received noticed accepted decided", "receiver competent lead"),
    _rule("withdraw", "撤回申请", "received noticed accepted", "applicant receiver"),
    _rule("end", "终止办理", "noticed accepted", "competent head"),
    _rule("close", "办结归档", "decided", "lead competent system", primary=True),
    _rule("reopen", "重新办理", "closed", "head supervisor"),
    _rule("nudge", "催办", "received noticed accepted decided", "applicant supervisor"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """Something this actor may do now; the screen shows ``title`` on a button."""

    verb: str
    title: str
    step: Step | None = None
    primary: bool = False


def actions(
    *,
    state: State,
    relations: Iterable[Relation],
    flow: Flow,
    steps: Iterable[Step] = (),
    step_relations: Mapping[int, frozenset[Relation]] | None = None,
    paused: bool = False,
    hand_over_waiting: bool = False,
) -> Iterator[Action]:
    """Every action open to an actor of these relations, primary ones first within their kind.

    ``step_relations`` gives, per open step, what the actor is to that step: an officer of one
    department may complete his own review and not the one beside it.
    """
    mine = frozenset(relations)
    for rule in RULES:
        if state not in rule.states or not _fits_pause(rule, paused):
            continue
        if rule.verb == "take_over" and not hand_over_waiting:
            continue
        if not rule.on_step:
            if rule.who & mine:
                yield Action(verb=rule.verb, title=rule.title, primary=rule.primary)
            continue
        for step in steps:
            if step.state != "open":
                continue
            if rule.who & (step_relations or {}).get(step.id, frozenset()):
                yield _on_step(rule, flow, step)


def _fits_pause(rule: Rule, paused: bool) -> bool:
    return rule.while_paused == "either" or (rule.while_paused == "only") == paused


def _on_step(rule: Rule, flow: Flow, step: Step) -> Action:
    spec = flow.steps[step.key]
    title = rule.title
    if rule.verb == "complete":
        title = f"{'/'.join(kind_of(spec.kind).outcomes.values())}：{spec.title}"
    return Action(verb=rule.verb, title=title, step=step, primary=rule.primary)
