"""What can be wrong with the offices: of a template, of a single one, and between them."""

from collections.abc import Iterator, Mapping
from typing import Any

from weimin.network.actor import STAFF_ROLES
from weimin.packs import unfold
from weimin.packs.read import Fault, Located, Pack, at, is_day

ADMINISTRATORS = frozenset(("sysadmin", "secadmin", "auditor"))  # as network.posts, without apps
_KINDS = ("office", "centre", "station", "government")


def offices(pack: Pack) -> Iterator[Fault]:
    """Unknown lines and roles, nobody on duty, single offices that can't be, a line held twice."""
    lines = {line["code"] for line in pack.lines}
    for template in pack.offices:
        for line in template.get("lines", []):
            if line not in lines and line != "all":
                yield at(template, f"条线 {line} 不存在", "在 lines.yaml 中加上它")
        yield from _duty(template, template.get("posts", ()), bool(template.get("lines")))
        yield from _posts(template, template.get("posts", ()))
    single = list(_exceptions(pack, lines))
    yield from single
    if not single:  # otherwise they can't be unfolded
        yield from _whole(pack)


def _duty(where: Located, posts: Any, works: bool) -> Iterator[Fault]:
    if works and not any(post.get("duty") for post in posts):
        yield at(where, "没有值班岗位，网上夜里来的办件没人负责", "给一个岗位写上 duty: true")


def _posts(where: Located, posts: Any) -> Iterator[Fault]:
    for post in posts:
        roles = post.get("roles", ())
        if unknown := [str(role) for role in roles if role not in STAFF_ROLES]:
            yield at(where, f"岗位 {post.get('key')} 的角色 {'、'.join(unknown)} 不认识",
                     f"可用：{'、'.join(STAFF_ROLES)}")
        elif len(roles) > 1 and not ADMINISTRATORS.isdisjoint(roles):
            yield at(where, f"岗位 {post.get('key')} 把管理员和别的角色放在一起",
                     "系统、安全、审计三个管理员各设各的岗位，不兼别的角色")


def _exceptions(pack: Pack, lines: set[str]) -> Iterator[Fault]:
    areas = {area["code"] for area in pack.areas}
    made = {plan.code for plan in unfold.templates(pack)}
    seen: dict[str, Located] = {}
    for each in pack.exceptions:
        code = str(each.get("office", ""))
        if code in seen:
            yield at(each, f"单位 {code} 写了两次", f"另一处在 {seen[code].file}:{seen[code].line}")
        seen.setdefault(code, each)
        area, _, key = code.partition(".")
        if area not in areas or not key:
            yield at(each, f"单位编码 {code} 不对：区划不存在，或点后面没有字母",
                     "写成“区划代码.字母”，如 430421103.service")
            continue
        yield from _exception(each, code in made, lines)


def _exception(each: Located, from_template: bool, lines: set[str]) -> Iterator[Fault]:
    code = each["office"]
    if not from_template and not (each.get("name") and each.get("posts")):
        yield at(each, f"没有模板产生单位 {code}，这里也没有写全", "写上 name 和 posts")
    if each.get("kind", "office") not in _KINDS:
        yield at(each, f"单位 {code} 的类别 {each['kind']} 不认识", f"可用：{'、'.join(_KINDS)}")
    days = [(name, each[name]) for name in ("from", "until") if name in each]
    for line in each.get("lines", ()):
        key = line.get("line") if isinstance(line, Mapping) else line
        if key not in lines:
            yield at(each, f"条线 {key} 不存在", "在 lines.yaml 中加上它")
        if isinstance(line, Mapping):
            days += [(name, line[name]) for name in ("from", "until") if name in line]
    for name, written in days:
        if not is_day(str(written)):
            yield at(each, f"单位 {code} 的 {name} 不是日期：{written}", "写成 2026-11-21")
    for post in each.get("posts", ()):
        if "key" not in post:
            yield at(each, f"单位 {code} 的岗位没有 key", "写上 key")
        elif not from_template and not (post.get("title") and post.get("roles")):
            yield at(each, f"单位 {code} 的岗位 {post['key']} 没有写全", "写上 title 和 roles")
    yield from _posts(each, each.get("posts", ()))


def _whole(pack: Pack) -> Iterator[Fault]:
    """What only all offices together show."""
    plans = {plan.code: plan for plan in unfold.offices(pack)}
    taken: dict[tuple[str, str], list[unfold.OfficePlan]] = {}
    for plan in plans.values():
        if plan.source.file == "exceptions.yaml":
            yield from _single(plan, plans)
        for line in plan.lines:
            for other in taken.setdefault((plan.area, line), []):
                if _together(plan.span(line), other.span(line)):
                    yield at(plan.source, f"{plan.area} 的“{line}”由两个单位承担：{plan.code} 与 "
                             f"{other.code}", "同一地方一条线只能有一个单位")
            taken[plan.area, line].append(plan)


def _single(plan: unfold.OfficePlan, plans: Mapping[str, unfold.OfficePlan]) -> Iterator[Fault]:
    yield from _duty(plan.source, plan.posts, bool(plan.lines) and not plan.last)
    if plan.successor and plan.successor not in plans:
        yield at(plan.source, f"承接单位 {plan.successor} 不存在", "改正 successor")
    for post in plan.posts:
        if not (post.get("title") and post.get("roles")):
            yield at(plan.source, f"单位 {plan.code} 的岗位 {post['key']} 没有写全",
                     "写上 title 和 roles")


def _together(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return one[0] < (other[1] or "9999") and other[0] < (one[1] or "9999")
