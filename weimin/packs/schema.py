"""What was written against the shape it should have: every difference, with its line and a remedy.

msgspec's own conversion stops at the first difference and knows no lines, so its description of
a type is walked here.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from msgspec import inspect

from weimin.packs.checks import nearest, suggested
from weimin.packs.written import Fault, Listed, Located, at

Where = Located | Listed


def faults_of(value: Any, shape: Any, where: Where, key: object = None) -> list[Fault]:
    """All that is wrong with a value that stands in ``where`` under ``key``.

    Mappings remember which of their keys are broken.
    """
    return list(_any(value, _described(shape), where, key))


@lru_cache(maxsize=64)
def _described(shape: Any) -> inspect.Type:
    return inspect.type_info(shape)


def columns(shape: Any) -> dict[str, bool]:
    """The names of a shape's fields, and whether each must be there."""
    found = _described(shape)
    assert isinstance(found, inspect.StructType)
    return {field.encode_name: field.required for field in found.fields}


def _any(value: Any, wanted: inspect.Type, where: Where, key: object) -> Iterator[Fault]:
    extra: Mapping[str, Any] = {}
    if isinstance(wanted, inspect.Metadata):
        extra, wanted = wanted.extra or {}, wanted.type
    if isinstance(wanted, inspect.UnionType):
        wanted = _chosen(value, wanted)
    judge = _JUDGES.get(type(wanted))
    found = list(judge(value, wanted, where, key)) if judge else []
    yield from found
    if found or not extra:
        return
    name = _name(where, key)
    if "one_of" in extra and value not in extra["one_of"]:
        yield at(where, f"{name} 不认识“{value}”", suggested(value, extra["one_of"]), key)
    for what, remedy in extra["check"](value) if "check" in extra else ():
        yield at(where, f"{name}：{what}", remedy, key)


def _chosen(value: Any, union: inspect.UnionType) -> inspect.Type:
    """The alternative that the value seems to mean."""
    shaped = [t for t in union.types if isinstance(t, inspect.StructType)]
    plain = [t for t in union.types if not isinstance(t, inspect.StructType | inspect.NoneType)]
    if value is None and any(isinstance(t, inspect.NoneType) for t in union.types):
        return inspect.AnyType()
    return shaped[0] if shaped and (isinstance(value, dict) or not plain) else plain[0]


def _struct(value: Any, wanted: inspect.StructType, where: Where, key: object) -> Iterator[Fault]:
    fields = {field.encode_name: field for field in wanted.fields}
    if not isinstance(value, Located):
        yield at(where, f"{_name(where, key)} 应是一组“字段: 值”，现在是{_what(value, where, key)}",
                 f"字段有 {'、'.join(fields)}", key)
        return
    meant = set()
    for name in value:
        if name not in fields:
            guess = nearest(name, fields.keys() - value.keys()) or nearest(name, fields)
            meant.add(guess)
            yield at(value, f"不认识的字段 {name}", _unknown(name, guess, list(fields)), name)
    missing = [n for n, f in fields.items() if f.required and n not in value]
    value.broken |= {*missing, *meant} - {""}
    if missing := [name for name in missing if name not in meant and name not in value.marks]:
        yield at(value, f"{_title(value)}缺少 {'、'.join(missing)}", "补上")
    for name, field in fields.items():
        if name in value and name not in value.broken:
            yield from _within(value, name, field.type)


def _within(where: Located, name: str, wanted: inspect.Type) -> Iterator[Fault]:
    found = list(_any(where[name], wanted, where, name))
    if found and not _tells_itself(where[name], wanted):
        where.broken.add(name)
    yield from found


def _tells_itself(value: Any, wanted: inspect.Type) -> bool:
    """Whether a value of the right sort remembers by itself which of its parts are broken."""
    if isinstance(wanted, inspect.UnionType):
        wanted = _chosen(value, wanted)
    if isinstance(wanted, inspect.ListType):
        return (isinstance(value, Listed) and isinstance(wanted.item_type, inspect.StructType)
                and all(isinstance(each, Located) for each in value))
    return isinstance(value, Located) and isinstance(wanted, inspect.StructType | inspect.DictType)


def _title(value: Located) -> str:
    """What a mapping is called by its author, where it has a name."""
    for name in ("code", "key", "name", "title"):
        if isinstance(value.get(name), str) and value[name]:
            return f"{value[name]} "
    return ""


