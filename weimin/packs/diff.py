"""What publishing would change, running cases included."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from weimin.cases.models import Case
from weimin.catalogue.models import Item
from weimin.network.models import Area, Office
from weimin.packs import resolve
from weimin.packs.publish import digest_of
from weimin.packs.read import Pack


def diff(pack: Pack) -> Iterator[str]:
    """The changes, a line each; a pack that is published as it is gives one line."""
    lines = [*_items(pack), *_areas(pack), *_offices(pack)]
    yield from lines or ["没有变化"]


def _items(pack: Pack) -> Iterator[str]:
    current = {
        item.code: item.current
        for item in Item.objects.select_related("current") if item.current is not None
    }
    running = Counter(
        Case.objects.exclude(state="closed").values_list("item_version__item__code", flat=True)
    )
    for written in pack.items:
        code, data = written["code"], resolve.item_data(pack, written)
        version = current.pop(code, None)
        if version is None:
            yield f"＋ 事项 {code} {written['name']}"
        elif version.digest != digest_of(data):
            yield f"～ 事项 {code} {written['name']}：第 {version.number} 版 → 新版"
            for path, before, after in _changes(version.data, data):
                yield f"    {path}：{before} → {after}"
            if running[code]:
                yield f"    {running[code]} 件在办件仍按原版办理"
    for code in current:
        stay = f"；{running[code]} 件在办件继续办完" if running[code] else ""
        yield f"－ 事项 {code} 停办{stay}"


def _changes(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two values differ, by path."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from _changes(before.get(key), after.get(key), f"{path}.{key}" if path else key)
    elif before != after:
        yield path, _short(before), _short(after)


def _short(value: Any) -> str:
    text = "（无）" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "……"


def _areas(pack: Pack) -> Iterator[str]:
    known = dict(Area.objects.values_list("code", "name"))
    for area in pack.areas:
        name = known.get(area["code"])
        if name is None:
            yield f"＋ 区划 {area['code']} {area['name']}"
        elif name != area["name"]:
            yield f"～ 区划 {area['code']} 改名：{name} → {area['name']}"
    for code in sorted(set(known) - {area["code"] for area in pack.areas}):
        yield f"！ 区划 {code} {known[code]} 不在包里：不会删除，请写明 valid_to 和 successor"


def _offices(pack: Pack) -> Iterator[str]:
    known = set(Office.objects.filter(valid_to=None).values_list("code", flat=True))
    planned = {plan.code for plan in resolve.offices(pack)}
    if new := planned - known:
        yield f"＋ 单位 {len(new)} 个，如 {min(new)}"
    if gone := known - planned:
        yield f"－ 单位 {len(gone)} 个撤销，如 {min(gone)}"
