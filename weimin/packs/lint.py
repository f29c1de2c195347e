"""The linter: judges a whole pack without a database and names every fault at once.

Reading has named what has not its shape; here it is judged how things fit together. What could
not be read is passed over, and nothing is said to be missing from a file that was not read whole:
one slip is one fault, and hides no other.
"""

from collections import Counter
from collections.abc import Iterator

from weimin.packs import resolve
from weimin.packs.lint_areas import areas
from weimin.packs.lint_items import flows, items
from weimin.packs.lint_powers import delegations, readiness
from weimin.packs.read import Pack
from weimin.packs.written import Fault, Located, at, names


def lint(pack: Pack) -> list[Fault]:
    """All faults of a pack, in the order of its files."""
    plans = Plans(pack)
    found = [
        *pack.faults, *_head(pack), *areas(pack), *_calendar(pack), *_lines(pack),
        *_offices(pack), *plans.faults(), *flows(pack, plans.held), *items(pack, plans.held),
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


def _lines(pack: Pack) -> Iterator[Fault]:
    yield from doubled(pack.lines, "code", "条线代码")


def doubled(rows: list[Located], key: str, title: str) -> Iterator[Fault]:
    """Rows whose own name another has already."""
    seen: dict[str, Located] = {}
    for row in rows:
        name = row.sound(key)
        if name is None:
            continue
        if name in seen:
            yield at(row, f"{title} {name} 用了两次",
                     f"另一处在 {seen[name].file}:{seen[name].line}", key)
        seen.setdefault(name, row)


def _offices(pack: Pack) -> Iterator[Fault]:
    lines = names(pack.lines, "code", whole="lines.yaml" not in pack.unread)
    known = names(pack.areas, "code", whole="areas.csv" not in pack.unread)
    for template in pack.offices:
        for line in template.sound("lines") or ():
            if line not in lines and line != "all":
                yield at(template, f"条线 {line} 不存在", "在 lines.yaml 中加上它", "lines")
        for area in template.sound("areas") or ():
            if area not in known:
                yield at(template, f"区划 {area} 不存在", "改正 areas", "areas")
        if not template.get("each_line") and not template.get("key") and "key" not in template.broken:
            yield at(template, "没有写 key，单位没有编码", "写上 key，或写 each_line: true")
        posts = template.rows("posts")
        yield from doubled(posts, "key", "岗位")
        if "posts" in template.broken or any("duty" in post.broken for post in posts):
            continue
        if (template.get("lines") or template.get("each_line")) and not any(
            post.get("duty") for post in posts
        ):
            yield at(template, "没有值班岗位，网上夜里来的办件没人负责",
                     "给一个岗位写上 duty: true", "posts")


class Plans:
    """The offices that the templates make, as far as those can be read."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.sound = [t for t in pack.offices if not t.broken & resolve.OFFICE_KEYS
                      and (t.get("each_line") or t.get("key"))]
        self.plans = list(resolve.offices(Pack(
            folder=pack.folder, offices=self.sound,
            areas=[area for area in pack.areas if not area.broken & {"code", "kind"}],
            lines=[line for line in pack.lines if not line.broken & {"code", "name"}],
        )))
        whole = (len(self.sound) == len(pack.offices)
                 and not pack.unread & {"offices.yaml", "areas.csv", "lines.yaml"}
                 and not any(row.broken for row in (*pack.areas, *pack.lines)))
        made = Counter(id(plan.source) for plan in self.plans)
        self.nowhere = [t for t in self.sound if whole and not made[id(t)]]
        whole = whole and not self.nowhere
        # (level, line) → areas with such an office; None while that is not known for certain.
        self.held: dict[tuple[str, str], set[str]] | None = {} if whole else None
        for plan in self.plans if whole else ():
            for line in plan.lines:
                assert self.held is not None
                self.held.setdefault((plan.level, line), set()).add(plan.area)

    def faults(self) -> Iterator[Fault]:
        """Lines that two offices hold, codes given twice, templates that fit nowhere."""
        taken: dict[tuple[str, str], str] = {}
        sources: dict[str, Located] = {}
        for plan in self.plans:
            if plan.code in sources and sources[plan.code] is not plan.source:
                yield at(plan.source, f"单位 {plan.code} 由两个模板生成", "换一个 key，或改 kinds、areas", "key")
            sources.setdefault(plan.code, plan.source)
            for line in plan.lines:
                if (plan.area, line) in taken and taken[plan.area, line] != plan.code:
                    yield at(plan.source, f"{plan.area} 的“{line}”由两个单位承担：{plan.code} 与 "
                             f"{taken[plan.area, line]}", "同一地方一条线只能有一个单位")
                taken[plan.area, line] = plan.code
        for template in self.nowhere:
            yield at(template, "没有一个区划套用这个模板", "核对 level、kinds 和 areas")
