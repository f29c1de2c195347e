"""Reading a pack's files: YAML that remembers its lines, CSV that remembers its rows."""

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Something wrong in a pack, where it stands, and what to do."""

    file: str
    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}。{self.remedy}"


class Located(dict[str, Any]):
    """A mapping that knows where it was written."""

    file: str = ""
    line: int = 0


def at(where: Located, what: str, remedy: str) -> Fault:
    """A fault of something that was written there."""
    return Fault(file=where.file, line=where.line, what=what, remedy=remedy)


def is_day(text: str) -> bool:
    """Whether a text is a day, written as 2026-11-21."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@dataclass(kw_only=True)
class Pack:
    """A pack as it was written, before anything is judged."""

    folder: Path
    head: Mapping[str, Any] = field(default_factory=dict)
    areas: list[Located] = field(default_factory=list)
    lines: list[Located] = field(default_factory=list)
    offices: list[Located] = field(default_factory=list)
    exceptions: list[Located] = field(default_factory=list)  # single offices that no template makes so
    items: list[Located] = field(default_factory=list)
    flows: Mapping[str, Located] = field(default_factory=dict)
    materials: Mapping[str, Located] = field(default_factory=dict)
    certificates: Mapping[str, Any] = field(default_factory=dict)
    words: list[Located] = field(default_factory=list)
    delegations: list[Located] = field(default_factory=list)
    readiness: list[Located] = field(default_factory=list)
    calendar: list[Located] = field(default_factory=list)
    cast: list[Located] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)  # of reading: broken YAML, doubled keys

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


def read_pack(folder: Path) -> Pack:
    """The pack in a folder, with what it extends. Faults of reading are collected, not raised.

    Raises FileNotFoundError when the folder holds no pack.yaml.
    """
    if not (folder / "pack.yaml").is_file():
        raise FileNotFoundError(f"{folder} 里没有 pack.yaml")
    pack = Pack(folder=folder)
    reader = _Reader(folder, pack.faults)
    pack.head = reader.yaml("pack.yaml") or {}
    for name in ("lines", "offices", "exceptions", "words", "cast"):
        setattr(pack, name, reader.list(f"{name}.yaml"))
    for name in ("flows", "materials", "certificates"):
        setattr(pack, name, reader.yaml(f"{name}.yaml") or {})
    for name in ("areas", "delegations", "readiness", "calendar"):
        setattr(pack, name, list(reader.csv(f"{name}.csv")))
    for path in sorted((folder / "items").glob("*.yaml")):
        pack.items += reader.list(f"items/{path.name}")
    if base := pack.head.get("extends"):
        parent = read_pack(folder.parent / str(base))
        pack.calendar = parent.calendar + pack.calendar
        pack.faults += parent.faults
    return pack


class _Reader:
    def __init__(self, folder: Path, faults: list[Fault]) -> None:
        self.folder = folder
        self.faults = faults

    def yaml(self, name: str) -> Any:
        path = self.folder / name
        if not path.exists():
            return None
        try:
            loader = _loader(name, self.faults)(path.read_text(encoding="utf-8"))
            return loader.get_single_data()
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            self.faults.append(
                Fault(file=name, line=mark.line + 1 if mark else 1,
                      what=f"YAML 写法有误：{getattr(error, 'problem', error)}",
                      remedy="检查缩进、冒号和引号")
            )
        return None

    def list(self, name: str) -> list[Located]:
        data = self.yaml(name)
        if data is None:
            return []
        if not isinstance(data, list) or not all(isinstance(each, Located) for each in data):
            self.faults.append(Fault(file=name, line=1, what="应是一个列表，每项是一组“字段: 值”",
                                     remedy="每项以“- ”开头"))
            return []
        return data

    def csv(self, name: str) -> Iterator[Located]:
        path = self.folder / name
        if not path.exists():
            return
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                found = Located({k: (v or "").strip() for k, v in row.items() if k})
                found.file, found.line = name, number
                yield found


# The same reader in C, several times as fast, where PyYAML was built with it. It does not survive
# nesting without end: a stranger's files are judged before (shelf).
_SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _loader(name: str, faults: list[Fault]) -> type[yaml.SafeLoader]:
    """A loader whose mappings know their file and line, and which refuses a key given twice."""

    class Loader(_SafeLoader):  # type: ignore[misc, valid-type]
        pass

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> Iterator[Located]:
        made = Located()
        made.file, made.line = name, node.start_mark.line + 1
        yield made
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            if key in made:
                faults.append(Fault(file=name, line=key_node.start_mark.line + 1,
                                    what=f"“{key}”写了两次", remedy="删去其中一处"))
            made[key] = loader.construct_object(value_node, deep=True)

    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    # A date stays the text that was written: terms and codes must not turn into other things.
    Loader.add_constructor(
        "tag:yaml.org,2002:timestamp", lambda loader, node: str(node.value)
    )
    return Loader
