"""The calendar by publishing: running cases follow it, a promise never moves later."""

from datetime import datetime

from tests.cases.scenes import due, of_county, proof_faults, steps_of, story, under_way
from tests.cast import LEFT, Cast, accepted, do, received, step_of
from tests.packs.place import Place, must_hold
from weimin.cases.models import Step
from weimin.cases.recompute import behind
from weimin.cases.verbs import complete
from weimin.worktime.models import Decree, DecreedDay

DECLARED = "HY-EMP-03"  # 告知承诺: decided first, checked later


def test_running_cases_are_computed_again(cast: Cast, now: datetime, place: Place) -> None:
    number = accepted(cast, now)
    before, promised = due(number), due(number, "promise")
    (place.folder / "calendar.csv").write_text(
        "date,kind,name\n2026-06-16,holiday,（示意）地方假日\n", encoding="utf-8")
    said = place.diff(now)
    assert "～ 日历 2026-06-16 放假 （示意）地方假日" in said
    assert "1 件在办件的期限会重新计算" in said
    done = place.publish(now)
    assert done.recomputed == 1
    assert due(number) > before
    assert due(number, "promise") == promised
    assert story(number)[-1] == "recompute"
    must_hold(now)


def test_what_is_checked_after_the_delivery_is_computed_again_too(
    cast: Cast, now: datetime, place: Place
) -> None:
    """Decided on a promise, delivered on Wednesday 10 June, to be verified within 15 working days."""
    number = under_way(cast, now, DECLARED)
    do(number, "decide", actor=of_county("human-resources", "approver"), now=now)
    complete(number, actor=of_county("human-resources"), now=now, step=step_of(number, "issue"), outcome="approve")
    do(number, "deliver", actor=cast.clerk, now=now, **LEFT)
    assert steps_of(number) == ["verify"]
    assert str(Step.objects.get(pk=step_of(number, "verify")).due_at.date()) == "2026-07-02"
    (place.folder / "calendar.csv").write_text(
        "date,kind,name\n2026-06-16,holiday,（示意）地方假日\n", encoding="utf-8")
    assert place.publish(now).recomputed == 0  # no limit of the case itself moved
    assert str(Step.objects.get(pk=step_of(number, "verify")).due_at.date()) == "2026-07-03"
    assert behind() == 0 and proof_faults(number) == []
    must_hold(now)


def test_a_day_that_is_no_longer_written_is_an_ordinary_day_again(
    cast: Cast, now: datetime, place: Place
) -> None:
    number = accepted(cast, now)
    before = due(number)
    path = place.folder.parent / "china" / "calendar.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("2026-06-19,holiday,端午节\n", ""),
                    encoding="utf-8")
    assert "－ 日历 2026-06-19 恢复平常" in place.diff(now)
    place.publish(now)
    assert due(number) < before
    assert not DecreedDay.objects.filter(date="2026-06-19").exists()


def test_another_name_for_a_day_moves_nothing(cast: Cast, now: datetime, place: Place) -> None:
    number = accepted(cast, now)
    decrees, before = Decree.objects.count(), story(number)
    path = place.folder.parent / "china" / "calendar.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("2026-06-19,holiday,端午节",
                                                             "2026-06-19,holiday,端午"),
                    encoding="utf-8")
    assert place.diff(now) == "～ 日历 2026-06-19 改称 端午"
    place.publish(now)
    assert (Decree.objects.count(), story(number)) == (decrees, before)


def test_what_was_decreed_in_the_administration_is_left_alone(now: datetime, place: Place) -> None:
    decree = Decree.objects.create(title="通知", number="国办发明电〔2026〕1号", published_on=now.date())
    DecreedDay.objects.filter(date="2026-06-19").update(kind="makeup_workday", decree=decree)
    assert "＝ 日历 2026-06-19 管理界面已另行录入" in place.diff(now)
    place.publish(now)
    assert DecreedDay.objects.get(date="2026-06-19").kind == "makeup_workday"


def test_office_hours_move_the_hour_of_every_term(cast: Cast, now: datetime, place: Place) -> None:
    received(cast, now)
    place.edit("pack.yaml", 'closes: "17:00"', 'closes: "18:00"')
    said = place.diff(now)
    assert "～ 办公时间 自 01-01 起 09:00—18:00" in said and "1 件在办件" in said
    place.publish(now)
    assert place.diff(now) == "没有变化"
