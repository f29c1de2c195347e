"""What the system is doing now, in numbers: each is read from where it is true."""

import platform
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from weimin import __version__
from weimin.cases.recompute import behind
from weimin.kernel import clock

STALE_BACKUP = timedelta(hours=26)  # it is made every night
STALE_ROOT = timedelta(hours=26)
LITTLE_SPACE = 2_000_000_000  # bytes; below 500 MB nothing starts
SILENT = timedelta(seconds=60)  # a worker says every ten seconds that it lives

_FIGURES = """
SELECT current_setting('server_version') AS postgres,
       pg_database_size(current_database()) AS database_size,
       (SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'weimin') AS connections,
       (SELECT count(*) FROM cases_case WHERE state <> 'closed') AS running,
       (SELECT count(*) FROM cases_case) AS cases,
       (SELECT greatest(0, reltuples)::bigint FROM pg_class WHERE oid = 'trail_event'::regclass)
           AS events,
       (SELECT max(recorded_at) FROM trail_event) AS last_event,
       (SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo') AS jobs_waiting,
       (SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing') AS jobs_running,
       (SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed') AS jobs_failed,
       (SELECT count(*) FROM procrastinate_workers
         WHERE last_heartbeat > now() - make_interval(secs => %(silent)s)) AS workers,
       (SELECT max(last_heartbeat) FROM procrastinate_workers) AS last_heartbeat,
       (SELECT count(*) FROM outbox_message WHERE status = 'waiting') AS messages_waiting,
       (SELECT min(created_at) FROM outbox_message WHERE status = 'waiting') AS message_oldest,
       (SELECT count(*) FROM outbox_message WHERE status = 'failed') AS messages_failed,
       (SELECT count(*) FROM web_session s JOIN network_account a ON a.id = s.account_id
         WHERE s.expire_date > %(now)s AND a.is_staff_member) AS staff_sessions,
       (SELECT count(*) FROM web_session s JOIN network_account a ON a.id = s.account_id
         WHERE s.expire_date > %(now)s AND NOT a.is_staff_member) AS resident_sessions,
       (SELECT max(id) FROM trail_root) AS root,
       (SELECT max(taken_at) FROM trail_root) AS root_at,
       (SELECT count(DISTINCT digest) FROM documents_file) AS files,
       (SELECT coalesce(sum(size), 0) FROM (SELECT DISTINCT ON (digest) size
          FROM documents_file ORDER BY digest) f) AS files_size,
       (SELECT max(date) FROM worktime_day) AS last_decreed,
       (SELECT count(*) FROM network_post p JOIN network_office o ON o.id = p.office_id
         WHERE p.on_duty AND p.valid_to IS NULL AND o.valid_to IS NULL AND NOT EXISTS (SELECT FROM network_holding h
           WHERE h.post_id = p.id AND NOT h.deputy AND h.during @> %(today)s::date))
           AS vacant_duty_posts
"""

_LARGEST = """
SELECT relname, pg_total_relation_size(oid) FROM pg_class
 WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
 ORDER BY 2 DESC LIMIT 8
"""


def figures() -> dict[str, Any]:
    """Everything the database knows of itself, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"now": clock.now(), "today": clock.today(),
                                  "silent": SILENT.total_seconds()})
        names = [column[0] for column in cursor.description or ()]
        return dict(zip(names, cursor.fetchone(), strict=True))


def largest_tables() -> list[tuple[str, int]]:
    """The tables that take most room, with their indexes, in bytes."""
    with connection.cursor() as cursor:
        cursor.execute(_LARGEST)
        return list(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file that something wrote: the newest of its kind."""

    name: str
    at: datetime
    size: int
    count: int  # how many of its kind there are


def newest(folder: Path, pattern: str) -> OnDisk | None:
    """The newest file of a kind; None where there is none."""
    found = sorted(folder.glob(pattern)) if folder.is_dir() else []
    if not found:
        return None
    stat = found[-1].stat()
    at = datetime.fromtimestamp(stat.st_mtime, clock.SHANGHAI)
    return OnDisk(found[-1].name, at, stat.st_size, len(found))


def last_backup() -> OnDisk | None:
    """The last nightly archive beside the data."""
    return newest(Path(settings.HOME) / "backups", "weimin-*.tar")


def last_root() -> OnDisk | None:
    """The last root of the trail that was carried out of the database."""
    return newest(Path(settings.HOME) / "roots", "root-*.json")


def disk() -> tuple[int, int]:
    """Free and all bytes of the disk that holds the data folder."""
    usage = shutil.disk_usage(settings.HOME)
    return usage.free, usage.total


def versions() -> tuple[str, str]:
    """Of the program and of Python."""
    return __version__, platform.python_version()


def size_of(number: int) -> str:
    """Bytes as people say them."""
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if number >= step:
            return f"{number / step:.{0 if number >= 100 * step else 1}f} {unit}"
    return _("{} 字节").format(number)


def attention(known: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """What an administrator should look at, worst first; empty when all is well."""
    f, now = known or figures(), clock.now()
    found: list[dict[str, Any]] = []

    def say(kind: str, door: str, text: str, remedy: str) -> None:
        found.append({"kind": kind, "door": door, "text": text, "remedy": remedy,
                      "href": reverse(door)})

    if not f["workers"]:
        say("late", "admin-now", _("后台任务没有在运行：通知不发、期限不算、备份不做"),
            _("在服务器上看“weimin run”是否还在，看日志"))
    free, _total = disk()
    if free < LITTLE_SPACE:
        say("late", "admin-now", _("磁盘只剩 {}").format(size_of(free)), _("清理到至少 2 GB"))
    if f["jobs_failed"]:
        say("warn", "admin-jobs", _("{} 个后台任务失败").format(f["jobs_failed"]),
            _("看原因，排除后再做一次"))
    if f["messages_failed"]:
        say("warn", "admin-deliveries", _("{} 条通知没有发出去").format(f["messages_failed"]),
            _("看原因，再次发送"))
    backup = last_backup()
    if backup is None or now - backup.at > STALE_BACKUP:
        say("warn", "admin-jobs",
            _("最近一次备份在 {}").format(clock.say_moment(backup.at)) if backup else _("还没有备份过"),
            _("在“后台任务”里点“现在备份”，并检查夜间任务"))
    root = last_root()
    if f["root"] and (root is None or int(root.name[5:-5]) < f["root"]):
        say("warn", "admin-now", _("最近签名的根没有导出到文件"), _("检查数据目录下的 roots 能否写入"))
    if now.month >= 11 and (f["last_decreed"] is None or f["last_decreed"].year <= now.year):
        say("warn", "admin-calendar", _("还没有录入{}年的放假安排").format(now.year + 1),
            _("通知一般在11月公布；没有它，跨年的期限只是预计"))
    if left := behind():
        say("info", "admin-calendar", _("还有 {} 件在按新的放假安排重算期限").format(left),
            _("后台正在做，不用等"))
    if f["vacant_duty_posts"]:
        for door in ("admin-offices",):
            say("warn", door, _("{} 个值班岗位没有人").format(f["vacant_duty_posts"]),
                _("没有人的地方网上收不了件：安排人员"))
            found[-1]["href"] = reverse("admin-offices") + "?s=vacant"
    return found
