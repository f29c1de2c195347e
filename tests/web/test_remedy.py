"""What the papers say of terms and remedies: until when, and to whom the resident may turn."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.test import Client

from tests.cases.scenes import ROAD, application, item_of, publish_variant, told, town_building
from tests.cast import ALLOWANCE, CITY, COUNTY, DAY, TOWN, Cast, do, received, scans
from tests.web.doors import logged_in
from tests.web.test_verify import at, denied, paper, text_of  # noqa: F401  (at: the clock)
from weimin.cases.verbs import accept, notify_missing, receive, refuse, supplement
from weimin.kernel.errors import Invalid
from weimin.network.models import Office
from weimin.network.offices import review_body

ONLINE = "示意：网上复议申请平台https://fuyi.example/4304"
ELECTRONIC = {"way": "electronic", "consent_on": "2026-06-01", "sent_to": "平台账号",
              "received_on": "2026-06-10", "consent_kept": "镇档案室"}
pytestmark = pytest.mark.django_db


def body_of(code: str) -> str | None:
    body = review_body(Office.objects.get(code=code).pk, DAY)
    return body.name if body else None


def test_what_a_county_bureau_denied_goes_to_the_county_government(cast: Cast, now: datetime) -> None:
    said = text_of(paper(cast, denied(cast, now), "decision"))
    assert "60日内向衡阳县人民政府申请行政复议" in said and "6个月内" in said


def test_a_denial_says_by_when_it_is_told_where_the_items_law_does(
    cast: Cast, now: datetime, db: None
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


def test_what_is_delivered_electronically_says_where_to_contest_it_online(
    cast: Cast, now: datetime
) -> None:
    """行政复议法 art. 22(2); the channel of the demo is an illustration, and says so."""
    number = denied(cast, now)
    assert f"在网上提交复议申请（{ONLINE}）" in text_of(paper(cast, number, "decision"))
    info = logged_in(cast.info)
    assert ONLINE in info.get(f"/desk/cases/{number}").content.decode()
    do(number, "deliver", actor=cast.info, now=now + timedelta(hours=1), **ELECTRONIC)
    assert told(number)["review"] == ONLINE
    assert f"已同时告知网上提交行政复议申请的渠道：{ONLINE}" in text_of(paper(cast, number, "delivery"))
    mine = logged_in(cast.resident).get(f"/mine/{number}").content.decode()
    assert "不服决定的，也可以在网上申请行政复议" in mine and ONLINE in mine


def test_where_no_channel_is_known_a_decision_is_not_delivered_electronically(
    cast: Cast, now: datetime
) -> None:
    number = denied(cast, now)
    Office.objects.update(reconsideration="")
    with pytest.raises(Invalid) as error:
        do(number, "deliver", actor=cast.info, now=now + timedelta(hours=1), **ELECTRONIC)
    assert set(error.value.fields) == {"way"} and "第二十二条" in error.value.fields["way"]
    do(number, "deliver", actor=cast.info, now=now + timedelta(hours=1), way="post", tracking="EMS1",
       received_on="2026-06-10")


def test_the_written_acceptance_says_from_when_the_days_count_if_it_came_late(
    cast: Cast, now: datetime
) -> None:
    number, town = without_plan(cast, now), town_building()
    supplement(number, actor=cast.resident, now=now, have=scans(cast.resident, ["plan"], now))
    accept(number, actor=town, now=now + timedelta(days=2))
    said = text_of(paper(cast, number, "acceptance", by=town))
    assert "2026年6月12日受理" in said  # 周五
    assert "期限起算2026年6月10日周三（行政许可法第三十二条）" in said
    assert "法定期限2026年7月9日（周四）" in said


def without_plan(cast: Cast, now: datetime) -> str:
    """A permit whose applicant was told that the plan is missing."""
    whole = application(cast.zhao, ROAD)
    have = {key: file for key, file in whole.have.items() if key != "plan"}
    number = receive(replace(whole, have=have), actor=cast.clerk, now=now).number
    notify_missing(number, actor=town_building(), now=now)
    return number
