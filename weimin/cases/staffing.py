"""人员安排: who holds which post from when to when, and who stands in for whom.

It lives with the cases because of its one rule about them: a post that answers for open cases
keeps a holder who can log in. The database says the same (``a_lead_post_keeps_a_holder``,
``administrators_are_apart``); here it is said in words, with what to do.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Count

from weimin.cases.models import Case
from weimin.kernel.clock import local
from weimin.kernel.errors import Invalid, NotFound, WrongState
from weimin.network.accounts import not_oneself, staff_account
from weimin.network.actor import STAFF_ROLES, Actor
from weimin.network.models import Account, Holding, Post
from weimin.network.posts import ADMINISTRATORS
from weimin.trail import chain

chain.register(hold_post="任岗", deputise="代理岗位", end_holding="离岗", cancel_holding="取消任岗安排")

LONGEST_DEPUTY = 366  # days: longer than that is not standing in
_DAY = timedelta(days=1)


def led(posts: Collection[int]) -> dict[int, int]:
    """For how many open cases each of these posts is accountable."""
    rows = Case.objects.filter(lead_post_id__in=posts).exclude(state="closed")
    return dict(rows.values_list("lead_post_id").annotate(Count("pk")).order_by())


@transaction.atomic
def appoint(
    *, account_id: int, post_id: int, first: date, last: date | None = None,
    deputy: bool = False, replace: bool = False, actor: Actor, now: datetime,
) -> Holding:
    """Have an account hold a post from ``first`` to ``last`` (both included), or deputise there.

    With ``replace`` whoever holds it leaves the day before. Raises Invalid with the field that is
    wrong, WrongState when a rule stands against it, NotAllowed for oneself.
    """
    post = Post.objects.select_for_update(of=("self",)).select_related("office").filter(
        pk=post_id).first()
    if post is None:
        raise Invalid(fields={"post": "请选择岗位"})
    account = staff_account(account_id, lock=True)
    not_oneself(account, actor)
    _may_begin(account, post, first, last, deputy)
    during = DateRange(first, last + _DAY if last else None)
    others = Holding.objects.filter(post=post, during__overlap=during)
    if others.filter(account=account).exists():
        raise Invalid(fields={"post": f"{account.name}在这段时间已经在这个岗位上"})
    left = [] if deputy else _make_room(list(others.filter(deputy=False)), first, replace)
    made = Holding(post=post, account=account, deputy=deputy, during=during)
    _save(made)
    for holding in left:
        _tell(holding, "end_holding", actor, now, last=str(first - _DAY), successor=account.pk)
    _tell(made, "deputise" if deputy else "hold_post", actor, now, first=str(first),
          last=str(last) if last else None)
    if last and not deputy:
        _stays_held(post, last + _DAY)
    return made


def _may_begin(
    account: Account, post: Post, first: date, last: date | None, deputy: bool
) -> None:
    if not account.is_active:
        raise WrongState("这个账号已停用", "先启用账号，再安排岗位")
    if account.is_program and not set(post.roles).isdisjoint(ADMINISTRATORS):
        raise Invalid(fields={"post": "管理员的岗位只能由人担任，不能安排给程序"})
    if post.office.valid_to is not None and post.office.valid_to <= first:
        raise Invalid(fields={"post": f"{post.office.name}已撤销"})
    if post.valid_to is not None and post.valid_to <= first:
        raise Invalid(fields={"post": f"岗位“{post.title}”已撤销"})
    if last is not None and last < first:
        raise Invalid(fields={"last": "最后一天早于第一天"})
    if deputy and last is None:
        raise Invalid(fields={"last": "代理要写明最后一天"})
    if deputy and last and (last - first).days > LONGEST_DEPUTY:
        raise Invalid(fields={"last": "代理最长一年；更久请安排任岗"})


def _make_room(others: list[Holding], first: date, replace: bool) -> list[Holding]:
    """End the holdings that stand in the way, if that was meant; those that were ended."""
    for other in others:
        if not replace:
            raise Invalid(fields={"post": f"这个岗位现由{other.account.name}担任，接替请勾选“接替现任”"})
        if other.during.lower >= first:
            raise Invalid(fields={"first": f"{other.account.name}从{other.during.lower}起任这个岗位，"
                                           "先取消那一条安排"})
        other.during = DateRange(other.during.lower, first)
        other.save(update_fields=["during"])
    return others


@transaction.atomic
def change_end(
    holding_id: int, *, last: date | None, actor: Actor, now: datetime
) -> Holding:
    """Set the last day on a post, or take it away again; a post that is needed stays held."""
    holding = _holding(holding_id, actor)
    today = local(now).date()
    if holding.during.upper is not None and holding.during.upper <= today:
        raise WrongState("这条任岗已经结束", "需要时请重新安排")
    if last is not None and last < max(holding.during.lower, today - _DAY):
        raise Invalid(fields={"last": "最后一天不能早于昨天或任岗的第一天"})
    if last is None and holding.deputy:
        raise Invalid(fields={"last": "代理要写明最后一天"})
    holding.during = DateRange(holding.during.lower, last + _DAY if last else None)
    _save(holding)
    if last and not holding.deputy:
        _stays_held(holding.post, last + _DAY)
    _tell(holding, "end_holding", actor, now, last=str(last) if last else None)
    return holding


@transaction.atomic
def cancel(holding_id: int, *, actor: Actor, now: datetime) -> None:
    """Take back what has not begun. Raises WrongState when it has."""
    holding = _holding(holding_id, actor)
    if holding.during.lower <= local(now).date():
        raise WrongState("这条任岗已经开始", "请填写最后一天")
    _tell(holding, "cancel_holding", actor, now, first=str(holding.during.lower))
    first, post, deputy = holding.during.lower, holding.post, holding.deputy
    holding.delete()
    if not deputy:
        _stays_held(post, first)


@transaction.atomic
def switch(account_id: int, *, active: bool, actor: Actor, now: datetime) -> Account:
    """Let an account log in, or no more; nobody who answers for cases is switched off."""
    account = staff_account(account_id, lock=True)
    not_oneself(account, actor)
    if not active:
        held = Holding.objects.select_related("post__office").filter(
            account=account, deputy=False, during__contains=local(now).date())
        for holding in held:
            _stays_held(holding.post, local(now).date(), but=account)
    account.is_active = active
    account.save(update_fields=["is_active"])
    chain.note(chain.Subject("account", account.pk), "switch_account", by=actor, now=now,
               active=active)
    return account


def _holding(holding_id: int, actor: Actor) -> Holding:
    found = Holding.objects.select_for_update(of=("self",)).select_related(
        "post__office", "account").filter(pk=holding_id).first()
    if found is None:
        raise NotFound("没有这条任岗")
    not_oneself(found.account, actor)
    return found


def _stays_held(post: Post, day: date, but: Account | None = None) -> None:
    """Refuse a vacancy that the rules don't allow, from that day on."""
    next_one = Holding.objects.filter(post=post, deputy=False, during__contains=day,
                                      account__is_active=True)
    if but is not None:
        next_one = next_one.exclude(account=but)
    if next_one.exists():
        return
    if cases := led([post.pk]).get(post.pk):
        raise WrongState(
            f"{post.office.name}“{post.title}”主办着 {cases} 件没办结的件，不能没有人",
            "先安排接任的人（勾选“接替现任”），办件随岗位交给他；要立刻不让原来的人登录，请重设密码",
        )
    for role in set(post.roles) & set(ADMINISTRATORS):
        others = Holding.objects.filter(post__roles__contains=[role], deputy=False,
                                        during__contains=day, account__is_active=True)
        if not (others.exclude(account=but) if but else others).exists():
            raise WrongState(f"至少要留一位{STAFF_ROLES[role]}", "先安排接任的人")


_CONSTRAINTS = {
    "one_holder_per_post": "这个岗位在这段时间已经另有人担任",
    "administrators_are_apart":
        "系统、安全、审计三个管理员由不同的人担任，也不兼办件的岗位；请先结束他现在的岗位",
}


def _save(holding: Holding) -> None:
    """Write it; what the database refuses is said in words."""
    try:
        with transaction.atomic():
            holding.save()
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if name not in _CONSTRAINTS:
            raise
        raise Invalid(fields={"post": _CONSTRAINTS[name]}) from error


def _tell(holding: Holding, verb: str, actor: Actor, now: datetime, **data: object) -> None:
    post = holding.post
    chain.note(chain.Subject("account", holding.account_id), verb, by=actor, now=now,
               office=post.office.code, post=post.key, deputy=holding.deputy, **data)
