"""Reading a pack's files: YAML and CSV that remember their lines, each held against its shape."""

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from weimin.kernel.errors import Invalid
from weimin.kernel.text import decoded
from weimin.packs import schema, shapes
from weimin.packs.checks import nearest
from weimin.packs.parsed import YamlFault, parse
from weimin.packs.written import Fault, Listed, Located, Mark, at

__all__ = ["Fault", "Located", "Pack", "at", "read_pack"]

_READ = {*shapes.YAML, *shapes.CSV}
_MOST_PARENTS = 5
_NOT_OURS = (".", "~")  # what systems and office programs leave beside a file
_PLACE = {"areas.csv": "区划", "lines.yaml": "条线", "offices.yaml": "单位和岗位"}


@dataclass(kw_only=True)
class Pack:
    """A pack as it was written, before the linter judges how it fits together."""

    folder: Path
    head: Mapping[str, Any] = field(default_factory=Located)
    areas: list[Located] = field(default_factory=list)
    lines: list[Located] = field(default_factory=list)
    offices: list[Located] = field(default_factory=list)
    exceptions: list[Located] = field(default_factory=list)  # single offices that no template makes so
    items: list[Located] = field(default_factory=list)
    flows: Mapping[str, Located] = field(default_factory=dict)
    materials: Mapping[str, Located] = field(default_factory=dict)
    certificates: Mapping[str, Located] = field(default_factory=dict)
    words: list[Located] = field(default_factory=list)
    delegations: list[Located] = field(default_factory=list)
    readiness: list[Located] = field(default_factory=list)
    calendar: list[Located] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)  # of reading: what is not of its shape
    notes: list[str] = field(default_factory=list)  # what was read, and yet should be known
    unread: set[str] = field(default_factory=set)  # files that could not be read whole

    @property
    def name(self) -> str:
        """The pack's name; the folder's when the head does not say."""
        return str(self.head.get("name", self.folder.name))

    @property
    def digest(self) -> str:
        """SHA-256 over all files: the same pack has the same digest."""
        made = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            if path.suffix in (".yaml", ".csv"):
                made.update(str(path.relative_to(self.folder)).encode())
                made.update(path.read_bytes())
        return made.hexdigest()

    @property
    def items_whole(self) -> bool:
        """Whether every file with items could be read."""
        return not any(file.startswith("items/") for file in self.unread)


def read_pack(folder: Path) -> Pack:
    """The pack in a folder, with what it extends. Faults of reading are collected, not raised.

    Raises Invalid when the folder holds no pack.yaml.
    """
    if not (folder / "pack.yaml").is_file():
        inside = sorted(folder.glob("*/pack.yaml"))
        raise Invalid(f"{folder} 里没有 pack.yaml，不是一个包",
                      f"是不是 {inside[0].parent}？" if inside else "指到包自己的文件夹，如 packs/hengyang")
    pack = Pack(folder=folder)
    reader = _Reader(pack)
    reader.look_around()
    for file, shape in shapes.YAML.items():
        setattr(pack, "head" if file == "pack.yaml" else file[:-5], reader.yaml(file, shape))
    for file, columns in shapes.CSV.items():
        setattr(pack, file[:-4], list(reader.csv(file, columns)))
    for path in sorted((folder / "items").glob("*.yaml")):
        if not path.name.startswith(_NOT_OURS):
            pack.items += reader.yaml(f"items/{path.name}", shapes.ITEMS)
    reader.miss()
    _extend(pack, _MOST_PARENTS)
    return pack


def _extend(pack: Pack, parents: int) -> None:
    """Take over the days off of the pack that this one extends."""
    assert isinstance(pack.head, Located)
    base = pack.head.sound("extends")
    if not base:
        return
    folder = pack.folder.parent / str(base)
    if not parents or folder == pack.folder or not (folder / "pack.yaml").is_file():
        pack.unread.add("calendar.csv")
        pack.faults.append(at(pack.head, f"引用的包 {base} 不存在，或绕回了自己",
                              f"它应在同一目录下：{folder.parent}", "extends"))
        return
    parent = Pack(folder=folder)
    reader = _Reader(parent, prefix=f"../{base}/")
    parent.head = reader.yaml("pack.yaml", shapes.Head)
    parent.calendar = list(reader.csv("calendar.csv", shapes.CalendarDay))
    _extend(parent, parents - 1)
    pack.calendar = parent.calendar + pack.calendar
    pack.faults += parent.faults
    pack.notes += parent.notes
    pack.unread |= parent.unread & {"calendar.csv"}


