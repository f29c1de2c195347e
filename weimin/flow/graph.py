"""The flow of an item: a graph of steps, as data, and what its linter refuses."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from weimin.flow import conditions
from weimin.flow.kinds import Ask, StepKind, kind_of, kinds
from weimin.flow.terms import Term

LEVELS = ("village", "town", "county", "city")
PLACES = ("household", "residence", "site", "counter")
ITEM_LINE = "item"  # ``item@town``: the item's own line, so that items share a flow
EACH_LINE = "each"  # ``each@county``: the branch's own value is the line

_RETURN = re.compile(r"return\((\w[\w-]*)\)")
_WHO = re.compile(r"([\w-]+)@(village|town|county|city)")
_ALONE = ("counter", "applicant", "system")


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
        on_reject=returns_to(on_reject) or on_reject,
        place=data.get("office_of"),
        other_than=tuple(data.get("other_than", ())),
        alone=str(data.get("alone", "")).strip(),
    )


def returns_to(on_reject: str) -> str | None:
    """The step that a rejection returns to, if it does."""
    found = _RETURN.fullmatch(on_reject)
    return found[1] if found else None


Fault = tuple[str, str, str, str]  # step, which of its fields, what is wrong, what to do


def faults_of(data: Mapping[str, Any], *, lines: Container[str]) -> Iterator[Fault]:
    """Everything that does not fit together in a flow whose steps have the right shape.

    What of a step has not its shape is named elsewhere and passed over here, so that one slip
    hides nothing else. ``lines`` are the lines the place has.
    """
    steps = data.get("steps")
    if not isinstance(steps, Mapping):
        return
    if not steps:
        yield "", "", "流程没有任何环节", "在 steps 下至少写一个环节"
        return
    for key in steps:
        if key in ("end", "continue"):
            yield key, "", f"环节不能叫 {key}", "换一个名字：它与 on_reject 的写法相同"
    readable = _readable(steps)
    for key, spec in readable.items():
        for fault in _step_faults(spec, steps, lines):
            yield key, *fault
    loose = {key for key, spec in readable.items() if any(n not in readable for n in spec["needs"])}
    yield from _graph_faults(_linked(readable), frozenset(loose))


def facts_of(data: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """What a flow asks of the form: triples of step, field of the step, and condition or name."""
    steps = data.get("steps")
    for key, spec in _readable(steps if isinstance(steps, Mapping) else {}).items():
        if spec["when"]:
            yield key, "when", spec["when"]
        if spec["each"]:
            yield key, "each", spec["each"]


def is_outcome(name: str, steps: Container[str]) -> bool:
    """Whether a condition asks how an earlier step ended: ``steps.opinion.outcome``."""
    parts = name.split(".")
    return len(parts) == 3 and parts[0] == "steps" and parts[1] in steps and parts[2] == "outcome"


def _readable(steps: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The steps of a known kind, without those of their fields that can't be read."""
    kept = {
        key: dict(spec) for key, spec in steps.items()
        if isinstance(spec, Mapping) and isinstance(spec.get("kind"), str) and spec["kind"] in kinds()
    }
    for spec in kept.values():
        for name in ("needs", "other_than"):
            given = spec.get(name)
            spec[name] = [n for n in given if isinstance(n, str)] if isinstance(given, list) else []
        when, each, reject = spec.get("when"), spec.get("each"), spec.get("on_reject")
        spec["when"] = when if when and not any(conditions.faults_of(when)) else None
        spec["each"] = each if isinstance(each, str) else None
        spec["on_reject"] = reject if isinstance(reject, str) else "end"
    return kept


