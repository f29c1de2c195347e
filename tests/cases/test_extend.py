"""批准延期: once, by as much as the law allows, by whom the law names."""

from datetime import datetime

import pytest

from tests.cases.scenes import (
    ROAD,
    county_building_head,
    due,
    offers,
    publish_variant,
    told,
    town_building,
    town_building_head,
    under_way,
)
from tests.cast import Cast, accepted
from weimin.cases.verbs import extend
from weimin.kernel.errors import Invalid, NotAllowed, WrongState

REASON = "地下管线复杂"


def test_a_permit_is_extended_by_ten_working_days(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD)
    extend(number, actor=county_building_head(), now=now, term="10wd", reason=REASON)
    assert due(number) == "2026-07-23"  # from Thursday 9 July to Thursday two weeks later
    assert told(number)["before"]["decision"] == "2026-07-09"
    assert told(number)["after"]["decision"] == "2026-07-23"


def test_only_once(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD)
    extend(number, actor=county_building_head(), now=now, term="3wd", reason=REASON)
    assert "extend" not in offers(number, county_building_head(), now)
    with pytest.raises(WrongState):
        extend(number, actor=county_building_head(), now=now, term="3wd", reason=REASON)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"term": "11wd"}, "最多可以延长10个工作日"),
        ({"term": "5d"}, "最多"),
        ({"term": "0wd"}, "最多"),
        ({"term": "很久"}, "请写一个数"),
        ({"reason": " "}, "理由"),
    ],
)
def test_no_further_than_the_law_allows(
    cast: Cast, now: datetime, change: dict[str, str], message: str
) -> None:
    number = under_way(cast, now, ROAD)
    with pytest.raises(Invalid, match=message):
        extend(number, actor=county_building_head(), now=now,
               **{"term": "10wd", "reason": REASON, **change})
    assert due(number) == "2026-07-09"


def test_the_head_of_the_office_that_decides_approves_it(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD)  # accepted by the town, decided by the county
    assert "extend" in offers(number, county_building_head(), now)
    for other in (town_building(), town_building_head(), cast.government, cast.supervisor, cast.resident):
        assert "extend" not in offers(number, other, now)
        with pytest.raises((NotAllowed, WrongState)):
            extend(number, actor=other, now=now, term="10wd", reason=REASON)


def test_where_no_law_allows_it_nobody_extends(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)  # a benefit
    with pytest.raises(WrongState):
        extend(number, actor=cast.county_head, now=now, term="10wd", reason=REASON)


def test_joint_handling_is_extended_by_the_head_of_government(
    cast: Cast, now: datetime, db: None
) -> None:
    publish_variant(ROAD, joint=True)
    number = under_way(cast, now, ROAD)
    assert "extend" not in offers(number, county_building_head(), now)
    with pytest.raises((NotAllowed, WrongState)):
        extend(number, actor=county_building_head(), now=now, term="15wd", reason=REASON)
    extend(number, actor=cast.government, now=now, term="15wd", reason=REASON)
    assert due(number) == "2026-07-30"  # fifteen working days after Thursday 9 July


def test_joint_handling_has_45_working_days_where_the_item_sets_no_term(
    cast: Cast, now: datetime, db: None
) -> None:
    publish_variant(ROAD, joint=True, limit={})
    number = under_way(cast, now, ROAD)
    assert due(number) == "2026-08-13"  # a Thursday
