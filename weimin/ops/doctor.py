"""What is wrong with this machine or this data, and what to do."""

import os
import shutil
import stat
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from weimin.kernel.clock import say_moment
from weimin.ops.errors import OpsError
from weimin.ops.home import Home
from weimin.ops.places import OLDEST, find_binaries, major_version
from weimin.ops.postgres import OWNER
from weimin.ops.process import lock_holder, try_lock
from weimin.ops.state import migrations, refuse_lost_keys
from weimin.ops.supervisor import require_free_port

Say = Callable[[str], None]
Check = Callable[[], str]  # what is well; raises OpsError for what is not

WORKER_PATIENCE = timedelta(minutes=5)  # the worker looks into the outbox every five seconds
CLOCK_PATIENCE = timedelta(minutes=2)
LEAST_FREE = 2_000_000_000  # bytes


def examine(folder: Path, address: tuple[str, int], say: Say) -> int:
    """Say of each thing whether it is well; how many are not."""
    running = _holder(folder)
    checks: list[Check] = [
        _python,
        lambda: _disk(folder),
        lambda: _address(address, running),
        _binaries,
        _fonts,
        lambda: _keys(folder),
        lambda: _folders(folder),
    ]
    faults = sum(not _one(check, say) for check in checks)
    if not (folder / "postgres").exists() and not os.environ.get("DATABASE_URL"):
        say("✓ 还没有数据库（weimin run 会建立）")
        return faults
    return faults + _examine_data(folder, running, say)


def _one(check: Check, say: Say) -> bool:
    try:
        say(f"✓ {check()}")
    except OpsError as error:
        say(f"✗ {error.message}\n  {error.remedy}")
        return False
    return True


# -- the machine --------------------------------------------------------------------------------


def _python() -> str:
    found = ".".join(map(str, sys.version_info[:3]))
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise OpsError(f"Python {found} 不受支持", "使用 3.11、3.12 或 3.13")
    return f"Python {found}"


def _disk(folder: Path) -> str:
    place = next(p for p in (folder, *folder.parents) if p.exists())
    free = shutil.disk_usage(place).free
    if free < LEAST_FREE:
        raise OpsError(f"{place} 只剩 {free / 1e9:.1f} GB", "清理磁盘，至少留出 2 GB")
    return f"磁盘剩余 {free / 1e9:.0f} GB"


def _holder(folder: Path) -> str | None:
    """The pid of the instance that runs on this folder, if one does."""
    lock = folder / "run.lock"
    if not lock.exists():
        return None
    held = try_lock(lock)
    if held is None:
        return lock_holder(lock)
    os.close(held)
    return None


def _address(address: tuple[str, int], running: str | None) -> str:
    if running:
        return f"正在运行（进程号 {running}）"
    require_free_port(*address)
    return f"没有在运行；地址 {address[0]}:{address[1]} 空着"


def _binaries() -> str:
    binaries = find_binaries()
    major = major_version(binaries / "postgres")
    if major < OLDEST:
        raise OpsError(f"PostgreSQL {major} 太旧", f"需要 {OLDEST} 或更高版本")
    return f"PostgreSQL {major}（{binaries}）"


def _fonts() -> str:
    remedy = "重新执行 python3 tools/install.py runtime，或更正 WEIMIN_FONTS"
    try:
        import pylopdf_fonts_zh_cn

        folders = [Path(pylopdf_fonts_zh_cn.serif_path()).parent]
    except (ImportError, OSError) as error:
        raise OpsError(f"缺少打印用的中文字体：{error}", remedy) from error
    if own := os.environ.get("WEIMIN_FONTS"):
        folders.append(Path(own))
    for folder in folders:
        if not any(path.suffix.lower() in (".ttf", ".otf", ".ttc") for path in folder.glob("*")):
            raise OpsError(f"{folder} 里没有字体，打印不出文书", remedy)
    return f"字体：{'、'.join(map(str, folders))}"


def _keys(folder: Path) -> str:
    keys = folder / "keys"
    if not keys.exists():
        return "还没有密钥（第一次启动时生成）"
    for path in (keys, *keys.iterdir()):
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise OpsError(f"{path} 能被别人读到", f"chmod -R go= {keys}")
    empty = [path for path in keys.iterdir() if not path.stat().st_size]
    if empty:
        raise OpsError(f"密钥 {empty[0]} 是空的", "从另行保管的 keys 目录恢复它，再启动")
    return f"密钥 {len(list(keys.iterdir()))} 个；请确认已另行备份"


