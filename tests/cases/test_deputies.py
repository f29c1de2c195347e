"""代理: for some days somebody stands in for another, with that post's powers and no more."""

from datetime import date, datetime

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from tests.cases.scenes import case_of, offers
from tests.cast import DAY, Cast, accepted, do, look, received, step_of
from weimin.cases.models import Duty
from weimin.cases.verbs import accept, reassign
from weimin.kernel.errors import NotAllowed, NotFound
from weimin.network.actor import Actor
from weimin.network.models import Holding
from weimin.network.staff import acting
from weimin.trail.models import Event
from weimin.voice.rate import rateable


def standing_in(actor: Actor, absent: Actor, last: date = date(2026, 6, 30)) -> Actor:
    """The actor, while he deputises for the absent one until before that day."""
    Holding.objects.create(post_id=absent.post_id, account_id=actor.account_id, deputy=True,
                           during=DateRange(date(2026, 6, 1), last))
    return acting(actor.account_id or 0, on=DAY)


pytestmark = pytest.mark.usefixtures("db")


def test_a_deputy_sees_and_does_the_work(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    with pytest.raises(NotFound):
        accept(number, actor=cast.health, now=now)
    deputy = standing_in(cast.health, cast.reviewer)
    accept(number, actor=deputy, now=now)
    do(number, "check", actor=deputy, now=now)


def test_for_what_a_deputy_accepts_the_post_answers_that_he_stands_in_for(
    cast: Cast, now: datetime
) -> None:
    number = received(cast, now)
    deputy = standing_in(cast.health, cast.reviewer)
    accept(number, actor=deputy, now=now)
    case = case_of(number)
    assert case.lead_post_id == cast.reviewer.post_id
    assert Duty.objects.filter(case=case).latest("since").account_id == deputy.account_id
    assert offers(number, cast.reviewer, now) >= {"hand_over", "complete"}  # back from his holidays
    with pytest.raises(NotFound):
        look(number, cast.health, now)


def test_after_his_last_day_he_does_not(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    late = standing_in(cast.health, cast.reviewer, last=DAY)
    with pytest.raises(NotFound):
        accept(number, actor=late, now=now)


def test_the_deputy_of_a_head_has_the_heads_powers(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    deputy = standing_in(cast.reviewer, cast.town_head)
    assert "reassign" in offers(number, deputy, now)
    reassign(number, actor=deputy, now=now, step=step_of(number, "check"), reason="本人办",
             account=deputy.account_id)


def test_a_head_who_deputises_for_a_reviewer_is_no_head_there(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    deputy = standing_in(cast.county_head, cast.reviewer)
    assert not {"reassign", "extend", "reopen"} & offers(number, deputy, now)
    with pytest.raises(NotAllowed):
        reassign(number, actor=deputy, now=now, step=step_of(number, "check"), reason="抢办")


def test_a_supervisor_who_deputises_as_a_clerk_supervises_as_before(
    cast: Cast, now: datetime
) -> None:
    number = accepted(cast, now)
    deputy = standing_in(cast.supervisor, cast.reviewer)
    assert {"nudge", "complete"} <= offers(number, deputy, now)
    assert case_of(number).lead_post_id in deputy.posts


def test_what_a_deputy_does_is_done_by_the_office_that_he_stands_in_for(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    deputy = standing_in(cast.health, cast.reviewer)
    accept(number, actor=deputy, now=now)
    do(number, "check", actor=deputy, now=now)
    said = Event.objects.filter(subject_type="case", subject_id=case_of(number).pk, seq__gt=1)
    assert {(event.account_id, event.post_id) for event in said} == {
        (deputy.account_id, cast.reviewer.post_id)}
    assert {contact.office for contact in rateable(case_of(number).pk)[:2]} == {cast.reviewer.office_name}