def _unknown(name: str, guess: str, fields: list[str]) -> str:
    if "：" in name:
        return "冒号要用英文的“:”，后面空一格"
    return f"是不是 {guess}？" if guess else f"可用的字段：{'、'.join(fields)}"


def _list(value: Any, wanted: inspect.ListType, where: Where, key: object) -> Iterator[Fault]:
    if not isinstance(value, Listed):
        name = _name(where, key)
        remedy = f"写成 {name}: [甲, 乙]，没有就写 []"
        if key is None:  # a whole file
            remedy = "每一项前面加“- ”，项里的其他字段缩进两格"
        yield at(where, f"{name} 应是一个列表，现在是{_what(value, where, key)}", remedy, key)
        return
    for number, each in enumerate(value):
        yield from _any(each, wanted.item_type, value, number)


def _dict(value: Any, wanted: inspect.DictType, where: Where, key: object) -> Iterator[Fault]:
    if not isinstance(value, Located):
        yield at(where, f"{_name(where, key)} 应是一组“名称: 内容”，现在是{_what(value, where, key)}",
                 "每项写成“名称: 内容”", key)
        return
    for name in value:
        yield from _within(value, name, wanted.value_type)


def _literal(value: Any, wanted: inspect.LiteralType, where: Where, key: object) -> Iterator[Fault]:
    if value not in wanted.values:
        written = where.mark(key).text or value
        yield at(where, f"{_name(where, key)} 不认识“{written}”",
                 suggested(written, [str(each) for each in wanted.values]), key)


def _bool(value: Any, wanted: inspect.Type, where: Where, key: object) -> Iterator[Fault]:
    if not isinstance(value, bool):
        text = str(value).lower()
        guess = {"是": "true", "否": "false"}.get(text) or nearest(text, ("true", "false"))
        yield at(where, f"{_name(where, key)} 应写 true 或 false，现在是{_what(value, where, key)}",
                 f"是不是 {guess}？" if guess else "是写 true，否写 false", key)


def _number(value: Any, wanted: Any, where: Where, key: object) -> Iterator[Fault]:
    whole = isinstance(wanted, inspect.IntType)
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        digits = re.match(r"\d+", str(value))
        yield at(where, f"{_name(where, key)} 应是{'整数' if whole else '数'}，"
                 f"现在是{_what(value, where, key)}",
                 f"写成 {digits[0]}，不加引号和单位" if digits else "只写数，不加引号和单位", key)
    elif wanted.ge is not None and value < wanted.ge:
        yield at(where, f"{_name(where, key)} 是 {value}，至少应是 {wanted.ge}", "改正这个数", key)


def _text(value: Any, wanted: inspect.StrType, where: Where, key: object) -> Iterator[Fault]:
    name, written = _name(where, key), where.mark(key).text
    if isinstance(value, bool):
        yield at(where, f"{name} 应是文字，{written} 会被读成“{'是' if value else '否'}”",
                 f"加上引号：'{written}'", key)
    elif isinstance(value, int | float):
        yield at(where, f"{name} 应是文字，现在是数 {written}", f'加上引号："{written}"', key)
    elif not isinstance(value, str):
        yield at(where, f"{name} 应是文字，现在是{_what(value, where, key)}", "写上文字，或删去这一项", key)
    elif not value.strip() and wanted.min_length:
        yield at(where, f"{name} 没有写内容", "写上内容，或删去这一项", key)


_JUDGES: dict[type, Callable[[Any, Any, Where, object], Iterator[Fault]]] = {
    inspect.StructType: _struct,
    inspect.ListType: _list,
    inspect.DictType: _dict,
    inspect.LiteralType: _literal,
    inspect.BoolType: _bool,
    inspect.IntType: _number,
    inspect.FloatType: _number,
    inspect.StrType: _text,
}


def _name(where: Where, key: object) -> str:
    if key is None:
        return where.file
    if isinstance(where, Listed) and isinstance(key, int):
        return f"{where.name} 的第 {key + 1} 项"
    return str(key)


def _what(value: Any, where: Where, key: object) -> str:
    """A value as its author sees it."""
    if value is None:
        return "空的"
    if isinstance(value, dict):
        return "一组“字段: 值”"
    if isinstance(value, list):
        return "一个列表"
    return f"“{where.mark(key).text or value}”"
