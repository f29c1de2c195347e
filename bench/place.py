"""The place that is measured: a fresh embedded server with Hengyang in it, and its CPU time."""

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import process_time

from weimin.ops.postgres import APP, OWNER, SUPERUSER, Server

ROOT = Path(__file__).parent.parent
SINCE = date(2020, 1, 1)
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Place:
    """A running server and everything that is counted on it."""

    server: Server
    pids: list[int] = field(default_factory=list)  # the web's processes, when there are any

    def url(self, role: str = APP) -> str:
        """The database as that role."""
        return self.server.url(role)

    def database_cpu(self) -> float:
        """Seconds of all processes of the server, those that ended included."""
        seconds = 0.0
        for pid in self.server._processes():
            user, system, ended_user, ended_system = _stat(pid)
            seconds += user + system
            if self.server.process is not None and pid == self.server.process.pid:
                seconds += ended_user + ended_system
        return seconds

    def web_cpu(self) -> float:
        """Seconds of the web's processes; of ourselves when the verbs run in here."""
        if not self.pids:
            return process_time()
        return sum(sum(_stat(pid)[:2]) for pid in self.pids)


@dataclass(frozen=True)
class Cpu:
    """Milliseconds of CPU, on both sides."""

    web: float
    database: float

    @property
    def whole(self) -> float:
        """Both together."""
        return self.web + self.database

    def __add__(self, other: "Cpu") -> "Cpu":
        return Cpu(self.web + other.web, self.database + other.database)

    def sides(self) -> dict[str, float]:
        """For the report."""
        return {"web": round(self.web, 3), "database": round(self.database, 3)}


class Meter:
    """What a block took, in milliseconds of CPU per unit."""

    def __init__(self, place: Place, units: int) -> None:
        self.place, self.units = place, units
        self.cpu = Cpu(0, 0)

    def __enter__(self) -> "Meter":
        self._web, self._database = self.place.web_cpu(), self.place.database_cpu()
        return self

    def __exit__(self, *_: object) -> None:
        scale = 1000 / max(self.units, 1)
        self.cpu = Cpu((self.place.web_cpu() - self._web) * scale,
                       (self.place.database_cpu() - self._database) * scale)


def _stat(pid: int) -> tuple[float, float, float, float]:
    """utime, stime, cutime and cstime of a process in seconds; nothing for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0, 0.0, 0.0, 0.0
    return tuple(int(value) / _TICKS for value in fields[11:15])  # type: ignore[return-value]


@contextmanager
def running() -> Iterator[Place]:
    """A server in a home of its own, migrated, published and staffed; gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="weimin-bench-"))
    server = Server(home)
    server.start()
    try:
        server.ensure_database()
        os.environ |= {
            "WEIMIN_HOME": str(home), "WEIMIN_DEMO": "1", "DATABASE_URL": server.url(APP),
            "DJANGO_SETTINGS_MODULE": "weimin.settings", "WEIMIN_TESTING": "1",
        }
        _prepare(server)
        yield Place(server)
    finally:
        server.stop()
        shutil.rmtree(server.home, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


def _prepare(server: Server) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from weimin.kernel import clock
    from weimin.ops.people import fill_posts
    from weimin.packs.publish import publish
    from weimin.packs.read import read_pack
    from weimin.settings import _database

    connection = connections["default"]
    connection.settings_dict.update(_database(server.url(OWNER)))
    call_command("migrate", verbosity=0)
    connection.close()
    connection.settings_dict.update(_database(server.url(APP)))
    publish(read_pack(ROOT / "packs" / "hengyang"), now=clock.now())
    fill_posts(random.Random(2785), since=SINCE)
    as_superuser(server, "VACUUM ANALYZE")


def as_superuser(server: Server, *statements: str) -> list[tuple[object, ...]]:
    """Run statements as the superuser; the rows of the last one."""
    import psycopg

    with psycopg.connect(server.url(SUPERUSER), autocommit=True) as connection:
        rows: list[tuple[object, ...]] = []
        for statement in statements:
            cursor = connection.execute(statement)  # type: ignore[arg-type]
            rows = cursor.fetchall() if cursor.description else []
    return rows