def _linked(steps: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same with what they need of each other, and of nobody else: enough to judge the graph."""
    return {
        key: {**spec, **{name: [n for n in spec[name] if n in steps]
                         for name in ("needs", "other_than")}}
        for key, spec in steps.items()
    }


def _step_faults(
    spec: Mapping[str, Any], steps: Mapping[str, Any], lines: Container[str]
) -> Iterator[tuple[str, str, str]]:
    yield from _who_faults(spec, kind_of(spec["kind"]), lines)
    for need in spec["needs"]:
        if need not in steps:
            yield "needs", f"前置环节 {need} 不存在", _which(steps)
    for other in spec["other_than"]:
        if other not in steps:
            yield "other_than", f"other_than 的环节 {other} 不存在", _which(steps)
    if "alone" in spec and not (kind := kind_of(spec["kind"])).by_two:
        yield "alone", f"“{kind.title}”本来就不要求两人", "删去 alone"
    quorum = spec.get("quorum")
    if isinstance(quorum, int) and quorum > 0:
        branches = any(isinstance(steps.get(need), Mapping) and steps[need].get("each")
                       for need in spec["needs"])
        if not branches and quorum > len(spec["needs"]):
            yield ("quorum", f"quorum 是 {quorum}，大于前置环节数 {len(spec['needs'])}",
                   "quorum 应在 1 与 needs 的个数之间")


def _which(steps: Iterable[str]) -> str:
    return f"本流程的环节有 {'、'.join(steps)}"


def _who_faults(
    spec: Mapping[str, Any], kind: StepKind, lines: Container[str]
) -> Iterator[tuple[str, str, str]]:
    try:
        who = Who.parse(str(spec.get("who", "")))
    except ValueError:
        return
    if who.level and who.line not in (ITEM_LINE, EACH_LINE) and who.line not in lines:
        yield "who", f"条线 {who.line} 不存在", "在 lines.yaml 中加上它，或改正 who"
    if who.line == EACH_LINE and not spec["each"]:
        yield "who", "who 写了 each，却没有写按哪个字段分支", "加上 each: 字段"
    if who.level == "village" and not kind.village_may:
        yield ("who", f"村（社区）不能承担“{kind.title}”",
               "村只受理、帮办，不作决定：把 who 改到 town 或以上")


def _graph_faults(steps: Mapping[str, Any], loose: frozenset[str]) -> Iterator[Fault]:
    """What is wrong between the steps. Of what comes before a step of ``loose`` not all is known."""
    if ring := _ring(steps):
        yield (ring[0], "needs", f"环节互相等待，永远打不开：{' → '.join([*ring, ring[0]])}",
               "去掉 needs 中的环")
        return
    before = Flow(
        {
            key: StepSpec(key=key, title="", kind=spec["kind"], who=Who("system"),
                          needs=tuple(spec["needs"]))
            for key, spec in steps.items()
        }
    ).ancestors
    decided = any(kind_of(spec["kind"]).decides for spec in steps.values())
    for key, spec in steps.items():
        if not loose & {key, *before[key]}:
            yield from ((key, *fault) for fault in _order_faults(key, spec, steps, before[key], decided))
        needs = spec["needs"]
        if spec.get("quorum") and len({frozenset(steps[n]["needs"]) for n in needs}) > 1:
            yield key, "quorum", "quorum 的前置环节不是同时打开的", "让它们的 needs 相同"


def _order_faults(key: str, spec: Mapping[str, Any], steps: Mapping[str, Any],
                  before: frozenset[str], decided: bool) -> Iterator[tuple[str, str, str]]:
    """What a step asks of others that do not come before it."""
    for name in conditions.fields_of(spec["when"]):
        asked = name.split(".")[1:2]
        if is_outcome(name, steps) and asked[0] not in before:
            yield "when", f"条件问的环节 {asked[0]} 不在本环节之前", "只能问前面环节的结果"
    target = returns_to(spec["on_reject"])
    if target and target not in before:
        yield "on_reject", f"退回目标 {target} 不在本环节之前", "只能退回前面的环节"
    for other in spec["other_than"]:
        if other not in before:
            yield ("other_than", f"other_than 的环节 {other} 不在本环节之前",
                   "只能避开前面环节的经办人")
    if decided and kind_of(spec["kind"]).issues and not any(
        kind_of(steps[a]["kind"]).decides for a in before
    ):
        yield "needs", "还没有决定就出证", "让它的 needs 包含决定环节"


def _ring(steps: Mapping[str, Any]) -> list[str]:
    """Some steps that wait for each other, each for the next; none if every step can open."""
    left = dict(steps)
    while ready := [k for k, s in left.items() if not any(n in left for n in s["needs"])]:
        for key in ready:
            del left[key]
    way: list[str] = []
    at = next(iter(left), None)
    while at is not None and at not in way:
        way.append(at)
        at = next(n for n in left[at]["needs"] if n in left)
    return way[way.index(at):] if at is not None else []
