"""办结归档 and 重新办理: the end of a case, and the honest way back."""

from weimin.cases import clocks
from weimin.cases.duty import acting_post
from weimin.cases.file import CaseFile
from weimin.cases.heirs import heirs
from weimin.cases.verb import verb
from weimin.cases.verbs.succeed import pass_on
from weimin.flow.transitions import begin, finished, undo
from weimin.kernel.errors import Invalid, WrongState


@verb("办结归档")
def close(file: CaseFile) -> None:
    """Close a case whose steps are all done; the last accountable post stays the one who answers.

    Raises WrongState while a step is open.
    """
    if not finished(file.item.flow, file.pure_steps):
        waiting = "、".join(
            file.item.flow.steps[s.key].title for s in file.steps if s.state == "open"
        )
        raise WrongState(f"还有环节没有办完：{waiting}", "办完后再办结归档")
    clocks.meet(file, "delivery")
    file.set(state="closed", closed_at=file.occurred_at, hand_over_to_id=None)
    file.record("close", {"outcome": file.row["outcome"]}, post=acting_post(file))


@verb("重新办理")
def reopen(file: CaseFile, *, reason: str) -> None:
    """Open a closed case again, from its first step, with a reason that everybody sees.

    The closed result stays in the trail; the clocks start anew and the late mark stays. Where
    its office is no more, the heir answers for it from now on.
    """
    if not reason.strip():
        raise Invalid(fields={"reason": "请写明为什么要重新办理"})
    before = file.row["outcome"]
    file.set(outcome="", closed_at=None, decided_at=None)
    passed = pass_on(file, heirs(file))
    opened: list[str] = []
    if file.row["accepted_at"] is None:  # refused or withdrawn before: it waits for acceptance
        file.set(state="received")
        file.carry_out(undo(file.pure_steps))
        clocks.start(file, "notice", file.item.profile.notice)
    else:
        file.set(state="accepted")
        clocks.start_decision(file)
        opened = file.carry_out(begin(file.item.flow, file.facts, file.pure_steps))
    file.record("reopen", {"reason": reason.strip(), "was": before, "opened": opened,
                           **({"passed_on": passed} if passed else {})})
