"""The linter: judges a whole pack without a database and names every fault at once."""

from collections.abc import Iterator, Mapping
from typing import Any

import weimin.cases.kinds  # noqa: F401  (registers the general step kinds)
from weimin.catalogue.models import POWER_TITLES
from weimin.catalogue.spec import compile_item
from weimin.flow import graph
from weimin.flow.profiles import PROFILES
from weimin.packs import resolve, rules
from weimin.packs.lint_areas import areas
from weimin.packs.lint_offices import offices
from weimin.packs.read import Fault, Located, Pack, at, is_day

_FIELDS = ("employment", "social-insurance", "social-assistance", "medical-insurance", "building",
           "farm-subsidy", "farmland", "elderly-care")
_NEEDED = ("code", "name", "field", "type", "line", "level", "place", "subjects", "flow", "limit",
           "handling", "channels", "visits", "fee", "phone", "result", "condition", "provenance",
           "remedy", "consequence", "form", "materials")
_POWERS = ("receive", "accept", "decide", "print")


def lint(pack: Pack) -> list[Fault]:
    """All faults of a pack, in the order of its files."""
    found = [*pack.faults, *_head(pack), *areas(pack), *_calendar(pack), *offices(pack)]
    for item in pack.items:
        found += _item(pack, item)
    found += [*_doubled_items(pack), *_old_words(pack), *_delegations(pack), *_readiness(pack)]
    return sorted(set(found), key=lambda fault: (fault.file, fault.line, fault.what))


def _head(pack: Pack) -> Iterator[Fault]:
    for key in ("name", "title"):
        if not pack.head.get(key):
            yield Fault(file="pack.yaml", line=1, what=f"缺少 {key}", remedy=f"写上 {key}")
    if pack.items and not pack.head.get("provenance"):
        yield Fault(file="pack.yaml", line=1, what="没有说明哪些是事实、哪些是示意",
                    remedy="写上 provenance")


def _calendar(pack: Pack) -> Iterator[Fault]:
    kinds: dict[str, str] = {}
    for day in pack.calendar:
        if not is_day(day["date"]):
            yield at(day, f"不是日期：{day['date']}", "写成 2026-11-21")
        if day["kind"] not in ("holiday", "makeup_workday"):
            yield at(day, f"不认识的种类 {day['kind']}", "写 holiday 或 makeup_workday")
        if kinds.setdefault(day["date"], day["kind"]) != day["kind"]:
            yield at(day, f"{day['date']} 既放假又上班", "核对放假通知")
    if pack.items and not kinds:
        yield Fault(file="calendar.csv", line=1, what="没有放假安排，算不出期限",
                    remedy="写上 extends: china，或录入放假通知")


def _item(pack: Pack, item: Located) -> Iterator[Fault]:
    missing = [key for key in _NEEDED if key not in item]
    if missing:
        yield at(item, f"{item.get('code', '事项')} 缺少 {'、'.join(missing)}", "补全这些字段")
        return
    for key, allowed in (("type", tuple(PROFILES)), ("field", _FIELDS),
                         ("level", graph.LEVELS), ("place", graph.PLACES),
                         ("line", tuple(line["code"] for line in pack.lines))):
        if item[key] not in allowed:
            yield at(item, f"{item['code']} 的 {key} 不认识 {item[key]}", f"可用：{'、'.join(allowed)}")
            return
    if item["flow"] not in pack.flows:
        yield at(item, f"{item['code']} 的流程 {item['flow']} 不存在", "在 flows.yaml 中写出它")
        return
    yield from _material_faults(pack, item)
    yield from _flow_faults(pack, item)


def _material_faults(pack: Pack, item: Located) -> Iterator[Fault]:
    keys: set[str] = set()
    for material in item["materials"]:
        ref = material.get("ref")
        if ref and ref not in pack.materials:
            yield at(material, f"共用材料 {ref} 不存在", "在 materials.yaml 中写出它")
            continue
        full = {**(pack.materials[ref] if ref else {}), **material}
        key = full.get("key") or ref
        if key in keys:
            yield at(material, f"材料 {key} 写了两次", "删去其中一处")
        keys.add(str(key))
        if full.get("replaced_by") and full["replaced_by"] not in pack.certificates:
            yield at(material, f"证照类型 {full['replaced_by']} 不存在",
                      "在 certificates.yaml 中写出它")
        if full.get("need") == "gap" and not full.get("gap_days"):
            yield at(material, f"可容缺的材料 {key} 没有写几日内补齐", "写上 gap_days")
    for scenario in item.get("scenarios", ()):
        for option in scenario["options"]:
            for key in (*option.get("adds", ()), *option.get("drops", ())):
                if key not in keys:
                    yield at(option, f"情形用到的材料 {key} 不存在", "在 materials 中写出它")


