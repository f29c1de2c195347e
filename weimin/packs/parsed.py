"""YAML that remembers its lines, and whose faults are told in words."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from weimin.packs.written import Fault, Listed, Located, Mark

_FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # several times as fast where it is built in

# What PyYAML says → what its author should look at.
_WORDS = (
    (r"'\\t'", "用了制表符（Tab）", "缩进和空格改用空格键"),
    (r"mapping values are not allowed", "一行里有两个冒号，或上一行没写完", "文字里有冒号的，整句加引号；再看缩进"),
    (r"could not find expected ':'", "少了冒号，或冒号后面没有空格", "写成“字段: 内容”，冒号用英文的"),
    (r"expected ',' or|expected the node content", "括号没有配对，或两项之间少了逗号",
     "看 { } 和 [ ] 是否成对，逗号用英文的"),
    (r"expected <block end>", "缩进没有对齐，或引号、括号后面还有字", "同一层的字段左边对齐；整句加引号"),
    (r"unexpected end of stream|while scanning a quoted", "引号没有配对", "补上另一半引号，引号用英文的"),
    (r"constructor for the tag", "用了“!”标记，包里不支持", "去掉标记，或把整句加引号"),
    (r"undefined alias|found duplicate anchor|found undefined", "用了“*”或“&”引用，包里不支持", "把内容写出来，或把整句加引号"),
    (r"cannot start any token", "有一个不能放在开头的符号", "整句加引号"),
    (r"special characters are not allowed", "有看不见的坏字符", "删去这一行重新打"),
)


class YamlFault(Exception):
    """A file that can't be read as YAML: where, what, and what to do."""

    def __init__(self, line: int, what: str, remedy: str) -> None:
        super().__init__(what)
        self.line, self.what, self.remedy = line, what, remedy


def parse(text: str, file: str, faults: list[Fault]) -> Any:
    """What a text says. A key given twice is a fault, added to ``faults``.

    Raises YamlFault when it can't be read at all.
    """
    doubled: list[Fault] = []
    try:
        try:
            value = _loader(_FAST, file, doubled)(text).get_single_data()
        except yaml.YAMLError:  # the slow one knows better what is wrong
            doubled.clear()
            value = _loader(yaml.SafeLoader, file, doubled)(text).get_single_data()
        faults += doubled
        return value
    except yaml.YAMLError as error:
        raise _told(error, text) from error
    except RecursionError:
        raise YamlFault(1, "嵌套太深", "核对缩进") from None
    except ValueError:  # a number or a date that is none, such as 0o9
        raise YamlFault(1, "有一个读不懂的数", "把它加上引号") from None


def _told(error: yaml.YAMLError, text: str) -> YamlFault:
    said = f"{getattr(error, 'context', '')} {getattr(error, 'problem', '')} {error}"
    opened = getattr(error, "context_mark", None)
    mark = getattr(error, "problem_mark", None) or opened
    if opened is not None and re.search("end of stream|<stream end>", said):
        mark = opened  # what was never closed, not the end of the file
    place = getattr(error, "position", None)
    line = mark.line + 1 if mark else text[:place].count("\n") + 1 if place else 1
    lines = text.splitlines()
    here = "\n".join(lines[max(0, line - 2):line])
    if re.search(r"^\s*-?\s*[\w-]+：", here, re.M):
        return YamlFault(line, "这一行或上一行用了中文冒号", "冒号改用英文的“:”，后面空一格")
    for pattern, what, remedy in _WORDS:
        if re.search(pattern, said):
            return YamlFault(line, what, remedy)
    return YamlFault(line, "这一行看不懂", "检查缩进、冒号、括号和引号")


def _loader(parser: Any, file: str, faults: list[Fault]) -> Any:
    """A loader whose mappings and lists know their lines, and which refuses a key given twice."""

    class Loader(parser):  # type: ignore[misc]
        pass

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> Iterator[Located]:
        made = Located(file=file, line=node.start_mark.line + 1)
        yield made
        for key_node, value_node in node.value:
            # As it was typed: a step may be called no, which YAML takes for False.
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            if key in made:
                faults.append(Fault(file=file, line=key_node.start_mark.line + 1,
                                    what=f"“{key}”写了两次", remedy="删去其中一处"))
            made[key] = value = loader.construct_object(value_node, deep=True)
            made.marks[key] = Mark(key_node.start_mark.line + 1, _typed(value_node))
            if isinstance(value, Listed):
                value.name = key

    def sequence(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> Iterator[Listed]:
        made = Listed(file=file, line=node.start_mark.line + 1)
        yield made
        for each in node.value:
            made.append(loader.construct_object(each, deep=True))
            made.marks.append(Mark(each.start_mark.line + 1, _typed(each)))

    def typed(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
        return str(node.value)

    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    Loader.add_constructor("tag:yaml.org,2002:seq", sequence)
    # A date stays the text that was written: terms and codes must not turn into other things.
    Loader.add_constructor("tag:yaml.org,2002:timestamp", typed)
    Loader.add_constructor("tag:yaml.org,2002:binary", typed)
    return Loader


def _typed(node: yaml.Node) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""
