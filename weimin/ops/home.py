"""One installation: its data folder, its database, and how its processes are called."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from weimin.ops import given
from weimin.ops.errors import REFUSED, OpsError, Told
from weimin.ops.postgres import APP, OWNER, Server

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Home:
    """A data folder with everything that belongs to one installation."""

    def __init__(self, folder: Path, *, demo: bool = False) -> None:
        self.folder = folder.absolute()
        # A folder that was a demo once stays one: its papers must never look real.
        self.demo = demo or (self.folder / "demo").exists()
        self.given_url = os.environ.get("DATABASE_URL")  # a real server: we start none
        self.owner_url = os.environ.get("WEIMIN_OWNER_URL")
        if self.given_url and not self.owner_url:
            raise OpsError(
                "设了 DATABASE_URL，却没有 WEIMIN_OWNER_URL",
                f"应用以 {APP} 身份工作，迁移以 {OWNER} 身份进行：两个都要给出",
            )
        self.server = None if self.given_url else Server(self.folder)

    @property
    def keys(self) -> Path:
        """Where the keys lie."""
        return self.folder / "keys"

    def url(self, role: str) -> str:
        """The database as that role."""
        if self.server is not None:
            return self.server.url(role)
        found = self.given_url if role == APP else self.owner_url
        assert found is not None  # the constructor saw to it
        return found

    def environment(self, role: str = APP) -> dict[str, str]:
        """What our processes need to know."""
        return {
            "DJANGO_SETTINGS_MODULE": "weimin.settings",
            "WEIMIN_HOME": str(self.folder),
            "WEIMIN_DEMO": "1" if self.demo else "0",
            "DATABASE_URL": self.url(role),
            "PYTHONUNBUFFERED": "1",
        }

    @contextmanager
    def database(self, *, new: bool = False, roles: bool = True) -> Iterator[None]:
        """A database that answers, for the duration of a command.

        Raises OpsError where there is none, unless it may be a new one: a backup of a folder that
        was mistyped must not be an empty success. ``roles``: a given server is worked on in ours.
        """
        if self.server is None:
            if roles:
                self.check_given()
            yield
            return
        if not new and not (self.server.data / "PG_VERSION").exists():
            raise OpsError(f"{self.folder} 里没有数据",
                           "核对 --home（或 WEIMIN_HOME）；第一次使用先执行 weimin run 或 weimin demo")
        with self.server.running():
            self.server.ensure_database()
            yield

    def check_given(self) -> None:
        """Raises OpsError where the server that we were given is not fit for us."""
        assert self.given_url is not None and self.owner_url is not None
        given.check(self.given_url, self.owner_url)

    def call(self, *argv: str, title: str, role: str = APP) -> None:
        """Run one of our commands as a process of its own, in that role.

        Raises Told when it said in words why it did not do it, OpsError when it broke.
        """
        done = subprocess.run(
            [sys.executable, "-m", "weimin", *argv],
            env=os.environ | self.environment(role),
        )
        if done.returncode == REFUSED:
            raise Told
        if done.returncode:
            raise OpsError(f"{title}没有完成", "原因见上面的输出")

    def web(self, host: str, port: int, workers: int) -> Sequence[str]:
        """The command of the web server."""
        return [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host,
            "--port", str(port), "--workers", str(workers), "--blocking-threads", "1",
            "--no-ws", "--log-level", "warning", "--respawn-failed-workers",
            # A stop waits for whoever has begun to ask: not for ever, and nobody needs as long.
            "--http1-header-read-timeout", "5000",
            "weimin.web.wsgi:application",
        ]

    def worker(self) -> Sequence[str]:
        """The command of the background worker."""
        return [sys.executable, "-m", "weimin", "worker"]


def check_reachable(host: str) -> None:
    """Anything but loopback needs TLS, in front of us and said aloud."""
    if host not in LOOPBACK and os.environ.get("WEIMIN_TLS_PROXY") != "1":
        raise OpsError(
            f"拒绝在 {host} 上提供明文服务",
            "在前面放一个有 TLS 的反向代理，并设 WEIMIN_TLS_PROXY=1；或只用 127.0.0.1",
        )
