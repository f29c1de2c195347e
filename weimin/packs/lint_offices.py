"""What can be wrong with the offices: of a template, of a single one, and between them."""

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from weimin.packs import unfold
from weimin.packs.read import Pack
from weimin.packs.written import Fault, Located, at, doubled, names

ADMINISTRATORS = frozenset(("sysadmin", "secadmin", "auditor"))  # as network.posts, without apps
_TEMPLATE = {"level", "name", "key", "kinds", "areas", "lines", "each_line", "kind", "supervises",
             "windows"}  # without these no office can be planned


class Plans:
    """The offices that the pack wants, as far as what it says of them can be read."""

    def __init__(self, pack: Pack) -> None:
        templates = [t for t in pack.offices if not t.broken & _TEMPLATE
                     and (t.get("each_line") or t.get("key"))]
        sound = Pack(
            folder=pack.folder, head=pack.head, offices=templates,
            areas=[area for area in pack.areas if not area.broken & {"code", "kind"}],
            lines=[line for line in pack.lines if not line.broken & {"code", "name"}],
            exceptions=[each for each in pack.exceptions if not _unsound(each)],
        )
        self.all = list(unfold.templates(sound))  # two may have one code
        self.templates = {plan.code for plan in self.all}
        self.plans = {plan.code: plan for plan in unfold.offices(sound)}
        made = Counter(id(plan.source) for plan in self.all)
        whole = (len(templates) == len(pack.offices)
                 and len(sound.exceptions) == len(pack.exceptions)
                 and not any(row.broken for row in (*pack.areas, *pack.lines))
                 and not pack.unread & {"offices.yaml", "exceptions.yaml", "areas.csv", "lines.yaml"})
        self.nowhere = [t for t in templates if whole and not made[id(t)]]
        # (level, line) → areas with such an office; None while that is not known for certain.
        self.held: dict[tuple[str, str], set[str]] | None = None
        if whole and not self.nowhere:
            self.held = {}
            for plan in self.plans.values():
                for line in plan.lines:
                    self.held.setdefault((plan.level, line), set()).add(plan.area)


def _unsound(each: Located) -> bool:
    parts = [*each.rows("lines"), *each.rows("posts")]
    return bool(each.broken or any(part.broken for part in parts))


def offices(pack: Pack, plans: Plans) -> Iterator[Fault]:
    """Unknown lines and areas, nobody on duty, single offices that can't be, a line held twice."""
    lines = names(pack.lines, "code", whole="lines.yaml" not in pack.unread)
    areas = names(pack.areas, "code", whole="areas.csv" not in pack.unread)
    for template in pack.offices:
        for line in template.sound("lines") or ():
            if line not in lines and line != "all":
                yield at(template, f"条线 {line} 不存在", "在 lines.yaml 中加上它", "lines")
        for area in template.sound("areas") or ():
            if area not in areas:
                yield at(template, f"区划 {area} 不存在", "改正 areas", "areas")
        if not template.get("each_line") and not template.get("key") and "key" not in template.broken:
            yield at(template, "没有写 key，单位没有编码", "写上 key，或写 each_line: true")
        if template.sound("posts"):
            yield from _duty(template, template.rows("posts"),
                             bool(template.get("lines") or template.get("each_line")))
        yield from _posts(template)
    for template in plans.nowhere:
        yield at(template, "没有一个区划套用这个模板", "核对 level、kinds 和 areas")
    yield from doubled(pack.exceptions, "office", "单位")
    for each in pack.exceptions:
        yield from _exception(each, pack, plans)
    yield from _whole(plans)
    yield from _words(pack, plans, areas)
    yield from _no_way_to_appeal_online(pack, plans)


def _no_way_to_appeal_online(pack: Pack, plans: Plans) -> Iterator[Fault]:
    """A government that reviews says where online: 行政复议法 art. 22(2) wants it named with what is
    delivered electronically, which is how somebody who applied online is likely to be answered."""
    if not any("web" in (item.sound("channels") or ()) for item in pack.items):
        return
    told: set[int] = set()
    for plan in plans.plans.values():
        source = plan.source
        if (plan.kind != "government" or plan.level not in ("county", "city") or plan.reconsideration
                or source.get("reconsideration") == unfold.NONE or id(source) in told):
            continue
        told.add(id(source))
        if "reconsideration" not in source.broken:
            yield at(source, f"{plan.name}没有写网上提交行政复议申请的渠道，电子送达时必须一并告知",
                     "写上 reconsideration：平台名称或网址；没有的写 none，由它复议的决定就不能电子送达")


