"""Offices in the hands of the administration: made, renamed, reached under which phone.

What is decided here stands against the pack until it is given back (``Office.kept``; the
administration's own rows have no pack). Ending one concerns its cases: ``cases.ending``. Also: who
reviews what an office did.
"""

import re
from collections.abc import Collection
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q

from weimin.kernel.clock import local, say_date
from weimin.kernel.codes import phone_number
from weimin.kernel.errors import Invalid, NotFound, WrongState
from weimin.kernel.text import initials, tidy
from weimin.network import posts
from weimin.network.actor import Actor
from weimin.network.models import Area, Line, Office, OfficeLine, Window, living
from weimin.trail import chain

chain.register(make_office="新建单位", edit_office="单位名称、电话、地址变动", hand_on_lines="交出条线",
               office_as_the_pack="单位交还地方包")

KINDS = {"office": "部门、办公室", "centre": "服务中心", "station": "服务站", "government": "政府"}
MOST_WINDOWS = 99
_LONGEST_NAME = 40
_LONGEST = 100


def review_body(office_id: int, on: date) -> Office | None:
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
    return max(above, key=lambda each: len(each.area_id), default=None)


def lock(office_id: int) -> Office:
    """An office that nobody else changes now. Raises NotFound."""
    found = Office.objects.select_for_update(of=("self",)).filter(pk=office_id).first()
    if found is None:
        raise NotFound("没有这个单位")
    return found


def at_work(on: date) -> Q:
    """Lines that an office works for on that day or later."""
    return Q(during__upper_inf=True) | Q(during__endswith__gt=on)


def holders_of(area: str, on: date) -> dict[str, Office]:
    """Who works for each line in an area, on that day or later."""
    rows = OfficeLine.objects.filter(at_work(on), area_id=area).select_related("office").order_by("id")
    return {row.line_id: row.office for row in rows}


@transaction.atomic
def make(
    *, area: str, name: str, kind: str, lines: Collection[str], take_over: bool, first: date | None,
    phone: str, address: str, windows: str, post: str, roles: Collection[str], actor: Actor,
    now: datetime,
) -> Office:
    """A new office with its first post, from a day on; ``take_over`` takes lines from who has them.

    Its first post is on duty where the office works for a line. Raises Invalid with every field
    that is wrong.
    """
    today = local(now).date()
    wrong: dict[str, str] = {}
    if first is None or first < today:
        wrong["first"] = f"请填写今天或以后的日期，如 {today}"
        first = today
    place = Area.objects.filter(living(first), code=area).first()
    if place is None:
        wrong["area"] = "请选择那一天存在的地方"
    name = _name(name, area, None, wrong)
    if kind not in KINDS:
        wrong["kind"] = "请从列表中选择"
    known = dict(Line.objects.filter(key__in=lines).values_list("key", "name"))
    if len(known) != len(set(lines)):
        wrong["lines"] = "请从列表中选择"
    reach = _reach(phone, address, wrong)
    count = _count(windows, wrong)
    wrong |= {("post" if key == "title" else key): said for key, said in posts.faults(post, roles).items()}
    held = OfficeLine.objects.filter(at_work(first), area_id=area, line__in=known).select_related(
        "office").select_for_update(of=("self",))
    _may_take(list(held), known, take_over, first, wrong)
    if wrong:
        raise Invalid(fields=wrong)
    assert place is not None
    made = Office.objects.create(code=_code(area, name), name=name, area=place, level=place.level,
                                 kind=kind, valid_from=first, **reach)
    _take(made, list(held), known, first, actor, now)
    Window.objects.bulk_create(_window(made, n) for n in range(1, count + 1))
    chain.note(chain.Subject("office", made.pk), "make_office", by=actor, now=now, name=name,
               code=made.code, lines=sorted(known), first=str(first), windows=count, **reach)
    posts.make(made.pk, title=post, roles=roles, on_duty=bool(known), actor=actor, now=now)
    return made


def _name(name: str, area: str, but: int | None, wrong: dict[str, str]) -> str:
    name = tidy(name)
    if not name or len(name) > _LONGEST_NAME:
        wrong["name"] = f"请填写名称，最长 {_LONGEST_NAME} 个字"
    elif Office.objects.filter(name=name, area_id=area, valid_to=None).exclude(pk=but or 0).exists():
        wrong["name"] = f"这个地方已经有“{name}”"
    return name


def _reach(phone: str, address: str, wrong: dict[str, str]) -> dict[str, str]:
    try:
        phone = phone_number(phone) if phone.strip() else ""
    except ValueError as error:
        wrong["phone"] = str(error)
    address = tidy(address)
    if len(address) > _LONGEST:
        wrong["address"] = f"地址最长 {_LONGEST} 个字"
    return {"phone": phone, "address": address}


