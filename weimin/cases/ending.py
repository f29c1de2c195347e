"""撤销: an office ends with an heir, a post is closed; nobody's case is left with nobody.

What ends is never deleted and is succeeded (ADR 13). Here it is decided on the screen, from a day
on; the same succession moves the cases as after a pack was published.
"""

from datetime import date, datetime

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q

from weimin.cases.models import Case, Step
from weimin.cases.staffing import led
from weimin.cases.succession import Succession, succeed_running
from weimin.catalogue.routes import routes_now
from weimin.kernel.clock import local, say_date
from weimin.kernel.errors import Invalid, WrongState
from weimin.network import offices, posts
from weimin.network.actor import Actor
from weimin.network.models import Holding, Line, Office, OfficeLine, Post, living
from weimin.trail import chain

chain.register(end_office="撤销单位", restore_office="取消撤销单位", close_post="撤销岗位",
               reopen_post="恢复岗位")


def running_at(office_id: int) -> int:
    """How many running cases an office has a part in."""
    steps = Step.objects.filter(state="open", office_id=office_id).values("case_id")
    return Case.objects.exclude(state="closed").filter(
        Q(office_id=office_id) | Q(receiver_id=office_id) | Q(pk__in=steps)).count()


def end_office(
    office_id: int, *, on: date | None, successor: int | None, lapse: bool, actor: Actor,
    now: datetime,
) -> Succession:
    """End an office from a day on; what became of its cases, if that day has come.

    An heir in the same area takes its lines too. Elsewhere they lapse here, which must be meant
    (``lapse``). Raises Invalid with the field that is wrong, WrongState when a rule stands against it.
    """
    with transaction.atomic():
        office = offices.lock(office_id)
        heir = _may_end(office, on, successor, now)
        assert on is not None
        _pass_lines(office, heir, on, lapse)
        office.valid_to, office.successor = on, heir
        if office.pack:
            office.kept = sorted({*office.kept, "valid_to"})
        office.save(update_fields=["valid_to", "successor", "kept"])
        chain.note(chain.Subject("office", office.pk), "end_office", by=actor, now=now,
                   name=office.name, on=str(on), heir=heir.name)
    return succeed_running(now=now) if on <= local(now).date() else Succession()


def _may_end(office: Office, on: date | None, successor: int | None, now: datetime) -> Office:
    today = local(now).date()
    if office.valid_to is not None:
        raise WrongState(f"{office.name}已经定于{say_date(office.valid_to)}撤销")
    wrong = {}
    if on is None or on < max(today, office.valid_from):
        wrong["on"] = f"请填写今天或以后的日期，如 {today}"
    heir = Office.objects.select_for_update(of=("self",)).filter(
        living(on or today), pk=successor or 0, valid_to=None).exclude(pk=office.pk).first()
    if heir is None:
        wrong["successor"] = "请选择由哪个单位承接"
    elif running_at(office.pk) and heir.pk not in routes_now().duty_posts:
        wrong["successor"] = (f"{office.name}有在办件，而{heir.name}的值班岗位还没有人接："
                              "先请安全管理员安排人员，或选别的单位")
    if wrong:
        raise Invalid(fields=wrong)
    held = Holding.objects.filter(
        post__office=office, post__roles__overlap=list(posts.ADMINISTRATORS),
    ).filter(Q(during__upper_inf=True) | Q(during__endswith__gt=today)).select_related("post").first()
    if held is not None:
        raise WrongState(f"{office.name}还有“{held.post.title}”在任",
                         "先在别的单位设这个岗位，请安全管理员安排好人员")
    assert heir is not None
    return heir


def _pass_lines(office: Office, heir: Office, on: date, lapse: bool) -> None:
    rows = list(OfficeLine.objects.select_for_update().filter(offices.at_work(on), office=office))
    same = heir.area_id == office.area_id
    if rows and not same and not lapse:
        names = "、".join(Line.objects.filter(key__in={r.line_id for r in rows}).values_list("name", flat=True))
        raise Invalid(fields={"lapse": f"{heir.name}不在同一个地方：{names}从那天起在这里没有单位承担，"
                                       "新的件收不了。确实如此请勾选，否则选本地的单位"})
    for row in rows:
        if row.during.lower >= on:
            row.delete()
        else:
            row.during = DateRange(row.during.lower, on)
            row.save(update_fields=["during"])
    if same:
        has = set(OfficeLine.objects.filter(offices.at_work(on), office=heir)
                  .values_list("line_id", flat=True))
        offices.save_lines([
            OfficeLine(office=heir, line_id=key, area_id=heir.area_id, during=DateRange(on, None))
            for key in sorted({row.line_id for row in rows} - has)])


