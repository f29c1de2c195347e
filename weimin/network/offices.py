"""What of an office is not in the pack: how to reach it, and who reviews what it did."""

from datetime import date, datetime

from django.db import transaction

from weimin.kernel.codes import phone_number
from weimin.kernel.errors import Invalid, NotFound
from weimin.kernel.text import tidy
from weimin.network.actor import Actor
from weimin.network.models import Office, living
from weimin.trail import chain

chain.register(edit_office="单位电话、地址变动")

_LONGEST = 100


def review_body(office_id: int, on: date) -> str | None:
    """The people's government to which an act of this office goes for reconsideration.

    行政复议法 (2023) art. 24(1): that of the county or above whose department, lower government or
    outpost acted; so a town's act goes to the county, a government's own to the next one above.
    None where the place has none.
    """
    office = Office.objects.select_related("area").get(pk=office_id)
    above = Office.objects.filter(
        living(on), kind="government", level__in=("county", "city"),
        area__in=office.area.ancestors,
    ).exclude(pk=office_id)
    names = {len(code): name for code, name in above.values_list("area_id", "name")}
    return names[max(names)] if names else None


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
