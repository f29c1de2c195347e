"""连着办: one form for what one officer may do at once; every verb keeps its event and its rule."""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import LICENCE, application, case_of, of_county, steps_of, story
from tests.cast import CARD, HANDED, Cast, look, received, signed
from weimin.cases.on_the_spot import on_the_spot, reach
from weimin.cases.verbs import accept, receive
from weimin.kernel.errors import Invalid, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def card(cast: Cast, now: datetime) -> str:
    """An old-age card, received and accepted in the village: the town decides and makes it."""
    number = receive(application(cast.zhao, CARD), actor=cast.info, now=now).number
    accept(number, actor=cast.info, now=now)
    return number


def test_who_decides_makes_the_card_with_the_same_form(
    cast: Cast, now: datetime, card: str
) -> None:
    assert reach(look(card, cast.reviewer, now)) == ["decide", "issue"]
    on_the_spot(card, actor=cast.reviewer, now=now, key="k", opinion="符合条件")
    assert (case_of(card).state, steps_of(card)) == ("decided", ["deliver"])
    assert story(card)[-2:] == ["complete", "complete"]


def test_who_hands_it_over_closes_with_the_same_form(
    cast: Cast, now: datetime, card: str
) -> None:
    on_the_spot(card, actor=cast.reviewer, now=now, opinion="符合条件")
    later = now + timedelta(minutes=5)
    assert reach(look(card, cast.info, later)) == ["deliver", "close"]
    on_the_spot(card, actor=cast.info, now=later, handed=signed(HANDED, cast.info, later))
    assert (case_of(card).state, case_of(card).outcome) == ("closed", "granted")


def test_nothing_is_done_when_one_of_them_is_refused(
    cast: Cast, now: datetime, card: str
) -> None:
    before = story(card)
    with pytest.raises(Invalid):
        on_the_spot(card, actor=cast.reviewer, now=now, opinion="")
    assert story(card) == before


def test_others_may_not_and_where_two_must_do_it_one_does_not(
    cast: Cast, now: datetime, card: str
) -> None:
    assert not reach(look(card, cast.info, now))
    with pytest.raises(NotAllowed):
        on_the_spot(card, actor=cast.info, now=now, opinion="符合条件")
    assert not reach(look(received(cast, now), cast.reviewer, now))  # not an instant item
    permit = receive(application(cast.zhao, LICENCE), actor=cast.clerk, now=now).number
    assert reach(look(permit, of_county("market"), now)) in ([], ["accept", "check"])
