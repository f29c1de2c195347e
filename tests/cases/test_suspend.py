"""暂停办理: the days that the law leaves out move the date, and no others do."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import (
    ROAD,
    case_of,
    county_building_head,
    due,
    item_of,
    of_county,
    publish_variant,
    told,
    town_building,
    under_way,
)
from tests.cast import Cast, accepted
from weimin.cases.models import Pause
from weimin.cases.verbs import extend, resume, suspend
from weimin.kernel.errors import Invalid, NotAllowed, NotFound, WrongState

FRIDAY, WEDNESDAY = timedelta(days=2), timedelta(days=7)  # 12 and 17 June


def wait(number: str, reason: str, now: datetime, **more: object) -> None:
    """The officer in charge waits for something, and told the resident for how long."""
    suspend(number, **{"actor": town_building(), "now": now, "reason": reason,
                       "expected": "约三个工作日", **more})


def test_an_expert_review_moves_the_date_by_its_working_days(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD)
    assert due(number) == "2026-07-09"  # a Thursday
    wait(number, "expert_review", now + FRIDAY)
    resume(number, actor=town_building(), now=now + WEDNESDAY)
    # The days after Friday the 12th up to Wednesday the 17th: Monday, Tuesday, Wednesday.
    assert due(number) == "2026-07-14"  # a Tuesday
    assert told(number)["due"]["decision"] == "2026-07-14"


def test_while_it_lasts_there_is_no_date(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD)
    wait(number, "hearing", now + FRIDAY)
    assert due(number) == "None"
    assert case_of(number).due_at is None


def test_the_promise_to_the_resident_moves_with_it(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD)
    assert due(number, "promise") == "2026-06-29"  # 12 working days: a Monday
    wait(number, "testing", now + FRIDAY)
    resume(number, actor=town_building(), now=now + WEDNESDAY)
    assert due(number, "promise") == "2026-07-02"  # a Thursday


@pytest.mark.parametrize("reason", ["site_visit", "public_notice", "external", "supplement"])
def test_what_article_45_does_not_name_moves_nothing(
    cast: Cast, now: datetime, reason: str
) -> None:
    number = under_way(cast, now, ROAD)
    wait(number, reason, now + FRIDAY)
    assert due(number) == "2026-07-09"
    resume(number, actor=town_building(), now=now + WEDNESDAY)
    assert due(number) == "2026-07-09"


def test_unless_a_special_law_of_the_item_leaves_it_out(
    db: None, cast: Cast, now: datetime
) -> None:
    limit = {**item_of(ROAD).data["limit"], "uncounted_pauses": ["site_visit"]}
    publish_variant(ROAD, limit=limit)
    number = under_way(cast, now, ROAD)
    wait(number, "site_visit", now + FRIDAY)
    resume(number, actor=town_building(), now=now + WEDNESDAY)
    assert due(number) == "2026-07-14"  # a Tuesday: three working days later
    wait(number, "public_notice", now + WEDNESDAY)  # of which that law says nothing
    assert due(number) == "2026-07-14"


def test_the_law_of_permits_is_not_the_law_of_benefits(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    before = due(number)
    suspend(number, actor=cast.reviewer, now=now + FRIDAY, reason="hearing", expected="三日")
    assert due(number) == before


def test_a_pause_and_an_extension_commute(cast: Cast, now: datetime) -> None:
    dues = []
    for person, first in ((cast.zhao, "pause"), (cast.qian, "extension")):
        number = under_way(replace(cast, zhao=person), now, ROAD)
        if first == "extension":
            extend(number, actor=county_building_head(), now=now, term="10wd", reason="管线复杂")
        wait(number, "hearing", now + FRIDAY)
        resume(number, actor=town_building(), now=now + WEDNESDAY)
        if first == "pause":
            extend(number, actor=county_building_head(), now=now + WEDNESDAY, term="10wd",
                   reason="管线复杂")
        dues.append(due(number))
    assert dues == ["2026-07-28", "2026-07-28"]  # ten working days after 14 July: a Tuesday


def test_two_pauses_leave_out_both(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD)
    for first, last in ((1, 2), (5, 7)):  # Thursday to Friday, Monday to Wednesday
        wait(number, "testing", now + timedelta(days=first))
        resume(number, actor=town_building(), now=now + timedelta(days=last))
    assert due(number) == "2026-07-14"  # Friday, Tuesday and Wednesday are left out


def test_a_pause_that_ends_on_its_day_moves_nothing(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD)
    for _ in range(2):
        wait(number, "testing", now + FRIDAY)
        resume(number, actor=town_building(), now=now + FRIDAY)
    assert due(number) == "2026-07-09"


@pytest.mark.parametrize(
    ("change", "message"),
    [({"reason": "holiday"}, "请选择"), ({"expected": " "}, "需要多长时间")],
)
def test_the_reason_is_lawful_and_the_time_is_told(
    cast: Cast, now: datetime, change: dict[str, str], message: str
) -> None:
    number = under_way(cast, now, ROAD)
    with pytest.raises(Invalid, match=message):
        wait(number, **{"reason": "testing", "now": now, **change})
    assert not Pause.objects.exists()


def test_what_does_not_wait_is_not_resumed(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD)
    with pytest.raises(WrongState, match="没有暂停"):
        resume(number, actor=town_building(), now=now)


def test_there_is_one_pause_at_a_time(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD)
    wait(number, "testing", now)
    with pytest.raises(WrongState, match="暂停"):
        wait(number, "hearing", now)


def test_who_works_on_it_may_wait_and_nobody_else(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD)
    for other in (cast.clerk, cast.supervisor, cast.resident):
        with pytest.raises(NotAllowed):
            wait(number, "testing", now, actor=other)
    with pytest.raises(NotFound):
        wait(number, "testing", now, actor=cast.other_clerk)
    wait(number, "testing", now, actor=of_county("housing"))  # holds the open step
    with pytest.raises(NotAllowed):
        resume(number, actor=cast.clerk, now=now)
    resume(number, actor=town_building(), now=now)  # is accountable for the case
