"""The flow of an item: a graph of steps, as data, and what its linter refuses."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from weimin.flow import conditions
from weimin.flow.kinds import Ask, StepKind, kind_of, kinds
from weimin.flow.terms import Term

LEVELS = ("village", "town", "county", "city")
PLACES = ("household", "residence", "site", "counter")
ITEM_LINE = "item"  # ``item@town``: the item's own line, so that items share a flow

_RETURN = re.compile(r"return\((\w[\w-]*)\)")
_WHO = re.compile(r"([\w-]+)@(village|town|county|city)")
_ALONE = ("counter", "applicant", "system")
_STEP_KEYS = frozenset(
    ["title", "kind", "who", "needs", "when", "each", "quorum", "limit", "on_reject", "office_of",
     "other_than", "alone", "note"]
)


@dataclass(frozen=True, slots=True)
class Who:
    """Whose work a step is: a line at a level, or ``counter``, ``applicant``, ``system``."""

    line: str
    level: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Who":
        """Raises ValueError when ``text`` is neither ``line@level`` nor one of the words."""
        found = _WHO.fullmatch(text)
        if found:
            return cls(found[1], found[2])
        if text in _ALONE:
            return cls(text)
        raise ValueError(
            f"“{text}”看不懂，应写成 条线@层级（如 civil-affairs@town）或 {'、'.join(_ALONE)}"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class StepSpec:
    """One step as the item declares it."""

    key: str
    title: str
    kind: str
    who: Who
    needs: tuple[str, ...] = ()
    when: Mapping[str, Any] | None = None
    each: str | None = None  # one branch per value of this field, frozen when it opens
    quorum: int | None = None  # a join that is reached by the first n of its needs
    limit: Term | None = None
    on_reject: str = "end"  # end | continue | a step key to return to
    place: str | None = None  # which declared place finds the office; the item's if None
    other_than: tuple[str, ...] = ()  # whoever did one of these steps may not do this one
    alone: str = ""  # why one worker may do what its kind has two do

    @property
    def asks(self) -> tuple[Ask, ...]:
        """What completing the step asks for: its kind's, the second name only if nobody goes alone."""
        asks = kind_of(self.kind).asks
        if not self.alone:
            return asks
        return tuple(replace(ask, required=False) if ask.second else ask for ask in asks)


