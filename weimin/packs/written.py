"""What a pack's author wrote and where: mappings and lists that know their file and their lines."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Something wrong in a pack, where it stands, and what to do."""

    file: str
    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}。{self.remedy}"


class Mark(NamedTuple):
    """Where one value stands, and a scalar as it was typed: ``no`` has become False by now."""

    line: int
    text: str = ""


class Located(dict[str, Any]):
    """A mapping that knows where it was written."""

    def __init__(self, *given: Any, file: str = "", line: int = 0) -> None:
        super().__init__(*given)
        self.file, self.line = file, line
        self.marks: dict[str, Mark] = {}
        # Keys whose value can't be relied on: missing, unreadable, or perhaps meant by a typo.
        self.broken: set[str] = set()

    def mark(self, key: object) -> Mark:
        """Where the value of a key stands; the mapping itself for a key that is not there."""
        return self.marks.get(str(key), Mark(self.line))

    def sound(self, key: str) -> Any:
        """The value of a key if it can be relied on, else None."""
        return None if key in self.broken else self.get(key)

    def rows(self, key: str) -> "list[Located]":
        """The mappings in a list, as far as there is a list and they are mappings."""
        value = self.get(key)
        return [each for each in value if isinstance(each, Located)] if isinstance(value, list) else []


class Listed(list[Any]):
    """A list that knows where it was written."""

    def __init__(self, *given: Any, file: str = "", line: int = 0) -> None:
        super().__init__(*given)
        self.file, self.line = file, line
        self.name = file  # under which key it stands
        self.marks: list[Mark] = []

    def mark(self, key: object) -> Mark:
        """Where an entry stands."""
        return self.marks[key] if isinstance(key, int) and key < len(self.marks) else Mark(self.line)


def at(where: Located | Listed, what: str, remedy: str, key: object = None) -> Fault:
    """A fault of something that was written there; of one of its values if a key is named."""
    line = where.line if key is None else where.mark(key).line
    return Fault(file=where.file, line=line, what=what, remedy=remedy)


class Anything(Container[str]):
    """What is not known whole: nothing may be said to be missing from it."""

    def __contains__(self, key: object) -> bool:
        return True


def names(rows: Iterable[Located], key: str, *, whole: bool = True) -> Container[str]:
    """What the rows are called, to look up what others refer to.

    A row whose own name can't be read might be the one that somebody refers to: then nothing is
    said to be missing, as of a file that could not be read whole.
    """
    rows = list(rows)
    if not whole or any(key in row.broken for row in rows):
        return Anything()
    return {str(row[key]) for row in rows}


def doubled(rows: Iterable[Located], key: str, title: str) -> Iterator[Fault]:
    """Rows whose own name another has already."""
    seen: dict[str, Located] = {}
    for row in rows:
        name = row.sound(key)
        if name is None:
            continue
        if name in seen:
            yield at(row, f"{title} {name} 写了两次", f"另一处在 {seen[name].file}:{seen[name].line}", key)
        seen.setdefault(name, row)
