"""What the database says of itself before anything of ours works in it: version and time."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from psycopg import sql

from weimin.ops.errors import OpsError

ROOMS = Path(__file__).parents[1]
TOLERANCE = timedelta(days=1)  # by which a clock may stand before the last root at a start


@dataclass(frozen=True, slots=True)
class Migrations:
    """How the structure of the data differs from what this program was written for."""

    pending: Set[str]  # the program has them, the data not yet
    unknown: Set[str]  # the data has them, the program not: a newer one was here


def migrations(connection: psycopg.Connection) -> Migrations:
    """Compare the rooms' migrations with those that were applied; a new database has none."""
    ours = {f"{path.parts[-3]}.{path.stem}" for path in ROOMS.glob("*/migrations/[0-9]*.py")}
    rooms = {name.split(".")[0] for name in ours}
    applied: set[str] = set()
    if connection.execute("SELECT to_regclass('django_migrations')").fetchone() != (None,):
        rows = connection.execute("SELECT app, name FROM django_migrations").fetchall()
        applied = {f"{app}.{name}" for app, name in rows if app in rooms}
    return Migrations(ours - applied, applied - ours)


def refuse_newer_data(url: str) -> None:
    """Raise OpsError when a newer program than this one has changed the data's structure."""
    with psycopg.connect(url) as connection:
        unknown = migrations(connection).unknown
    if unknown:
        raise OpsError(
            f"数据来自更新的版本（这个程序不认识 {min(unknown)}）",
            "换回更新的程序；要退回旧版本，用升级前的备份恢复到新的数据目录",
        )


def refuse_lost_keys(url: str, keys: Path) -> None:
    """Raise OpsError where data are there and the key that belongs to them is not.

    A new key would be made for it, and half of the numbers be closed by the one and half by the other.
    """
    with psycopg.connect(url) as connection:
        for name, table, lost in (("vault", "registry_person", "原有的身份证号和电话从此解不开"),
                                  ("lookup", "registry_person", "原有的人从此按身份证号查不到"),
                                  ("trail", "trail_root", "原有的签名从此核验不了")):
            if (keys / name).exists() or not _has_rows(connection, table):
                continue
            raise OpsError(
                f"缺少密钥 {keys / name}，数据却已经在了",
                f"把另外保管的 keys 拷回 {keys.parent}。确实丢了才生成新的，{lost}："
                f"head -c 32 /dev/urandom > {keys / name}",
            )


def _has_rows(connection: psycopg.Connection, table: str) -> bool:
    if connection.execute("SELECT to_regclass(%s)", [table]).fetchone() == (None,):
        return False
    query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table))
    return connection.execute(query).fetchone() == (True,)


def refuse_early_clock(url: str) -> None:
    """Raise OpsError when the clock stands before the last signed root.

    What is received by a clock with an empty battery bears a wrong year and wrong limits for ever.
    """
    with psycopg.connect(url) as connection:
        if connection.execute("SELECT to_regclass('trail_root')").fetchone() == (None,):
            return
        row = connection.execute("SELECT max(taken_at) FROM trail_root").fetchone()
    last = row[0] if row else None
    if last is not None and datetime.now(UTC) < last - TOLERANCE:
        raise OpsError(
            f"服务器时钟（{datetime.now(UTC):%Y-%m-%d %H:%M} UTC）早于最近一次签名的根"
            f"（{last.astimezone(UTC):%Y-%m-%d %H:%M} UTC）",
            "校正服务器时钟后再启动；若时钟无误（是当时的时钟快了），加 --clock-is-right 启动",
        )