def _words(pack: Pack, plans: Plans, areas: Container[str]) -> Iterator[Fault]:
    """机关代字: two organs under one would number their papers in one row."""
    shorts = unfold.short_names(pack)
    for each in shorts:
        if each["area"] not in areas:
            yield at(each, f"区划 {each['area']} 不存在", "改正 area", "area")
    yield from doubled(shorts, "area", "区划")
    yield from doubled(shorts, "short", "简称")
    lines = [line for line in pack.lines if line.sound("short")]
    yield from doubled(lines, "short", "简称")
    # Whose short names are alike has been said; so has, once, what a template says of all its offices.
    alike = {word for rows in (shorts, lines)
             for word, count in Counter(row["short"] for row in rows).items() if count > 1}
    bearers: dict[str, unfold.OfficePlan] = {}
    told: set[int] = set()
    for plan in plans.plans.values():
        if not plan.document_word or plan.last:
            continue
        other = bearers.setdefault(plan.document_word, plan)
        if other is plan or id(plan.source) in told or any(each in plan.document_word for each in alike):
            continue
        told.add(id(plan.source))
        yield at(plan.source, f"{plan.name}和{other.name}的代字都是“{plan.document_word}”",
                 "代字不能相同：模板里写上 {area} 和 {line}，或在 exceptions.yaml 另写", "document_word")


def _duty(where: Located, posts: Sequence[Mapping[str, Any]], works: bool) -> Iterator[Fault]:
    unread = any(isinstance(post, Located) and "duty" in post.broken for post in posts)
    if works and not unread and not any(post.get("duty") for post in posts):
        yield at(where, "没有值班岗位，网上夜里来的办件没人负责", "给一个岗位写上 duty: true", "posts")


def _posts(where: Located) -> Iterator[Fault]:
    yield from doubled(where.rows("posts"), "key", "岗位")
    for post in where.rows("posts"):
        roles = post.sound("roles") or ()
        if len(roles) > 1 and not ADMINISTRATORS.isdisjoint(roles):
            yield at(post, f"岗位 {post.get('key')} 把管理员和别的角色放在一起",
                     "系统、安全、审计三个管理员各设各的岗位，不兼别的角色", "roles")


def _exception(each: Located, pack: Pack, plans: Plans) -> Iterator[Fault]:
    yield from _posts(each)
    lines = names(pack.lines, "code", whole="lines.yaml" not in pack.unread)
    for line in each.sound("lines") or ():
        key = line.sound("line") if isinstance(line, Located) else line
        if key is not None and key not in lines:
            yield at(each, f"条线 {key} 不存在", "在 lines.yaml 中加上它", "lines")
    code = each.sound("office")
    if code is None:
        return
    if code.partition(".")[0] not in names(pack.areas, "code", whole="areas.csv" not in pack.unread):
        yield at(each, f"单位编码 {code} 不对：没有这个区划", "改正点前面的区划代码", "office")
        return
    if code in plans.templates or (plans.held is None and code not in plans.plans):
        return
    if not (each.get("name") and each.get("posts")) and not each.broken & {"name", "posts"}:
        yield at(each, f"没有模板产生单位 {code}，这里也没有写全", "写上 name 和 posts")


def _whole(plans: Plans) -> Iterator[Fault]:
    """What only all offices together show."""
    sources: dict[str, Located] = {}
    for plan in plans.all:
        if sources.setdefault(plan.code, plan.source) is not plan.source:
            yield at(plan.source, f"单位 {plan.code} 由两个模板生成", "换一个 key，或改 kinds、areas", "key")
    taken: dict[tuple[str, str], list[unfold.OfficePlan]] = {}
    for plan in plans.plans.values():
        if plan.source.file == "exceptions.yaml":
            yield from _single(plan, plans)
        for line in plan.lines:
            for other in taken.setdefault((plan.area, line), []):
                if _together(plan.span(line), other.span(line)):
                    yield at(plan.source, f"{plan.area} 的“{line}”由两个单位承担：{plan.code} 与 "
                             f"{other.code}", "同一地方一条线只能有一个单位")
            taken[plan.area, line].append(plan)


def _single(plan: unfold.OfficePlan, plans: Plans) -> Iterator[Fault]:
    yield from _duty(plan.source, plan.posts, bool(plan.lines) and not plan.last)
    if plan.successor and plans.held is not None and plan.successor not in plans.plans:
        yield at(plan.source, f"承接单位 {plan.successor} 不存在", "改正 successor", "successor")
    for post in plan.posts:
        if not (post.get("title") and post.get("roles")):
            yield at(plan.source, f"单位 {plan.code} 的岗位 {post['key']} 没有写全",
                     "写上 title 和 roles", "posts")


def _together(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return one[0] < (other[1] or "9999") and other[0] < (one[1] or "9999")
