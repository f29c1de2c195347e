"""From what a pack says to what is published: references filled in."""

from collections.abc import Mapping
from typing import Any

from weimin.flow.kinds import kind_of
from weimin.packs.read import Pack

DELIVER = "deliver"


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
    # What residents here call it (老倌子, 起屋), for searching only.
    known = (item["name"], *item.get("words", ()))
    data["sayings"] = [word["say"] for word in pack.words
                       if word["say"] not in known and any(word["means"] in each for each in known)]
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
