"""今天打电话: whom no message reaches stands on the list until he was told."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cases.scenes import told
from tests.cast import ANSWERS, Cast, intake, received
from weimin.cases.calls import calls
from weimin.cases.verbs import call, notify_missing, receive
from weimin.cases.verbs.receive import Party

pytestmark = pytest.mark.django_db


@pytest.fixture
def noticed(cast: Cast, now: datetime) -> str:
    """赵大爷 has no phone; his bank account is missing, and he was told so on paper."""
    cast.zhao.phone_mask = ""
    cast.zhao.save(update_fields=["phone_mask"])
    number = receive(intake(
        cast.zhao, parties=(Party(person_id=cast.zhao.pk, name="赵大爷"),), answers={
            key: value for key, value in ANSWERS.items() if key != "account"},
    ), actor=cast.info, now=now).number
    notify_missing(number, actor=cast.reviewer, now=now)
    return number


def test_the_list_says_who_why_and_what_to_say(cast: Cast, now: datetime, noticed: str) -> None:
    (row,) = calls(cast.info)
    assert (row.number, row.reason, row.people[0].phone) == (noticed, "要补材料", "")
    assert "发放账户" in row.words and row.people[0].name == "赵大爷"


def test_only_the_offices_that_handle_it_have_to_call(cast: Cast, noticed: str) -> None:
    assert calls(cast.reviewer) and not calls(cast.supervisor) and not calls(cast.other_clerk)


def test_who_was_told_leaves_the_list_and_the_trail_says_so(
    cast: Cast, now: datetime, noticed: str
) -> None:
    call(noticed, actor=cast.info, now=now + timedelta(hours=1), reached=False)
    (row,) = calls(cast.info)
    assert row.tried == now + timedelta(hours=1)
    call(noticed, actor=cast.info, now=now + timedelta(hours=2), note="他儿子接的")
    assert not calls(cast.info)
    assert told(noticed) == {"reached": True}  # what was said is personal and lies apart


def test_who_has_a_mobile_is_told_by_message(cast: Cast, now: datetime) -> None:
    notify_missing(received(cast, now, have={}), actor=cast.reviewer, now=now)
    assert not calls(cast.info)


def test_the_list_is_one_query_for_any_number_of_rows(cast: Cast, noticed: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        calls(cast.info)
    assert len(queries) == 1
