"""The shape of a pack's files: whatever differs is named with its line, and everything at once."""

from typing import Any

import msgspec
import pytest

from tests.conftest import ROOT
from weimin.packs import schema, shapes
from weimin.packs.parsed import YamlFault, parse
from weimin.packs.read import read_pack
from weimin.packs.resolve import _plain
from weimin.packs.written import Fault, Listed


def faults(shape: Any, text: str) -> list[Fault]:
    """What the schema says of a file of that shape."""
    found: list[Fault] = []
    value = parse(text, "x.yaml", found)
    return found + schema.faults_of(value, shape, Listed(file="x.yaml", line=1))


def only(shape: Any, text: str) -> str:
    """The one fault, as it is printed after its place."""
    (fault,) = faults(shape, text)
    assert fault.line > 0 and fault.remedy
    return f"{fault.what}。{fault.remedy}"


# A step (@ stands for a good kind and who), and what is said of it.
STEPS = [
    ("{@, lmit: 5wd}", "不认识的字段 lmit。是不是 limit？"),
    ("{kind: revue, who: item@town}", "kind 不认识“revue”。是不是 review？"),
    ("{kind: review, who: somebody}", "who：“somebody”看不懂"),
    ("{kind: review, who: item@province}", "层级只有"),
    ("{kind: review}", "缺少 who"),
    ("review", "a 应是一组“字段: 值”，现在是“review”"),
    ("{@, limit: soon}", "limit：期限“soon”看不懂"),
    ("{@, limit: 5}", "写成 5wd 或 5d"),
    ("{@, when: {area: {above: 3}}}", "不认识的比较 above"),
    ("{@, when: true}", "when：条件应是"),
    ("{@, when: {any: true}}", "any 后面应是一个条件列表"),
    ("{@, needs: check}", "needs 应是一个列表，现在是“check”。写成 needs: [甲, 乙]"),
    ("{@, needs: }", "needs 应是一个列表，现在是空的"),
    ("{@, needs: [[a]]}", "needs 的第 1 项 应是文字，现在是一个列表"),
    ("{@, quorum: '2'}", "quorum 应是整数，现在是“2”。写成 2"),
    ("{@, quorum: 两}", "quorum 应是整数"),
    ("{@, quorum: 0}", "quorum 是 0，至少应是 1"),
    ("{@, quorum: true}", "quorum 应是整数，现在是“true”"),
    ("{@, office_of: moon}", "office_of 不认识“moon”。可用：household"),
    ("{@, title: no}", "title 应是文字，no 会被读成“否”。加上引号：'no'"),
    ("{@, title: 007}", "title 应是文字，现在是数 007。加上引号"),
    ("{@, on_reject: back}", "on_reject：看不懂：back"),
    ("{@, on_reject: return()}", "on_reject：看不懂"),
    ("{@, on_reject: END}", "on_reject：看不懂：END"),
    ("{@, alone: ''}", "alone：没有写理由"),
    ("{@, alone: '  '}", "alone：没有写理由"),
    ("{@, alone: true}", "alone：没有写理由"),
    ("{@, alone: }", "alone：没有写理由"),
    ("{@, on_reject: 5}", "on_reject：看不懂：5"),
]


@pytest.mark.parametrize(("written", "said"), STEPS)
def test_a_step_that_has_not_its_shape(written: str, said: str) -> None:
    step = written.replace("@,", "kind: review, who: civil-affairs@town,")
    assert said in only(dict[str, shapes.Flow], f"f: {{steps: {{a: {step}}}}}")


LINES = [
    ("- {code: 民政, name: 民政}", "“民政”里有空格、全角字符或中文"),
    ("- {code: ｈｅａｌｔｈ, name: 卫健}", "是不是 health？"),
    ("- {code: health}", "health 缺少 name"),
    ("- {code: health, name: ''}", "name 没有写内容"),
    ("- {code: health, name：卫健}", "冒号要用英文的"),
    ("- {code: health, naem: 卫健}", "不认识的字段 naem。是不是 name？"),
    ("- {code: 10, name: 卫健}", "code 应是文字，现在是数 10"),
    ("code: health", "应是一个列表"),
    ("- health", "应是一组“字段: 值”"),
]


