"""A copy of the database with committed records, for whoever plays the superuser."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connections, transaction

from tests.cases.scenes import case_of, someone_of
from tests.cast import CARD, CARD_ANSWERS, LEFT, Cast, assemble, do, received
from tests.conftest import point_at
from weimin.cases.models import Step
from weimin.cases.proof import TABLES
from weimin.cases.verbs import accept, close, complete, resume, suspend
from weimin.kernel.clock import SHANGHAI
from weimin.ops.postgres import APP, SUPERUSER, Server
from weimin.trail.roots import take_root
from weimin.trail.verify import Report, verify
from weimin.voice.rate import rate

COPY = "weimin_tampered"
Tamper = Callable[[str], Report]
KEPT = ("trail_event", "trail_private", "trail_root", "cases_case", "voice_rating",
        *(table.name for table in TABLES.values()))


@pytest.fixture(scope="module")
def committed(
    server: Server, django_db_setup: None, django_db_blocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Path]]:
    """A copy of the database with two cases, a root over both, and its exported copy.

    The second has all that a case may have: a pause, a card, a certificate, an end, a rating.
    """
    folder = tmp_path_factory.mktemp("roots")
    now = datetime(2026, 6, 10, 10, 0, tzinfo=SHANGHAI)
    with django_db_blocker.unblock():
        connections["default"].close()
        with psycopg.connect(server.url(SUPERUSER, "postgres"), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {COPY}")
            admin.execute(f"CREATE DATABASE {COPY} TEMPLATE weimin")
        point_at(server.url(APP, COPY))
        with transaction.atomic():
            cast = assemble()
        number = received(cast, now)
        accept(number, actor=cast.reviewer, now=now)
        _whole_life(cast, now)
        take_root(now, keys=settings.KEYS, folder=folder)
        do(number, "check", actor=cast.reviewer, now=now)  # younger than the root
        with psycopg.connect(server.url(SUPERUSER, COPY)) as root:
            for table in KEPT:
                root.execute(f"CREATE TABLE kept_{table} AS TABLE {table}")
        yield server, folder
        connections["default"].close()
        point_at(server.url(APP))
        with psycopg.connect(server.url(SUPERUSER, "postgres"), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {COPY}")


def _whole_life(cast: Cast, now: datetime) -> None:
    number = received(cast, now, item=CARD, answers={**CARD_ANSWERS, "birth": "1940-03-08"},
                      have={"id-card": None, "photo": None})
    office = someone_of(case_of(number).office_id)
    accept(number, actor=office, now=now + timedelta(minutes=10))
    suspend(number, actor=office, now=now + timedelta(minutes=20), reason="hearing",
            expected="三日", note="等候听证")
    resume(number, actor=office, now=now + timedelta(days=1))
    while step := Step.objects.filter(case__number=number, state="open").first():
        complete(number, actor=someone_of(step.office_id), now=now + timedelta(days=1, hours=1),
                 step=step.pk, outcome="approve", answers={
                     "deliver": LEFT, "issue": {}}.get(step.key, {"opinion": "同意"}))
    close(number, actor=office, now=now + timedelta(days=1, hours=2))
    rate(number, actor=cast.resident, now=now + timedelta(days=2), contact=1, level=2, words="太慢")


@pytest.fixture
def tamper(committed: tuple[Server, Path], django_db_blocker) -> Iterator[Tamper]:
    """Carry out some SQL as superuser without triggers, verify, and put everything back."""
    server, folder = committed
    with django_db_blocker.unblock():

        def change(sql: str) -> Report:
            with psycopg.connect(server.url(SUPERUSER, COPY)) as root:
                root.execute("SET session_replication_role = replica")
                assert root.execute(sql).rowcount != 0, "the attack itself did nothing"
            return verify(keys=settings.KEYS, exported=folder)

        yield change
        connections["default"].close()
    with psycopg.connect(server.url(SUPERUSER, COPY)) as root:
        root.execute("SET session_replication_role = replica")
        for table in KEPT:
            root.execute(f"DELETE FROM {table}")
            root.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")