def _flow_faults(pack: Pack, item: Located) -> Iterator[Fault]:
    flow = pack.flows[item["flow"]]
    fields = {field["key"] for field in item["form"]}
    for scenario in item.get("scenarios", ()):
        fields.add(scenario["key"])
        fields.update(key for option in scenario["options"] for key in option.get("sets", {}))
    lines = frozenset(line["code"] for line in pack.lines) | {"each"}
    broken = False
    for step, what, remedy in graph.faults_of(flow, lines=lines, fields=frozenset(fields)):
        broken = True
        where = flow["steps"].get(step, flow) if step else flow
        yield at(where, f"{item['code']}/{item['flow']}{step and '/' + step}：{what}", remedy)
    if broken:
        return
    try:
        data = resolve.item_data(pack, item)
        compile_item(data)
    except (ValueError, KeyError) as error:
        yield at(item, f"{item['code']}：{error}", "按上面的提示改正")
        return
    for check in rules.RULES:
        for what, remedy in check(data):
            yield at(item, f"{item['code']}：{what}", remedy)


def _doubled_items(pack: Pack) -> Iterator[Fault]:
    seen: dict[str, Located] = {}
    for item in pack.items:
        code = str(item.get("code"))
        if code in seen:
            yield at(item, f"事项编码 {code} 用了两次", f"另一处在 {seen[code].file}:{seen[code].line}")
        seen.setdefault(code, item)


def _old_words(pack: Pack) -> Iterator[Fault]:
    """Old words are for searching only: 农合, 生育证 … must not stand on today's screens."""
    old = [word["say"] for word in pack.words if word.get("old")]
    for item in pack.items:
        for word in old:
            for text in _texts({k: v for k, v in item.items() if k not in ("words", "faq")}):
                if word in text:
                    yield at(item, f"{item.get('code')} 出现旧称“{word}”", "改用今天的名称，旧称放进 words")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _delegations(pack: Pack) -> Iterator[Fault]:
    codes = {str(item.get("code")): item for item in pack.items}
    areas = {area["code"] for area in pack.areas}
    spans: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for row in pack.delegations:
        if row["item"] != "*" and row["item"] not in codes:
            yield at(row, f"事项 {row['item']} 不存在", "改正 item")
        if row["area"] not in areas:
            yield at(row, f"区划 {row['area']} 不存在：权力下放给了不存在的地方", "改正 area")
        if row["power"] not in _POWERS:
            yield at(row, f"不认识的权力 {row['power']}", f"可用：{'、'.join(_POWERS)}")
        if row["kind"] not in ("devolved", "entrusted"):
            yield at(row, f"不认识的方式 {row['kind']}", "下放写 devolved，委托写 entrusted")
        if row["power"] == "decide" and row["level"] == "village":
            yield at(row, "把决定权给了村（社区）", "村不作决定：把 level 改成 town")
        elif row["level"] == "village" and row["power"] in _POWERS and (names := _held_above(row, codes)):
            yield at(row, f"把行政许可的{POWER_TITLES[row['power']]}给了村（社区）：{'、'.join(names)}",
                     "许可只能委托其他行政机关（行政许可法第二十四条），村只代收：把 level 改成 town，"
                     "或只写不是许可的事项")
        if not is_day(row["from"]):
            yield at(row, f"起始日期不对：{row['from']}", "写成 2026-11-21")
            continue
        key = (row["item"], row["power"], row["area"])
        for first, last in spans.get(key, ()):
            if row["from"] < (last or "9999") and first < (row["to"] or "9999"):
                yield at(row, "同一事项、同一权力、同一地方的下放时间重叠", "改正 from / to")
        spans.setdefault(key, []).append((row["from"], row["to"]))


def _held_above(row: Located, items: Mapping[str, Located]) -> list[str]:
    """The items that the row means of whose type its level may not have its power."""
    meant = items if row["item"] == "*" else [row["item"]] if row["item"] in items else []
    profiles = {code: PROFILES.get(items[code].get("type", "")) for code in meant}
    return [code for code, profile in profiles.items()
            if profile and not profile.may_hold(row["power"], row["level"])]


def _readiness(pack: Pack) -> Iterator[Fault]:
    codes = {str(item.get("code")) for item in pack.items}
    areas = {area["code"] for area in pack.areas}
    for row in pack.readiness:
        if row["item"] not in codes | {"*"}:
            yield at(row, f"事项 {row['item']} 不存在", "改正 item")
        if row["area"] not in areas:
            yield at(row, f"区划 {row['area']} 不存在", "改正 area")
        if row["power"] not in _POWERS:
            yield at(row, f"不认识的权力 {row['power']}", f"可用：{'、'.join(_POWERS)}")
        if row["ready"] not in ("yes", "no"):
            yield at(row, "ready 应写 yes 或 no", "改正 ready")
