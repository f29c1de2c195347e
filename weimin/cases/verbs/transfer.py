"""移送: the case goes to the office that is really competent."""

from weimin.cases import clocks
from weimin.cases.duty import take_lead
from weimin.cases.file import CaseFile
from weimin.cases.verb import verb
from weimin.kernel.errors import Invalid
from weimin.network.models import Office, living


@verb("移送有权单位")
def transfer(file: CaseFile, *, office: int, reason: str) -> None:
    """Send the case to the right office; the clock goes on and the resident is told.

    The new office's duty post becomes accountable at once; open steps of the old office go with
    the case; steps of other offices stay where they are.
    """
    if not reason.strip():
        raise Invalid(fields={"reason": "请写明移送的理由"})
    target = Office.objects.filter(living(file.today), pk=office).first()
    if target is None:
        raise Invalid(fields={"office": "没有这个单位，或它已经撤销"})
    if office == file.row["office_id"]:
        raise Invalid(fields={"office": "办件已经在这个单位"})
    duty = file.routes.duty_posts.get(office)
    if duty is None:
        raise Invalid(fields={"office": "对方单位没有值班岗位接收，请先电话联系"})
    old = file.row["office_id"]
    for step in file.steps:
        if step.state == "open" and step.office_id == old:
            step.set(office_id=office, account_id=None)
    file.set(office_id=office)
    take_lead(file, *duty)
    file.grant(office, "competent")
    clocks.show(file)
    file.record("transfer", {"from": old, "to": [office, target.name], "reason": reason.strip()})
