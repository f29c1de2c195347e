"""Real servers, of the wheel and of the system, each on a folder of its own."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.installation import open_folder
from weimin.ops import places
from weimin.ops.postgres import Server

WHEEL = places._wheel_binaries()[:1]
SYSTEM = [path for path in places._system_binaries() if path.parent.name == "15"][:1]


# CI runs everything on the oldest and the newest server; a developer's run takes the newest, or
# the one that WEIMIN_PG_BIN names.
if chosen := os.environ.get("WEIMIN_PG_BIN"):
    BOTH = [Path(chosen)]
else:
    BOTH = [*WHEEL, *SYSTEM] if os.environ.get("CI") or not WHEEL else WHEEL


@pytest.fixture(params=BOTH, ids=lambda path: f"pg{places.major_version(path / 'postgres')}")
def binaries(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """pytest's folders are 0700: as root, the server's home is elsewhere."""
    folder = tmp_path / "var"
    yield folder
    link = folder / "postgres"
    if link.is_symlink():
        shutil.rmtree(link.resolve())


@pytest.fixture
def new_server(data_dir: Path, binaries: Path) -> Iterator[Server]:
    """A server as the product makes it: nothing is there yet."""
    server = Server(data_dir, binaries)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def clusters() -> Iterator[Callable[[Path], Server]]:
    """A cluster of each version, initialised once, to copy from.

    It does not wait for the disk: these tests kill processes, never the machine.
    """
    made: dict[Path, Server] = {}

    def cluster(binaries: Path) -> Server:
        if binaries not in made:
            made[binaries] = Server(open_folder(), binaries)
            made[binaries].ensure_initialised()
            with (made[binaries].data / "postgresql.conf").open("a") as conf:
                conf.write("fsync = off\n")
        return made[binaries]

    yield cluster
    for server in made.values():
        shutil.rmtree(server.data_dir)


@pytest.fixture
def server(new_server: Server, clusters: Callable[[Path], Server]) -> Server:
    """A server on a copy of an initialised cluster, not started."""
    made = clusters(new_server.binaries)
    subprocess.run(["cp", "-a", made.data, made.home / "passwords.json", new_server.home], check=True)
    return new_server


def processes_of(server: Server) -> list[int]:
    """Every process that works in the server's folder: postmaster and backends. Zombies don't."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == server.data:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def eventually(check: Callable[[], bool], within: float) -> float:
    """Wait for something and say how long it took."""
    started = time.monotonic()
    while not check():
        assert time.monotonic() - started < within, f"not within {within} s"
        time.sleep(0.05)
    return time.monotonic() - started


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
