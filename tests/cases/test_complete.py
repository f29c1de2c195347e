"""办理: each office does its part, side by side, and the flow says what follows."""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import (
    HOUSING,
    PLANTING,
    ROAD,
    case_of,
    clock_of,
    of_county,
    someone_of,
    steps_of,
    story,
    told,
    town_building,
    town_building_head,
    under_way,
)
from tests.cast import HANDED, Cast, accepted, do, received, step_of
from weimin.cases.models import Step
from weimin.cases.verbs import complete, reassign, suspend
from weimin.kernel.errors import Invalid, NotAllowed, NotFound, Stale, WrongState

QUORUM = "HY-MED-03"  # 门诊慢特病: two of three experts
YES = {"opinion": "同意"}
VISITED = {"visited_on": "2026-06-10", "found": "属实", "companions": "小周"}


def side_by_side(cast: Cast, now: datetime) -> str:
    """A case that three departments of the county review at the same time."""
    number = under_way(cast, now, HOUSING)
    do(number, "check", actor=town_building(), now=now)
    return number


# -- side by side --------------------------------------------------------------------------------


def test_three_departments_work_at_the_same_time(cast: Cast, now: datetime) -> None:
    number = side_by_side(cast, now)
    assert set(steps_of(number)) == {"income", "property", "business"}
    offices = Step.objects.filter(case__number=number, state="open").values_list("office_id", flat=True)
    assert len(set(offices)) == 3


def test_the_next_step_opens_when_the_last_of_them_is_done(cast: Cast, now: datetime) -> None:
    number = side_by_side(cast, now)
    do(number, "property", actor=of_county("natural-resources"), now=now)
    do(number, "income", actor=of_county("civil-affairs"), now=now)
    assert steps_of(number) == ["business"]
    do(number, "business", actor=of_county("market"), now=now)
    assert steps_of(number) == ["notice"]


def test_reviewers_side_by_side_never_refuse_each_other(cast: Cast, now: datetime) -> None:
    number = side_by_side(cast, now)
    # Both drew their screens before either of them decided.
    income, business = step_of(number, "income"), step_of(number, "business")
    for step, line in ((income, "civil-affairs"), (business, "market")):
        complete(number, actor=of_county(line), now=now, step=step, expect=0, outcome="approve",
                 answers=YES)
    assert steps_of(number) == ["property"]


def test_nobody_does_the_work_of_the_department_beside_him(cast: Cast, now: datetime) -> None:
    number = side_by_side(cast, now)
    with pytest.raises(NotAllowed):
        do(number, "income", actor=of_county("market"), now=now)
    with pytest.raises(NotFound):
        do(number, "income", actor=cast.other_clerk, now=now)
    do(number, "income", actor=of_county("civil-affairs"), now=now)


def test_a_quorum_needs_no_more_than_its_number(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, QUORUM)
    expert = of_county("medical-security")
    for key in ("check", "expert-a", "expert-c"):
        do(number, key, actor=expert, now=now)
    assert steps_of(number) == ["panel"]
    assert steps_of(number, "cancelled") == ["expert-b"]


def test_every_plot_of_the_form_has_its_own_branch(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, PLANTING, plots=[{"name": "门前田"}, {"name": "河边田"}])
    do(number, "village", actor=cast.info, now=now, note="已核")
    branches = Step.objects.filter(case__number=number, key="plot", state="open")
    assert sorted(branches.values_list("branch", flat=True)) == ["河边田", "门前田"]
    for branch in branches:
        complete(number, actor=someone_of(branch.office_id), now=now, step=branch.pk,
                 outcome="approve", answers=VISITED)
    assert steps_of(number) == ["notice"]


def test_what_the_form_does_not_ask_for_is_skipped(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD, dig="no")
    do(number, "check", actor=of_county("housing"), now=now)
    assert sorted(steps_of(number)) == ["police", "visit"]
    assert steps_of(number, "skipped") == ["repair"]


