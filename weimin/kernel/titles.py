"""What background tasks are called on the screen; written where each task is."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

_TITLES: dict[str, str] = {}
ROUTINE: set[str] = set()  # tasks that run every few seconds: nobody wants to see each


def titled(title: str, *, routine: bool = False) -> Callable[[T], T]:
    """Give a task its title: the outermost decorator."""

    def note(task: T) -> T:
        name: Any = task.name  # type: ignore[attr-defined]
        _TITLES[name] = title
        if routine:
            ROUTINE.add(name)
        return task

    return note


def title_of(name: str) -> str:
    """The title of a task; the name itself of one that this version no longer has."""
    return _TITLES.get(name, name)