@dataclass(frozen=True)
class Flow:
    """The steps of an item, in the order in which they were written."""

    steps: Mapping[str, StepSpec]

    @cached_property
    def ancestors(self) -> Mapping[str, frozenset[str]]:
        """For each step, every step that must come before it."""
        found: dict[str, frozenset[str]] = {}
        for key in self._in_order:
            needs = self.steps[key].needs
            found[key] = frozenset(needs).union(*(found[need] for need in needs))
        return found

    @cached_property
    def descendants(self) -> Mapping[str, frozenset[str]]:
        """For each step, every step that can only come after it."""
        return {
            key: frozenset(k for k, before in self.ancestors.items() if key in before)
            for key in self.steps
        }

    @cached_property
    def below(self) -> frozenset[str]:
        """The steps in which a lower organ reviews what a higher one decides (a village is none)."""
        decisions = [s for s in self.steps.values() if kind_of(s.kind).decides and s.who.level]
        return frozenset(
            key for key, spec in self.steps.items() if spec.who.level not in (None, "village")
            for decision in decisions
            if key in self.ancestors[decision.key] and _rank(spec) < _rank(decision)
        )

    @cached_property
    def _in_order(self) -> tuple[str, ...]:
        done: dict[str, None] = {}
        waiting = dict(self.steps)
        while waiting:
            ready = [k for k, s in waiting.items() if all(n in done for n in s.needs)]
            if not ready:
                raise ValueError(f"the steps wait for each other: {sorted(waiting)}")
            for key in ready:
                done[key] = None
                del waiting[key]
        return tuple(done)

    @property
    def ordered(self) -> tuple[StepSpec, ...]:
        """The steps so that each comes after all it needs."""
        return tuple(self.steps[key] for key in self._in_order)

    def columns(self) -> list[list[StepSpec]]:
        """The steps in columns for the screen: parallel ones stand in the same column."""
        depth: dict[str, int] = {}
        for spec in self.ordered:
            depth[spec.key] = 1 + max((depth[n] for n in spec.needs), default=-1)
        found: list[list[StepSpec]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
        for spec in self.ordered:
            found[depth[spec.key]].append(spec)
        return found


def _rank(spec: StepSpec) -> int:
    return LEVELS.index(spec.who.level) if spec.who.level else -1


def parse_flow(data: Mapping[str, Any], line: str) -> Flow:
    """A flow from its YAML, for an item of ``line``. Lint it first: a fault raises here.

    Raises ValueError or KeyError for what :func:`faults_of` would have named.
    """
    return Flow({key: _parse_step(key, spec, line) for key, spec in data["steps"].items()})


def _parse_step(key: str, data: Mapping[str, Any], line: str) -> StepSpec:
    who = Who.parse(data["who"])
    if who.line == ITEM_LINE:
        who = Who(line, who.level)
    on_reject = data.get("on_reject", "end")
    found = _RETURN.fullmatch(on_reject)
    return StepSpec(
        key=key,
        title=data.get("title") or kind_of(data["kind"]).title,
        kind=data["kind"],
        who=who,
        needs=tuple(data.get("needs", ())),
        when=data.get("when"),
        each=data.get("each"),
        quorum=data.get("quorum"),
        limit=Term.parse(data["limit"]) if "limit" in data else None,
        on_reject=found[1] if found else on_reject,
        place=data.get("office_of"),
        other_than=tuple(data.get("other_than", ())),
        alone=str(data.get("alone", "")).strip(),
    )


def faults_of(data: Mapping[str, Any], *, lines: frozenset[str], fields: frozenset[str]
              ) -> Iterator[tuple[str, str, str]]:
    """Everything wrong with a flow: triples of step key (or ""), fault and remedy.

    ``lines`` are the lines the place has; ``fields`` the facts that the item's form yields.
    """
    steps = data.get("steps")
    if not isinstance(steps, Mapping) or not steps:
        yield "", "流程没有任何环节", "在 steps 下至少写一个环节"
        return
    for key, spec in steps.items():
        if key in ("end", "continue"):
            yield key, f"环节不能叫 {key}", "换一个名字：它与 on_reject 的写法相同"
        for fault in _step_faults(spec, steps, lines, fields):
            yield key, *fault
    readable = _readable(steps)
    yield from _graph_faults(readable, unread=frozenset(steps) - frozenset(readable))


def _readable(steps: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The steps that can be read, with what they need of each other: enough to judge the graph."""
    kept = {
        key: dict(spec) for key, spec in steps.items()
        if isinstance(spec, Mapping) and spec.get("kind") in kinds()
    }
    for spec in kept.values():
        for name in ("needs", "other_than"):
            given = spec.get(name, [])
            spec[name] = [n for n in given if n in kept] if isinstance(given, list) else []
        if "when" in spec and any(conditions.faults_of(spec["when"])):
            spec["when"] = None
        if not isinstance(spec.get("on_reject", "end"), str):
            spec["on_reject"] = "end"
    return kept


def _step_faults(
    spec: Any, steps: Mapping[str, Any], lines: frozenset[str], fields: frozenset[str]
) -> Iterator[tuple[str, str]]:
    if not isinstance(spec, Mapping):
        yield "环节应是一组“字段: 值”", "参照其它环节补全 kind 和 who"
        return
    for name in sorted(set(spec) - _STEP_KEYS):
        yield f"不认识的字段 {name}", f"可用字段：{'、'.join(sorted(_STEP_KEYS))}"
    if spec.get("kind") not in kinds():
        yield f"不认识的环节类型 {spec.get('kind')}", f"可用类型：{'、'.join(sorted(kinds()))}"
        return
    yield from _who_faults(spec, kind_of(spec["kind"]), lines)
    for name in ("needs", "other_than"):
        if not isinstance(spec.get(name, []), list):
            yield f"{name} 应是一个列表", f"写成 {name}: [环节, 环节]"
            return
    if not isinstance(spec.get("on_reject", "end"), str):
        yield f"on_reject 看不懂：{spec['on_reject']}", "写 end、continue 或 return(环节)"
        return
    if "limit" in spec:
        try:
            Term.parse(str(spec["limit"]))
        except ValueError as error:
            yield str(error), "改正 limit"
    if "when" in spec:
        for fault in conditions.faults_of(spec["when"]):
            yield fault, "改正 when"
    for need in spec.get("needs", ()):
        if need not in steps:
            yield f"前置环节 {need} 不存在", "改成本流程中已有的环节"
    for other in spec.get("other_than", ()):
        if other not in steps:
            yield f"other_than 的环节 {other} 不存在", "改成本流程中已有的环节"
    for name in sorted(set(conditions.fields_of(spec.get("when"))) | ({spec["each"]} if
                       spec.get("each") else set())):
        if name not in fields and not _is_outcome(name, steps):
            yield f"条件用到的字段 {name} 表单里没有", "在 form 或情形 sets 中加上它，或改正字段名"
    if "quorum" in spec:
        yield from _quorum_faults(spec, steps)
    yield from _alone_faults(spec, kind_of(spec["kind"]))
    place = spec.get("office_of")
    if place and place not in PLACES:
        yield f"office_of 不认识 {place}", f"可用：{'、'.join(PLACES)}"


def _alone_faults(spec: Mapping[str, Any], kind: StepKind) -> Iterator[tuple[str, str]]:
    if "alone" not in spec:
        return
    if not kind.by_two:
        yield f"“{kind.title}”本来就不要求两人", "删去 alone"
    elif not isinstance(spec["alone"], str) or not spec["alone"].strip():
        yield "alone 没有写理由", "写明为什么可以一人前往，如 alone: 只登记本人在世的事实；两人以上的删去 alone"


def _quorum_faults(spec: Mapping[str, Any], steps: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    needs, quorum = spec.get("needs", ()), spec["quorum"]
    if not isinstance(quorum, int) or isinstance(quorum, bool):
        yield f"quorum 应是一个正整数，现在是 {quorum!r}", "写成 quorum: 2"
        return
    branches = any(
        isinstance(steps.get(need), Mapping) and steps[need].get("each") for need in needs
    )
    if quorum < 1 or (not branches and quorum > len(needs)):
        yield "quorum 大于前置环节数", "quorum 应在 1 与 needs 的个数之间"


def _is_outcome(name: str, steps: Mapping[str, Any]) -> bool:
    """Whether a condition asks how an earlier step ended: ``steps.opinion.outcome``."""
    parts = name.split(".")
    return len(parts) == 3 and parts[0] == "steps" and parts[1] in steps and parts[2] == "outcome"


def _who_faults(
    spec: Mapping[str, Any], kind: StepKind, lines: frozenset[str]
) -> Iterator[tuple[str, str]]:
    try:
        who = Who.parse(str(spec.get("who", "")))
    except ValueError as error:
        yield str(error), "改正 who"
        return
    if who.level and who.line != ITEM_LINE and who.line not in lines:
        yield f"条线 {who.line} 不存在", "在 lines.yaml 中加上它，或改正 who"
    if who.level == "village" and not kind.village_may:
        yield (
            f"村（社区）不能承担“{kind.title}”",
            "村只受理、帮办，不作决定：把 who 改到 town 或以上",
        )


def _graph_faults(
    steps: Mapping[str, Any], unread: frozenset[str]
) -> Iterator[tuple[str, str, str]]:
    """What is wrong between the steps. Nothing is said of steps that could not be read."""
    flow = Flow(
        {
            key: StepSpec(
                key=key, title="", kind=spec["kind"], who=Who("system"),
                needs=tuple(spec.get("needs", ())),
            )
            for key, spec in steps.items()
        }
    )
    try:
        ancestors = flow.ancestors
    except ValueError:
        yield "", "环节互相等待，永远打不开", "去掉 needs 中的环"
        return
    for key, spec in steps.items():
        for name in conditions.fields_of(spec.get("when")):
            parts = name.split(".")
            if _is_outcome(name, steps) and parts[1] not in ancestors[key]:
                yield key, f"条件问的环节 {parts[1]} 不在本环节之前", "只能问前面环节的结果"
        on_reject = spec.get("on_reject", "end")
        found = _RETURN.fullmatch(on_reject)
        if not found and on_reject not in ("end", "continue"):
            yield key, f"on_reject 看不懂：{on_reject}", "写 end、continue 或 return(环节)"
        elif found and found[1] not in ancestors[key] | unread:
            yield key, f"退回目标 {found[1]} 不在本环节之前", "只能退回前面的环节"
        for other in spec["other_than"]:
            if other not in ancestors[key]:
                yield key, f"other_than 的环节 {other} 不在本环节之前", "只能避开前面环节的经办人"
    decided = not unread and any(kind_of(spec["kind"]).decides for spec in steps.values())
    for key, spec in steps.items():
        if decided and kind_of(spec["kind"]).issues and not any(
            kind_of(steps[a]["kind"]).decides for a in ancestors[key]
        ):
            yield key, "还没有决定就出证", "让它的 needs 包含决定环节"
        needs = spec.get("needs", ())
        if spec.get("quorum") and len({frozenset(steps[n].get("needs", ())) for n in needs}) > 1:
            yield key, "quorum 的前置环节不是同时打开的", "让它们的 needs 相同"
