"""不予: a denial is told in writing within its own term, where the item's law has one."""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import case_of, clock_of, item_of, publish_variant
from tests.cases.test_cards import after_the_end, cards
from tests.cast import ALLOWANCE, HANDED, Cast, accepted, do
from tests.unit.calendars import at, on
from weimin.cases.models import Step
from weimin.cases.tasks import issue_due_cards
from weimin.kernel import clock

pytestmark = pytest.mark.usefixtures("db")

THREE_DAYS = "3wd"  # 民发〔2021〕57号 art. 21, 民发〔2021〕43号 art. 18


def decided(cast: Cast, now: datetime, outcome: str, moment: datetime, *, refusal: str | None = None
            ) -> str:
    """A case that the county decided at that moment, of an item that says this of denials."""
    if refusal:
        limit = {**item_of(ALLOWANCE).data["limit"], "refusal": refusal}
        publish_variant(ALLOWANCE, limit=limit)
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now + timedelta(hours=1))
    do(number, "decide", outcome, actor=cast.county, now=moment)
    return number


TOLD_BY = [
    ("2026-06-10 周三 16:00", "2026-06-15 周一"),  # over a weekend
    ("2026-06-16 周二 10:00", "2026-06-22 周一"),  # 端午 on Friday 19
    ("2026-06-22 周一 10:00", "2026-06-25 周四"),  # an ordinary week
    ("2026-09-16 周三 10:00", "2026-09-20 周日"),  # Sunday 20 is worked
    ("2026-09-23 周三 10:00", "2026-09-29 周二"),  # 中秋 from Friday 25
    ("2026-09-29 周二 10:00", "2026-10-09 周五"),  # 国庆 from Thursday 1
]


@pytest.mark.parametrize(("moment", "last"), TOLD_BY)
def test_a_denial_is_told_within_the_term_that_the_item_says(
    cast: Cast, now: datetime, moment: str, last: str
) -> None:
    number = decided(cast, now, "reject", at(moment), refusal=THREE_DAYS)
    told = clock_of(number, "delivery")
    assert (told.term, told.due_on) == (THREE_DAYS, on(last))
    step = Step.objects.get(case__number=number, key="deliver")
    assert case_of(number).due_at == step.due_at == told.due_at


@pytest.mark.parametrize(("outcome", "refusal"), [("approve", THREE_DAYS), ("reject", None)])
def test_a_grant_or_a_denial_without_a_term_of_its_own_has_the_profiles_ten_days(
    cast: Cast, now: datetime, outcome: str, refusal: str | None
) -> None:
    moment = at("2026-06-22 周一 10:00")
    number = decided(cast, now, outcome, moment, refusal=refusal)
    told = clock_of(number, "delivery")
    assert (told.term, told.due_on) == ("10wd", on("2026-07-06 周一"))


def test_the_demos_assistance_says_three_days(db: None) -> None:
    for code in ("HY-AID-01", "HY-AID-02", "HY-AID-03"):
        assert str(item_of(code).delivery("denied")) == THREE_DAYS
        assert str(item_of(code).delivery("granted")) == "10wd"


def test_the_light_is_yellow_before_the_third_day_and_red_after_it(
    cast: Cast, now: datetime
) -> None:
    number = decided(cast, now, "reject", at("2026-06-22 周一 10:00"), refusal=THREE_DAYS)
    assert case_of(number).warn_on == on("2026-06-24 周三")
    with clock.rehearsed(at("2026-06-24 周三 09:00")):
        issue_due_cards()
    assert cards(number)[-1] == ("yellow", "delivery", "standing")
    with clock.rehearsed(after_the_end(number)):
        issue_due_cards()
    assert cards(number)[-1] == ("red", "delivery", "standing")


@pytest.mark.parametrize(("moment", "late"), [
    ("2026-06-25 周四 17:00", False),
    ("2026-06-26 周五 09:00", True),
])
def test_told_after_the_third_day_is_late(
    cast: Cast, now: datetime, moment: str, late: bool
) -> None:
    number = decided(cast, now, "reject", at("2026-06-22 周一 10:00"), refusal=THREE_DAYS)
    do(number, "deliver", actor=cast.info, now=at(moment), **HANDED)
    assert (clock_of(number, "delivery").late, case_of(number).late) == (late, late)
