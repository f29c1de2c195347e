"""The worker's part of operation: the nightly backup, and what has been kept for long enough."""

import logging
import os
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from procrastinate.contrib.django import app

from weimin import __version__
from weimin.documents import uploads
from weimin.kernel import clock
from weimin.kernel.titles import titled
from weimin.ops.backup import backup
from weimin.ops.errors import OpsError
from weimin.ops.places import find_binaries
from weimin.outbox import failing

log = logging.getLogger("weimin.ops")

KEPT_BACKUPS = 14
REPLY_DAYS = 90
ATTEMPT_DAYS = 2
JOB_DAYS = 7

# Written for the operator, about the machine. What a program said beneath it stays in the log.
failing.register(OpsError, lambda error: f"{error.message.splitlines()[0]}。{error.remedy}")


def nightly(folder: Path) -> Path:
    """Write today's archive and drop the oldest beyond two weeks. Keys are not in it.

    Raises OpsError when the backup did not get written; the old ones then stay.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    archive = folder / f"weimin-{clock.now():%Y%m%d-%H%M%S}.tar"
    backup(os.environ["DATABASE_URL"], Path(settings.FILES), archive, binaries=find_binaries(),
           version=__version__)
    for old in sorted(folder.glob("weimin-*.tar"))[:-KEPT_BACKUPS]:
        old.unlink()
    return archive


def forget_old() -> int:
    """Drop what was kept for long enough; how many rows went.

    Stored answers after 90 days, counted tries after two, uploads after one, the worker's finished
    jobs after seven. Jobs that failed stay: somebody must look at them.
    """
    now = clock.now()
    gone = uploads.forget(now)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cases_reply WHERE day < %s", [now - timedelta(days=REPLY_DAYS)])
        gone += int(cursor.rowcount)
        cursor.execute("DELETE FROM web_attempt WHERE at < %s", [now - timedelta(days=ATTEMPT_DAYS)])
        gone += int(cursor.rowcount)
        cursor.execute(
            "DELETE FROM procrastinate_jobs WHERE status IN ('succeeded', 'cancelled', 'aborted')"
            " AND id IN (SELECT job_id FROM procrastinate_events GROUP BY job_id HAVING max(at) < %s)",
            [now - timedelta(days=JOB_DAYS)],
        )
        return gone + int(cursor.rowcount)


@titled("备份")
@app.periodic(cron="0 19 * * *")  # 03:00 in Shanghai: cron speaks UTC
@app.task(queue="daily", queueing_lock="backup")
def back_up(timestamp: int) -> str:
    """The nightly backup, beside the data; carry it to another machine from there."""
    archive = nightly(Path(settings.HOME) / "backups")
    log.info("backup written: %s", archive.name)
    return archive.name


@titled("清理过期数据")
@app.periodic(cron="30 19 * * *")
@app.task(queue="daily", queueing_lock="forget")
def forget(timestamp: int) -> int:
    """Drop what was kept for long enough."""
    return forget_old()
