"""受理: the competent office takes a case on, with or without gaps; or the law does."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import (
    ROAD,
    SUBSIDY,
    application,
    case_of,
    clock_of,
    due,
    someone_of,
    told,
    town_building,
)
from tests.cast import Cast, intake, received, scans
from weimin.cases.models import Duty, Material, Step
from weimin.cases.verbs import accept, notify_missing, receive, refuse, supplement
from weimin.kernel.errors import Invalid, NotAllowed, NotFound, Stale, WrongState
from weimin.network.actor import SYSTEM


def test_the_clocks_start_with_acceptance(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    accept(number, actor=cast.reviewer, now=now)
    # From Wednesday 10 June; Friday the 19th is the Dragon Boat holiday.
    assert due(number, "promise") == "2026-07-02"  # 15 working days: a Thursday
    assert due(number, "decision") == "2026-07-23"  # 30 working days: a Thursday
    assert clock_of(number, "notice").met_at == now


def test_the_first_step_opens_at_its_office(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    accept(number, actor=cast.reviewer, now=now)
    assert Step.objects.get(case__number=number).office_id == cast.reviewer.office_id
    assert told(number)["opened"] == ["check"]


def test_who_accepts_is_accountable_and_the_first_contact_is_free(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    accept(number, actor=cast.reviewer, now=now)
    case = case_of(number)
    assert (case.lead_post_id, case.first_contact_id) == (cast.reviewer.post_id, None)
    assert [duty.post_id for duty in Duty.objects.filter(case=case).order_by("since")] == [
        cast.info.post_id, cast.reviewer.post_id,
    ]


def test_only_the_competent_office_accepts(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    for other in (cast.info, cast.county, cast.supervisor, cast.resident):
        with pytest.raises(NotAllowed):
            accept(number, actor=other, now=now)
    with pytest.raises(NotFound):
        accept(number, actor=cast.other_clerk, now=now)
    accept(number, actor=cast.reviewer, now=now)


def test_it_is_accepted_once(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    accept(number, actor=cast.reviewer, now=now)
    with pytest.raises(WrongState, match="办理中"):
        accept(number, actor=cast.reviewer, now=now)


def test_a_case_that_changed_since_the_screen_was_drawn_is_stale(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    with pytest.raises(Stale):
        accept(number, actor=cast.reviewer, now=now, expect=7)
    accept(number, actor=cast.reviewer, now=now, expect=1)


def test_what_is_missing_is_named_all_at_once(cast: Cast, now: datetime) -> None:
    number = receive(intake(cast.zhao, have={"apply": None}), actor=cast.info, now=now).number
    with pytest.raises(WrongState, match="居民身份证、居民户口簿、社会保障卡"):
        accept(number, actor=cast.reviewer, now=now)


# -- 容缺受理 ------------------------------------------------------------------------------------


def without_invoice(cast: Cast, now: datetime) -> str:
    """An application for the machinery subsidy whose invoice is not there yet."""
    whole = application(cast.zhao, SUBSIDY)
    have = {key: file for key, file in whole.have.items() if key != "invoice"}
    return receive(replace(whole, have=have), actor=cast.clerk, now=now).number


def test_what_may_follow_is_promised_for_a_day(cast: Cast, now: datetime) -> None:
    number = without_invoice(cast, now)
    officer = someone_of(case_of(number).office_id)
    with pytest.raises(WrongState, match="购机发票"):
        accept(number, actor=officer, now=now)
    accept(number, actor=officer, now=now, gaps={"invoice": "2026-06-20"})
    invoice = Material.objects.get(case__number=number, key="invoice")
    assert (invoice.state, str(invoice.due_on)) == ("promised", "2026-06-20")


def test_what_was_promised_comes_in_while_the_case_goes_on(cast: Cast, now: datetime) -> None:
    number = without_invoice(cast, now)
    officer = someone_of(case_of(number).office_id)
    accept(number, actor=officer, now=now, gaps={"invoice": "2026-06-20"})
    supplement(number, actor=cast.resident, now=now + timedelta(days=3),
               have=scans(cast.resident, ["invoice"], now))
    assert Material.objects.get(case__number=number, key="invoice").state == "have"
    assert case_of(number).state == "accepted"


@pytest.mark.parametrize(
    ("gaps", "message"),
    [
        ({"invoice": "2026-06-21"}, "（10日内）"),  # the eleventh day
        ({"invoice": "下周"}, "请填写补齐日期"),
        ({"id-card": "2026-06-12"}, "不能容缺"),
        ({"moon-rock": "2026-06-12"}, "不能容缺"),
    ],
)
def test_a_gap_has_its_limits(
    cast: Cast, now: datetime, gaps: dict[str, str], message: str
) -> None:
    number = without_invoice(cast, now)
    with pytest.raises(Invalid, match=message):
        accept(number, actor=someone_of(case_of(number).office_id), now=now, gaps=gaps)
    assert case_of(number).state == "received"


# -- 逾期不告知，自收到之日起即为受理 -------------------------------------------------------------


def road(cast: Cast, now: datetime) -> str:
    """A permit to dig up a road, received on Wednesday 10 June."""
    return receive(application(cast.zhao, ROAD), actor=cast.clerk, now=now).number


AFTER = timedelta(days=7, hours=8)  # Wednesday 17 June, 18:00: the fifth working day is over


def test_silence_accepts_a_permit_from_the_day_of_receipt(cast: Cast, now: datetime) -> None:
    number = road(cast, now)
    accept(number, actor=SYSTEM, now=now + AFTER)
    assert case_of(number).state == "accepted"
    assert told(number)["from"] == "2026-06-10"
    assert due(number) == "2026-07-09"  # 20 working days after the 10th: a Thursday
    assert clock_of(number, "notice").late


def test_the_competent_office_answers_for_what_silence_accepted(cast: Cast, now: datetime) -> None:
    number = road(cast, now)
    accept(number, actor=SYSTEM, now=now + AFTER)
    case = case_of(number)
    assert (case.lead_post_id, case.first_contact_id) == (town_building().post_id, None)


def test_silence_accepts_only_after_the_last_moment(cast: Cast, now: datetime) -> None:
    number = road(cast, now)
    with pytest.raises(WrongState):
        accept(number, actor=SYSTEM, now=now + AFTER - timedelta(hours=2))


def test_silence_does_not_accept_a_benefit(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    with pytest.raises(WrongState):
        accept(number, actor=SYSTEM, now=now + AFTER)


def test_silence_does_not_accept_after_a_notice_in_time(cast: Cast, now: datetime) -> None:
    number = road(cast, now)
    notify_missing(number, actor=town_building(), now=now, missing={"plan": "没有标尺寸"})
    with pytest.raises(WrongState):
        accept(number, actor=SYSTEM, now=now + AFTER)


def test_a_late_notice_stops_nothing(cast: Cast, now: datetime) -> None:
    number = road(cast, now)
    with pytest.raises(WrongState, match="逾期未告知的即为受理"):
        notify_missing(number, actor=town_building(), now=now + AFTER, missing={"plan": "没有尺寸"})
    accept(number, actor=SYSTEM, now=now + AFTER)
    assert told(number)["from"] == "2026-06-10"


def test_what_silence_accepted_is_not_refused_any_more(cast: Cast, now: datetime) -> None:
    """By law it is accepted from receipt, though the system came late to say so."""
    number = road(cast, now)
    with pytest.raises(WrongState, match="逾期未告知的即为受理"):
        refuse(number, actor=town_building(), now=now + AFTER, reason="不属于受理范围")
    other = receive(application(cast.qian, ROAD), actor=cast.clerk, now=now).number
    refuse(other, actor=town_building(), now=now + AFTER - timedelta(hours=2), reason="不属于受理范围")
    assert case_of(other).outcome == "refused"


def test_an_officer_who_accepts_a_permit_late_wins_no_day(cast: Cast, now: datetime) -> None:
    number = road(cast, now)
    accept(number, actor=town_building(), now=now + AFTER)
    assert told(number)["from"] == "2026-06-10"
