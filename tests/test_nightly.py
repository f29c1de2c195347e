"""The nightly work: a backup that the application's own role can write, and old rows that go."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection

from weimin.kernel import clock
from weimin.ops import archive
from weimin.ops.postgres import APP, Server
from weimin.ops.tasks import KEPT_BACKUPS, forget_old, nightly


def test_a_backup_is_written_and_the_oldest_go(
    server: Server, django_db_setup: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", server.url(APP))
    for day in range(KEPT_BACKUPS):
        (tmp_path / f"weimin-20200101-{day:06d}.tar").touch()
    made = nightly(tmp_path)
    assert archive.verify(made)
    kept = sorted(path.name for path in tmp_path.glob("*.tar"))
    assert len(kept) == KEPT_BACKUPS
    assert kept[-1] == made.name


def test_stored_answers_are_kept_for_ninety_days(db: None) -> None:
    with connection.cursor() as cursor:
        for days in (89, 91):
            cursor.execute(
                "INSERT INTO cases_reply (key, case_id, seq, version, asked, state, day)"
                " VALUES (%s, 0, 1, 1, '', '', %s)",
                [UUID(int=days), clock.today() - timedelta(days=days)],
            )
    assert forget_old() == 1


def test_what_the_worker_has_done_is_kept_for_a_week(db: None) -> None:
    with connection.cursor() as cursor:
        for status, days in (("succeeded", 6), ("succeeded", 8), ("failed", 8), ("todo", 8)):
            cursor.execute(
                "WITH job AS (INSERT INTO procrastinate_jobs (queue_name, task_name, status)"
                " VALUES ('test', 'x', %s) RETURNING id)"
                " INSERT INTO procrastinate_events (job_id, type, at) SELECT id, 'deferred', %s"
                " FROM job", [status, clock.now() - timedelta(days=days)])
        forget_old()
        cursor.execute("SELECT status::text FROM procrastinate_jobs WHERE queue_name = 'test'")
        assert sorted(status for (status,) in cursor.fetchall()) == ["failed", "succeeded", "todo"]
