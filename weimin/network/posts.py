"""Posts in the hands of the administration: made, given a title, put on duty.

Which roles a post has is said when it is made and never changes here: who holds a post would gain
or lose power by it, and granting power is the security administrator's. Closing a post concerns
its cases: ``cases.ending``.
"""

import re
from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction

from weimin.kernel.clock import local
from weimin.kernel.errors import Invalid, NotFound, WrongState
from weimin.kernel.text import initials, tidy
from weimin.network.actor import STAFF_ROLES, Actor
from weimin.network.models import Holding, Office, Post
from weimin.trail import chain

chain.register(make_post="新设岗位", retitle_post="岗位改名", put_on_duty="改为值班岗位",
               post_as_the_pack="岗位交还地方包")

ADMINISTRATORS = ("sysadmin", "secadmin", "auditor")
_LONGEST_TITLE = 30


def lock(post_id: int) -> Post:
    """A post that nobody else changes now, with its office. Raises NotFound."""
    found = Post.objects.select_for_update(of=("self",)).select_related("office").filter(
        pk=post_id).first()
    if found is None:
        raise NotFound("没有这个岗位")
    return found


def faults(title: str, roles: Collection[str]) -> dict[str, str]:
    """What is wrong with a title and roles, by field."""
    wrong = {}
    if not tidy(title) or len(tidy(title)) > _LONGEST_TITLE:
        wrong["title"] = f"请填写岗位名称，最长 {_LONGEST_TITLE} 个字"
    if not roles or not set(roles) <= STAFF_ROLES.keys():
        wrong["roles"] = "请至少选一个角色"
    elif len(set(roles)) > 1 and not set(roles).isdisjoint(ADMINISTRATORS):
        wrong["roles"] = "系统、安全、审计三个管理员各设各的岗位，不兼别的角色"
    return wrong


@transaction.atomic
def make(
    office_id: int, *, title: str, roles: Collection[str], on_duty: bool = False, actor: Actor,
    now: datetime,
) -> Post:
    """A new post, held by nobody yet. Raises Invalid with every field that is wrong."""
    office = Office.objects.select_for_update(of=("self",)).filter(pk=office_id).first()
    if office is None:
        raise NotFound("没有这个单位")
    if office.valid_to is not None and office.valid_to <= local(now).date():
        raise WrongState(f"{office.name}已撤销", "到承接的单位去设岗位")
    wrong, title = faults(title, roles), tidy(title)
    if "title" not in wrong:
        _unused(office, title, None, wrong)
    if wrong:
        raise Invalid(fields=wrong)
    ordered = [role for role in STAFF_ROLES if role in roles]
    post = Post(office=office, key=_key(office, title), title=title, roles=ordered, on_duty=on_duty)
    _save(post)
    chain.note(chain.Subject("post", post.pk), "make_post", by=actor, now=now, office=office.code,
               post=post.key, title=title, roles=ordered, duty=on_duty)
    return post


def _unused(office: Office, title: str, but: int | None, wrong: dict[str, str]) -> None:
    if Post.objects.filter(office=office, title=title, valid_to=None).exclude(pk=but or 0).exists():
        wrong["title"] = f"这个单位已经有“{title}”，换一个分得清的名称"


def _key(office: Office, title: str) -> str:
    """A key that no template makes, with a number where it is taken."""
    key = f"own-{re.sub(r'[^a-z0-9]', '', initials(title))[:12] or 'post'}"
    taken = set(Post.objects.filter(office=office).values_list("key", flat=True))
    return next(k for k in (key, *(f"{key}-{n}" for n in range(2, len(taken) + 3))) if k not in taken)


_CONSTRAINTS = {
    "post_key_once": ("title", "同名的岗位刚刚有人设了，请刷新再看"),
    "administrators_stand_alone": ("roles", "系统、安全、审计三个管理员各设各的岗位，不兼别的角色"),
}


def _save(post: Post) -> None:
    """Write it; what the database refuses is said in words."""
    try:
        with transaction.atomic():
            post.save()
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if name not in _CONSTRAINTS:
            raise
        field, said = _CONSTRAINTS[name]
        raise Invalid(fields={field: said}) from error


def standing(post: Post, now: datetime) -> None:
    """Raises WrongState for a post that was closed, or whose office is no more."""
    today = local(now).date()
    if post.valid_to is not None:
        raise WrongState(f"岗位“{post.title}”已撤销", "先恢复它，或另设一个岗位")
    if post.office.valid_to is not None and post.office.valid_to <= today:
        raise WrongState(f"{post.office.name}已撤销", "它的岗位随它一起撤销了")


def keep(post: Post, *fields: str) -> None:
    """From now on the administration has the last word on these fields of a pack's post."""
    if post.pack:
        post.kept = sorted({*post.kept, *fields})


@transaction.atomic
def retitle(post_id: int, *, title: str, actor: Actor, now: datetime) -> Post:
    """Another title; who holds the post and what he may do stays. Raises Invalid for a bad one."""
    post = lock(post_id)
    standing(post, now)
    wrong, before, title = faults(title, post.roles), post.title, tidy(title)
    wrong.pop("roles", None)
    if "title" not in wrong:
        _unused(post.office, title, post.pk, wrong)
    if wrong:
        raise Invalid(fields=wrong)
    if title == before:
        return post
    post.title = title
    keep(post, "title")
    post.save(update_fields=["title", "kept"])
    _tell(post, "retitle_post", actor, now, before=before, title=title)
    return post


@transaction.atomic
def put_on_duty(post_id: int, *, actor: Actor, now: datetime) -> Post:
    """Make it the post that takes what comes in when nobody is there; another one no longer is.

    Raises WrongState while nobody holds it.
    """
    post = lock(post_id)
    standing(post, now)
    if not Holding.objects.filter(post=post, deputy=False, during__contains=local(now).date()).exists():
        raise WrongState(f"岗位“{post.title}”还没有人", "先请安全管理员安排人员，再改为值班岗位")
    for other in Post.objects.select_for_update().filter(office_id=post.office_id, on_duty=True):
        if other.pk != post.pk:
            other.on_duty = False
            keep(other, "on_duty")
            other.save(update_fields=["on_duty", "kept"])
    post.on_duty = True
    keep(post, "on_duty")
    post.save(update_fields=["on_duty", "kept"])
    _tell(post, "put_on_duty", actor, now)
    return post


@transaction.atomic
def give_back(post_id: int, *, actor: Actor, now: datetime) -> Post:
    """Let the pack have its say again on an open post. Raises WrongState for others."""
    post = lock(post_id)
    standing(post, now)
    if not post.pack:
        raise WrongState("这个岗位是在这里新设的，地方包里没有它")
    post.kept = []
    post.save(update_fields=["kept"])
    _tell(post, "post_as_the_pack", actor, now)
    return post


def _tell(post: Post, verb: str, actor: Actor, now: datetime, **data: object) -> None:
    chain.note(chain.Subject("post", post.pk), verb, by=actor, now=now, office=post.office.code,
               post=post.key, **data)
