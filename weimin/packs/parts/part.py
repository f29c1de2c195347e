"""What the parts have in common."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from weimin.catalogue.models import PackVersion
from weimin.packs.read import Pack
from weimin.packs.written import Fault

MOST = 4  # lines of one sort that a person reads before they are only counted


@dataclass(kw_only=True)
class Publication:
    """A publication under way: its version, and what the parts tell about themselves."""

    version: PackVersion
    now: datetime
    changed: list[str] = field(default_factory=list)  # codes of items with a new version
    withdrawn: list[str] = field(default_factory=list)


class Part(ABC):
    """One part of a place, compared when it is made."""

    title: str  # in the words of the diff

    def __init__(self, pack: Pack, today: date) -> None:
        self.pack = pack
        self.today = today
        self.compare()

    @abstractmethod
    def compare(self) -> None:
        """Find out what differs. Reads only."""

    @abstractmethod
    def __bool__(self) -> bool:
        """Whether publishing would change anything here."""

    @abstractmethod
    def said(self) -> Iterator[str]:
        """The findings, for a person, a short line each."""

    @abstractmethod
    def apply(self, publication: Publication) -> None:
        """Make it so."""

    def faults(self) -> Iterator[Fault]:
        """What only the database can know to be wrong."""
        yield from ()


def day(text: str) -> date:
    """A day of a pack; the linter has seen to it that it is one."""
    return date.fromisoformat(text)


def last_day(text: str) -> date | None:
    """The first day on which something is no more, if that is written."""
    return date.fromisoformat(text) if text else None


def differing(row: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    """The wanted values that a row has not."""
    return {name: value for name, value in wanted.items() if getattr(row, name) != value}


def few(lines: Iterable[tuple[Any, str]]) -> Iterator[str]:
    """Lines of the same sort, the first few whole and the rest counted."""
    sorts: dict[Any, list[str]] = defaultdict(list)
    for sort, line in lines:
        sorts[sort].append(line)
    for same in sorts.values():
        yield from same[:MOST]
        if len(same) > MOST:
            yield f"　　……同类的还有 {len(same) - MOST} 处"


_RUNNING = """
SELECT o, count(DISTINCT id) FROM (
       SELECT office_id AS o, id FROM cases_case WHERE state <> 'closed'
 UNION SELECT receiver_id, id FROM cases_case WHERE state <> 'closed'
 UNION SELECT s.office_id, s.case_id FROM cases_step s WHERE s.state = 'open') held
 GROUP BY o
"""


def running_by_office() -> dict[int, int]:
    """How many running cases each office has a part in."""
    return _counts(_RUNNING)


def running_by_lead() -> dict[int, int]:
    """How many running cases each post answers for."""
    return _counts("SELECT lead_post_id, count(*) FROM cases_case WHERE state <> 'closed'"
                   " GROUP BY lead_post_id")


def _counts(sql: str) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return dict(cursor.fetchall())
