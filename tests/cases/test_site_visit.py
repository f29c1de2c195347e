"""现场核查: two workers go, and whoever enters it names the other (行政许可法 art. 34(3))."""

from datetime import datetime

import pytest

from tests.cases.scenes import ROAD, of_county, told, under_way
from tests.cast import Cast, do, look, step_of
from weimin.cases.models import Step
from weimin.cases.verbs import done_outside
from weimin.kernel.errors import Invalid
from weimin.web.desk.forms import forms_of

ALIVE = "HY-SOC-04"  # 待遇资格认证: a village may go alone, and says why
VISITED = {"visited_on": "2026-06-10", "found": "路面完好"}  # 周三
HINT = "须两人以上：写另一位工作人员的姓名"


@pytest.fixture
def number(cast: Cast, now: datetime) -> str:
    """A permit to dig up a road, whose site is to be examined."""
    found = under_way(cast, now, ROAD)
    do(found, "check", actor=of_county("housing"), now=now)
    return found


@pytest.mark.parametrize("outcome", ["approve", "reject"])
@pytest.mark.parametrize("second", [{}, {"companions": ""}, {"companions": "  "}])
def test_a_visit_without_a_second_worker_is_no_visit(
    number: str, cast: Cast, now: datetime, outcome: str, second: dict[str, str]
) -> None:
    said = {**VISITED, **second, **({"reason": "管线密集"} if outcome == "reject" else {})}
    with pytest.raises(Invalid) as caught:
        do(number, "visit", outcome, actor=of_county("housing"), now=now, **said)
    assert caught.value.fields == {"companions": "请填写同行人员"}
    do(number, "visit", outcome, actor=of_county("housing"), now=now, **{**said, "companions": "小周"})


def test_nobody_is_his_own_companion(number: str, cast: Cast, now: datetime) -> None:
    officer = of_county("housing")
    with pytest.raises(Invalid) as caught:
        do(number, "visit", actor=officer, now=now, **VISITED, companions=f" {officer.name} ")
    assert caught.value.fields == {"companions": "请写另一位工作人员的姓名"}


def test_a_visit_entered_from_paper_names_both_too(number: str, cast: Cast, now: datetime) -> None:
    entry = {"actor": of_county("housing"), "now": now, "step": step_of(number, "visit"),
             "outcome": "approve", "reason": "停电"}
    with pytest.raises(Invalid, match="同行人员"):
        done_outside(number, **entry, answers=VISITED)
    done_outside(number, **entry, answers={**VISITED, "companions": "小周"})


def test_the_second_name_is_kept_with_the_visit_and_stays_private(
    number: str, cast: Cast, now: datetime
) -> None:
    do(number, "visit", actor=of_county("housing"), now=now, **VISITED, companions="小周")
    assert Step.objects.get(case__number=number, key="visit").answers["companions"] == "小周"
    assert "小周" not in str(told(number))


def asked(number: str, cast_member: object, now: datetime, step: str) -> dict[str, object]:
    """What the dialog says of the second name."""
    form = next(f for f in forms_of(look(number, cast_member, now)) if f.action.verb == "complete"
                and f.action.step and f.action.step.key == step)
    field = next(f for f in form.fields if f["name"] == "answer-companions")
    return {"optional": field["optional"], "hint": field["hint"]}


def test_the_dialog_says_that_two_must_go(number: str, cast: Cast, now: datetime) -> None:
    assert asked(number, of_county("housing"), now, "visit") == {"optional": False, "hint": HINT}


def test_where_the_flow_says_why_one_may_go_alone(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ALIVE, method="home")
    assert asked(number, cast.info, now, "home")["optional"] is True
    assert "不作调查" in str(asked(number, cast.info, now, "home")["hint"])
    do(number, "home", actor=cast.info, now=now, visited_on="2026-06-10", found="本人健在")
