"""What an operator is told while a command works, and of what it found."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import click

from weimin.packs.written import Fault

T = TypeVar("T")


def watched(things: Sequence[T], label: str) -> Iterator[T]:
    """The same things, with a bar that says how many are done and how long the rest takes.

    Where nobody looks (a log, a pipe) only the label is printed, and nothing of nothing.
    """
    if not things:
        return
    with click.progressbar(things, label=label, show_pos=True, show_eta=True) as bar:
        yield from bar


def faults(found: Iterable[Fault], notes: Iterable[str] = ()) -> None:
    """Every fault file by file, the same one of several lines once, and how many there are."""
    files: dict[str, dict[tuple[str, str], list[int]]] = defaultdict(lambda: defaultdict(list))
    count = 0
    for fault in found:
        files[fault.file][fault.what, fault.remedy].append(fault.line)
        count += 1
    for note in notes:
        click.secho(f"提示：{note}", fg="yellow")
    for file, said in files.items():
        click.secho(f"\n{file}（{sum(map(len, said.values()))} 处）", bold=True)
        for (what, remedy), lines in said.items():
            click.echo(f"  第 {_lines(lines)} 行　{what}")
            click.secho(f"      → {remedy}", fg="cyan")
    if count:
        click.echo()
        click.secho(f"✗ {len(files)} 个文件，共 {count} 处问题", fg="red", err=True)


_MOST_LINES = 12


def _lines(lines: list[int]) -> str:
    said = "、".join(map(str, lines[:_MOST_LINES]))
    return said if len(lines) <= _MOST_LINES else f"{said} …等 {len(lines)}"
