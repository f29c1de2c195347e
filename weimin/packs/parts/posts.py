"""Posts: made, renamed, given other roles, ended. A post is never deleted: the trail names it.

What the administration made or changed stays: its own posts, and fields of a pack's post.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from weimin.network.models import Holding, Office, Post
from weimin.packs import unfold
from weimin.packs.lint_offices import ADMINISTRATORS
from weimin.packs.parts.part import Part, Publication, differing, few, last_day, running_by_lead
from weimin.packs.written import Fault

_OWN = frozenset(("title", "roles", "on_duty", "valid_to", "pack"))
_KEPT = {
    "title": "名称以管理界面的为准（包里是{}）", "roles": "角色以管理界面的为准（包里是{}）",
    "on_duty": "是否值班以管理界面的为准", "valid_to": "已在管理界面撤销，包里仍有它：不恢复",
}


class Posts(Part):
    """The posts of the offices that stand. Those of an office that ends, end with it."""

    title = "岗位"

    def compare(self) -> None:
        """The posts that each template gives beside those that are there."""
        offices = Office.objects.in_bulk()  # each once, however many posts it has
        self.known: dict[tuple[str, str], Post] = {}
        for post in Post.objects.order_by("id"):
            post.office = offices[post.office_id]
            self.known[post.office.code, post.key] = post
        self.new: list[tuple[unfold.OfficePlan, dict[str, Any]]] = []
        self.changed: list[tuple[Post, dict[str, Any]]] = []
        self.duties: dict[str, list[dict[str, Any]]] = {}  # office → its posts on duty
        self.stays: list[tuple[Any, str]] = []  # the administration's, where the pack differs
        closed = {  # by the administration, whatever the pack says
            office.code for office in Office.objects.filter(valid_to__lte=self.today)
            if not office.pack or "valid_to" in office.kept
        }
        for post in self.known.values():
            if not post.pack and post.on_duty and post.valid_to is None:
                self.duties.setdefault(post.office.code, []).append({"key": post.key, "title": post.title})
        standing: set[tuple[str, str]] = set()
        codes: set[str] = set()
        for plan in unfold.offices(self.pack):
            last = last_day(plan.last)
            if plan.code in closed or (last is not None and last <= self.today):
                continue  # its posts ended with it
            codes.add(plan.code)
            for written in plan.posts:
                standing.add((plan.code, written["key"]))
                self._post(plan, dict(written))
        for (office, key), post in self.known.items():
            named = (office, key) in standing or post.pack != self.pack.name
            if office in codes and not named and post.valid_to is None:
                self.changed.append((post, {"valid_to": self.today}))
        self._leads: dict[int, int] | None = None

    def _post(self, plan: unfold.OfficePlan, written: dict[str, Any]) -> None:
        post = self.known.get((plan.code, written["key"]))
        kept = frozenset() if post is None else _OWN if not post.pack else frozenset(post.kept)
        duty = post.on_duty if post and "on_duty" in kept else bool(written.get("duty"))
        closed = post is not None and "valid_to" in kept and post.valid_to is not None
        if duty and not closed and (post is None or post.pack):
            self.duties.setdefault(plan.code, []).append(written)
        if post is None:
            self.new.append((plan, written))
            return
        wanted = {"title": written["title"], "roles": list(written["roles"]),
                  "on_duty": bool(written.get("duty")), "valid_to": None, "pack": self.pack.name}
        changes = differing(post, wanted)
        for name in kept & changes.keys():
            value = changes.pop(name)
            if name in _KEPT:
                self.stays.append(((name, plan.key, post.key), f"＝ 岗位 {plan.name} {post.title} "
                                                               f"{_KEPT[name].format(_say(value))}"))
        if changes:
            self.changed.append((post, changes))

    def __bool__(self) -> bool:
        return bool(self.new or self.changed)

    @property
    def leads(self) -> dict[int, int]:
        """Running cases by accountable post, counted when first asked."""
        if self._leads is None:
            self._leads = running_by_lead()
        return self._leads

    def _ended(self) -> list[Post]:
        return [post for post, changes in self.changed if changes.get("valid_to")]

    def faults(self) -> Iterator[Fault]:
        """What would leave cases with nobody, or give its holder another administration."""
        yield from self._powers_moved()
        for post in self._ended():
            if (count := self.leads.get(post.pk, 0)) and post.office.code not in self.duties:
                yield Fault(
                    file="offices.yaml", line=1,
                    what=f"{post.office.name}的岗位“{post.title}”还主办 {count} 件，撤了没有人接手",
                    remedy="给这个单位的一个岗位写上 duty: true，或先移交这些件",
                )

    def _powers_moved(self) -> Iterator[Fault]:
        """Who holds an administrator's post gains or loses its power by the security administrator."""
        moved = [post for post, changes in self.changed
                 if ADMINISTRATORS & {*post.roles} != ADMINISTRATORS & {*changes.get("roles", post.roles)}]
        held = set(Holding.objects.filter(
            Q(during__upper_inf=True) | Q(during__endswith__gt=self.today), post__in=moved,
        ).values_list("post_id", flat=True)) if moved else set()
        for post in moved:
            if post.pk in held:
                yield Fault(
                    file="offices.yaml", line=1,
                    what=f"{post.office.name}的岗位“{post.title}”有人在任，角色里的管理员不能增减",
                    remedy="管理员的岗位另用一个 key；先由安全管理员安排现任离岗",
                )

    def said(self) -> Iterator[str]:
        """Each post that begins, ends or changes, and what becomes of its cases and its holder."""
        yield from few(self._lines())
        yield from few(self.stays)

    def _lines(self) -> Iterator[tuple[Any, str]]:
        known_offices = {office for office, _ in self.known}
        for plan, written in self.new:
            if plan.code in known_offices:  # those of a new office go without saying
                yield ("new", plan.key, written["key"]), f"＋ 岗位 {plan.name} {written['title']}"
        held = dict(Holding.objects.filter(
            post__in=self._ended(), deputy=False, during__contains=self.today,
        ).values_list("post_id", "account__name"))
        for post, changes in self.changed:
            sort, where = post.office.code.partition(".")[2], f"{post.office.name} {post.title}"
            if changes.get("valid_to"):
                yield ("ends", sort, post.key), f"－ 岗位 {where} 撤销{self._handed(post, held)}"
                continue
            if "valid_to" in changes:
                yield ("again", sort, post.key), f"＋ 岗位 {where} 恢复"
            if "title" in changes:
                yield ("title", sort, post.key), f"～ 岗位 {where} 改名：{post.title} → {changes['title']}"
            if "roles" in changes:
                yield (("roles", sort, post.key), f"～ 岗位 {where} 角色："
                       f"{'、'.join(post.roles)} → {'、'.join(changes['roles'])}")
            if "on_duty" in changes:
                said = "改为值班岗位" if changes["on_duty"] else "不再值班"
                yield ("duty", sort, post.key), f"～ 岗位 {where} {said}"
        yield from self._nobody_on_duty()

    def _handed(self, post: Post, held: dict[int, str]) -> str:
        words = f"，{held[post.pk]}离岗" if post.pk in held else ""
        if count := self.leads.get(post.pk, 0):
            duty = self.duties.get(post.office.code, [{"title": "（没有值班岗位）"}])[0]
            words += f"，主办的 {count} 件交给{duty['title']}"
        return words

    def _nobody_on_duty(self) -> Iterator[tuple[Any, str]]:
        """Posts on duty that nobody holds yet: until somebody does, nothing passes to them."""
        ended = [post for post in self._ended() if self.leads.get(post.pk)]
        held = set(Holding.objects.filter(
            post__office__in=[post.office_id for post in ended], deputy=False,
            during__contains=self.today,
        ).values_list("post__office__code", "post__key")) if ended else set()
        for post in ended:
            office = post.office.code
            if not any((office, duty["key"]) in held for duty in self.duties.get(office, ())):
                yield ("empty", office.partition(".")[2]), (
                    f"！ {post.office.name}的值班岗位还没有人：安排之前，原岗位的人继续负责")

    def apply(self, publication: Publication) -> None:
        """Make and change them."""
        ids = dict(Office.objects.values_list("code", "id"))
        Post.objects.bulk_create(
            Post(office_id=ids[plan.code], key=post["key"], title=post["title"],
                 roles=post["roles"], on_duty=bool(post.get("duty")), pack=self.pack.name)
            for plan, post in self.new
        )
        for post, changes in self.changed:
            for name, value in changes.items():
                setattr(post, name, value)
        Post.objects.bulk_update(
            [post for post, _ in self.changed],
            ["title", "roles", "on_duty", "valid_to", "pack"], batch_size=500,
        )


def _say(value: Any) -> str:
    return "、".join(value) if isinstance(value, list) else str(value)
