"""改按新版事项办理: a running case leaves the version it was received under, in the open."""

from weimin.cases import clocks
from weimin.cases.file import CaseFile
from weimin.cases.verb import verb
from weimin.catalogue.spec import item_version
from weimin.flow.transitions import catch_up
from weimin.kernel.errors import Invalid, WrongState


@verb("改按新版事项办理")
def upgrade(file: CaseFile, *, reason: str) -> None:
    """Move a case to the item's current version; publishing alone never does.

    What was done stays done. The case's own terms keep running as they began: a promise that was
    given is not withdrawn by a new edition. An open step goes by the new flow's limit. Steps that the new flow has and the old one had not
    open when their turn is already there.

    Raises WrongState when the new flow lacks a step that this case stands in.
    """
    if not reason.strip():
        raise Invalid(fields={"reason": "请写明为什么改按新版办理"})
    old = file.item
    new = item_version(file.routes.current_items[old.code])
    standing = {step.key for step in file.steps if step.state != "void"}
    if lost := standing - set(new.flow.steps):
        names = "、".join(old.flow.steps[key].title for key in sorted(lost))
        raise WrongState(f"新版事项没有这些环节：{names}", "请按原版办完，或退回后再改")
    file.set(item_version_id=new.id)
    del file.item  # read anew from the version that now holds
    opened: list[str] = []
    if file.row["state"] == "accepted":
        opened = file.carry_out(catch_up(new.flow, file.facts, file.pure_steps))
    clocks.recompute(file)
    file.record("upgrade", {"from": old.number, "to": new.number, "reason": reason.strip(),
                            "opened": opened})
