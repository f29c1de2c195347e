"""视为准予延续: a permit's renewal that nobody decided before the permit expired."""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import (
    case_of,
    chain_faults,
    someone_of,
    steps_of,
    story,
    told,
    under_way,
)
from tests.cast import Cast
from weimin.cases.tasks import renew_in_silence
from weimin.cases.verbs import complete, renew_by_silence, suspend
from weimin.kernel import clock
from weimin.kernel.errors import NotAllowed, WrongState
from weimin.network.actor import SYSTEM

pytestmark = pytest.mark.django_db

SNACKS = "HY-EMP-07"  # 食品小经营许可延续


def renewal(cast: Cast, now: datetime, expires: str = "2026-07-15") -> str:
    """Asked for on 10 June 2026."""
    return under_way(cast, now, SNACKS, expires=expires)


def on(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T00:30:00+08:00")


def test_undecided_on_the_day_after_the_last_it_counts_as_renewed(
    cast: Cast, now: datetime
) -> None:
    number = renewal(cast, now)
    with clock.rehearsed(on("2026-07-16")):
        assert renew_in_silence() == 1
        assert renew_in_silence() == 0
    case = case_of(number)
    assert (case.state, case.outcome) == ("decided", "granted")
    assert story(number)[-1] == "renew_by_silence"
    assert told(number)["by_law"] == "行政许可法第五十条"
    assert case.late  # the office should have decided, and the clock says so
    assert chain_faults(case.pk) == []


def test_the_certificate_is_made_as_after_any_decision(cast: Cast, now: datetime) -> None:
    number = renewal(cast, now)
    then = on("2026-07-16")
    renew_by_silence(number, actor=SYSTEM, now=then)
    assert steps_of(number) == ["issue"]
    step = case_of(number).step_set.get(key="issue")
    complete(number, actor=someone_of(step.office_id), now=then + timedelta(hours=9), step=step.pk,
             outcome="approve")
    assert "deliver" in steps_of(number)


def test_on_the_last_day_the_office_may_still_decide(cast: Cast, now: datetime) -> None:
    number = renewal(cast, now)
    with clock.rehearsed(on("2026-07-15")):
        assert renew_in_silence() == 0
    with pytest.raises(WrongState):
        renew_by_silence(number, actor=SYSTEM, now=on("2026-07-15"))


@pytest.mark.parametrize(("expires", "renewed"), [("2026-07-10", 1), ("2026-07-09", 0)])
def test_it_must_have_been_asked_for_thirty_days_before(
    cast: Cast, now: datetime, expires: str, renewed: int
) -> None:
    renewal(cast, now, expires)  # asked for on 10 June: thirty days before 10 July
    with clock.rehearsed(on("2026-07-20")):
        assert renew_in_silence() == renewed


def test_a_pause_does_not_keep_the_permit_from_expiring(cast: Cast, now: datetime) -> None:
    number = renewal(cast, now)
    office = case_of(number).step_set.get(key="check").office_id
    suspend(number, actor=someone_of(office), now=now, reason="hearing", expected="三十日")
    renew_by_silence(number, actor=SYSTEM, now=on("2026-07-16"))
    assert not case_of(number).pause_set.filter(ended=None).exists()


def test_nobody_but_the_calendar_renews_by_silence(cast: Cast, now: datetime) -> None:
    number = renewal(cast, now)
    office = case_of(number).step_set.get(key="check").office_id
    with pytest.raises((NotAllowed, WrongState)):
        renew_by_silence(number, actor=someone_of(office), now=on("2026-07-16"))