def test_who_reviewed_it_does_not_decide_it(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, "HY-MED-04")
    officer = of_county("medical-security")
    do(number, "check", actor=officer, now=now)
    with pytest.raises((NotAllowed, WrongState)):
        do(number, "decide", actor=officer, now=now)
    with pytest.raises(Invalid, match="另一人"):
        reassign(number, actor=of_county("medical-security", "approver"), now=now, reason="他熟悉",
                 step=step_of(number, "decide"), account=officer.account_id)
    do(number, "decide", actor=of_county("medical-security", "approver"), now=now)


# -- too late ------------------------------------------------------------------------------------


def test_a_step_that_was_changed_meanwhile_is_stale(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, HOUSING)
    step = step_of(number, "check")
    reassign(number, actor=town_building_head(), now=now, step=step, reason="交小周",
             account=town_building().account_id)
    with pytest.raises(Stale, match="有了变化"):
        complete(number, actor=town_building(), now=now, step=step, expect=0, outcome="approve",
                 answers=YES)
    complete(number, actor=town_building(), now=now, step=step, expect=1, outcome="approve",
             answers=YES)


def test_a_step_that_a_colleague_has_done_says_so(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, HOUSING)
    step = step_of(number, "check")
    do(number, "check", actor=town_building(), now=now)
    with pytest.raises(Stale, match="已经有人办理"):
        complete(number, actor=town_building_head(), now=now, step=step, outcome="approve",
                 answers=YES)


def test_what_a_colleague_holds_is_his_until_the_head_releases_it(
    cast: Cast, now: datetime
) -> None:
    number = under_way(cast, now, HOUSING)
    head, step = town_building_head(), step_of(number, "check")
    reassign(number, actor=head, now=now, step=step, account=head.account_id, reason="亲自办")
    with pytest.raises((NotAllowed, WrongState), match="同事"):
        do(number, "check", actor=town_building(), now=now)
    reassign(number, actor=head, now=now, step=step, account=None, reason="出差")
    do(number, "check", actor=town_building(), now=now)


def test_a_step_of_another_case_is_no_step_of_this_one(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    other = accepted(cast, now, another_is_meant=True)
    with pytest.raises(NotFound, match="没有这个环节"):
        complete(number, actor=cast.reviewer, now=now, step=step_of(other, "check"),
                 outcome="approve", answers=YES)


def test_nothing_is_done_before_acceptance_or_during_a_pause(cast: Cast, now: datetime) -> None:
    waiting = received(cast, now)
    with pytest.raises(WrongState, match="待受理"):
        complete(waiting, actor=cast.reviewer, now=now, step=1, outcome="approve", answers=YES)
    number = under_way(cast, now, ROAD)
    suspend(number, actor=of_county("housing"), now=now, reason="testing", expected="五日")
    with pytest.raises(WrongState, match="暂停"):
        do(number, "check", actor=of_county("housing"), now=now)


def test_a_step_after_its_limit_is_late_and_the_case_is_not(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)  # the town has five working days: until Wednesday 17 June, 17:00
    do(number, "check", actor=cast.reviewer, now=now + timedelta(days=7, hours=8))
    assert Step.objects.get(case__number=number, key="check").late
    assert told(number)["late"] is True
    assert not case_of(number).late


def test_a_decision_after_the_promised_day_marks_the_case(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now)
    do(number, "decide", actor=cast.county, now=now + timedelta(days=23))  # Friday 3 July
    assert clock_of(number, "promise").late
    assert not clock_of(number, "decision").late
    assert case_of(number).late


# -- what must be said ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"answers": {}}, "请填写意见"),
        ({"outcome": "reject", "answers": {"opinion": "不同意"}}, "请填写理由"),
        ({"answers": {"opinion": "同意", "mood": "good"}}, "没有这一项"),
        ({"outcome": "repeat", "answers": YES}, "没有这个结果"),
    ],
)
def test_the_answers_are_checked(
    cast: Cast, now: datetime, said: dict[str, object], message: str
) -> None:
    number = accepted(cast, now)
    with pytest.raises(Invalid, match=message):
        complete(number, actor=cast.reviewer, now=now, step=step_of(number, "check"),
                 **{"outcome": "approve", **said})
    assert steps_of(number) == ["check"]


def test_what_was_said_about_a_person_is_not_in_the_event_itself(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now, opinion="其子有残疾")
    assert "残疾" not in str(told(number))


