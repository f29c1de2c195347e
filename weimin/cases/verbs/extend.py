"""批准延期: a lawful extension of the decision's term, by whom the law names."""

from weimin.cases import clocks
from weimin.cases.circumstances import deciding, longest_extension
from weimin.cases.file import CaseFile
from weimin.cases.numbering import numbered
from weimin.cases.verb import verb
from weimin.flow.terms import Term
from weimin.kernel.errors import Invalid, WrongState


@verb("批准延期")
def extend(file: CaseFile, *, term: str, reason: str) -> None:
    """Extend once, by at most what the item's law allows; the applicant is told why, in writing.

    行政许可法 art. 42: ten working days by the head of the organ that decides; fifteen for joint
    handling by the head of its government. The table of actions knows who may, and that it is the
    first.
    """
    if not reason.strip():
        raise Invalid(fields={"reason": "延期必须写明理由，并告知申请人"})
    allowed = longest_extension(file)
    if allowed is None:
        raise WrongState(f"“{file.item.profile.title}”没有可以延期的规定", "请在期限内办结")
    try:
        wanted = Term.parse(term)
    except ValueError:
        raise Invalid(fields={"term": f"请写一个数，如 5；最多可以延长{allowed.words}"}) from None
    if wanted.unit != allowed.unit or not 0 < wanted.count <= allowed.count:
        raise Invalid(fields={"term": f"最多可以延长{allowed.words}"})
    before = {k: str(c.due_on) for k, c in file.clocks.items() if not c.met_at}
    clocks.extend(file, wanted)
    organ = deciding(file)[0]
    file.record(
        "extend",
        {"term": str(wanted), "reason": reason.strip(), "before": before, **numbered(file, "extension", organ),
         "after": {k: str(c.due_on) for k, c in file.clocks.items() if not c.met_at}},
    )

