"""What happens to the steps of a case: which open, are skipped, cancelled or made void.

The functions take the flow, the facts and the step rows and return a :class:`Plan`. Whoever
holds the case's lock carries the plan out; the same rows always give the same plan.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from weimin.flow.conditions import holds
from weimin.flow.graph import Flow, StepSpec
from weimin.flow.kinds import Outcome, kind_of

StepState = Literal["open", "done", "skipped", "cancelled", "void"]
SETTLED: frozenset[StepState] = frozenset(("done", "skipped", "cancelled"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One opening of a step. A step that is done again is a new row of the next round."""

    id: int
    key: str
    branch: str = ""  # the value of ``each``; empty for a step without branches
    round: int = 1
    state: StepState = "open"
    outcome: Outcome | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Opening:
    """A step to be opened (or noted as skipped) now."""

    key: str
    branch: str = ""
    round: int = 1


@dataclass(kw_only=True, slots=True)
class Plan:
    """What the rows must become. ``denied`` and ``granted`` say that the case was decided."""

    opened: list[Opening] = field(default_factory=list)
    skipped: list[Opening] = field(default_factory=list)
    cancelled: list[Step] = field(default_factory=list)
    voided: list[Step] = field(default_factory=list)
    decided: Literal["granted", "denied"] | None = None


class _Board:
    """The rows of a case while a plan is made: the latest round of each step counts."""

    def __init__(self, flow: Flow, facts: Mapping[str, Any], steps: Iterable[Step]) -> None:
        self.flow = flow
        self.facts = facts
        self.rounds: dict[tuple[str, str], int] = {}
        self.current: dict[str, list[Step]] = {}
        for step in steps:
            at = (step.key, step.branch)
            self.rounds[at] = max(self.rounds.get(at, 0), step.round)
            if step.state != "void":
                self.current.setdefault(step.key, []).append(step)

    def settled(self, key: str) -> bool:
        rows = self.current.get(key, [])
        return bool(rows) and all(row.state in SETTLED for row in rows)

    def open_rows(self, keys: Iterable[str]) -> list[Step]:
        return [r for key in keys for r in self.current.get(key, ()) if r.state == "open"]

    def put(self, old: Step, state: StepState, outcome: Outcome | None = None) -> Step:
        new = replace(old, state=state, outcome=outcome or old.outcome)
        rows = self.current[old.key]
        rows[rows.index(old)] = new
        return new

    def drop(self, row: Step) -> None:
        self.current[row.key].remove(row)
        if not self.current[row.key]:
            del self.current[row.key]

    def owed(self, key: str, branches: Iterable[str]) -> list[str]:
        """The branches that returned "straight back to me" and wait beside their siblings."""
        live = {row.branch for row in self.current[key]}
        return [b for b in branches if b not in live and (key, b) in self.rounds]

    def start(self, key: str, branch: str, state: StepState) -> Opening:
        opening = Opening(key, branch, self.rounds.get((key, branch), 0) + 1)
        self.rounds[key, branch] = opening.round
        row = Step(id=0, key=key, branch=branch, round=opening.round, state=state)
        self.current.setdefault(key, []).append(row)
        return opening


def begin(flow: Flow, facts: Mapping[str, Any], steps: Sequence[Step] = ()) -> Plan:
    """The plan of a case that was just accepted, or that begins anew after ``steps``."""
    board, plan = _Board(flow, facts, steps), Plan()
    _void(board, plan, flow.steps)
    _advance(board, plan, denied=False)
    return plan


def refuse(flow: Flow, facts: Mapping[str, Any], steps: Sequence[Step] = ()) -> Plan:
    """The plan of a case that is denied before it begins: all that is left is to say so."""
    board, plan = _Board(flow, facts, steps), Plan()
    _advance(board, plan, denied=True)
    return plan


def undo(steps: Iterable[Step]) -> Plan:
    """The plan of a case that waits at the door again: whatever was done is void."""
    return Plan(voided=[step for step in steps if step.state != "void"])


def catch_up(flow: Flow, facts: Mapping[str, Any], steps: Sequence[Step]) -> Plan:
    """The plan of a case whose flow was replaced: what is due by the new one opens now."""
    board, plan = _Board(flow, facts, steps), Plan()
    _advance(board, plan, denied=False)
    return plan


def complete(
    flow: Flow, facts: Mapping[str, Any], steps: Sequence[Step], step: Step, outcome: Outcome,
    *, denied: bool = False,
) -> Plan:
    """The plan after ``step`` ended with ``outcome``; ``denied`` if the case already was.

    The step itself becomes done (or void when it repeats); that change is the caller's.
    """
    board, plan, spec = _Board(flow, facts, steps), Plan(), flow.steps[step.key]
    kind = kind_of(spec.kind)
    if outcome == "repeat":
        board.drop(step)
        plan.opened.append(board.start(step.key, step.branch, "open"))
        return plan
    board.put(step, "done", outcome)
    if outcome == "reject" and spec.on_reject not in ("end", "continue"):
        _void(board, plan, {spec.on_reject} | flow.descendants[spec.on_reject])
    elif outcome == "reject" and spec.on_reject == "end":
        denied, plan.decided = True, "denied"
        for row in board.open_rows(flow.steps):
            plan.cancelled.append(board.put(row, "cancelled"))
    elif kind.decides and not denied and (outcome, spec.on_reject) != ("reject", "continue"):
        plan.decided = "granted" if outcome == "approve" else "denied"
        denied = plan.decided == "denied"
    _advance(board, plan, denied=denied)
    return plan


