"""What happens when somebody sets the machine's clock back or ahead while cases run."""

from datetime import datetime, timedelta

import pytest
from django.db import connection

from tests.cases.scenes import ROAD, case_of, town_building, under_way
from tests.cast import Cast, accepted
from weimin.cases import tasks
from weimin.cases.models import Duty, Pause
from weimin.cases.verbs import hand_over, resume, suspend, take_over
from weimin.kernel import clock
from weimin.kernel.errors import TooMany
from weimin.outbox import ports
from weimin.outbox.delivery import deliver_due
from weimin.outbox.models import Message
from weimin.outbox.post import post
from weimin.trail.chain import Subject
from weimin.web.limits import limited
from weimin.web.models import Attempt


def test_a_case_changes_hands_before_the_giver_began(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    with connection.cursor() as cursor:  # as if accepted by a clock that was an hour ahead
        cursor.execute(
            "UPDATE cases_duty SET since = now() + interval '1 hour' WHERE case_id = %s AND since ="
            " (SELECT max(since) FROM cases_duty WHERE case_id = %s)", [case_of(number).id] * 2)
    hand_over(number, actor=cast.reviewer, now=now, post=cast.town_head.post_id, reason="休假")
    take_over(number, actor=cast.town_head, now=now)
    *_, giver, taker = Duty.objects.filter(case__number=number).order_by("since")
    assert (giver.post_id, taker.post_id) == (cast.reviewer.post_id, cast.town_head.post_id)
    assert taker.since - giver.since == timedelta(microseconds=1)


def test_a_pause_does_not_end_before_it_began(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD)
    suspend(number, actor=town_building(), now=now + timedelta(days=2), reason="hearing",
            expected="约三个工作日")
    resume(number, actor=town_building(), now=now + timedelta(days=1))
    pause = Pause.objects.get(case__number=number)
    assert pause.ended == pause.began


def test_the_law_does_not_speak_for_a_clock_that_leapt(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken: list[int] = []
    monkeypatch.setattr(tasks, "accept_in_silence", lambda: spoken.append(1) or 1)
    assert tasks.silence(timestamp=0) == 0
    _ran("19 hours")
    _ran("49 hours")
    assert tasks.silence(timestamp=0) == 0 and not spoken
    _ran("24 hours")
    assert tasks.silence(timestamp=0) == 1 and spoken


def _ran(ago: str) -> None:
    """The task did its work that long ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH job AS (INSERT INTO procrastinate_jobs (queue_name, task_name, status)"
            " VALUES ('daily', %s, 'succeeded') RETURNING id)"
            " INSERT INTO procrastinate_events (job_id, type, at)"
            " SELECT id, 'succeeded', now() - %s::interval FROM job", [tasks.silence.name, ago])


def test_what_was_tried_in_the_future_is_tried_now(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    post("sms", "later", Subject("case", 1), {"to": "19000000000", "text": "x"}, now=now)
    Message.objects.update(tries=3, tried_at=now + timedelta(days=365))
    sent: list[str] = []
    monkeypatch.setattr(ports, "send", lambda port, key, payload: sent.append(key))
    assert deliver_due(now) == 1 and sent == ["later"]


def test_tries_in_the_future_do_not_count(db: None) -> None:
    limited("follow", "here", most=1, within=timedelta(minutes=30))
    with pytest.raises(TooMany):
        limited("follow", "here", most=1, within=timedelta(minutes=30))
    Attempt.objects.update(at=clock.now() + timedelta(days=365))
    limited("follow", "here", most=1, within=timedelta(minutes=30))
