"""退回: to an earlier step, with what hangs on it, or "and straight back to me"."""

from weimin.cases import clocks
from weimin.cases.duty import acting_post
from weimin.cases.file import CaseFile
from weimin.cases.verb import verb
from weimin.flow.transitions import return_to as plan_return
from weimin.kernel.errors import Invalid


@verb("退回")
def return_to(
    file: CaseFile, *, step: int, target: str, reason: str, straight_back: bool = False
) -> None:
    """Have an earlier step done again. Its limit starts anew; the case's limit goes on."""
    if not reason.strip():
        raise Invalid(fields={"reason": "请写明退回的原因"})
    row = file.find_step(step)
    flow = file.item.flow
    if target not in flow.ancestors[row.key]:
        raise Invalid(fields={"target": "只能退回本环节之前的环节"})
    if not any(s.key == target and s.state == "done" for s in file.steps):
        raise Invalid(fields={"target": "这个环节没有办理过，不能退回给它"})
    plan = plan_return(
        flow, file.facts, file.pure_steps, target=target, by=row.pure,
        straight_back=straight_back,
    )
    opened = file.carry_out(plan)
    clocks.recompute(file)
    file.record(
        "return_to",
        {"step": row.key, "target": target, "reason": reason.strip(), "opened": opened,
         "straight_back": straight_back, "void": sorted({s.key for s in plan.voided})},
        post=acting_post(file, row.office_id),
    )