def granted_by_law(flow: Flow, facts: Mapping[str, Any], steps: Sequence[Step]) -> Plan:
    """The plan of a case that the law itself grants: nobody decides it any more.

    What would have led to the decision is cancelled or skipped; what follows the decision opens.
    """
    board, plan = _Board(flow, facts, steps), Plan(decided="granted")
    deciding = [key for key, spec in flow.steps.items() if kind_of(spec.kind).decides]
    for key in flow.steps:
        if key not in deciding and not any(key in flow.ancestors[d] for d in deciding):
            continue
        for row in board.open_rows([key]):
            plan.cancelled.append(board.put(row, "cancelled"))
        if key not in board.current:
            plan.skipped.append(board.start(key, "", "skipped"))
    _advance(board, plan, denied=False)
    return plan


def return_to(
    flow: Flow, facts: Mapping[str, Any], steps: Sequence[Step], *, target: str, by: Step,
    straight_back: bool,
) -> Plan:
    """The plan of returning from ``by`` to an earlier step.

    Everything that hangs on the target is void and will be done again; independent branches
    stay. With ``straight_back`` only the target is done again and the case comes straight back
    to the returning step: what lies between keeps its results.

    Raises ValueError if the target does not come before the returning step.
    """
    if target not in flow.ancestors[by.key]:
        raise ValueError(f"{target} does not come before {by.key}")
    board, plan = _Board(flow, facts, steps), Plan()
    if not straight_back:
        _void(board, plan, {target} | flow.descendants[target])
    else:
        _void(board, plan, {target})
        board.drop(by)
        plan.voided.append(by)
    _advance(board, plan, denied=False)
    return plan


def finished(flow: Flow, steps: Iterable[Step]) -> bool:
    """Whether every step of the flow is done, skipped or cancelled."""
    board = _Board(flow, {}, steps)
    return all(board.settled(key) for key in flow.steps)


def work_is_done(flow: Flow, steps: Iterable[Step]) -> bool:
    """Whether all that is left, if anything, is to hand the result over."""
    board = _Board(flow, {}, steps)
    return all(board.settled(k) for k, s in flow.steps.items() if not kind_of(s.kind).delivers)


def _void(board: _Board, plan: Plan, keys: Iterable[str]) -> None:
    for key in keys:
        plan.voided.extend(board.current.pop(key, ()))


def _advance(board: _Board, plan: Plan, *, denied: bool) -> None:
    """Open or skip every step whose turn has come.

    In the order of the graph, and again while something came of it: a quorum that is reached
    ends steps on which earlier ones may have waited.
    """
    while _advance_once(board, plan, denied):
        pass


def _advance_once(board: _Board, plan: Plan, denied: bool) -> bool:
    before = len(board.rounds), sum(board.rounds.values())
    for spec in board.flow.ordered:
        if spec.key in board.current:
            if spec.each and not board.open_rows(board.flow.ancestors[spec.key]):
                for branch in board.owed(spec.key, _branches(board, spec, denied)):
                    plan.opened.append(board.start(spec.key, branch, "open"))
            continue
        if not _is_due(board, spec):
            continue
        if spec.quorum:
            _end_the_rest(board, plan, spec)
        branches = _branches(board, spec, denied)
        for branch in branches:
            plan.opened.append(board.start(spec.key, branch, "open"))
        if not branches:
            plan.skipped.append(board.start(spec.key, "", "skipped"))
    return before != (len(board.rounds), sum(board.rounds.values()))


def _is_due(board: _Board, spec: StepSpec) -> bool:
    before = board.flow.ancestors[spec.key]
    if spec.quorum:
        rows = [row for need in spec.needs for row in board.current.get(need, ())]
        # Who was not asked gave no answer. Where fewer than n are asked, all of them are waited for.
        if sum(row.state == "done" for row in rows) >= spec.quorum:
            return not board.open_rows(before.difference(spec.needs))
    # An earlier step may be open again "and straight back to me": then its followers wait.
    return all(board.settled(need) for need in spec.needs) and not board.open_rows(before)


def _end_the_rest(board: _Board, plan: Plan, spec: StepSpec) -> None:
    for row in board.open_rows(spec.needs):
        opening = Opening(row.key, row.branch, row.round)
        if opening in plan.opened:  # it has not begun yet: nobody needs it any more
            plan.opened.remove(opening)
            plan.skipped.append(opening)
            board.put(row, "skipped")
        else:
            plan.cancelled.append(board.put(row, "cancelled"))


def _branches(board: _Board, spec: StepSpec, denied: bool) -> list[str]:
    """The branches to open: none if the step is skipped, one without a name as a rule."""
    kind = kind_of(spec.kind)
    if denied and not kind.delivers:
        return []
    if not holds(spec.when, board.facts):
        return []
    if not spec.each:
        return [""]
    values = board.facts.get(spec.each) or []
    if not isinstance(values, list | tuple):
        values = [values]
    if all(isinstance(value, Mapping) for value in values):
        return _numbered([str(next(iter(row.values()), "")) for row in values])
    return list(dict.fromkeys(str(value) for value in values))


def _numbered(names: list[str]) -> list[str]:
    """Rows of a table by their first column; two plots of one name are two branches."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}（{seen[name]}）")
    return found
