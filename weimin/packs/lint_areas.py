"""The linter's rules for areas: codes, levels, and what becomes of a place that is merged."""

from collections import Counter
from collections.abc import Iterator, Mapping

from weimin.kernel.codes import division_level
from weimin.packs.read import Fault, Located, Pack, at, is_day

_KINDS = ("ordinary", "zone", "park", "virtual", "prison")


def areas(pack: Pack) -> Iterator[Fault]:
    """All faults of a pack's areas."""
    count = Counter(area["code"] for area in pack.areas)
    known = {area["code"]: area for area in pack.areas}
    for area in pack.areas:
        code = area["code"]
        try:
            level = division_level(code)
        except ValueError:
            yield at(area, f"区划代码 {code} 的位数不对", "市4位、县6位、乡镇9位、村12位")
            continue
        if count[code] > 1:
            yield at(area, f"区划代码 {code} 用了两次", "代码不得重复使用；改名不换代码")
        if area["kind"] not in _KINDS:
            yield at(area, f"不认识的区划性质 {area['kind']}", f"可用：{'、'.join(_KINDS)}")
        if wrong := list(_days(area)):
            yield from wrong
            continue
        parent = {"city": "", "county": code[:4], "town": code[:6], "village": code[:9]}[level]
        if parent and parent not in known:
            yield at(area, f"{area['name']} 的上级 {parent} 不存在", "先写上级区划")
        elif parent and _ends(known[parent]) < _ends(area):
            yield at(area, f"{area['name']} 的上级 {known[parent]['name']} 先撤销了",
                     "下级也要写 valid_to 和 successor，不晚于上级")
        yield from _succession(area, known)


def _days(area: Located) -> Iterator[Fault]:
    for key in ("valid_from", "valid_to"):
        if area[key] and not is_day(area[key]):
            yield at(area, f"{key} 不是日期：{area[key]}", "写成 2026-11-21")
    if not area["valid_from"]:
        yield at(area, f"{area['name']} 没有写 valid_from", "写上启用日期，如 2026-11-21")
    elif area["valid_to"] and area["valid_to"] <= area["valid_from"]:
        yield at(area, f"{area['name']} 的 valid_to 不在 valid_from 之后", "核对起止日期")


def _ends(area: Mapping[str, str]) -> str:
    """The day an area ends, comparable: never is the latest of all."""
    return area["valid_to"] or "9999"


def _succession(area: Located, known: Mapping[str, Located]) -> Iterator[Fault]:
    """An area that ends has one heir of its level that stands on that day."""
    name, heir = area["name"], area["successor"]
    if not heir:
        if area["valid_to"] and not area["note"]:
            yield at(area, f"{name} 撤销了却没有继任区划",
                     "写明 successor，在办件才有去处；确实没有承接的，在 note 里说明")
        return
    if heir not in known:
        yield at(area, f"继任区划 {heir} 不存在", "改正 successor")
        return
    if not area["valid_to"]:
        yield at(area, f"{name} 写了继任区划却没有写哪天撤销", "写上 valid_to，或去掉 successor")
        return
    into = known[heir]
    if len(heir) != len(area["code"]):
        yield at(area, f"{name} 的继任区划 {into['name']} 不是同一级", "村并入村，乡镇并入乡镇")
    elif _is_ring(area["code"], known):
        yield at(area, f"{name} 的继任区划绕了一圈又回到它自己", "改正 successor")
    elif _ends(into) <= area["valid_to"]:
        yield at(area, f"{name} 的继任区划 {into['name']} 那天已经撤销", "写最终承接的区划")
    elif into["valid_from"] > area["valid_to"]:
        yield at(area, f"{name} 撤销时继任区划 {into['name']} 还没有启用",
                 "让 successor 的 valid_from 不晚于 valid_to")


def _is_ring(code: str, known: Mapping[str, Located]) -> bool:
    met, heir = {code}, str(known[code]["successor"])
    while heir in known and heir not in met:
        met.add(heir)
        heir = str(known[heir]["successor"])
    return heir == code
