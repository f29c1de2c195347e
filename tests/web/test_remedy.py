"""救济途径: a refusal and a decision say to whom, and by when, the resident may turn."""

from datetime import datetime

import pytest
from django.test import Client

from tests.cases.scenes import item_of, publish_variant
from tests.cast import ALLOWANCE, CITY, COUNTY, DAY, TOWN, Cast, received
from tests.web.test_verify import at, denied, paper, text_of  # noqa: F401  (at: the clock)
from weimin.cases.verbs import refuse
from weimin.network.models import Office
from weimin.network.offices import review_body

pytestmark = pytest.mark.django_db


def body_of(code: str) -> str | None:
    return review_body(Office.objects.get(code=code).pk, DAY)


def test_what_a_county_bureau_denied_goes_to_the_county_government(cast: Cast, now: datetime) -> None:
    said = text_of(paper(cast, denied(cast, now), "decision"))
    assert "60日内向衡阳县人民政府申请行政复议" in said and "6个月内" in said


def test_a_denial_says_by_when_it_is_told_where_the_items_law_does(
    cast: Cast, now: datetime, own_network: None
) -> None:
    limit = {**item_of(ALLOWANCE).data["limit"], "refusal": "3wd"}
    publish_variant(ALLOWANCE, limit=limit)
    said = text_of(paper(cast, denied(cast, now), "decision"))
    assert "3个工作日内（最迟2026年6月15日周一）书面告知" in said  # denied on 周三
    guide = Client().get(f"/items/{ALLOWANCE}").content.decode()
    assert "作出决定后 3个工作日内书面告知并说明理由" in guide


def test_what_a_town_did_not_accept_goes_to_the_county_government(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    refuse(number, actor=cast.reviewer, now=now, reason="不属于本县受理范围")
    assert "向衡阳县人民政府申请行政复议" in text_of(paper(cast, number, "refusal"))


@pytest.mark.parametrize(("office", "body"), [
    (f"{COUNTY}.civil-affairs", "衡阳县人民政府"),  # 行政复议法 art. 24(1)(1): its own level's
    (f"{TOWN}.government", "衡阳县人民政府"),  # (1)(2): of the next lower government
    (f"{COUNTY}.government", "衡阳市人民政府"),
    (f"{CITY}.civil-affairs", "衡阳市人民政府"),
])
def test_the_government_that_reviews_stands_over_whoever_acted(
    db: None, office: str, body: str
) -> None:
    assert body_of(office) == body
