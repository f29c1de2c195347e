"""A case that runs on nothing but its flow: rows in memory, plans carried out to the letter.

It does with a plan what the case file does in the database, and refuses a plan that could not
be carried out: an end for a row that does not stand, an opening of what is open already, a
step whose turn has not come.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import weimin.cases.kinds  # noqa: F401  the kinds of step register themselves
from weimin.flow.graph import Flow, parse_flow
from weimin.flow.kinds import Outcome
from weimin.flow.transitions import (
    SETTLED,
    Opening,
    Plan,
    Step,
    StepState,
    begin,
    complete,
    finished,
    refuse,
    return_to,
)


def step(kind: str, *needs: str, **more: Any) -> dict[str, Any]:
    """A step as a pack writes it; whose work it is does not matter here."""
    return {"kind": kind, "who": "civil-affairs@town", "needs": list(needs), **more}


def review(*needs: str, **more: Any) -> dict[str, Any]:
    """A review; the case goes on when it rejects, unless told otherwise."""
    return step("review", *needs, **{"on_reject": "continue", **more})


def decision(*needs: str, **more: Any) -> dict[str, Any]:
    """A decision; it ends the case when it rejects, unless told otherwise."""
    return step("decision", *needs, **more)


class Running:
    """A case and what happens to it, in the words of the tests."""

    def __init__(self, steps: Mapping[str, Any], **facts: Any) -> None:
        self.flow: Flow = parse_flow({"steps": steps}, "civil-affairs")
        self.given = facts
        self.outcome = ""
        self.rows: list[Step] = []
        self.plan = Plan()
        self._carry_out(begin(self.flow, self.facts))

    # -- what happens ----------------------------------------------------------------------------

    def done(self, *keys: str, outcome: Outcome = "approve", branch: str = "") -> Plan:
        """Each of the steps ends with the outcome, one after the other."""
        for key in keys:
            row = self.row(key, branch)
            assert row.state == "open", f"{key} is {row.state}"
            facts = {**self.facts, f"steps.{key}.outcome": outcome}
            plan = complete(
                self.flow, facts, self.rows, row, outcome, denied=self.outcome == "denied"
            )
            self._put(row, "void" if outcome == "repeat" else "done", outcome)
            self._carry_out(plan, repeated=key if outcome == "repeat" else "")
        return self.plan

    def rejected(self, key: str, branch: str = "") -> Plan:
        """The step ends with a rejection."""
        return self.done(key, outcome="reject", branch=branch)

    def returned(
        self, by: str, to: str, *, branch: str = "", straight_back: bool = False
    ) -> Plan:
        """The step sends the case back to an earlier one."""
        plan = return_to(
            self.flow, self.facts, self.rows, target=to, by=self.row(by, branch),
            straight_back=straight_back,
        )
        self._carry_out(plan)
        return plan

    def reopened(self) -> Plan:
        """The case begins anew; what was before stays in the trail."""
        self.outcome = ""
        self._carry_out(begin(self.flow, self.facts, self.rows))
        return self.plan

    def refused(self) -> Plan:
        """The case is denied before it begins, as if no step had opened yet."""
        self.rows, self.outcome = [], "denied"
        self._carry_out(refuse(self.flow, self.facts))
        return self.plan

    # -- what stands -----------------------------------------------------------------------------

    @property
    def facts(self) -> dict[str, Any]:
        """The form, and how the steps ended that are done now."""
        ended = {f"steps.{r.key}.outcome": r.outcome for r in self.rows if r.state == "done"}
        return {**self.given, **ended}

    @property
    def open(self) -> set[str]:
        """What waits for somebody now: ``key``, or ``key/branch``."""
        return self.all_in("open")

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return finished(self.flow, self.rows)

    def all_in(self, state: StepState) -> set[str]:
        """The steps of that state in their latest round."""
        latest = {(r.key, r.branch): r for r in self.rows}
        return {_name(r) for r in latest.values() if r.state == state}

    def row(self, key: str, branch: str = "") -> Step:
        """The latest round of a step."""
        return [r for r in self.rows if (r.key, r.branch) == (key, branch)][-1]

    def standing(self, key: str) -> list[Step]:
        """The rows of a step that count: all that are not void."""
        return [r for r in self.rows if r.key == key and r.state != "void"]

    # -- plans -----------------------------------------------------------------------------------

    def _carry_out(self, plan: Plan, repeated: str = "") -> None:
        self.plan = plan
        for ended in plan.cancelled:
            self._put(self._behind(ended), "cancelled")
        for ended in plan.voided:
            self._put(self._behind(ended), "void")
        for opening in plan.skipped:
            self._add(opening, "skipped")
        for opening in plan.opened:
            self._add(opening, "open")
        for opening in (*plan.opened, *plan.skipped):
            if opening.key != repeated:  # its turn had come before, and goes on
                self._check_turn(opening.key)
        self.outcome = plan.decided or self.outcome
        assert self.open or self.finished, "nobody has anything to do, and the case is not over"

    def _behind(self, ended: Step) -> Step:
        at = (ended.key, ended.branch, ended.round)
        found = [r for r in self.rows if (r.key, r.branch, r.round) == at]
        assert found and found[0].state != "void", f"{at} does not stand"
        return found[0]

    def _put(self, row: Step, state: StepState, outcome: Outcome | None = None) -> None:
        self.rows[self.rows.index(row)] = replace(
            row, state=state, outcome=outcome or row.outcome
        )

    def _add(self, opening: Opening, state: StepState) -> None:
        before = [r for r in self.rows if (r.key, r.branch) == (opening.key, opening.branch)]
        assert all(r.state == "void" for r in before), f"{opening} stands already"
        assert opening.round == len(before) + 1
        self.rows.append(
            Step(
                id=len(self.rows) + 1, key=opening.key, branch=opening.branch,
                round=opening.round, state=state,
            )
        )

    def _check_turn(self, key: str) -> None:
        """Whatever opens: its needs are settled, or enough of them, and nothing before is open."""
        spec = self.flow.steps[key]
        rows = [row for need in spec.needs for row in self.standing(need)]
        ended = sum(row.state == "done" for row in rows)
        enough = bool(spec.quorum) and ended >= (spec.quorum or 0)
        assert enough or all(self._settled(need) for need in spec.needs), f"{key} came too early"
        again = [a for a in self.flow.ancestors[key] for r in self.standing(a) if r.state == "open"]
        assert not again, f"{key} did not wait for {again}"

    def _settled(self, key: str) -> bool:
        rows = self.standing(key)
        return bool(rows) and all(row.state in SETTLED for row in rows)


def _name(row: Step) -> str:
    return f"{row.key}/{row.branch}" if row.branch else row.key
