"""A sealed paper is made once, also when several people are the first to ask for it."""

from datetime import datetime
from functools import partial

import pytest

from tests.cases.test_concurrency import at_once, crowd  # noqa: F401  (crowd: a fixture)
from tests.cast import Cast, accepted, do
from tests.web.doors import logged_in
from weimin.documents.models import Paper

pytestmark = pytest.mark.slow


def test_who_asks_for_a_decision_at_the_same_moment_gets_the_same_bytes(
    crowd: Cast, now: datetime  # noqa: F811
) -> None:
    number = accepted(crowd, now)
    do(number, "check", actor=crowd.reviewer, now=now)
    do(number, "decide", "reject", actor=crowd.county, now=now)
    browsers = [logged_in(actor) for actor in (crowd.info, crowd.reviewer, crowd.county)]
    found = at_once(*[partial(browser.get, f"/papers/{number}/decision.pdf") for browser in browsers])
    assert {answer.status_code for answer in found} == {200}
    assert len({answer.content for answer in found}) == 1
    assert Paper.objects.filter(form__startswith="sealed").count() == 1
