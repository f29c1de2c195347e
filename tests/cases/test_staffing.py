"""人员安排: who holds which post, and what stands against it."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from tests.cases.scenes import case_of, proof_faults, told
from tests.cast import CITY, COUNTY, DAY, TOWN, Cast, accepted, holder, received
from weimin.cases import staffing
from weimin.cases.succession import succeed_running
from weimin.cases.verbs import accept, hand_over
from weimin.kernel import clock
from weimin.kernel.errors import Invalid, NotAllowed, WrongState
from weimin.network import accounts
from weimin.network.actor import Actor
from weimin.network.models import Account, Holding, Post
from weimin.network.staff import acting
from weimin.trail.models import Event

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def officer(cast: Cast) -> Actor:
    """安全管理员 of the city."""
    return holder(f"{CITY}.admin", "secadmin")


@pytest.fixture
def newcomer(cast: Cast, officer: Actor, now: datetime) -> Account:
    """新人小吴, without a post."""
    return accounts.create(username="xiaowu", name="小吴", actor=officer, now=now)[0]


def story(account_id: int | None) -> list[str]:
    return list(Event.objects.filter(subject_type="account", subject_id=account_id)
                .order_by("seq").values_list("verb", flat=True))


def test_an_appointed_newcomer_acts_in_the_post(
    officer: Actor, newcomer: Account, cast: Cast, now: datetime
) -> None:
    vacant = Post.objects.get(office__code=f"{TOWN}.market", key="head")
    Holding.objects.filter(post=vacant).delete()
    staffing.appoint(account_id=newcomer.pk, post_id=vacant.pk, first=DAY, actor=officer, now=now)
    assert acting(newcomer.pk, on=DAY).post_id == vacant.pk
    assert story(newcomer.pk) == ["create_account", "hold_post"]


def test_a_held_post_is_taken_over_only_when_that_is_meant(
    officer: Actor, newcomer: Account, cast: Cast, now: datetime
) -> None:
    accepted(cast, now)  # 小刘's post answers for a case
    post = cast.reviewer.post_id or 0
    with pytest.raises(Invalid, match="接替"):
        staffing.appoint(account_id=newcomer.pk, post_id=post, first=DAY, actor=officer, now=now)
    staffing.appoint(account_id=newcomer.pk, post_id=post, first=DAY, replace=True, actor=officer,
                     now=now)
    assert acting(newcomer.pk, on=DAY).post_id == post
    assert story(cast.reviewer.account_id) == ["end_holding"]


def test_a_post_that_answers_for_cases_is_not_left_empty(
    officer: Actor, cast: Cast, now: datetime
) -> None:
    accepted(cast, now)
    holding = Holding.objects.get(post_id=cast.reviewer.post_id, deputy=False)
    for last in (DAY, DAY + timedelta(days=30)):
        with pytest.raises(WrongState, match="主办着 1 件"):
            staffing.change_end(holding.pk, last=last, actor=officer, now=now)
    with pytest.raises(WrongState, match="主办着 1 件"):
        staffing.switch(cast.reviewer.account_id or 0, active=False, actor=officer, now=now)


def test_what_came_to_a_post_whose_last_day_was_set_before_has_a_holder_the_day_after(
    officer: Actor, cast: Cast, now: datetime
) -> None:
    """The head leaves on Friday 12 June, and answers for nothing yet; on Wednesday he accepts a case."""
    holding = Holding.objects.get(post_id=cast.town_head.post_id, deputy=False)
    staffing.change_end(holding.pk, last=DAY + timedelta(days=2), actor=officer, now=now)
    number = received(cast, now)
    accept(number, actor=cast.town_head, now=now)
    offered = received(cast, now, another_is_meant=True)
    accept(offered, actor=cast.reviewer, now=now)
    hand_over(offered, actor=cast.reviewer, now=now, post=cast.town_head.post_id, reason="休假")
    for days, lead in ((2, cast.town_head), (3, cast.reviewer)):  # whose post is on duty
        with clock.rehearsed(now + timedelta(days=days)):
            succeed_running(now=now + timedelta(days=days))
        assert case_of(number).lead_post_id == lead.post_id
    assert (case_of(offered).lead_post_id, case_of(offered).hand_over_to_id) == (cast.reviewer.post_id, None)
    assert "没有人了，由值班岗位接手" in told(number)["note"]
    assert proof_faults(number) == [] == proof_faults(offered)


def test_the_database_too_keeps_who_answers_for_cases_switched_on(cast: Cast) -> None:
    # With the day of the database: its trigger asks for today.
    accepted(cast, clock.now())
    with pytest.raises(IntegrityError, match="still answers"), transaction.atomic():
        Account.objects.filter(pk=cast.reviewer.account_id).update(is_active=False)
        with transaction.get_connection().cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("how", ["ended yesterday", "deleted", "made a deputy"])
def test_the_database_too_leaves_no_post_empty_that_answers_for_cases(how: str, cast: Cast) -> None:
    accepted(cast, clock.now())
    held = Holding.objects.filter(post_id=cast.reviewer.post_id, deputy=False)
    with pytest.raises(IntegrityError, match="still answers"), transaction.atomic():
        if how == "ended yesterday":
            held.update(during=DateRange(DAY - timedelta(days=99), clock.today()))
        elif how == "deleted":
            held.delete()
        else:
            held.update(deputy=True)
        with transaction.get_connection().cursor() as cursor:
            # Wherever the server is, the day is that of the counter.
            cursor.execute("SET LOCAL TIME ZONE 'Etc/GMT+12'; SET CONSTRAINTS ALL IMMEDIATE")


def test_the_database_too_lets_somebody_leave_at_the_end_of_today(cast: Cast) -> None:
    accepted(cast, clock.now())
    held = Holding.objects.filter(post_id=cast.reviewer.post_id, deputy=False)
    with transaction.atomic():
        held.update(during=DateRange(DAY - timedelta(days=99), clock.today() + timedelta(days=1)))
        with transaction.get_connection().cursor() as cursor:
            cursor.execute("SET LOCAL TIME ZONE 'Etc/GMT-14'; SET CONSTRAINTS ALL IMMEDIATE")


def test_without_cases_one_leaves_and_comes_back_the_same_day(
    officer: Actor, cast: Cast, now: datetime
) -> None:
    holding = Holding.objects.get(post_id=cast.health.post_id, deputy=False)
    staffing.change_end(holding.pk, last=DAY, actor=officer, now=now)
    assert staffing.change_end(holding.pk, last=None, actor=officer, now=now).during.upper is None


def test_a_deputy_needs_a_last_day(officer: Actor, newcomer: Account, cast: Cast, now: datetime
                                   ) -> None:
    def deputise(last: date | None) -> Holding:
        return staffing.appoint(account_id=newcomer.pk, post_id=cast.reviewer.post_id or 0,
                                first=DAY, last=last, deputy=True, actor=officer, now=now)

    for last, why in ((None, "写明最后一天"), (DAY - timedelta(days=1), "早于"),
                      (DAY + timedelta(days=400), "最长一年")):
        with pytest.raises(Invalid, match=why):
            deputise(last)
    deputise(DAY + timedelta(days=5))
    with pytest.raises(Invalid, match="已经在这个岗位上"):
        deputise(DAY + timedelta(days=3))


def test_what_has_not_begun_can_be_cancelled(
    officer: Actor, newcomer: Account, cast: Cast, now: datetime
) -> None:
    made = staffing.appoint(account_id=newcomer.pk, post_id=cast.health.post_id or 0,
                            first=DAY + timedelta(days=9), last=DAY + timedelta(days=20),
                            deputy=True, actor=officer, now=now)
    staffing.cancel(made.pk, actor=officer, now=now)
    assert not newcomer.holdings.exists()
    begun = Holding.objects.get(post_id=cast.health.post_id, deputy=False)
    with pytest.raises(WrongState, match="已经开始"):
        staffing.cancel(begun.pk, actor=officer, now=now)


def test_nobody_grants_himself_a_post(officer: Actor, cast: Cast, now: datetime) -> None:
    me = officer.account_id or 0
    with pytest.raises(NotAllowed):
        staffing.appoint(account_id=me, post_id=cast.health.post_id or 0, first=DAY, replace=True,
                         actor=officer, now=now)
    with pytest.raises(NotAllowed):
        accounts.reset_password(me, actor=officer, now=now)
    with pytest.raises(NotAllowed):
        staffing.switch(me, active=False, actor=officer, now=now)


@pytest.mark.parametrize(("one", "other"), [("sysadmin", "auditor"), ("sysadmin", "secadmin"),
                                            ("auditor", "reviewer")])
def test_three_administrators_are_three_people_and_handle_no_cases(
    one: str, other: str, officer: Actor, newcomer: Account, cast: Cast, now: datetime
) -> None:
    def post(key: str) -> int:
        office = f"{COUNTY}.civil-affairs" if key == "reviewer" else f"{CITY}.admin"
        return Post.objects.get(office__code=office, key=key).pk

    week = DAY + timedelta(days=7)
    staffing.appoint(account_id=newcomer.pk, post_id=post(one), first=DAY, last=week, deputy=True,
                     actor=officer, now=now)
    with pytest.raises(Invalid, match="由不同的人担任"):
        staffing.appoint(account_id=newcomer.pk, post_id=post(other), first=week, last=week,
                         deputy=True, actor=officer, now=now)
    staffing.appoint(account_id=newcomer.pk, post_id=post(other), first=week + timedelta(days=1),
                     last=week + timedelta(days=2), deputy=True, actor=officer, now=now)


def test_the_last_auditor_is_not_removed(officer: Actor, cast: Cast, now: datetime) -> None:
    auditor = Holding.objects.get(post__office__code=f"{CITY}.admin", post__key="auditor")
    with pytest.raises(WrongState, match="至少要留一位审计管理员"):
        staffing.change_end(auditor.pk, last=DAY, actor=officer, now=now)
    with pytest.raises(WrongState, match="至少要留一位审计管理员"):
        staffing.switch(auditor.account_id, active=False, actor=officer, now=now)


def test_nobody_is_put_into_two_holders_of_one_post_at_once(
    officer: Actor, newcomer: Account, cast: Cast, now: datetime
) -> None:
    later = DAY + timedelta(days=30)
    other = accounts.create(username="xiaozheng", name="小郑", actor=officer, now=now)[0]
    staffing.appoint(account_id=other.pk, post_id=cast.health.post_id or 0, first=later,
                     replace=True, actor=officer, now=now)
    with pytest.raises(Invalid, match="先取消那一条安排"):
        staffing.appoint(account_id=newcomer.pk, post_id=cast.health.post_id or 0, first=DAY,
                         replace=True, actor=officer, now=now)


@pytest.mark.parametrize("username", ["", "a", "resident-1", "a b/c", "x" * 41, "<b>"])
def test_a_bad_user_name_is_refused(username: str, officer: Actor, now: datetime) -> None:
    with pytest.raises(Invalid):
        accounts.create(username=username, name="小吴", actor=officer, now=now)


def test_a_first_password_is_random_and_must_be_changed(
    officer: Actor, newcomer: Account, now: datetime
) -> None:
    first, second = (accounts.reset_password(newcomer.pk, actor=officer, now=now) for _ in "12")
    newcomer.refresh_from_db()
    assert first != second and newcomer.must_change
    assert newcomer.check_password(second) and not newcomer.check_password(first)
    with pytest.raises(Invalid, match="一样"):
        accounts.change_password(newcomer.pk, second, now=now)
    with pytest.raises(Invalid):
        accounts.change_password(newcomer.pk, "12345", now=now)
    accounts.change_password(newcomer.pk, "杉桥镇的新密码2026", now=now)
    newcomer.refresh_from_db()
    assert not newcomer.must_change


def test_an_ended_span_is_left_alone(officer: Actor, newcomer: Account, cast: Cast, now: datetime
                                     ) -> None:
    past = Holding.objects.create(post_id=cast.health.post_id, account=newcomer, deputy=True,
                                  during=DateRange(date(2026, 1, 1), date(2026, 2, 1)))
    with pytest.raises(WrongState, match="已经结束"):
        staffing.change_end(past.pk, last=DAY, actor=officer, now=now)
