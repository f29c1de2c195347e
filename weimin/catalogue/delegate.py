"""赋权: moving a power to another level is one row from a date on; withdrawing leaves cases alone."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from weimin.catalogue.models import POWER_TITLES, Delegation, Item
from weimin.flow.profiles import PROFILES
from weimin.kernel.clock import local
from weimin.kernel.errors import Invalid, NotFound, WrongState
from weimin.network.actor import Actor
from weimin.network.models import LEVEL_TITLES, Area
from weimin.trail import chain

chain.register(delegate="赋权", withdraw_delegation="收回赋权", restore_delegation="撤销收回")

KINDS = {"devolved": "下放", "entrusted": "委托"}


@transaction.atomic
def delegate(
    *, item_id: int | None, power: str, area: str, level: str, kind: str, first: date | None,
    document: str, actor: Actor, now: datetime,
) -> Delegation:
    """Give a power to a level in an area. Raises Invalid with every field that is wrong."""
    wrong: dict[str, str] = {}
    item = Item.objects.select_related("current").filter(
        pk=item_id or 0, current__isnull=False).first()
    if item is None:
        wrong["item"] = "请选择事项"
    if not Area.objects.filter(code=area, valid_to=None).exists():
        wrong["area"] = "请选择地方"
    for key, value, choices in (("power", power, POWER_TITLES), ("level", level, LEVEL_TITLES),
                                ("kind", kind, KINDS)):
        if value not in choices:
            wrong[key] = "请从列表中选择"
    if item is not None and power in POWER_TITLES and (said := unlawful(item, power, level)):
        wrong["level"] = said
    if first is None:
        wrong["from"] = "请填写起始日期，如 2026-12-01"
    if wrong:
        raise Invalid(fields=wrong)
    assert item is not None
    row = Delegation(item=item, power=power, area_id=area, level=level, kind=kind,
                     during=DateRange(first, None), document=document.strip())
    _save(row)
    chain.note(chain.Subject("delegation", row.pk), "delegate", by=actor, now=now,
               **_told(row), start=str(first), document=row.document)
    return row


def unlawful(item: Item, power: str, level: str) -> str:
    """Why offices of that level may not be given this power over the item; empty if they may.

    The database has the last word on a village's deciding; what else a village may not do
    depends on the item's type (行政许可法 art. 24).
    """
    profile = PROFILES[item.current.data["type"]] if item.current else None
    if profile is None or profile.may_hold(power, level):
        return ""
    if power == "decide":
        return "村（社区）不作决定，请选乡镇或以上"
    return (f"{profile.title}只能委托其他行政机关（行政许可法第二十四条）：村（社区）只代收，"
            f"“{POWER_TITLES[power]}”请选乡镇或以上")


@transaction.atomic
def withdraw(row_id: int, *, actor: Actor, now: datetime) -> bool:
    """Take a power back from today on; one that has not begun disappears.

    Whether it is still there, so that the withdrawal can be undone.
    """
    row, today = _row(row_id), local(now).date()
    if row.during.upper is not None and row.during.upper <= today:
        raise WrongState("这一行已经收回了")
    stays = bool(row.during.lower < today)
    if not stays:
        row.delete()
    else:
        row.during = DateRange(row.during.lower, today)
        row.pack = ""  # from now on the administration has the last word on it
        row.save(update_fields=["during", "pack"])
    chain.note(chain.Subject("delegation", row_id), "withdraw_delegation", by=actor, now=now,
               **_told(row), withdrawn=str(today))
    return stays


@transaction.atomic
def restore(row_id: int, *, actor: Actor, now: datetime) -> None:
    """Undo a withdrawal on the day on which it was made: nobody noticed yet."""
    row = _row(row_id)
    if row.during.upper != local(now).date():
        raise WrongState("只有今天收回的才能撤销", "需要时请新增一行")
    if said := unlawful(row.item, row.power, row.level):
        raise WrongState(said)
    row.during = DateRange(row.during.lower, None)
    _save(row)
    chain.note(chain.Subject("delegation", row_id), "restore_delegation", by=actor, now=now,
               **_told(row))


def _told(row: Delegation) -> dict[str, str]:
    """Which power it is: the row itself may be gone when somebody asks."""
    return {"item": row.item.code, "power": row.power, "area": row.area_id, "level": row.level,
            "kind": row.kind}


def _row(row_id: int) -> Delegation:
    row = Delegation.objects.select_for_update(of=("self",)).select_related("item__current").filter(
        pk=row_id).first()
    if row is None:
        raise NotFound("没有这一行")
    return row


def _save(row: Delegation) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if name != "one_delegation_per_area":
            raise
        raise Invalid(fields={"area": "这个事项的这项权力在这里已经另有安排，先收回那一行"}) from error
