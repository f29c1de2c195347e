"""退回: an earlier step is done again, with all that hangs on it or straight back to me."""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import (
    HOUSING,
    due,
    item_of,
    of_county,
    offers,
    someone_of,
    steps_of,
    told,
    town_building,
    under_way,
)
from tests.cast import Cast, accepted, do, step_of
from weimin.cases.models import Step
from weimin.cases.verbs import complete, return_to
from weimin.kernel.errors import Invalid, NotAllowed, WrongState


def at_the_decision(cast: Cast, now: datetime) -> str:
    """公租房, reviewed by all, posted for its days, waiting for the decision of the county."""
    number = under_way(cast, now, HOUSING)
    do(number, "check", actor=town_building(), now=now)
    for key, line in (("income", "civil-affairs"), ("property", "natural-resources"),
                      ("business", "market")):
        do(number, key, actor=of_county(line), now=now)
    posted(number, now, now + timedelta(days=8))
    assert steps_of(number) == ["decide"]
    return number


def posted(number: str, first: datetime, last: datetime) -> None:
    """The public notice was shown for its days without objection."""
    do(number, "notice", actor=of_county("housing"), now=last, where="公示栏",
       posted_on=str(first.date()), ended_on=str(last.date()))


def send_back(number: str, now: datetime, target: str, **more: object) -> None:
    """The county's housing office sends it back from the decision."""
    return_to(number, **{"actor": of_county("housing"), "now": now, "target": target,
                         "step": step_of(number, "decide"), "reason": "收入证明过期", **more})


def test_what_hangs_on_it_is_done_again_and_the_rest_stays(cast: Cast, now: datetime) -> None:
    number = at_the_decision(cast, now)
    later = now + timedelta(days=8)
    send_back(number, later, "income")
    assert steps_of(number) == ["income"]
    assert sorted(steps_of(number, "done")) == ["business", "check", "property"]
    assert told(number)["void"] == ["decide", "income", "notice"]
    do(number, "income", actor=of_county("civil-affairs"), now=later)
    assert steps_of(number) == ["notice"]


def test_straight_back_to_me_keeps_what_lies_between(cast: Cast, now: datetime) -> None:
    number = at_the_decision(cast, now)
    later = now + timedelta(days=8)
    send_back(number, later, "income", straight_back=True)
    assert steps_of(number) == ["income"]
    do(number, "income", actor=of_county("civil-affairs"), now=later)
    assert steps_of(number) == ["decide"]
    assert Step.objects.get(case__number=number, key="notice").state == "done"


def test_the_timers_of_the_returned_steps_are_armed_again(cast: Cast, now: datetime) -> None:
    number = at_the_decision(cast, now)
    first = Step.objects.get(case__number=number, key="income")
    send_back(number, now + timedelta(days=8), "income")
    again = Step.objects.get(case__number=number, key="income", state="open")
    assert (first.round, again.round) == (1, 2)
    # Six working days: from Wednesday 10 June to the 18th, from Thursday the 18th to the 29th.
    assert (str(first.due_at.date()), str(again.due_at.date())) == ("2026-06-18", "2026-06-29")


def test_the_limit_of_the_case_goes_on(cast: Cast, now: datetime) -> None:
    number = at_the_decision(cast, now)
    before = due(number)
    send_back(number, now + timedelta(days=8), "income")
    assert due(number) == before


def test_what_was_done_keeps_its_day(cast: Cast, now: datetime) -> None:
    number = at_the_decision(cast, now)
    send_back(number, now + timedelta(days=8), "income")
    void = Step.objects.get(case__number=number, key="income", state="void")
    assert (void.done_at, void.outcome) == (now, "approve")


def test_it_goes_only_to_a_step_before_this_one(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, HOUSING)
    do(number, "check", actor=town_building(), now=now)
    back = {"actor": of_county("market"), "now": now, "step": step_of(number, "business"),
            "reason": "请再核"}
    for beside in ("property", "decide", "business", "nonsense"):
        with pytest.raises(Invalid, match="本环节之前"):
            return_to(number, target=beside, **back)
    return_to(number, target="check", **back)
    assert steps_of(number) == ["check"]


def test_it_goes_only_to_a_step_that_was_done(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, "HY-BLD-03", dig="no")
    housing = of_county("housing")
    do(number, "check", actor=housing, now=now)
    do(number, "police", actor=town_building(), now=now, reference="公交管2026-7")
    do(number, "visit", actor=housing, now=now, visited_on="2026-06-10", found="属实",
       companions="小周")
    with pytest.raises(Invalid, match="没有办理过"):
        send_back(number, now, "repair")
    send_back(number, now, "visit")


def test_a_first_step_has_nowhere_to_go_back_to(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    assert "return_to" not in offers(number, cast.reviewer, now)
    with pytest.raises(WrongState):
        return_to(number, actor=cast.reviewer, now=now, step=step_of(number, "check"),
                  target="check", reason="退")


def test_it_takes_a_reason(cast: Cast, now: datetime) -> None:
    number = at_the_decision(cast, now)
    with pytest.raises(Invalid, match="原因"):
        send_back(number, now + timedelta(days=8), "income", reason="")


def test_only_the_office_of_the_step_sends_it_back(cast: Cast, now: datetime) -> None:
    number = at_the_decision(cast, now)
    for other in (town_building(), of_county("market"), cast.resident):
        with pytest.raises(NotAllowed):
            send_back(number, now + timedelta(days=8), "income", actor=other)


def test_a_decision_that_a_later_check_takes_back_has_its_term_again(
    cast: Cast, now: datetime
) -> None:
    """告知承诺: decided on a promise within 5 working days, checked within 15, found untrue."""
    number = under_way(cast, now, "HY-EMP-03")
    county = of_county("human-resources")
    do(number, "decide", actor=county, now=now)
    complete(number, actor=county, now=now, step=step_of(number, "issue"), outcome="approve")
    after = now + timedelta(days=14)
    check = Step.objects.get(case__number=number, key="verify")
    do(number, "verify", "reject", actor=someone_of(check.office_id), now=after, reason="不实")
    do(number, "decide", "reject", actor=county, now=after)
    assert item_of("HY-EMP-03").promised is not None
    assert not Step.objects.filter(case__number=number, key="decide", late=True).exists()
    assert told(number).get("late_decision") is None
