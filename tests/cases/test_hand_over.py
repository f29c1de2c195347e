"""移交主办: who gives a case away answers for it until the other side has taken it."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError

from tests.cases.scenes import case_of, offers, told
from tests.cast import TOWN, Cast, accepted, holder, look, received
from weimin.cases.models import Duty
from weimin.cases.verbs import accept, hand_over, take_over
from weimin.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from weimin.network.models import Post


def give(number: str, cast: Cast, now: datetime, **more: object) -> None:
    """社会事务经办小刘 offers the case to the head of his office."""
    hand_over(number, **{"actor": cast.reviewer, "now": now, "post": cast.town_head.post_id,
                         "reason": "休假", **more})


def test_the_giver_answers_until_it_is_taken(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    give(number, cast, now)
    case = case_of(number)
    assert (case.lead_post_id, case.hand_over_to_id) == (cast.reviewer.post_id, cast.town_head.post_id)
    assert "lead" in look(number, cast.reviewer, now).relations()


def test_the_taker_answers_from_then_on(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    give(number, cast, now)
    take_over(number, actor=cast.town_head, now=now)
    case = case_of(number)
    assert (case.lead_post_id, case.hand_over_to_id) == (cast.town_head.post_id, None)
    assert "lead" not in look(number, cast.reviewer, now).relations()
    assert told(number) == {"post": cast.town_head.post_id}


def test_at_every_moment_one_post_answers(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    give(number, cast, now)
    take_over(number, actor=cast.town_head, now=now)
    duties = Duty.objects.filter(case__number=number).order_by("since")
    assert [duty.post_id for duty in duties] == [
        cast.info.post_id, cast.reviewer.post_id, cast.town_head.post_id]


def test_two_posts_cannot_begin_at_the_same_moment(cast: Cast, now: datetime) -> None:
    one = Duty.objects.get(case__number=received(cast, now))
    with pytest.raises(IntegrityError, match="one_lead_at_a_time"):
        Duty.objects.create(case=one.case, since=one.since, post_id=cast.town_head.post_id)


def test_the_first_contact_is_free_when_his_case_was_taken(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    give(number, cast, now, actor=cast.info, post=cast.reviewer.post_id)
    assert case_of(number).first_contact_id == cast.info.post_id
    take_over(number, actor=cast.reviewer, now=now)
    assert case_of(number).first_contact_id is None


def test_another_office_can_take_what_it_was_offered(cast: Cast, now: datetime) -> None:
    number, counter = received(cast, now), holder(f"{TOWN}.service", "head")
    with pytest.raises(NotFound):
        look(number, counter, now)
    give(number, cast, now, actor=cast.info, post=counter.post_id)
    assert "take_over" in offers(number, counter, now)
    take_over(number, actor=counter, now=now)
    assert case_of(number).lead_post_id == counter.post_id


def test_nobody_else_takes_it(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    give(number, cast, now)
    for other in (cast.reviewer, cast.county, cast.info):
        assert "take_over" not in offers(number, other, now)
        with pytest.raises(NotAllowed):
            take_over(number, actor=other, now=now)


def test_what_was_not_offered_is_not_taken(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    with pytest.raises((NotAllowed, WrongState)):
        take_over(number, actor=cast.town_head, now=now)


def test_who_holds_it_or_heads_the_office_gives_it_away(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    for other in (cast.info, cast.county, cast.resident):
        with pytest.raises(NotAllowed):
            give(number, cast, now, actor=other)
    give(number, cast, now, actor=cast.town_head)


def test_a_second_offer_replaces_the_first(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    give(number, cast, now)
    give(number, cast, now, post=cast.county.post_id)
    assert "take_over" not in offers(number, cast.town_head, now)
    take_over(number, actor=cast.county, now=now + timedelta(minutes=1))


def test_an_offer_lapses_when_another_office_accepts_the_case(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    give(number, cast, now, actor=cast.info, post=cast.town_head.post_id)
    accept(number, actor=cast.reviewer, now=now)
    assert case_of(number).hand_over_to_id is None


def test_nobody_gives_a_case_to_an_empty_chair(cast: Cast, now: datetime, db: None) -> None:
    number = accepted(cast, now)
    chair = Post.objects.create(office_id=cast.reviewer.office_id, key="empty", title="空岗", roles=[])
    with pytest.raises(Invalid, match="没有人"):
        give(number, cast, now, post=chair.pk)


def test_nobody_gives_a_case_to_a_post_that_is_no_more(cast: Cast, now: datetime, db: None) -> None:
    number = accepted(cast, now)
    post = Post.objects.filter(pk=cast.town_head.post_id)
    post.update(valid_to=now.date())
    with pytest.raises(Invalid, match="没有人"):
        give(number, cast, now)
    post.update(valid_to=now.date() + timedelta(days=1))  # it ends tomorrow: today it may still take it
    give(number, cast, now)


@pytest.mark.parametrize("change", [{"reason": ""}, {"post": 0}])
def test_bad_input_is_said_in_words(cast: Cast, now: datetime, change: dict[str, object]) -> None:
    number = accepted(cast, now)
    with pytest.raises(Invalid):
        give(number, cast, now, **change)
    with pytest.raises(Invalid, match="已经是主办"):
        give(number, cast, now, post=cast.reviewer.post_id)
