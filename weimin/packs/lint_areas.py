"""The linter's rules for areas: levels, and what becomes of a place that is merged."""

from collections import Counter
from collections.abc import Iterator, Mapping

from weimin.kernel.codes import division_level
from weimin.packs.read import Pack
from weimin.packs.written import Fault, Located, at, names


def areas(pack: Pack) -> Iterator[Fault]:
    """All faults of a pack's areas."""
    count = Counter(area.sound("code") for area in pack.areas)
    known = {area["code"]: area for area in pack.areas if "code" not in area.broken}
    named = names(pack.areas, "code", whole="areas.csv" not in pack.unread)
    for area in pack.areas:
        code = area.sound("code")
        if code is None:
            continue
        if count[code] > 1:
            yield at(area, f"区划代码 {code} 用了两次", "代码不得重复使用；改名不换代码")
        parent = {"city": "", "county": code[:4], "town": code[:6],
                  "village": code[:9]}[division_level(code)]
        if parent and parent not in named:
            yield at(area, f"{area['name']} 的上级 {parent} 不存在",
                     "先写上级区划；代码的前几位就是上级")
        if area.broken & {"valid_from", "valid_to", "successor"}:
            continue
        if area["valid_to"] and area["valid_to"] <= area["valid_from"]:
            yield at(area, f"{area['name']} 的 valid_to 不在 valid_from 之后", "核对起止日期")
            continue
        if parent in known and "valid_to" not in known[parent].broken and (
            _ends(known[parent]) < _ends(area)
        ):
            yield at(area, f"{area['name']} 的上级 {known[parent]['name']} 先撤销了",
                     "下级也要写 valid_to 和 successor，不晚于上级")
        yield from _succession(area, known)
    tops = [area for code, area in known.items() if division_level(code) == "city"]
    for area in tops[1:]:
        yield at(area, f"{area['name']} 是第二个市：一个包只写一个市", "另建一个包")


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
    elif into.broken & {"valid_from", "valid_to"}:
        return
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
