"""Items: a changed one gets a new version, one that is no longer written is withdrawn."""

import json
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from weimin.cases.models import Case
from weimin.catalogue.models import Item, ItemVersion
from weimin.packs import resolve
from weimin.packs.parts.part import Part, Publication


class Items(Part):
    """The items of the place."""

    title = "事项"

    def compare(self) -> None:
        """Every item of the pack beside its current version."""
        self.known = {item.code: item for item in Item.objects.select_related("current")}
        self.changed: list[tuple[dict[str, Any], str]] = []  # the item, its digest
        for written in self.pack.items:
            data = resolve.item_data(self.pack, written)
            digest, item = digest_of(data), self.known.get(data["code"])
            if item is None or item.current is None or item.current.digest != digest:
                self.changed.append((data, digest))
        named = {written["code"] for written in self.pack.items}
        self.withdrawn = [item for item in self.known.values()
                          if item.current is not None and item.code not in named]

    def __bool__(self) -> bool:
        return bool(self.changed or self.withdrawn)

    def said(self) -> Iterator[str]:
        """Each item with the fields that differ, and what running cases do."""
        running = Counter(
            Case.objects.exclude(state="closed").values_list("item_version__item__code", flat=True)
        ) if self.changed or self.withdrawn else Counter()
        for data, _ in self.changed:
            code, item = data["code"], self.known.get(data["code"])
            version = item.current if item else None
            if version is None:
                yield f"＋ 事项 {code} {data['name']}"
                continue
            yield f"～ 事项 {code} {data['name']}：第 {version.number} 版 → 新版"
            for path, before, after in _changes(version.data, data):
                yield f"    {path}：{before} → {after}"
            if running[code]:
                yield f"    {running[code]} 件在办件仍按原版办理"
        for item in self.withdrawn:
            stay = f"；{running[item.code]} 件在办件继续办完" if running[item.code] else ""
            yield f"－ 事项 {item.code} 停办{stay}"

    def apply(self, publication: Publication) -> None:
        """Write the new versions; the old ones stay for the cases that stand on them."""
        for data, digest in self.changed:
            item = self.known.get(data["code"]) or Item.objects.create(code=data["code"])
            item.current = ItemVersion.objects.create(
                item=item, pack_version=publication.version, number=item.versions.count() + 1,
                name=data["name"], digest=digest, data=data,
            )
            item.save(update_fields=["current"])
            publication.changed.append(item.code)
        for item in self.withdrawn:
            item.current = None
            item.save(update_fields=["current"])
            publication.withdrawn.append(item.code)


def digest_of(data: dict[str, Any]) -> str:
    """What makes two versions of an item the same."""
    return sha256(
        json.dumps(data, ensure_ascii=False, sort_keys=True).encode()
    ).hexdigest()


def _changes(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two values differ, by path."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from _changes(before.get(key), after.get(key), f"{path}.{key}" if path else key)
    elif _keyed(before) and _keyed(after):  # questions, materials: one by one, as their author knows them
        old, new = ({each["key"]: each for each in entries or ()} for entries in (before, after))
        yield from _changes(old, new, path)
        if old == new and before and list(old) != list(new):
            yield path, _short(list(old)), _short(list(new))
    elif _alike(before) and _alike(after) and len(before) == len(after):  # laws, fees, answers: by their place
        for number, (old, new) in enumerate(zip(before, after, strict=True), start=1):
            yield from _changes(old, new, f"{path}.{number}")
    elif before != after:
        yield path, *_apart(_words(before), _words(after))


def _alike(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _apart(before: str, after: str) -> tuple[str, str]:
    """Two texts short enough for a line, with the place in it where they begin to differ."""
    if _cut(before) != _cut(after):
        return _cut(before), _cut(after)
    same = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
                min(len(before), len(after)))
    begin = max(0, same - 10)
    return f"……{_cut(before[begin:])}", f"……{_cut(after[begin:])}"


def _keyed(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(
        isinstance(each, dict) and "key" in each for each in value))


def _short(value: Any) -> str:
    return _cut(_words(value))


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "……"


def _words(value: Any) -> str:
    """A value as its author would say it: a question by its label, a list by its entries."""
    if value is None or value == [] or value == {}:
        return "（无）"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        called = next((value[name] for name in ("label", "name", "title", "question") if value.get(name)), None)
        return str(called) if called else "，".join(f"{k} {_words(v)}" for k, v in value.items())
    return "、".join(_words(each) for each in value) if isinstance(value, list) else str(value)
