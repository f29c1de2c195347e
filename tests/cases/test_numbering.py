"""文号: one paper, one number, and the same one on paper, in the trail and on the screen."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from tests.cases.scenes import case_of, told
from tests.cases.test_concurrency import at_once, crowd  # noqa: F401  (crowd: a fixture)
from tests.cast import TOWN, VILLAGE, Cast, accepted, do, received, step_of
from weimin.cases.models import Case
from weimin.cases.verbs import accept, complete, notify_missing, refuse
from weimin.documents.numbers import WORDS, give_number
from weimin.kernel.errors import Invalid
from weimin.network.models import Area, Office

SOCIAL = "衡阳县杉桥镇社会事务办公室"


def test_each_sort_of_paper_has_its_own_word_and_its_own_series(cast: Cast, now: datetime) -> None:
    number = received(cast, now, have={})
    notify_missing(number, actor=cast.reviewer, now=now)
    assert told(number)["document"] == f"{SOCIAL}补告字〔2026〕1号"
    other = received(cast, now, another_is_meant=True)
    accept(other, actor=cast.reviewer, now=now)
    assert told(other)["document"] == f"{SOCIAL}受理字〔2026〕1号"
    third = received(cast, now, another_is_meant=True)
    refuse(third, actor=cast.reviewer, now=now, reason="不属于受理范围")
    assert told(third)["document"] == f"{SOCIAL}不受字〔2026〕1号"
    assert len(set(WORDS.values())) == len(WORDS)


def test_a_decision_is_numbered_by_whoever_decides(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now)
    assert "document" not in told(number)
    do(number, "decide", "reject", actor=cast.county, now=now)
    assert told(number)["document"] == "蒸民决〔2026〕1号"
    assert told(number)["organ"] == cast.county.office_id


def test_what_was_refused_to_happen_leaves_no_gap(cast: Cast, now: datetime) -> None:
    first, second = accepted(cast, now), accepted(cast, now, another_is_meant=True)
    for number in (first, second):
        do(number, "check", actor=cast.reviewer, now=now)
    with pytest.raises(Invalid):
        do(first, "decide", "reject", actor=cast.county, now=now, opinion="不同意")  # no reason
    do(first, "decide", actor=cast.county, now=now)
    do(second, "decide", actor=cast.county, now=now)
    assert told(first)["document"].endswith("〔2026〕1号") and told(second)["document"].endswith("〔2026〕2号")


def test_the_series_begins_anew_with_the_year(cast: Cast, now: datetime) -> None:
    office = cast.county.office_id or 0
    given = [give_number(office, "decision", (now + timedelta(days=days)).date()) for days in (0, 0, 365, 1)]
    assert [number.removeprefix("蒸民决") for number in given] == [
        "〔2026〕1号", "〔2026〕2号", "〔2027〕1号", "〔2026〕3号"]


def test_two_villages_of_the_same_name_do_not_share_a_number(cast: Cast, now: datetime) -> None:
    names = Office.objects.filter(level="village").values_list("name", flat=True)
    twice = next(name for name in sorted(set(names)) if list(names).count(name) > 1)
    offices = Office.objects.filter(name=twice).values_list("pk", flat=True)
    given = [give_number(office, "acceptance", now.date()) for office in offices]
    assert len(set(given)) == len(given) > 1


def test_the_number_names_the_organ_whole(cast: Cast, now: datetime) -> None:
    station = Office.objects.get(code=f"{VILLAGE}.service")
    whole = Area.objects.get(pk=VILLAGE).full_name
    assert give_number(station.pk, "acceptance", now.date()).startswith(whole)
    assert give_number(Office.objects.get(code=f"{TOWN}.social").pk, "notice", now.date()).startswith(SOCIAL)


def test_an_organ_with_a_word_of_its_own_numbers_under_it_from_the_next_paper_on(
    cast: Cast, now: datetime
) -> None:
    social = Office.objects.get(code=f"{TOWN}.social")
    assert give_number(social.pk, "notice", now.date()) == f"{SOCIAL}补告字〔2026〕1号"
    Office.objects.filter(pk=social.pk).update(document_word="杉社")
    assert give_number(social.pk, "notice", now.date()) == "杉社补告〔2026〕1号"
    assert give_number(social.pk, "decision", now.date()) == "杉社决〔2026〕1号"


def test_an_heir_of_the_word_goes_on_counting(cast: Cast, now: datetime) -> None:
    before = Office.objects.get(code=f"{TOWN}.social")
    heir = Office.objects.get(code=f"{TOWN}.agriculture")
    Office.objects.filter(pk=before.pk).update(document_word="杉社")
    assert give_number(before.pk, "decision", now.date()) == "杉社决〔2026〕1号"
    Office.objects.filter(pk=before.pk).update(document_word="")
    Office.objects.filter(pk=heir.pk).update(document_word="杉社")
    assert give_number(heir.pk, "decision", now.date()) == "杉社决〔2026〕2号"


@pytest.mark.slow
def test_who_decide_at_the_same_moment_get_one_number_each_and_none_is_left_out(
    crowd: Cast, now: datetime  # noqa: F811
) -> None:
    numbers = [accepted(crowd, now, another_is_meant=True) for _ in range(4)]
    for number in numbers:
        do(number, "check", actor=crowd.reviewer, now=now)
    at_once(*[partial(complete, number, actor=crowd.county, now=now, step=step_of(number, "decide"),
                      outcome="approve", answers={"opinion": "同意"}) for number in numbers])
    assert Case.objects.filter(number__in=numbers, state="decided").count() == len(numbers)
    given = sorted(told(case_of(number).number)["document"] for number in numbers)
    assert given == [f"蒸民决〔2026〕{n}号" for n in range(1, 5)]
