"""办理: an office does its part. Reviews, visits, notices, decisions, delivery: all of them."""

from collections.abc import Iterable
from typing import Any

from weimin.cases.cards import judge
from weimin.cases.delivery import acted_at
from weimin.cases.duty import acting_post
from weimin.cases.effects import EFFECTS, settle
from weimin.cases.file import CaseFile
from weimin.cases.rows import StepRow
from weimin.cases.verb import verb
from weimin.flow.graph import StepSpec
from weimin.flow.kinds import Ask, Outcome, StepKind, kind_of
from weimin.flow.transitions import complete as plan_completion
from weimin.flow.transitions import work_is_done
from weimin.kernel.errors import Invalid


@verb("办理环节")
def complete(
    file: CaseFile, *, step: int, outcome: Outcome, answers: dict[str, Any] | None = None
) -> None:
    """End a step with an outcome of its kind and what the kind asks for.

    What follows (other steps, the decision of the case) is the flow's: see
    :func:`weimin.flow.transitions.complete`. A step that a colleague holds is his to do, until
    the head of the office releases it. A step of the applicant that an officer enters for him
    says so in the event.
    """
    whose = file.item.flow.steps[file.find_step(step).key].who.line
    mark = {"on_behalf": "applicant"} if whose == "applicant" and not file.is_party else {}
    _finish(file, "complete", step, outcome, dict(answers or {}), mark)


@verb("登记线下办理结果")
def done_outside(
    file: CaseFile, *, step: int, outcome: Outcome, reason: str,
    answers: dict[str, Any] | None = None,
) -> None:
    """Enter what really happened outside the system (体外循环), with the reason.

    The office's share of such steps is counted: the event carries the mark.
    """
    if not reason.strip():
        raise Invalid(fields={"reason": "请写明为什么在系统外办理"})
    mark = {"outside": reason.strip()}
    _finish(file, "done_outside", step, outcome, dict(answers or {}), mark)


def _finish(
    file: CaseFile, event: str, step: int, outcome: Outcome, answers: dict[str, Any],
    mark: dict[str, str],
) -> None:
    row = file.find_step(step)
    spec = file.item.flow.steps[row.key]
    kind = kind_of(spec.kind)
    _check_answers(file, row, spec, outcome, answers)
    facts = {**file.facts, f"steps.{row.key}.outcome": outcome}
    plan = plan_completion(
        file.item.flow, facts, file.pure_steps, row.pure, outcome,
        denied=file.row["outcome"] not in ("", "granted"),
    )
    row.set(
        state="void" if outcome == "repeat" else "done", outcome=outcome, done_at=file.occurred_at,
        answers={**answers, **mark} or None, account_id=file.actor.account_id,
        late=row.due_at is not None and acted_at(answers, file.occurred_at) > row.due_at,
    )
    judge(file, row)
    data: dict[str, Any] = {
        "step": row.key, "outcome": outcome, **mark,
        **({"branch": row.branch} if row.branch else {}),
        **({"round": row.round} if row.round > 1 else {}),
        **({"late": True} if row.late else {}),
    }
    if effect := EFFECTS.get(kind.key):
        data |= effect(file, row, answers, plan)
    if opened := file.carry_out(plan):
        data["opened"] = opened
    if file.row["state"] == "accepted" and work_is_done(file.item.flow, file.pure_steps):
        data["decided"] = settle(file, "done")  # a flow without a decision: registered, referred
    file.record(event, data, private=answers or None, post=acting_post(file, row.office_id))


def _check_answers(
    file: CaseFile, row: StepRow, spec: StepSpec, outcome: Outcome, answers: dict[str, Any],
) -> None:
    kind = kind_of(spec.kind)
    if outcome not in kind.outcomes:
        raise Invalid(fields={"outcome": f"“{kind.title}”没有这个结果"})
    check_asked(file, kind, [ask for ask in spec.asks if outcome in ask.when], answers)
    if kind.check is None:
        return
    if said := kind.check(answers, row.opened_at, file.occurred_at, spec.limit, file.calendar):
        raise Invalid(said)


def check_asked(file: CaseFile, kind: StepKind, asks: Iterable[Ask], answers: dict[str, Any]) -> None:
    """Whether that was answered which the kind asks for, and nothing else. Raises Invalid."""
    asks = list(asks)
    unknown = set(answers) - {ask.key for ask in kind.asks}
    if unknown:
        raise Invalid(fields=dict.fromkeys(sorted(unknown), "这个环节没有这一项"))
    wrong = {ask.key: said for ask in asks if (said := _ask_fault(ask, answers.get(ask.key)))}
    wrong |= {
        ask.key: "请写另一位工作人员的姓名" for ask in asks
        if ask.second and str(answers.get(ask.key, "")).strip() == file.actor.name
    }
    if wrong:
        raise Invalid(fields=wrong)


def _ask_fault(ask: Ask, given: Any) -> str | None:
    if given is None or not str(given).strip():
        return f"请填写{ask.label}" if ask.required else None
    if ask.type == "choice" and given not in dict(ask.options):
        return f"请从列表中选择{ask.label}"
    return None
