"""The offices of a place: templates unfolded, then single offices as exceptions.yaml has them.

A template says the same of many offices; an exception says of one office what is different there,
or names one that no template makes. What was decided in the administration is carried to another
deployment as exceptions too (``packs.decided``).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from weimin.kernel.codes import division_level
from weimin.packs.read import Pack
from weimin.packs.written import Located

NONE = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficePlan:
    """An office that the pack wants in an area."""

    code: str
    key: str  # of the template, or the line: what offices of one sort have in common
    name: str
    area: str
    level: str
    kind: str
    lines: tuple[str, ...]
    supervises: bool
    posts: tuple[Mapping[str, Any], ...]
    windows: int
    first: str  # the area's own days: an office begins and ends with its area
    last: str
    source: Located
    successor: str = ""  # where the heir is named and not found by its lines
    days: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # of lines that differ
    phone: str = ""
    address: str = ""
    reconsideration: str = ""
    document_word: str = ""  # 代字; without one, papers are numbered under the whole name

    def span(self, line: str) -> tuple[str, str]:
        """From when and until when it works for that line."""
        first, last = self.days.get(line, ("", ""))
        return max(first, self.first), min(last or "9999", self.last or "9999").replace("9999", "")


def offices(pack: Pack) -> Iterator[OfficePlan]:
    """Every office of the place: template by template, then those that no template makes."""
    said = {str(each.get("office")): each for each in pack.exceptions}
    areas = {area["code"]: area for area in pack.areas}
    for plan in templates(pack):
        each = said.pop(plan.code, None)
        yield plan if each is None else _excepted(plan, each)
    for code, each in said.items():
        area = areas.get(code.partition(".")[0])
        if area is not None:  # otherwise the linter says so
            yield _excepted(_bare(code, area, each), each)


def _bare(code: str, area: Mapping[str, Any], each: Located) -> OfficePlan:
    """An office that no template makes, before what is said of it."""
    return OfficePlan(
        code=code, key=code.partition(".")[2], name=code, area=area["code"],
        level=division_level(area["code"]), kind="office", lines=(), supervises=False, posts=(),
        windows=0, first=area["valid_from"], last=area["valid_to"], source=each,
    )


def _excepted(plan: OfficePlan, each: Located) -> OfficePlan:
    """The plan, with what the exception says in place of what the template says."""
    said: dict[str, Any] = {name: each[name] for name in ("name", "kind", "supervises", "windows")
                            if name in each}
    said |= {name: str(each[name]) for name in ("successor", "phone", "address", "document_word")
             if name in each}
    if "reconsideration" in each:
        said["reconsideration"] = _online(each)
    if "lines" in each:
        lines = [line if isinstance(line, Mapping) else {"line": line} for line in each["lines"]]
        said["lines"] = tuple(str(line["line"]) for line in lines)
        said["days"] = {str(line["line"]): (str(line.get("from", "")), str(line.get("until", "")))
                        for line in lines if len(line) > 1}
    if "from" in each:
        said["first"] = max(plan.first, str(each["from"]))
    if "until" in each:
        said["last"] = min(str(each["until"]), plan.last or "9999")
    posts = {post["key"]: dict(post) for post in plan.posts}
    for post in each.get("posts", ()):
        posts[post["key"]] = {**posts.get(post["key"], {}), **post}
    said["posts"] = tuple(post for post in posts.values() if not post.get("closed"))
    return replace(plan, source=each, **said)


def _online(written: Mapping[str, Any]) -> str:
    """Where reconsideration is applied for online; ``none`` says that there is no such place."""
    said = str(written.get("reconsideration", ""))
    return "" if said == NONE else said


def templates(pack: Pack) -> Iterator[OfficePlan]:
    """What the templates make, exceptions aside."""
    lines = {line["code"]: line for line in pack.lines}
    departments = tuple(code for code in lines if code != "service")
    shorts = {each["area"]: each["short"] for each in short_names(pack)}
    areas: dict[str, list[Mapping[str, Any]]] = defaultdict(list)  # by level
    for written in pack.areas:
        areas[division_level(written["code"])].append(written)
    for template in pack.offices:
        for area in _areas_for(areas[template["level"]], template):
            if template.get("each_line"):
                for line in departments:
                    word = _word(template, shorts.get(area["code"], ""), lines[line].get("short", ""))
                    yield _office(template, area, line, lines[line]["name"], (line,), word)
            else:
                named = template.get("lines", [])
                wanted = tuple(
                    dict.fromkeys(
                        line for each in named
                        for line in (departments if each == "all" else (each,))
                    )
                )
                word = _word(template, shorts.get(area["code"], ""), "")
                yield _office(template, area, template["key"], "", wanted, word)


def short_names(pack: Pack) -> list[Located]:
    """The areas' short names, as far as they can be read."""
    rows = pack.head.rows("short_names") if isinstance(pack.head, Located) else []
    return [each for each in rows if not each.broken]


def _word(template: Located, area: str, line: str) -> str:
    """The 代字 that a template gives; none where a short name that it asks for is not there."""
    written = str(template.sound("document_word") or "")
    if ("{area}" in written and not area) or ("{line}" in written and not line):
        return ""
    return written.format(area=area, line=line)


def _areas_for(
    areas: Iterable[Mapping[str, Any]], template: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    kinds = template.get("kinds", ["ordinary"])
    only = template.get("areas")
    for area in areas:
        if area["kind"] in kinds and (only is None or area["code"] in only):
            yield area


def _office(
    template: Located, area: Mapping[str, Any], key: str, line: str, lines: tuple[str, ...],
    word: str,
) -> OfficePlan:
    return OfficePlan(
        code=f"{area['code']}.{key}",
        key=key,
        name=str(template["name"]).format(area=area["name"], line=line),
        area=area["code"],
        level=template["level"],
        kind=template.get("kind", "office"),
        lines=lines,
        supervises=bool(template.get("supervises")),
        posts=tuple(template.get("posts", ())),
        windows=int(template.get("windows", 0)),
        reconsideration=_online(template),
        document_word=word,
        first=area["valid_from"],
        last=area["valid_to"],
        source=template,
    )
