"""Declared comparisons on the facts of a form: the only conditions a pack may write.

``{area_m2: {gt: 300}}`` · ``{applicant.local: false}`` · ``{any: [..]}`` · ``{all: [..]}`` ·
``{not: {..}}``. Several keys in one mapping must all hold. A fact that is missing makes every
comparison false except ``ne`` and ``not``: nothing is guessed, nothing is evaluated.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Facts = Mapping[str, Any]
Condition = Mapping[str, Any]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda fact, choices: fact in choices,
}
_JOINERS = ("any", "all", "not")


def holds(condition: Condition | None, facts: Facts) -> bool:
    """Whether the condition is true of these facts. No condition is always true."""
    if not condition:
        return True
    return all(_holds_one(key, wanted, facts) for key, wanted in condition.items())


def _holds_one(key: str, wanted: Any, facts: Facts) -> bool:
    if key == "any":
        return any(holds(each, facts) for each in wanted)
    if key == "all":
        return all(holds(each, facts) for each in wanted)
    if key == "not":
        return not holds(wanted, facts)
    fact = facts.get(key)
    tests = wanted if isinstance(wanted, Mapping) else {"eq": wanted}
    return bool(tests) and all(_compare(name, fact, value) for name, value in tests.items())


def _compare(name: str, fact: Any, value: Any) -> bool:
    if name == "ne":
        return bool(fact != value)
    if fact is None:
        return False
    try:
        return bool(_OPERATORS[name](fact, value))
    except TypeError:  # a text compared with a number is not true, and not a crash either
        return False


def comparisons(condition: Condition | None) -> Iterator[tuple[str, str, Any]]:
    """What a condition compares: fact, operator, value; of a malformed one, what can be read."""
    if not isinstance(condition, Mapping):
        return
    for key, wanted in condition.items():
        if key in ("any", "all"):
            for each in wanted if isinstance(wanted, list) else ():
                yield from comparisons(each)
        elif key == "not":
            yield from comparisons(wanted)
        elif isinstance(wanted, Mapping):
            for name, value in wanted.items():
                yield key, name, value
        else:
            yield key, "eq", wanted


def fields_of(condition: Condition | None) -> Iterator[str]:
    """The facts that a condition asks about, for the linter."""
    yield from dict.fromkeys(fact for fact, _, _ in comparisons(condition))


def faults_of(condition: Any) -> Iterator[str]:
    """What is wrong with the shape of a condition, in words for the pack's author."""
    if not isinstance(condition, Mapping):
        yield f"条件应是“字段: 值”的形式，现在是 {condition!r}"
        return
    for key, wanted in condition.items():
        if key in ("any", "all"):
            if not isinstance(wanted, list) or not wanted:
                yield f"{key} 后面应是一个条件列表"
                continue
            for each in wanted:
                yield from faults_of(each)
        elif key == "not":
            yield from faults_of(wanted)
        elif isinstance(wanted, Mapping):
            if not wanted:
                yield f"{key} 没有写比较"
            yield from (
                f"不认识的比较 {name}，可用：{'、'.join(_OPERATORS)}"
                for name in wanted
                if name not in _OPERATORS
            )
