"""The linter's rules for what moves a power: delegations, and readiness for it."""

from collections.abc import Iterator

from weimin.catalogue.models import POWER_TITLES
from weimin.catalogue.routes import COUNTER_LINE
from weimin.flow.profiles import PROFILES
from weimin.network.models import LEVEL_TITLES
from weimin.packs.read import Pack
from weimin.packs.written import Fault, Located, at, names

Held = dict[tuple[str, str], set[str]] | None


def delegations(pack: Pack, held: Held) -> Iterator[Fault]:
    """To whom, over what, from when, and never twice at a time."""
    spans: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    known = names(pack.lines, "code", whole="lines.yaml" not in pack.unread)
    lines = {item["code"]: item["line"] for item in pack.items
             if not item.broken & {"code", "line"} and item["line"] in known}
    areas = names(pack.areas, "code", whole="areas.csv" not in pack.unread)
    yield from _refer(pack, pack.delegations, "：权力给了不存在的地方")
    for row in pack.delegations:
        if row.sound("power") == "decide" and row.sound("level") == "village":
            yield at(row, "把决定权给了村（社区）", "村不作决定：把 level 改成 town")
        elif names_of := _held_above(row, pack):
            yield at(row, f"把行政许可的{POWER_TITLES[row['power']]}给了村（社区）：{'、'.join(names_of)}",
                     "许可只能委托其他行政机关（行政许可法第二十四条），村只代收：把 level 改成 town，"
                     "或只写不是许可的事项")
        elif held is not None and not row.broken & {"item", "power", "area", "level"} and (
            row["area"] in areas  # of a place that there is not, it is said already
        ):
            yield from _somebody(row, lines, held)
        if row.broken & {"item", "power", "area", "from", "to"}:
            continue
        if row["to"] and row["to"] <= row["from"]:
            yield at(row, "to 不在 from 之后", "to 是收回的那一天，长期有效的空着", "to")
            continue
        key = (row["item"], row["power"], row["area"])
        for first, last in spans.get(key, ()):
            if row["from"] < (last or "9999") and first < (row["to"] or "9999"):
                yield at(row, "同一事项、同一权力、同一地方的下放时间重叠", "改正 from / to")
        spans.setdefault(key, []).append((row["from"], row["to"]))


def _held_above(row: Located, pack: Pack) -> list[str]:
    """The items that the row means of whose type its level may not have its power."""
    item, power, level = (row.sound(key) for key in ("item", "power", "level"))
    if None in (item, power, level):
        return []
    meant = (each for each in pack.items if not each.broken & {"code", "type"})
    return [each["code"] for each in meant if item in ("*", each["code"])
            and not PROFILES[each["type"]].may_hold(str(power), str(level))]


def _refer(pack: Pack, rows: list[Located], where: str) -> Iterator[Fault]:
    codes = names(pack.items, "code", whole=pack.items_whole)
    areas = names(pack.areas, "code", whole="areas.csv" not in pack.unread)
    for row in rows:
        item, area = row.sound("item"), row.sound("area")
        if item is not None and item != "*" and item not in codes:
            several = "一行只写一个事项" if set("，,、；") & set(item) else "改正 item"
            yield at(row, f"事项 {item} 不存在", several)
        if area is not None and area not in areas:
            yield at(row, f"区划 {area} 不存在{where}", "改正 area")


def _somebody(row: Located, lines: dict[str, str], held: dict[tuple[str, str], set[str]]
              ) -> Iterator[Fault]:
    """A power goes to an office that works for the item there, not to nobody."""
    item, area, level = row["item"], row["area"], row["level"]
    if item != "*" and item not in lines:
        return
    wanted = {COUNTER_LINE} if level == "village" else set(lines.values() if item == "*" else [lines[item]])
    if row["power"] in ("receive", "print"):
        wanted.add(COUNTER_LINE)
    if not any(place.startswith(area) or area.startswith(place)
               for line in wanted for place in held.get((level, line), ())):
        yield at(row, f"{area} 没有{LEVEL_TITLES[level]}一级的“{'、'.join(sorted(wanted))}”单位："
                 f"{POWER_TITLES[row['power']]}的权力没有人行使", "改正 area 或 level，或在 offices.yaml 写出这个单位")


def readiness(pack: Pack) -> Iterator[Fault]:
    """What can be done where, said once."""
    yield from _refer(pack, pack.readiness, "")
    seen: set[tuple[str, str, str]] = set()
    for row in pack.readiness:
        if row.sound("ready") == "no" and row.sound("reason") == "":
            yield at(row, "写了 no 却没有写原因", "在 reason 写上居民看得懂的原因：办事指南会照写", "reason")
        if row.broken & {"item", "area", "power"}:
            continue
        key = (row["item"], row["area"], row["power"])
        if key in seen:
            yield at(row, "同一事项、同一地方、同一权力写了两次", "删去其中一行")
        seen.add(key)
