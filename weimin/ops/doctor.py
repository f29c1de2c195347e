"""What is wrong with this machine or this data, and what to do."""

import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from weimin.ops.errors import OpsError
from weimin.ops.home import Home
from weimin.ops.places import OLDEST, find_binaries, major_version

Say = Callable[[str], None]


def examine(folder: Path, say: Say) -> int:
    """Say of each thing whether it is well; how many are not."""
    checks = (_python, _disk, _binaries, _keys, _database)
    return sum(not _one(check, folder, say) for check in checks)


def _one(check: Callable[[Path], str], folder: Path, say: Say) -> bool:
    try:
        say(f"✓ {check(folder)}")
    except OpsError as error:
        say(f"✗ {error.message}\n  {error.remedy}")
        return False
    return True


def _python(folder: Path) -> str:
    found = ".".join(map(str, sys.version_info[:3]))
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise OpsError(f"Python {found} 不受支持", "使用 3.11、3.12 或 3.13")
    return f"Python {found}"


def _disk(folder: Path) -> str:
    place = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    free = shutil.disk_usage(place).free
    if free < 2_000_000_000:
        raise OpsError(f"{place} 只剩 {free / 1e9:.1f} GB", "清理磁盘，至少留出 2 GB")
    return f"磁盘剩余 {free / 1e9:.0f} GB"


def _binaries(folder: Path) -> str:
    binaries = find_binaries()
    major = major_version(binaries / "postgres")
    if major < OLDEST:
        raise OpsError(f"PostgreSQL {major} 太旧", f"需要 {OLDEST} 或更高版本")
    return f"PostgreSQL {major}（{binaries}）"


def _keys(folder: Path) -> str:
    keys = folder / "keys"
    if not keys.exists():
        return "还没有密钥（第一次启动时生成）"
    if stat.S_IMODE(keys.stat().st_mode) & 0o077 and os.geteuid() == keys.stat().st_uid:
        raise OpsError(f"{keys} 能被别人读到", f"chmod 700 {keys}")
    return f"密钥 {len(list(keys.iterdir()))} 个；请确认已另行备份"


def _database(folder: Path) -> str:
    if not (folder / "postgres").exists() and not os.environ.get("DATABASE_URL"):
        return "还没有数据库（weimin run 会建立）"
    import psycopg

    from weimin.ops.postgres import OWNER

    home = Home(folder)
    with home.database(), psycopg.connect(home.url(OWNER)) as connection:
        row = connection.execute(
            "SELECT current_setting('server_version'),"
            " (SELECT count(*) FROM outbox_message WHERE status = 'failed'),"
            " (SELECT max(taken_at) FROM trail_root)"
        ).fetchone()
    assert row is not None
    if row[1]:
        raise OpsError(f"有 {row[1]} 条通知发送失败", "在“管理 → 通知”中处理")
    root = f"最近一次签名的根：{row[2]:%Y-%m-%d %H:%M}" if row[2] else "还没有签名的根"
    return f"数据库 {row[0]}，{root}"
