"""更正登记信息: a mistake of entry is mended in the open, and what follows sees it."""

import json
import random
from datetime import date, datetime

import pytest

from tests.cases.scenes import (
    ROAD,
    application,
    case_of,
    of_county,
    proof_faults,
    steps_of,
    told,
    under_way,
)
from tests.cast import OTHER_TOWN, TOWN, VILLAGE, Cast, do, intake, received
from weimin.cases.models import Step
from weimin.cases.reading import follow, parties
from weimin.cases.verbs import accept, correct, receive
from weimin.kernel import vault
from weimin.kernel.errors import Invalid, NotAllowed, NotFound
from weimin.network.models import Area
from weimin.ops.people import person_of
from weimin.trail.models import Private


def mend(number: str, cast: Cast, now: datetime, **more: object) -> None:
    """The information officer put the wrong birthday in."""
    correct(number, **{"actor": cast.info, "now": now, "facts": {"birth": "1940-03-08"},
                       "reason": "录入错误", **more})


def test_the_answer_is_changed_and_the_old_one_is_kept(cast: Cast, now: datetime) -> None:
    number = received(cast, now, answers={"birth": "1940-08-03"})
    mend(number, cast, now)
    assert case_of(number).facts["birth"] == "1940-03-08"
    assert told(number) == {"reason": "录入错误", "fields": ["birth"]}
    kept = Private.objects.filter(subject_id=case_of(number).pk).latest("seq")
    assert json.loads(vault.decrypt(bytes(kept.content)))["before"] == {"birth": "1940-08-03"}


def test_the_other_answers_stay(cast: Cast, now: datetime) -> None:
    number = received(cast, now, answers={"birth": "1940-08-03", "low_income": True})
    mend(number, cast, now)
    assert case_of(number).facts["low_income"] is True


def test_a_wrong_phone_is_mended_where_it_is_kept(cast: Cast, now: datetime) -> None:
    number = receive(intake(person_of(random.Random(5), name="孙测试", born=date(1930, 1, 2), household=VILLAGE)),
                     actor=cast.info, now=now).number
    correct(number, actor=cast.info, now=now, facts={"phone": "19000009876"}, reason="录入错误")
    assert parties(case_of(number).pk)[0].phone == "190****9876"
    assert follow(number, "9876") and not follow(number, "1234")  # the number on the receipt was his old one
    assert proof_faults(number) == []


def test_a_name_has_a_verb_of_its_own(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    with pytest.raises(Invalid, match="更正姓名"):
        correct(number, actor=cast.info, now=now, facts={"name": "赵测式"}, reason="写错了")


def test_the_phone_somebody_logs_in_with_is_not_changed_at_a_counter(cast: Cast, now: datetime) -> None:
    number = received(cast, now)  # 赵大爷 has an account
    with pytest.raises(Invalid, match="本人用新号码登录"):
        correct(number, actor=cast.info, now=now, facts={"phone": "19000009876"}, reason="换号")


def test_another_identity_number_is_another_person(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    with pytest.raises(Invalid, match="重新收件"):
        correct(number, actor=cast.info, now=now, facts={"id_number": "11010519491231002X"}, reason="录错")


def test_steps_that_open_later_see_it(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD, dig="yes")
    correct(number, actor=cast.clerk, now=now, facts={"dig": "no"}, reason="只占道，不开挖")
    do(number, "check", actor=of_county("housing"), now=now)
    assert steps_of(number, "skipped") == ["repair"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reason": ""}, "原因"),
        ({"facts": {"birth": "1940-08-03"}}, "没有任何改动"),
        ({"facts": {"birth": "昨天"}}, "应为日期"),
        ({"facts": {"nonsense": 1}}, "没有这一项"),
        ({"facts": {"birth": ""}}, "不能改成空的"),
        ({"facts": {"household_area": "杉桥"}}, "请从列表中选择户籍地"),
        ({"facts": {"place.site": "月球"}}, "地方"),
    ],
)
def test_bad_input_is_said_in_words(
    cast: Cast, now: datetime, change: dict[str, object], message: str
) -> None:
    number = received(cast, now, answers={"birth": "1940-08-03"})
    with pytest.raises(Invalid, match=message):
        mend(number, cast, now, **change)


def test_nobody_smuggles_an_unreadable_answer_in(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    with pytest.raises(Invalid):
        mend(number, cast, now, facts={"phone": "密:不是密文"})


def test_who_received_it_or_handles_it_may(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    for other in (cast.county, cast.supervisor, cast.resident):
        with pytest.raises(NotAllowed):
            mend(number, cast, now, actor=other)
    with pytest.raises(NotFound):
        mend(number, cast, now, actor=cast.neighbour)
    mend(number, cast, now, actor=cast.reviewer)


def test_a_visit_opens_where_the_family_lives_now(cast: Cast, now: datetime) -> None:
    """低保: registered in one town, living in another one; the home visit is the other one's."""
    number = receive(application(cast.zhao, "HY-AID-01"), actor=cast.clerk, now=now).number
    lives = Area.objects.filter(parent_id=OTHER_TOWN).first()
    assert lives is not None
    correct(number, actor=cast.clerk, now=now, facts={"place.residence": lives.code}, reason="漏填")
    accept(number, actor=cast.reviewer, now=now)
    do(number, "start", actor=cast.reviewer, now=now, note="启动")
    visit = Step.objects.select_related("office").get(case__number=number, key="home")
    assert visit.office is not None
    assert (visit.office.area_id, case_of(number).office.area_id) == (OTHER_TOWN, TOWN)