# -- public notice -------------------------------------------------------------------------------


def posted(cast: Cast, now: datetime) -> str:
    """A case whose public notice of seven days begins now."""
    number = under_way(cast, now, PLANTING)
    do(number, "village", actor=cast.info, now=now, note="已核")
    for branch in Step.objects.filter(case__number=number, key__in=["plot", "county"], state="open"):
        said = YES if branch.key == "county" else VISITED
        complete(number, actor=someone_of(branch.office_id), now=now, step=branch.pk,
                 outcome="approve", answers=said)
    assert steps_of(number) == ["notice"]
    return number


@pytest.mark.parametrize(
    ("days", "dates", "message"),
    [
        (6, ("2026-06-10", "2026-06-17"), "还没有结束"),
        (7, ("2026-06-10", "2026-06-16"), "不足7日"),
        (7, ("2026-06-09", "2026-06-17"), "不能早于"),
        (7, ("昨天", "今天"), "日期"),
    ],
)
def test_a_public_notice_takes_all_its_days(
    cast: Cast, now: datetime, days: int, dates: tuple[str, str], message: str
) -> None:
    number = posted(cast, now)
    officer = someone_of(Step.objects.get(case__number=number, key="notice").office_id)
    with pytest.raises(Invalid, match=message):
        do(number, "notice", actor=officer, now=now + timedelta(days=days), where="村部公示栏",
           posted_on=dates[0], ended_on=dates[1])
    do(number, "notice", actor=officer, now=now + timedelta(days=7), where="村部公示栏",
       posted_on="2026-06-10", ended_on="2026-06-17")
    assert steps_of(number) == ["decide"]


def test_after_an_objection_it_is_posted_again(cast: Cast, now: datetime) -> None:
    number = posted(cast, now)
    officer = someone_of(Step.objects.get(case__number=number, key="notice").office_id)
    do(number, "notice", "repeat", actor=officer, now=now + timedelta(days=2), objection="面积不符")
    again = Step.objects.get(case__number=number, key="notice", state="open")
    assert again.round == 2
    assert str(again.due_at.date()) == "2026-06-22"  # Friday 19 June is a holiday: Monday


def test_an_objection_that_is_right_goes_back_to_where_the_flow_says(
    cast: Cast, now: datetime
) -> None:
    number = posted(cast, now)
    officer = someone_of(Step.objects.get(case__number=number, key="notice").office_id)
    do(number, "notice", "reject", actor=officer, now=now + timedelta(days=2), objection="面积不符")
    assert steps_of(number) == ["village"]


# -- the end -------------------------------------------------------------------------------------


def test_a_review_that_only_advises_goes_on_after_a_no(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    do(number, "check", "reject", actor=cast.reviewer, now=now)
    assert steps_of(number) == ["decide"]
    assert case_of(number).outcome == ""


def test_a_denial_ends_the_work_and_is_delivered(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now)
    do(number, "decide", "reject", actor=cast.county, now=now)
    case = case_of(number)
    assert (case.state, case.outcome, case.decided_at) == ("decided", "denied", now)
    assert (steps_of(number), steps_of(number, "skipped")) == (["deliver"], ["issue"])
    assert clock_of(number, "decision").met_at == now


def test_delivery_has_ten_working_days_from_the_decision(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now)
    do(number, "decide", actor=cast.county, now=now)
    # Ten working days after Wednesday 10 June, over the holiday of the 19th: Thursday the 25th.
    assert str(clock_of(number, "delivery").due_on) == "2026-06-25"


def test_the_way_of_delivery_is_one_of_the_lawful_ones(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    for key, actor in (("check", cast.reviewer), ("decide", cast.county)):
        do(number, key, actor=actor, now=now)
    complete(number, actor=cast.county, now=now, step=step_of(number, "issue"), outcome="approve")
    with pytest.raises(Invalid, match="送达方式"):
        do(number, "deliver", actor=cast.info, now=now, way="pigeon")
    do(number, "deliver", actor=cast.info, now=now, **HANDED)
    assert clock_of(number, "delivery").met_at == now
    assert story(number) == ["receive", "accept", *["complete"] * 4]
