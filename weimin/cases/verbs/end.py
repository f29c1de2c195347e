"""不予受理, 撤回, 终止: three ways in which a case ends without a decision on the matter."""

from weimin.cases import clocks
from weimin.cases.duty import acting_post
from weimin.cases.effects import settle
from weimin.cases.file import CaseFile
from weimin.cases.numbering import numbered
from weimin.cases.verb import verb
from weimin.flow import transitions
from weimin.kernel.errors import Invalid


@verb("不予受理")
def refuse(file: CaseFile, *, reason: str, remedy: str = "") -> None:
    """Not accepted: always in writing, with the reason and what the applicant can do.

    行政许可法 art. 32(1), items 1 and 2 (and whom to turn to instead); 32(2): the paper carries the
    office's seal and the date; 72(7): the reason must be said.
    It is decided and waits to be handed over like any other result; only then the case is closed.
    """
    _need(reason, "不予受理必须写明理由")
    clocks.meet(file, "notice", "acceptance")
    settle(file, "refused")
    opened = file.carry_out(transitions.refuse(file.item.flow, file.facts, file.pure_steps))
    file.record("refuse", {"reason": reason.strip(), "remedy": remedy.strip(), "opened": opened,
                           **numbered(file, "refusal")}, post=acting_post(file))


@verb("撤回申请")
def withdraw(file: CaseFile, *, reason: str = "") -> None:
    """The applicant takes the application back; nobody counts it as done in time."""
    clocks.meet(file, "acceptance")  # should it be reopened, what was supplied is no news
    _end(file, "withdrawn")
    file.record("withdraw", {"reason": reason.strip()} if reason.strip() else None)


@verb("终止办理")
def end(file: CaseFile, *, reason: str) -> None:
    """The case can't go on: the applicant died, is not to be found, does not let himself be visited.

    行政许可法 knows no such end; special rules do (民发〔2021〕57号 art. 29: 可以终止审核确认程序).

    A terminated case is never counted as done in time.
    """
    _need(reason, "终止办理必须写明理由")
    _end(file, "ended")
    file.record("end", {"reason": reason.strip()})


def _need(reason: str, message: str) -> None:
    if not reason.strip():
        raise Invalid(fields={"reason": message})


def _end(file: CaseFile, outcome: str) -> None:
    for step in file.steps:
        if step.state == "open":
            step.set(state="cancelled", done_at=file.occurred_at)
    for pause in file.pauses:
        if pause.ended is None:
            pause.end(file.today)
    file.set(state="closed", outcome=outcome, closed_at=file.occurred_at, hand_over_to_id=None)