@pytest.mark.parametrize(("written", "said"), LINES)
def test_a_line_that_has_not_its_shape(written: str, said: str) -> None:
    assert said in only(list[shapes.Line], written)


@pytest.mark.parametrize(("written", "said"), [
    ("duty: treu", "duty 应写 true 或 false，现在是“treu”。是不是 true？"),
    ("duty: 是", "是不是 true？"),
    ("duty: 1", "duty 应写 true 或 false，现在是“1”"),
    ("duty: Ture", "是不是 true？"),
])
def test_a_boolean_is_true_or_false(written: str, said: str) -> None:
    assert said in only(shapes.Post, f"{{key: a, title: 岗位, roles: [clerk], {written}}}")


@pytest.mark.parametrize("written", ["duty: yes", "duty: no", "duty: True", "duty: on"])
def test_what_yaml_itself_takes_for_a_boolean_is_one(written: str) -> None:
    assert faults(shapes.Post, f"{{key: a, title: 岗位, roles: [clerk], {written}}}") == []


def test_all_faults_of_a_mapping_are_said_at_once_each_at_its_own_line() -> None:
    text = "- level: twon\n  name: '{area}{town}站'\n  key: a b\n  windows: 三\n  posts:\n  - {key: x}\n  lines: service\n"
    said = {(fault.line, fault.what.split("：")[0].split(" ")[0]) for fault in faults(list[shapes.Office], text)}
    assert said == {(1, "level"), (2, "name"), (3, "key"), (4, "windows"), (6, "x"), (7, "lines")}


@pytest.mark.parametrize(("written", "said"), [
    ('{from: 01-01, opens: "09:00", closes: 17:00}', "时间要加引号"),
    ('{from: 1月1日, opens: "09:00", closes: "17:00"}', "不是月-日"),
    ('{from: 01-01, opens: "9:00", closes: "17:00"}', "不是时间：9:00"),
])
def test_office_hours_are_written_in_quotes(written: str, said: str) -> None:
    assert said in only(shapes.Head, f"{{name: a, title: 甲, office_hours: [{written}]}}")


BROKEN = [
    ("a:\n\t- b: 1", 2, "制表符"),
    ("a: {b: 1", 1, "括号没有配对"),
    ("a: [一，二\nb: 2", 2, "括号没有配对"),
    ('a: "没有结尾\nb: 2\n', 1, "引号没有配对"),
    ("a: b: c", 1, "两个冒号"),
    ("名称：低保\nb: 2", 2, "中文冒号"),
    ("a: *b", 1, "引用"),
    ("a: !!python/name:os.system x", 1, "“!”标记"),
    ("a: @b", 1, "不能放在开头的符号"),
    ("a:\n  b: 1\n c: 2", 3, "缩进没有对齐"),
    ("a: b\x01", 1, "看不见的坏字符"),
]


@pytest.mark.parametrize(("text", "line", "said"), BROKEN)
def test_broken_yaml_is_told_in_chinese_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(YamlFault) as raised:
        parse(text, "x.yaml", [])
    assert said in raised.value.what
    assert abs(raised.value.line - line) <= 1 and raised.value.remedy
    assert not any(c.isascii() and c.isalpha() for c in raised.value.what.replace("Tab", ""))


def test_msgspec_itself_takes_whatever_the_schema_calls_clean() -> None:
    """The walk over a type and msgspec's own conversion agree."""
    pack = read_pack(ROOT / "packs" / "hengyang")
    msgspec.convert(_plain(pack.items), shapes.ITEMS)
    msgspec.convert(_plain(pack.flows), dict[str, shapes.Flow])
    msgspec.convert(_plain(pack.offices), list[shapes.Office])
    exception = parse("- {office: 430421103.x, lines: [health, {line: housing, until: 2026-12-01}]}", "x", [])
    assert schema.faults_of(exception, list[shapes.OneOffice], exception) == []
    msgspec.convert(_plain(exception), list[shapes.OneOffice])