def _count(text: str, wrong: dict[str, str]) -> int:
    text = text.strip() or "0"
    if text.isascii() and text.isdigit() and int(text[:4]) <= MOST_WINDOWS:
        return int(text)
    wrong["windows"] = f"窗口数写 0 到 {MOST_WINDOWS} 的整数"
    return 0


def _code(area: str, name: str) -> str:
    """A code that no template makes: ``430421103.own-msfwb``, with a number where it is taken."""
    key = f"{area}.own-{re.sub(r'[^a-z0-9]', '', initials(name))[:12] or 'office'}"
    taken = set(Office.objects.filter(code__startswith=key).values_list("code", flat=True))
    return next(code for code in (key, *(f"{key}-{n}" for n in range(2, len(taken) + 3)))
                if code not in taken)


def _may_take(
    held: list[OfficeLine], names: dict[str, str], take_over: bool, first: date, wrong: dict[str, str]
) -> None:
    for row in held:
        if row.during.lower >= first:
            wrong["lines"] = (f"“{names[row.line_id]}”从{say_date(row.during.lower)}起已交给"
                              f"{row.office.name}，不能再交一次")
        elif not take_over and "lines" not in wrong:
            wrong["lines"] = (f"“{names[row.line_id]}”在这里由{row.office.name}承担，同一地方一条线只能有"
                              "一个单位：不选这条线，或勾选“从现在承担的单位接过来”")


def _take(
    made: Office, held: list[OfficeLine], names: dict[str, str], first: date, actor: Actor,
    now: datetime,
) -> None:
    """Give it its lines; whoever had one leaves it the day before. Running cases stay there."""
    given: dict[int, list[str]] = {}
    for row in held:
        row.during = DateRange(row.during.lower, first)
        row.save(update_fields=["during"])
        given.setdefault(row.office_id, []).append(row.line_id)
    save_lines([OfficeLine(office=made, line_id=key, area_id=made.area_id,
                           during=DateRange(first, None)) for key in names])
    for office, lines in given.items():
        chain.note(chain.Subject("office", office), "hand_on_lines", by=actor, now=now,
                   lines=sorted(lines), heir=made.name, first=str(first))


def save_lines(rows: list[OfficeLine]) -> None:
    """Write them; where the database knows another holder, that is said in words."""
    try:
        with transaction.atomic():
            OfficeLine.objects.bulk_create(rows)
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if name != "one_office_per_line_and_area":
            raise
        raise Invalid(fields={"lines": "其中一条线在这段时间已经由另一个单位承担，请刷新再看"}) from error


def _window(office: Office, number: int) -> Window:
    return Window(office=office, number=str(number), title=f"{number}号综合窗口")


@transaction.atomic
def edit(
    office_id: int, *, name: str | None = None, phone: str, address: str, windows: str | None = None,
    actor: Actor, now: datetime,
) -> Office:
    """Set name, phone and address; residents see them. Windows only where no pack counts them.

    Raises Invalid for what can't be.
    """
    office = lock(office_id)
    wrong: dict[str, str] = {}
    after: dict[str, object] = dict(_reach(phone, address, wrong))
    if name is not None:
        after["name"] = _name(name, office.area_id, office.pk, wrong)
    before = {key: getattr(office, key) for key in after}
    if windows is not None and not office.pack:
        before["windows"], after["windows"] = office.windows.count(), _count(windows, wrong)
    if wrong:
        raise Invalid(fields=wrong)
    if before == after:
        return office
    for key, value in after.items():
        if key != "windows":
            setattr(office, key, value)
    if office.pack and before.get("name") != after.get("name"):
        office.kept = sorted({*office.kept, "name"})
    office.save(update_fields=["name", "phone", "address", "kept"])
    _set_windows(office, int(str(before.get("windows", 0))), int(str(after.get("windows", 0))))
    changed = [key for key in after if after[key] != before[key]]
    chain.note(chain.Subject("office", office.pk), "edit_office", by=actor, now=now,
               before={key: before[key] for key in changed},
               after={key: after[key] for key in changed})
    return office


def _set_windows(office: Office, before: int, after: int) -> None:
    Window.objects.bulk_create(_window(office, n) for n in range(before + 1, after + 1))
    Window.objects.filter(office=office, number__in=[str(n) for n in range(after + 1, before + 1)]).delete()


@transaction.atomic
def give_back(office_id: int, *, actor: Actor, now: datetime) -> Office:
    """Let the pack have its say again on an office that stands. Raises WrongState for others."""
    office = lock(office_id)
    if not office.pack or office.valid_to is not None:
        raise WrongState("这个单位不能交还地方包", "它是在这里新建的，或者已经定了撤销")
    office.kept = []
    office.save(update_fields=["kept"])
    chain.note(chain.Subject("office", office.pk), "office_as_the_pack", by=actor, now=now)
    return office
