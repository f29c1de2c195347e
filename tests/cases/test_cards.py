"""Yellow and red cards: earned by a term, issued once, contested and ruled on."""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import ROAD, case_of, chain_faults, story, told, town_building, under_way
from tests.cast import OTHER_TOWN, Cast, accepted, do, holder, received, step_of
from weimin.cases import overseeing
from weimin.cases.models import Card
from weimin.cases.tasks import issue_due_cards
from weimin.cases.verbs import contest_card, issue_cards, resume, rule_on_card, suspend
from weimin.kernel import clock
from weimin.kernel.errors import Invalid, NotAllowed, WrongState
from weimin.network.actor import SYSTEM

pytestmark = pytest.mark.django_db


def cards(number: str) -> list[tuple[str, str, str]]:
    """Colour, term and state of each, in the order in which they were issued."""
    found = Card.objects.filter(case__number=number).order_by("id")
    return [(card.colour, card.about.split()[0], card.state) for card in found]


def at_warning(number: str) -> datetime:
    """Noon of the day from which the case is yellow."""
    day = case_of(number).warn_on
    assert day is not None
    return datetime.combine(day, datetime.min.time(), clock.SHANGHAI) + timedelta(hours=12)


def after_the_end(number: str) -> datetime:
    due = case_of(number).due_at
    assert due is not None
    return due + timedelta(minutes=1)


def test_two_thirds_of_the_term_earn_the_accountable_office_a_yellow_card(
    cast: Cast, now: datetime
) -> None:
    number = accepted(cast, now)
    warning = at_warning(number)
    with clock.rehearsed(warning - timedelta(days=1)):
        issue_due_cards()
    assert not Card.objects.filter(case__number=number, colour="yellow").exists()
    with clock.rehearsed(warning):
        issue_due_cards()
    card = Card.objects.get(case__number=number, colour="yellow")
    assert (card.about.split()[0], card.office_id) == ("promise", case_of(number).office_id)
    assert told(number)["cards"][0][0] == "yellow"


def test_a_job_that_runs_again_issues_nothing_again(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    later = after_the_end(number)
    with clock.rehearsed(later):
        assert issue_due_cards() > 0
        once = cards(number)
        assert issue_due_cards() == 0
    assert cards(number) == once
    assert [card for card in once if card[1] == "promise"] == [("red", "promise", "standing")]


def test_a_step_with_a_limit_of_its_own_earns_its_own_office_the_red_card(
    cast: Cast, now: datetime
) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now)
    row = case_of(number).step_set.get(key="decide")
    issue_cards(number, actor=SYSTEM, now=row.due_at + timedelta(minutes=1))
    card = Card.objects.get(case__number=number, about="decide 1")
    assert (card.colour, card.office_id) == ("red", cast.county.office_id)


def test_a_step_completed_late_has_its_card_though_no_job_ran(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    due = case_of(number).step_set.get(key="check").due_at
    do(number, "check", actor=cast.reviewer, now=due + timedelta(minutes=1))
    assert ("red", "check", "standing") in cards(number)


def test_a_clock_that_stands_still_earns_nothing(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD)
    later = after_the_end(number)
    suspend(number, actor=town_building(), now=now, reason="hearing", expected="三十日")
    with clock.rehearsed(later):
        issue_due_cards()
    assert cards(number) == []
    with pytest.raises(WrongState):
        issue_cards(number, actor=SYSTEM, now=later)
    resume(number, actor=town_building(), now=later)
    assert cards(number) == []


def test_who_has_the_red_card_needs_no_warning(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    issue_cards(number, actor=SYSTEM, now=after_the_end(number))
    assert cards(number) == [("red", "notice", "standing")]


def test_a_card_is_contested_once_and_ruled_on(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    later = after_the_end(number)
    issue_cards(number, actor=SYSTEM, now=later)
    card = Card.objects.get(case__number=number, about__startswith="promise").pk
    with pytest.raises(Invalid, match="理由"):
        contest_card(number, actor=cast.reviewer, now=later, card=card, reason=" ")
    contest_card(number, actor=cast.reviewer, now=later, card=card, reason="申请人住院")
    with pytest.raises((Invalid, WrongState)):
        contest_card(number, actor=cast.reviewer, now=later, card=card, reason="再说一次")
    with pytest.raises((NotAllowed, WrongState)):
        rule_on_card(number, actor=cast.reviewer, now=later, card=card, withdraw=True, reason="好")
    rule_on_card(number, actor=cast.supervisor, now=later, card=card, withdraw=False, reason="不实")
    assert ("red", "promise", "upheld") in cards(number)
    rule_on_card(number, actor=cast.supervisor, now=later, card=card, withdraw=True, reason="查实")
    assert ("red", "promise", "withdrawn") in cards(number)
    with pytest.raises(Invalid, match="已经撤销"):
        rule_on_card(number, actor=cast.supervisor, now=later, card=card, withdraw=True, reason="x")
    assert story(number)[-4:] == ["issue_cards", "contest_card", "rule_on_card", "rule_on_card"]
    assert chain_faults(case_of(number).pk) == []


def test_another_office_does_not_contest_the_card(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now)
    row = case_of(number).step_set.get(key="decide")
    issue_cards(number, actor=SYSTEM, now=row.due_at + timedelta(minutes=1))
    card = Card.objects.get(case__number=number, about="decide 1").pk
    with pytest.raises((Invalid, NotAllowed, WrongState)):
        contest_card(number, actor=cast.info, now=row.due_at + timedelta(hours=1), card=card,
                     reason="不是我们")
    contest_card(number, actor=cast.county, now=row.due_at + timedelta(hours=1), card=card,
                 reason="会议延期")
    assert step_of(number, "decide")


def test_each_office_lists_its_own_cards_and_a_supervisor_those_of_his_area(
    cast: Cast, now: datetime
) -> None:
    number = accepted(cast, now)
    issue_cards(number, actor=SYSTEM, now=after_the_end(number))
    elsewhere = holder(f"{OTHER_TOWN[:6]}.government", "supervisor")
    lists = ((cast.supervisor, True, True), (elsewhere, True, False), (cast.health, True, False),
             (cast.reviewer, False, True), (cast.county, False, False), (cast.health, False, False))
    for actor, all_offices, sees in lists:
        lines, counts = overseeing.cards(actor, all_offices=all_offices)
        assert [line.number for line in lines if line.state == "standing"] == [number] * len(lines)
        assert bool(lines) == sees and sum(counts.values()) == len(lines)
