"""Why a job of the worker failed, in words, kept beside it for whoever looks at the page of jobs.

An exception's own text may hold anything, a name and a number included: it stays in the log. Kept
is what sort of error it was, and where. Rooms say their own errors, if those hold nobody's data.
"""

import errno
import logging
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import DatabaseError, IntegrityError, OperationalError, connection
from procrastinate import App

from weimin.kernel import clock
from weimin.kernel.errors import WeiminError

log = logging.getLogger("weimin.outbox")

_LONGEST = 300
_HERE = Path(__file__).parents[1]
_KEEP = """
INSERT INTO outbox_failure (job_id, at, reason) VALUES (%s, %s, %s)
    ON CONFLICT (job_id) DO UPDATE SET at = excluded.at, reason = excluded.reason
"""
_sayers: dict[type[BaseException], Callable[[Any], str]] = {}


def register(kind: type[BaseException], said: Callable[[Any], str]) -> None:
    """Have a room's own errors said in its own words, which hold nobody's data."""
    _sayers[kind] = said


def watch(app: App) -> None:
    """Keep the reason of every failure in this worker (PROCRASTINATE_ON_APP_READY)."""
    found = app.worker_defaults.setdefault("task_middleware", [])
    if keeping not in found:
        found.append(keeping)


def keeping(call_next: Callable[[], Any], context: Any, worker: Any) -> Any:
    """Run a job; where it fails, keep why, and let it fail."""
    try:
        return call_next()
    except Exception as error:
        keep(context.job.id, error)
        raise


def keep(job_id: int, error: BaseException) -> None:
    """Write down why a job failed last. A database that is gone can't be told: the log is."""
    try:
        if connection.connection is not None and not connection.is_usable():
            connection.close()  # the job lost it; another may be had by now
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, [job_id, clock.now(), reason_of(error)])
    except DatabaseError as lost:
        log.warning("the reason of job %s was not kept: %s", job_id, type(lost).__name__)


def reason_of(error: BaseException) -> str:
    """What went wrong and what to do, without a word of the error's own text."""
    for kind, said in _sayers.items():
        if isinstance(error, kind):
            return said(error)[:_LONGEST]
    diag = getattr(error.__cause__, "diag", None)
    if getattr(error, "errno", None) == errno.ENOSPC or getattr(diag, "sqlstate", "") == "53100":
        return "磁盘满了。清理出空间后再做一次"
    if isinstance(error, OperationalError):
        return f"数据库连不上，或中途断开（{_place(error)}）。看数据库是否在运行，然后再做一次"
    if isinstance(error, IntegrityError):
        name = getattr(diag, "constraint_name", None) or "未知"
        return f"数据库拒绝了不合规则的数据：{name}（{_place(error)}）。把这一行和日志交给维护的人"
    if isinstance(error, PermissionError):
        return f"没有权限读写文件（{_place(error)}）。检查数据目录的属主和权限"
    if isinstance(error, FileNotFoundError):
        return f"要用的文件不见了（{_place(error)}）。检查数据目录是否完整"
    if isinstance(error, OSError) and error.errno is not None and not isinstance(error, TimeoutError):
        what = os.strerror(error.errno)
        return f"读写文件或网络出错：{what}（{_place(error)}）。按这句话检查机器，再做一次"
    if isinstance(error, TimeoutError):
        return f"对方没有在时限内回答（{_place(error)}）。过一会再做一次"
    if isinstance(error, WeiminError):
        return f"规则不允许这样做（{_place(error)}）。日志里写着是哪一件"
    return f"程序出错：{_place(error)}。把这一行和日志交给维护的人"


def _place(error: BaseException) -> str:
    """The kind of an error, and the last line of ours that it came from."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_HERE) and path != Path(__file__):
            return f"{type(error).__name__}，{path.relative_to(_HERE).as_posix()} 第 {frame.lineno} 行"
    return type(error).__name__