@transaction.atomic
def restore_office(office_id: int, *, actor: Actor, now: datetime) -> Office:
    """Take an ending back before its day has come. Raises WrongState afterwards."""
    office = offices.lock(office_id)
    on = office.valid_to
    if on is None or on <= local(now).date() or (office.pack and "valid_to" not in office.kept):
        raise WrongState("只有在这里定的、还没到日子的撤销能取消", "撤销之后请新建单位")
    gone = OfficeLine.objects.select_for_update().filter(office=office, during__endswith=on)
    lines = [row.line_id for row in gone]
    OfficeLine.objects.filter(office_id=office.successor_id or 0, line__in=lines, pack="",
                              during__startswith=on).delete()
    for row in gone:
        row.during = DateRange(row.during.lower, None)
        row.save(update_fields=["during"])
    office.valid_to, office.successor = None, None
    office.kept = sorted({*office.kept} - {"valid_to"})
    office.save(update_fields=["valid_to", "successor", "kept"])
    chain.note(chain.Subject("office", office.pk), "restore_office", by=actor, now=now,
               name=office.name)
    return office


def close_post(post_id: int, *, actor: Actor, now: datetime) -> Succession:
    """Close a post from today on, once it answers for nothing and nobody holds it.

    Sending somebody away is the security administrator's, so the post must be vacant; the database
    refuses to vacate one that still answers for cases. Raises WrongState with what to do first.
    """
    with transaction.atomic():
        post = posts.lock(post_id)
        posts.standing(post, now)
        _may_close(post, local(now).date())
        post.valid_to = local(now).date()
        posts.keep(post, "valid_to")
        post.save(update_fields=["valid_to", "kept"])
        _tell(post, "close_post", actor, now)
    return succeed_running(now=now)  # where it was the first contact, the post on duty is now


def _may_close(post: Post, today: date) -> None:
    if cases := led([post.pk]).get(post.pk):
        raise WrongState(f"岗位“{post.title}”还主办着 {cases} 件没办结的件",
                         "请现任或单位负责人先把这些件移交出去")
    there = Holding.objects.filter(
        Q(during__upper_inf=True) | Q(during__endswith__gt=today), post=post,
    ).select_related("account").order_by("deputy", "pk").first()
    if there is not None:
        raise WrongState(f"岗位“{post.title}”上还有{there.account.name}",
                         "先请安全管理员在“人员”里安排离岗")
    works = OfficeLine.objects.filter(offices.at_work(today), office=post.office_id).exists()
    if post.on_duty and works:
        raise WrongState(f"“{post.title}”是{post.office.name}的值班岗位，撤了夜里来的件没人负责",
                         "先把另一个有人的岗位改为值班岗位")


@transaction.atomic
def reopen_post(post_id: int, *, actor: Actor, now: datetime) -> Post:
    """Have a closed post again, held by nobody. Raises WrongState when its office is no more."""
    post = posts.lock(post_id)
    if post.valid_to is None or (post.pack and "valid_to" not in post.kept):
        raise WrongState("只有在这里撤销的岗位能恢复", "由地方包撤销的，在包里恢复")
    post.valid_to = None
    posts.standing(post, now)
    if Post.objects.filter(office=post.office, title=post.title, valid_to=None).exists():
        raise WrongState(f"现在另有一个岗位叫“{post.title}”", "给那一个改名，再恢复这一个")
    post.kept = sorted({*post.kept} - {"valid_to"})
    post.on_duty = False
    post.save(update_fields=["valid_to", "kept", "on_duty"])
    _tell(post, "reopen_post", actor, now)
    return post


def _tell(post: Post, verb: str, actor: Actor, now: datetime) -> None:
    chain.note(chain.Subject("post", post.pk), verb, by=actor, now=now, office=post.office.code,
               post=post.key)
