"""改派经办人: a step goes to a colleague, or is released when an absent one holds it."""

from weimin.cases.circumstances import doers
from weimin.cases.duty import acting_post
from weimin.cases.file import CaseFile
from weimin.cases.verb import verb
from weimin.kernel.errors import Invalid
from weimin.network.models import Holding


@verb("改派经办人")
def reassign(file: CaseFile, *, step: int, account: int | None = None, reason: str) -> None:
    """Give an open step to another officer of the same office, or to whoever comes first.

    The office, the limit and the accountable post stay as they are.
    """
    if not reason.strip():
        raise Invalid(fields={"reason": "请写明改派的原因"})
    row = file.find_step(step)
    name = "" if account is None else Holding.objects.filter(
        account_id=account, post__office=row.office_id or 0, during__contains=file.today
    ).values_list("account__name", flat=True).first()
    if name is None:
        raise Invalid(fields={"account": "这个人今天不在本单位任岗"})
    if account in doers(file, row.key):
        raise Invalid(fields={"account": "前一环节就是他办的，这一环节须由另一人办"})
    before = row.account_id
    row.set(account_id=account)
    file.record("reassign", {"step": row.key, "from": before, "to": account, "name": name,
                             "reason": reason.strip()}, post=acting_post(file, row.office_id))
