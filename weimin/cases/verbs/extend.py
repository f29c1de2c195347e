"""批准延期: a lawful extension of the decision's term, by whom the law names."""

from weimin.cases import clocks
from weimin.cases.file import CaseFile
from weimin.cases.verb import verb
from weimin.flow.terms import Term
from weimin.kernel.errors import Invalid, NotAllowed, WrongState


@verb("批准延期")
def extend(file: CaseFile, *, term: str, reason: str) -> None:
    """Extend once, by at most what the item's law allows; the applicant is told why.

    行政许可法 art. 42: ten working days by the head of the office; fifteen for joint handling
    by the head of government. Raises WrongState for a second extension or a law without one.
    """
    if not reason.strip():
        raise Invalid(fields={"reason": "延期必须写明理由，并告知申请人"})
    joint = is_joint(file)
    _, allowed = clocks.longest(file.item.profile, joint)
    if own := file.item.data.get("limit", {}).get("extension"):
        allowed = Term.parse(own)
    if allowed is None:
        raise WrongState(f"“{file.item.profile.title}”没有可以延期的规定", "请在期限内办结")
    by = file.item.profile.joint_extension_by if joint else file.item.profile.extension_by
    if by == "government_head" and "government" not in file.relations():
        raise NotAllowed("联合办理的延期由本级政府负责人批准", "请报政府负责人")
    if by == "office_head" and "head" not in file.relations():
        raise NotAllowed("延期由受理单位负责人批准", "请报单位负责人")
    decision = file.clocks.get("decision") or file.clocks.get("promise")
    if decision is None or decision.met_at is not None:
        raise WrongState("没有正在计算的办理期限")
    if decision.extension:
        raise WrongState("已经延期过一次，不能再次延期", "请在延长后的期限内办结")
    try:
        wanted = Term.parse(term)
    except ValueError as error:
        raise Invalid(fields={"term": str(error)}) from None
    if wanted.unit != allowed.unit or not 0 < wanted.count <= allowed.count:
        raise Invalid(fields={"term": f"最多可以延长{allowed.words}"})
    before = {k: str(c.due_on) for k, c in file.clocks.items() if not c.met_at}
    clocks.extend(file, wanted)
    file.record(
        "extend",
        {"term": str(wanted), "reason": reason.strip(), "before": before,
         "after": {k: str(c.due_on) for k, c in file.clocks.items() if not c.met_at}},
    )


def is_joint(file: CaseFile) -> bool:
    """Whether several departments handle the case together (统一办理、联合办理、集中办理)."""
    return file.item.data.get("joint", False) is True