class _Reader:
    def __init__(self, pack: Pack, prefix: str = "") -> None:
        self.pack = pack
        self.prefix = prefix  # of a parent's files, as seen from the pack

    def look_around(self) -> None:
        """Name the files that nothing would read: most are misspelt."""
        for path in sorted(self.pack.folder.rglob("*")):
            file = path.relative_to(self.pack.folder).as_posix()
            sort, folder = path.suffix.lower(), path.parent.relative_to(self.pack.folder).as_posix()
            if path.name.startswith(_NOT_OURS) or sort not in (
                ".yaml", ".yml", ".csv", ".xlsx", ".xls", ".et"
            ):
                continue
            if file in _READ or (folder == "items" and path.suffix == ".yaml"):
                continue
            if sort in (".xlsx", ".xls", ".et"):
                self._fault(file, 1, "包里不读 Excel 文件", "另存为 CSV UTF-8（逗号分隔）")
                continue
            guess = nearest(file, _READ) if folder == "." else ""
            there = guess and (self.pack.folder / guess).is_file()
            if guess and not there:
                self.pack.unread.add(guess)  # this may be it: it is not missing as well
            other = "；多余的删去" if there else ""
            remedy = "事项放进 items 文件夹，里面不再分文件夹；多余的删去"
            self._fault(file, 1, "不认识这个文件，没有读它", f"是不是 {guess}？{other}" if guess else remedy)

    def miss(self) -> None:
        """Name the files without which there is no place. A pack that only lends its days off is none."""
        pack = self.pack
        if pack.calendar and not (pack.areas or pack.lines or pack.offices or pack.items):
            return
        wanted = _PLACE | ({"flows.yaml": "流程"} if pack.items else {})
        for file, what in wanted.items():
            if file not in pack.unread and not getattr(pack, file.partition(".")[0]):
                there = (pack.folder / file).is_file()
                self._fault(file, 1, "里面什么也没有" if there else "没有这个文件", f"在里面写上{what}")
                pack.unread.add(file)

    def yaml(self, file: str, shape: Any) -> Any:
        """What a YAML file says, held against its shape; of a file that is not there, nothing."""
        made = Listed(file=self.prefix + file, line=1)
        empty: Any = [] if getattr(shape, "__origin__", None) is list else Located(
            file=made.file, line=1)
        text = self._text(file)
        if text is None:
            return empty
        try:
            value = parse(text, made.file, self.pack.faults)
        except YamlFault as error:
            self._fault(file, error.line, f"YAML 写法有误：{error.what}", error.remedy)
            self.pack.unread.add(file)
            return empty
        if value is None:
            if shape is not shapes.Head:
                return empty
            value = empty  # a head must say at least what it is called
        self.pack.faults += schema.faults_of(value, shape, made)
        if not isinstance(value, type(empty)):
            self.pack.unread.add(file)
            return empty
        return self._rows(value, file) if isinstance(value, list) else self._entries(value, shape)

    def _rows(self, value: list[Any], file: str) -> list[Located]:
        if not all(isinstance(each, Located) for each in value):
            self.pack.unread.add(file)
        return [each for each in value if isinstance(each, Located)]

    def _entries(self, value: Located, shape: Any) -> Located:
        """Named entries stay known by name when their content can't be read."""
        if shape is shapes.Head:
            return value
        for name, each in value.items():
            if not isinstance(each, Located):
                value[name] = Located(file=value.file, line=value.mark(name).line)
                value[name].broken.update(schema.columns(shape.__args__[1]))
        return value

    def csv(self, file: str, shape: type[shapes.Shape]) -> Iterator[Located]:
        """The rows of a table, held against their shape."""
        text = self._text(file)
        if text is None:
            return
        table = csv.reader(io.StringIO(text, newline=""), strict=True)
        wanted = schema.columns(shape)
        line = 1
        try:
            heads = [head.strip() for head in next(table, [])]
            missing = self._judge_heads(file, heads, wanted)
            line = table.line_num + 1
            for cells in table:
                if any(cell.strip() for cell in cells):  # Excel keeps rows that are empty
                    yield self._row(file, line, heads, cells, shape, missing)
                line = table.line_num + 1
        except csv.Error:
            self._fault(file, line, "引号没有配对，从这一行起读不下去", '有引号或逗号的整格用英文引号 " 括起来，里面的引号写两个')
            self.pack.unread.add(file)

    def _judge_heads(self, file: str, heads: list[str], wanted: dict[str, bool]) -> set[str]:
        """Name what is wrong with the first line; which columns are not to be relied on."""
        if not set(heads) & set(wanted):
            other = any(mark in "".join(heads) for mark in "，;\t、")
            self._fault(file, 1, "列与列之间不是英文逗号" if other else "第一行不是列名",
                        "另存为“CSV UTF-8（逗号分隔）”" if other else f"第一行写 {','.join(wanted)}")
            return set(wanted)
        for head in sorted({head for head in heads if head and heads.count(head) > 1}):
            self._fault(file, 1, f"列名 {head} 写了两次", "删去其中一列")
        missing = [name for name, needed in wanted.items() if needed and name not in heads]
        strange = [head for head in heads if head and head not in wanted]
        found = set(missing)
        for head in strange:
            guess = nearest(head, wanted.keys() - set(heads))
            if not guess and len(strange) == len(missing) == 1:
                guess = missing[0]
            found.add(guess)
            missing = [name for name in missing if name != guess]
            self._fault(file, 1, f"不认识的列 {head}", f"是不是 {guess}？" if guess
                        else f"列名有 {'、'.join(wanted)}；备注写在 note 或 reason")
        if missing:
            self._fault(file, 1, f"第一行缺少列名 {'、'.join(missing)}", f"第一行写 {','.join(wanted)}")
        return found - {""}

    def _row(self, file: str, line: int, heads: list[str], cells: list[str], shape: Any,
             missing: set[str]) -> Located:
        row = Located(dict.fromkeys(schema.columns(shape), ""), file=self.prefix + file, line=line)
        row.broken |= missing
        for head, cell in zip(heads, cells, strict=False):
            if head in row:
                row[head] = cell.strip()
                row.marks[head] = Mark(line, cell.strip())
        found = list(self._judge_row(row, shape))
        extra = [cell for number, cell in enumerate(cells)
                 if cell.strip() and (number >= len(heads) or not heads[number])]
        if extra:
            found.append(at(row, f"多出一格“{extra[0]}”，上面没有列名",
                            "有逗号的文字整格加英文引号；多余的列删去"))
        more = len(cells) > len(heads)
        if found and (more or "，" in "".join(cells[:1])):  # all behind the slip is in a wrong column
            found = [at(row, f"这一行有 {len(cells)} 格，列名有 {len(heads)} 个，内容错了位",
                        "有逗号的文字整格加英文引号" if more else "列与列之间用英文逗号")]
            row.broken |= set(row)
        if missing != set(row):
            self.pack.faults += found
        return row

    def _judge_row(self, row: Located, shape: Any) -> Iterator[Fault]:
        """An empty cell is a field that was not written."""
        written = Located({name: cell for name, cell in row.items() if cell or name in row.broken},
                          file=row.file, line=row.line)
        written.marks, written.broken = row.marks, row.broken
        empty = [name for name, needed in schema.columns(shape).items()
                 if needed and not row[name] and name not in row.broken]
        if empty:
            row.broken |= set(empty)
            yield at(row, f"{'、'.join(empty)} 是空的", "每一行都要填；合并过的单元格先取消合并再逐行填上")
        yield from schema.faults_of(written, shape, written)

    def _text(self, file: str) -> str | None:
        path = self.pack.folder / file
        if not path.is_file():
            return None
        content = path.read_bytes()
        try:
            text, encoding = decoded(content)
        except UnicodeDecodeError as error:
            line = content[:error.start].count(b"\n") + 1
            self._fault(file, line, "这一行起有认不出的文字编码", "另存为 UTF-8（Excel 选“CSV UTF-8”）")
            self.pack.unread.add(file)
            return None
        if encoding != "UTF-8":
            self.pack.notes.append(f"{self.prefix}{file} 是 {encoding} 编码，已照读；建议另存为 UTF-8")
        if "\0" in text:
            self._fault(file, text[:text.index("\0")].count("\n") + 1, "文件里有看不见的坏字符",
                        "重新导出这个文件")
            self.pack.unread.add(file)
            return None
        return text

    def _fault(self, file: str, line: int, what: str, remedy: str) -> None:
        self.pack.faults.append(Fault(file=self.prefix + file, line=line, what=what, remedy=remedy))