def _folders(folder: Path) -> str:
    """What the processes of this user must be able to write."""
    for path in (folder, *(folder / name for name in ("files", "roots", "static", "keys"))):
        if path.exists() and not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            raise OpsError(f"当前用户不能写 {path}", f"改用 {path.owner()} 用户运行，或更改属主")
    return f"{folder} 可以读写"


# -- the data -----------------------------------------------------------------------------------


def _examine_data(folder: Path, running: str | None, say: Say) -> int:
    """The checks that need the database; it is started for them if it does not run."""
    try:
        home = Home(folder)
        with home.database(), closing(psycopg.connect(home.url(OWNER))) as connection:
            checks: list[Check] = [lambda: _structure(connection)]
            if not migrations(connection).pending:
                checks += [
                    lambda: _fitting_keys(home),
                    lambda: _clock(connection),
                    lambda: _roots(connection, folder),
                    lambda: _outbox(connection),
                ]
                if running:
                    checks.append(lambda: _worker(connection))
            return sum(not _one(check, say) for check in checks)
    except OpsError as error:
        say(f"✗ {error.message}\n  {error.remedy}")
    except psycopg.Error as error:
        say(f"✗ 数据库答不上来：{error}\n  查看 {folder / 'postgres' / 'server.log'}")
    return 1


def _fitting_keys(home: Home) -> str:
    refuse_lost_keys(home.url(OWNER), home.keys)
    return "数据用的密钥都在"


def _now() -> datetime:
    return datetime.now(UTC)


def _value(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(query).fetchone()
    return row[0] if row else None


def _structure(connection: psycopg.Connection) -> str:
    found = migrations(connection)
    if found.unknown:
        raise OpsError(
            f"数据来自更新的版本（这个程序不认识 {min(found.unknown)}）",
            "换回更新的程序；要退回旧版本，用升级前的备份恢复到新的数据目录",
        )
    version = _value(connection, "SELECT current_setting('server_version')")
    if _value(connection, "SELECT to_regclass('django_migrations')") is None:
        return f"数据库 {version}，还是空的（weimin run 会建表）"
    if found.pending:
        raise OpsError(
            f"数据来自较旧的版本，还有 {len(found.pending)} 项结构变更没有执行", "执行 weimin upgrade"
        )
    return f"数据库 {version}，结构与程序一致"


def _clock(connection: psycopg.Connection) -> str:
    last = _value(
        connection,
        "SELECT greatest((SELECT max(recorded_at) FROM trail_event),"
        " (SELECT max(taken_at) FROM trail_root))",
    )
    now = _now()
    if isinstance(last, datetime) and last > now + CLOCK_PATIENCE:
        raise OpsError(
            f"服务器时钟（{say_moment(now)}）早于最后一条记录（{say_moment(last)}）",
            "核对时间（timedatectl）。时钟慢了就校正；时钟曾经快过，就查那段时间收的件，期限是错的",
        )
    return f"时钟 {say_moment(now)}，晚于最后一条记录"


def _roots(connection: psycopg.Connection, folder: Path) -> str:
    rows = connection.execute("SELECT id, taken_at FROM trail_root ORDER BY id").fetchall()
    absent = [n for n, _ in rows if not (folder / "roots" / f"root-{n:06d}.json").exists()]
    if absent:
        raise OpsError(
            f"有 {len(absent)} 个签名的根没有导出文件（例如第 {absent[0]} 个）",
            f"从带出去的副本拷回 {folder / 'roots'}；最近的会在下一次签名时补写（检查磁盘和权限）",
        )
    if not rows:
        return "还没有签名的根（每天凌晨 2:30 签一次）"
    return f"签名的根 {len(rows)} 个，都已导出；最近一次 {rows[-1][1]:%Y-%m-%d %H:%M}"


def _outbox(connection: psycopg.Connection) -> str:
    failed = _value(connection, "SELECT count(*) FROM outbox_message WHERE status = 'failed'")
    if failed:
        raise OpsError(f"有 {failed} 条通知发送失败", "在“管理 → 通知”中处理")
    return "没有发送失败的通知"


def _worker(connection: psycopg.Connection) -> str:
    """The instance runs: then the worker must have done something lately."""
    last = _value(
        connection,
        "SELECT e.at FROM procrastinate_events e JOIN procrastinate_jobs j ON j.id = e.job_id"
        " WHERE e.type = 'succeeded' AND j.queue_name = 'outbox' ORDER BY e.id DESC LIMIT 1",
    )
    now = _now()
    if not isinstance(last, datetime) or not now - WORKER_PATIENCE < last < now + CLOCK_PATIENCE:
        since = say_moment(last) if isinstance(last, datetime) else "从未"
        raise OpsError(f"后台任务没有动静（最近一次：{since}）", "重新启动 weimin run，查看它的输出")
    return "后台任务在工作"
