"""一次性告知: one notice names everything; a second one needs a reason from above."""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import case_of, clock_of, offers, told
from tests.cast import MATERIALS, Cast, received, scans
from weimin.cases.models import Material
from weimin.cases.verbs import accept, notify_again, notify_missing, supplement
from weimin.kernel.errors import Invalid, NotAllowed, NotFound, WrongState


def incomplete(cast: Cast, now: datetime) -> str:
    """A case in which the household register and the bank account are missing."""
    return received(cast, now, have={"id-card": None, "apply": None})


def test_the_notice_names_also_what_the_officer_forgot(cast: Cast, now: datetime) -> None:
    number = incomplete(cast, now)
    notify_missing(number, actor=cast.reviewer, now=now, missing={"household-register": "缺首页"})
    assert told(number)["missing"] == {
        "居民户口簿": "缺首页", "社会保障卡金融账户（或本人银行卡）": "未提供",
    }
    noted = Material.objects.get(case__number=number, key="household-register")
    assert (noted.state, noted.note) == ("missing", "缺首页")


def test_after_the_notice_the_resident_is_waited_for(cast: Cast, now: datetime) -> None:
    number = incomplete(cast, now)
    notify_missing(number, actor=cast.info, now=now)
    case = case_of(number)
    assert (case.state, case.due_at) == ("noticed", None)
    assert clock_of(number, "notice").late is False


def test_a_wrong_answer_of_the_form_is_told_too(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    notify_missing(number, actor=cast.reviewer, now=now, form={"birth": "与身份证不符"})
    assert told(number)["form"] == {"birth": "与身份证不符"}


def test_what_is_there_and_will_not_do_is_told_with_what_is_wrong(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    with pytest.raises(Invalid, match="哪里不符合要求"):
        notify_missing(number, actor=cast.reviewer, now=now, wrong={"apply": " "})
    notify_missing(number, actor=cast.reviewer, now=now, wrong={"apply": "没有本人签字"})
    said = told(number)
    assert (said["missing"], list(said["wrong"].values())) == ({}, ["没有本人签字"])
    noted = Material.objects.get(case__number=number, key="apply")
    assert (noted.state, noted.note) == ("missing", "没有本人签字")


def test_nothing_to_tell_is_no_notice(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    with pytest.raises(WrongState, match="材料齐全"):
        notify_missing(number, actor=cast.reviewer, now=now)


def test_nobody_asks_for_what_the_item_does_not_need(cast: Cast, now: datetime) -> None:
    number = incomplete(cast, now)
    with pytest.raises(Invalid, match="不需要这份材料"):
        notify_missing(number, actor=cast.reviewer, now=now, missing={"moon-rock": "没有"})


def test_receiver_and_competent_office_may_and_nobody_else(cast: Cast, now: datetime) -> None:
    number = incomplete(cast, now)
    for other in (cast.county, cast.supervisor, cast.resident):
        with pytest.raises(NotAllowed):
            notify_missing(number, actor=other, now=now)
    with pytest.raises(NotFound):
        notify_missing(number, actor=cast.other_clerk, now=now)
    notify_missing(number, actor=cast.info, now=now)


def test_a_notice_after_the_fifth_working_day_is_marked_late(cast: Cast, now: datetime) -> None:
    number = incomplete(cast, now)
    notify_missing(number, actor=cast.reviewer, now=now + timedelta(days=7, hours=8))
    assert told(number)["late"] is True
    assert clock_of(number, "notice").late
    assert not case_of(number).late  # the decision itself is not late


def test_a_second_notice_takes_a_reason_from_above(cast: Cast, now: datetime) -> None:
    number = incomplete(cast, now)
    notify_missing(number, actor=cast.reviewer, now=now)
    with pytest.raises(WrongState, match="待补正"):
        notify_missing(number, actor=cast.reviewer, now=now, missing={"apply": "没有签字"})
    again = {"actor": cast.supervisor, "now": now, "missing": {"apply": "没有签字"}}
    with pytest.raises(Invalid, match="理由"):
        notify_again(number, reason=" ", **again)
    with pytest.raises(NotAllowed):
        notify_again(number, reason="漏看", **{**again, "actor": cast.reviewer})
    notify_again(number, reason="漏看签字栏", **again)
    assert told(number)["reason"] == "漏看签字栏"
    assert "高龄津贴申请表" in told(number)["missing"]


def test_the_head_of_the_office_may_notify_again(cast: Cast, now: datetime) -> None:
    number = incomplete(cast, now)
    notify_missing(number, actor=cast.reviewer, now=now)
    notify_again(number, actor=cast.town_head, now=now, reason="漏看", form={"birth": "不符"})


def test_after_the_supplement_nobody_asks_again_without_a_reason(
    cast: Cast, now: datetime
) -> None:
    number = incomplete(cast, now)
    notify_missing(number, actor=cast.reviewer, now=now)
    supplement(number, actor=cast.resident, now=now, have=scans(cast.resident, MATERIALS, now))
    assert "notify_missing" not in offers(number, cast.reviewer, now)


def test_after_the_supplement_acceptance_has_a_limit_again(cast: Cast, now: datetime) -> None:
    number = incomplete(cast, now)
    notify_missing(number, actor=cast.reviewer, now=now)
    supplement(number, actor=cast.resident, now=now, have=scans(cast.resident, MATERIALS, now))
    assert case_of(number).due_at is not None


def test_after_the_supplement_it_can_be_accepted(cast: Cast, now: datetime) -> None:
    number = incomplete(cast, now)
    notify_missing(number, actor=cast.reviewer, now=now)
    supplement(number, actor=cast.resident, now=now + timedelta(days=1),
               have=scans(cast.resident, MATERIALS, now))
    accept(number, actor=cast.reviewer, now=now + timedelta(days=2))
    assert str(clock_of(number, "decision").start) == "2026-06-12"
