"""The linter: judges a whole pack without a database and names every fault at once.

Reading has named what has not its shape; here it is judged how things fit together. What could
not be read is passed over, and nothing is said to be missing from a file that was not read whole:
one slip is one fault, and hides no other.
"""

from collections.abc import Iterator

from weimin.packs.lint_areas import areas
from weimin.packs.lint_items import flows, items
from weimin.packs.lint_offices import Plans, offices
from weimin.packs.lint_powers import delegations, readiness
from weimin.packs.read import Pack
from weimin.packs.written import Fault, Located, at, doubled


def lint(pack: Pack) -> list[Fault]:
    """All faults of a pack, in the order of its files."""
    plans = Plans(pack)
    found = [
        *pack.faults, *_head(pack), *areas(pack), *_calendar(pack),
        *doubled(pack.lines, "code", "条线代码"),
        *offices(pack, plans), *flows(pack, plans.held), *items(pack, plans.held),
        *delegations(pack, plans.held), *readiness(pack),
    ]
    return sorted(set(found), key=lambda fault: (fault.file, fault.line, fault.what))


def _head(pack: Pack) -> Iterator[Fault]:
    if pack.items and "provenance" not in pack.head and "pack.yaml" not in pack.unread:
        yield Fault(file="pack.yaml", line=1, what="没有说明哪些是事实、哪些是示意",
                    remedy="写上 provenance")


def _calendar(pack: Pack) -> Iterator[Fault]:
    kinds: dict[str, str] = {}
    for day in pack.calendar:
        if day.broken & {"date", "kind"}:
            continue
        if kinds.setdefault(day["date"], day["kind"]) != day["kind"]:
            yield at(day, f"{day['date']} 既放假又上班", "核对放假通知", "date")
    if pack.items and not pack.calendar and not pack.unread & {"calendar.csv", "pack.yaml"}:
        yield Fault(file="calendar.csv", line=1, what="没有放假安排，算不出期限",
                    remedy="在 pack.yaml 写上 extends: china，或录入放假通知")
    previous = ""
    assert isinstance(pack.head, Located)
    for hours in pack.head.rows("office_hours"):
        if not hours.broken:
            if hours["closes"] <= hours["opens"]:
                yield at(hours, "下班早于上班", "改正 opens 和 closes")
            if hours["from"] == previous:
                yield at(hours, f"从 {previous} 起写了两次", "删去其中一行")
            previous = hours["from"]
