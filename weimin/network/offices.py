"""What of an office is not in the pack: how to reach it."""

from datetime import datetime

from django.db import transaction

from weimin.kernel.codes import phone_number
from weimin.kernel.errors import Invalid, NotFound
from weimin.kernel.text import tidy
from weimin.network.actor import Actor
from weimin.network.models import Office
from weimin.trail import chain

chain.register(edit_office="单位电话、地址变动")

_LONGEST = 100


@transaction.atomic
def edit(office_id: int, *, phone: str, address: str, actor: Actor, now: datetime) -> Office:
    """Set phone and address; residents see both. Raises Invalid for a number that is none."""
    office = Office.objects.select_for_update().filter(pk=office_id).first()
    if office is None:
        raise NotFound("没有这个单位")
    wrong = {}
    try:
        phone = phone_number(phone) if phone.strip() else ""
    except ValueError as error:
        wrong["phone"] = str(error)
    address = tidy(address)
    if len(address) > _LONGEST:
        wrong["address"] = f"地址最长 {_LONGEST} 个字"
    if wrong:
        raise Invalid(fields=wrong)
    before = {"phone": office.phone, "address": office.address}
    if before == {"phone": phone, "address": address}:
        return office
    office.phone, office.address = phone, address
    office.save(update_fields=["phone", "address"])
    chain.note(chain.Subject("office", office.pk), "edit_office", by=actor, now=now,
               before=before, after={"phone": phone, "address": address})
    return office
