"""Delegations and readiness by publishing: begun, ended, withdrawn; the administration's stay."""

from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateRange

from tests.cases.scenes import case_of
from tests.cast import ALLOWANCE, COUNTY, TOWN, Cast, accepted, do, received
from tests.packs.place import Place, everything
from weimin.cases.models import Step
from weimin.cases.verbs import accept
from weimin.catalogue.models import Delegation, Item, Readiness

DAY = timedelta(days=1)
ROW = f"{ALLOWANCE},decide,{TOWN},town,devolved,2026-06-01,,（示意）下放,示意"


def rows(power: str = "decide", area: str = TOWN) -> list[tuple[date, date | None, str]]:
    found = Delegation.objects.filter(item__code=ALLOWANCE, power=power, area=area)
    return [(r.during.lower, r.during.upper, r.level) for r in found.order_by("during")]


def decides(number: str) -> int | None:
    return Step.objects.get(case__number=number, key="decide", state="open").office_id


def test_a_row_that_is_deleted_is_withdrawn_and_running_cases_stay(
    cast: Cast, now: datetime, place: Place
) -> None:
    place.append("delegations.csv", ROW)
    assert f"＋ 赋权 {ALLOWANCE} 决定 {TOWN} → 乡镇（街道）（下放） 自 2026-06-01 起" in place.diff(now)
    place.publish(now)
    running = accepted(cast, now)
    place.edit("delegations.csv", ROW + "\n", "")
    assert f"－ 赋权 {ALLOWANCE} 决定 {TOWN}" in place.diff(now + DAY)
    place.publish(now + DAY)
    assert rows() == [(date(2026, 6, 1), date(2026, 6, 11), "town")]
    do(running, "check", actor=cast.reviewer, now=now + DAY)
    assert decides(running) == cast.reviewer.office_id  # as it was on the day of receiving
    new = received(cast, now + DAY, another_is_meant=True)
    accept(new, actor=cast.reviewer, now=now + DAY)
    do(new, "check", actor=cast.reviewer, now=now + DAY)
    assert decides(new) == cast.county.office_id


def test_a_row_that_comes_back_begins_again_and_the_gap_stays(now: datetime, place: Place) -> None:
    place.append("delegations.csv", ROW)
    place.publish(now)
    place.edit("delegations.csv", ROW + "\n", "")
    place.publish(now + DAY)
    place.append("delegations.csv", ROW)
    place.publish(now + 3 * DAY)
    assert rows() == [(date(2026, 6, 1), date(2026, 6, 11), "town"), (date(2026, 6, 13), None, "town")]
    before = everything()
    place.publish(now + 4 * DAY)
    assert everything() == before


def test_an_end_is_written_and_another_level_begins_today(now: datetime, place: Place) -> None:
    place.append("delegations.csv", ROW)
    place.publish(now)
    place.edit("delegations.csv", ROW, ROW.replace(",,（示意）下放", ",2026-12-01,（示意）下放"))
    assert "到期日改为 2026-12-01" in place.diff(now)
    place.publish(now)
    assert rows() == [(date(2026, 6, 1), date(2026, 12, 1), "town")]
    place.edit("delegations.csv", f"{TOWN},town,devolved,2026-06-01", f"{TOWN},county,devolved,2026-06-01")
    place.publish(now + DAY)
    assert rows() == [(date(2026, 6, 1), date(2026, 6, 11), "town"),
                      (date(2026, 6, 11), date(2026, 12, 1), "county")]


def test_what_was_entered_in_the_administration_is_left_alone(now: datetime, place: Place) -> None:
    item = Item.objects.get(code=ALLOWANCE)
    Delegation.objects.create(item=item, power="print", area_id=TOWN, level="village",
                              kind="devolved", during=DateRange(date(2026, 1, 1), None))
    assert place.diff(now) == "没有变化"
    place.publish(now)
    assert rows("print") == [(date(2026, 1, 1), None, "village")]


def test_what_the_administration_withdrew_stays_withdrawn(now: datetime, place: Place) -> None:
    place.append("delegations.csv", ROW)
    place.publish(now)
    Delegation.objects.filter(item__code=ALLOWANCE, area=TOWN, power="decide").update(
        during=DateRange(date(2026, 6, 1), date(2026, 6, 10)), pack="")
    assert "管理界面已另行规定" in place.diff(now)
    place.publish(now)
    assert rows() == [(date(2026, 6, 1), date(2026, 6, 10), "town")]


def test_one_row_for_all_items_is_one_line(now: datetime, place: Place) -> None:
    place.append("delegations.csv", f"*,print,{COUNTY},town,entrusted,2026-06-10,,（示意）,示意")
    assert [line for line in place.diff(now).splitlines() if "赋权" in line] == [
        f"＋ 赋权 44 个事项 出证 {COUNTY} → 乡镇（街道）（委托） 自 2026-06-10 起"]


def test_readiness_that_is_no_longer_written_is_the_default_again(now: datetime, place: Place) -> None:
    row = "HY-ELD-01,print,430421,yes,示意：衡阳县各村可现场打印\n"
    own = Readiness.objects.create(item=Item.objects.get(code=ALLOWANCE), area_id=COUNTY,
                                   power="print", ready=False, reason="打印机坏了")
    place.edit("readiness.csv", row, "")
    assert place.diff(now) == "－ 就绪 HY-ELD-01 出证 430421：恢复为办得到"
    place.publish(now)
    assert not Readiness.objects.filter(item__code="HY-ELD-01", area=COUNTY).exists()
    assert Readiness.objects.filter(pk=own.pk).exists()


def test_readiness_that_changed_says_how(cast: Cast, now: datetime, place: Place) -> None:
    number = received(cast, now)
    place.edit("readiness.csv", "*,receive,4304,yes,", "*,receive,4304,no,停电")
    said = place.diff(now).splitlines()
    assert "改为办不到（停电）" in said[0] and said[-1] == "　　……同类的还有 40 处"
    place.publish(now)
    assert Readiness.objects.filter(power="receive", ready=False, reason="停电").count() == 44
    assert case_of(number).state == "received"
