"""From what a pack says to what is published: references filled in, templates unfolded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from weimin.flow.kinds import kind_of
from weimin.kernel.codes import division_level
from weimin.packs.read import Pack
from weimin.packs.written import Located

DELIVER = "deliver"
OFFICE_KEYS = {"level", "name", "key", "kinds", "areas", "lines", "each_line", "kind", "supervises",
               "windows"}  # of a template, without which no office can be planned


def item_data(pack: Pack, item: Mapping[str, Any]) -> dict[str, Any]:
    """An item with its flow and its shared materials written out, as it is published.

    Raises KeyError for an unknown flow or material: the linter names it before.
    """
    data: dict[str, Any] = _plain(item)
    data["flow"] = flow_data(pack, item["flow"])
    data["materials"] = [_plain(_material(pack, each)) for each in item.get("materials", ())]
    # Words of yesterday (农合, 准生证) find the item and never stand on a screen.
    yesterday = {word["say"] for word in pack.words if word.get("old")}
    data["old_words"] = [
        word for word in item.get("words", ()) if any(old in word for old in yesterday)
    ]
    data["confidential"] = "confidentiality" in item
    return data


def flow_data(pack: Pack, name: str) -> dict[str, Any]:
    """A flow as it is published. Raises KeyError for an unknown one."""
    return _with_delivery({"name": name, **_plain(pack.flows[name])})


def _with_delivery(flow: dict[str, Any]) -> dict[str, Any]:
    """Every flow ends with the result in the resident's hand, whether it says so or not."""
    steps: dict[str, Any] = flow["steps"]
    kinds = {key: kind_of(spec["kind"]) for key, spec in steps.items()}
    if any(kind.delivers for kind in kinds.values()):
        return flow
    ends = (
        [k for k, kind in kinds.items() if kind.issues]
        or [k for k, kind in kinds.items() if kind.decides]
        or [k for k in steps if not any(k in s.get("needs", ()) for s in steps.values())]
    )
    steps[DELIVER] = {"title": "送达", "kind": "delivery", "who": "counter", "needs": ends}
    return flow


def _material(pack: Pack, each: Mapping[str, Any]) -> dict[str, Any]:
    if "ref" not in each:
        return dict(each)
    own = {key: value for key, value in each.items() if key != "ref"}
    return {"key": each["ref"], **pack.materials[each["ref"]], **own}


def _plain(value: Any) -> Any:
    """The same without the lines: plain dicts and lists for JSON."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficePlan:
    """An office that a template makes in an area."""

    code: str
    key: str  # of the template, or the line: what offices of one sort have in common
    name: str
    area: str
    level: str
    kind: str
    lines: tuple[str, ...]
    supervises: bool
    posts: tuple[Mapping[str, Any], ...]
    windows: int
    first: str  # the area's own days: an office begins and ends with its area
    last: str
    source: Located


def offices(pack: Pack) -> Iterator[OfficePlan]:
    """Every office of the place, template by template."""
    lines = {line["code"]: line["name"] for line in pack.lines}
    departments = tuple(code for code in lines if code != "service")
    for template in pack.offices:
        for area in _areas_for(pack, template):
            if template.get("each_line"):
                for line in departments:
                    yield _office(template, area, line, lines[line], (line,))
            else:
                named = template.get("lines", [])
                wanted = tuple(
                    dict.fromkeys(
                        line for each in named
                        for line in (departments if each == "all" else (each,))
                    )
                )
                yield _office(template, area, template["key"], "", wanted)


def _areas_for(pack: Pack, template: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    kinds = template.get("kinds", ["ordinary"])
    only = template.get("areas")
    for area in pack.areas:
        if division_level(area["code"]) != template["level"] or area["kind"] not in kinds:
            continue
        if only is None or area["code"] in only:
            yield area


def _office(
    template: Located, area: Mapping[str, Any], key: str, line: str, lines: tuple[str, ...]
) -> OfficePlan:
    return OfficePlan(
        code=f"{area['code']}.{key}",
        key=key,
        name=str(template["name"]).format(area=area["name"], line=line),
        area=area["code"],
        level=template["level"],
        kind=template.get("kind", "office"),
        lines=lines,
        supervises=bool(template.get("supervises")),
        posts=tuple(template.get("posts", ())),
        windows=int(template.get("windows", 0)),
        first=area["valid_from"],
        last=area["valid_to"],
        source=template,
    )
