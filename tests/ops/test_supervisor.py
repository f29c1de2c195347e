import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.installation import free_port
from tests.ops.conftest import BOTH, eventually, kill, processes_of
from weimin.ops import supervisor as supervisor_module
from weimin.ops.errors import OpsError
from weimin.ops.postgres import SUPERUSER, Server
from weimin.ops.supervisor import Child, Supervisor, answers, program, require_free_port

# A small web server whose worker ignores SIGTERM, as a stuck one would.
WEB = """
import os, signal, socket, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork():  # who answers has its worker already
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    time.sleep(0.1)
"""

# A small `weimin run`: data folder, programs, port.
RUN = f"""
import logging, sys
from pathlib import Path
from weimin.ops.errors import OpsError
from weimin.ops.postgres import Server
from weimin.ops.supervisor import *
logging.basicConfig(level=logging.INFO, format="%(message)s")
folder, port = Path(sys.argv[1]), sys.argv[3]
server = Server(folder, Path(sys.argv[2]))
try:
    with Supervisor(folder / "run.lock") as supervisor:
        supervisor.start(database(server))
        server.ensure_database()
        ready = lambda: answers("127.0.0.1", int(port))
        supervisor.start(program("web", [sys.executable, "-c", {WEB!r}, port], ready=ready, env={{}}))
        pids = [running.process.pid for running in supervisor._running]
        print("pids", *pids, supervisor._watchdog.pid, flush=True)
        supervisor.watch()
except OpsError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def binaries() -> Path:
    """Only the newest: a supervisor does not know which server it keeps."""
    return BOTH[0]


class Run:
    """A supervisor in a process of its own."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.port = free_port()
        server.data_dir.mkdir(exist_ok=True)
        argv = [sys.executable, "-c", RUN, str(server.data_dir), str(server.binaries), str(self.port)]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if line:
            self.database, self.web, self.watchdog = map(int, line.split()[1:])

    def web_pids(self) -> list[int]:
        return _group(self.web)

    def all_gone(self) -> bool:
        return not processes_of(self.server) and not self.web_pids() and not _alive(self.watchdog)

    def answers(self) -> bool:
        return self.server.is_ready() and answers("127.0.0.1", self.port)

    def said(self) -> str:
        return self.process.communicate(timeout=40)[1]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _group(group: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(entry.name)) == group and _alive(int(entry.name)):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.fixture
def run(server: Server) -> Iterator[Run]:
    run = Run(server)
    yield run
    if run.process.poll() is None:
        run.process.terminate()
    try:
        run.said()
    finally:
        for pid in run.web_pids():  # of a test that failed
            kill(pid)


def test_it_works_and_stops_in_reverse_order(run: Run) -> None:
    assert run.answers()
    assert len(run.web_pids()) == 2
    run.process.terminate()
    said = run.said()
    assert said.index("web 已停止") < said.index("数据库 已停止")
    assert run.process.returncode == 0
    assert run.all_gone()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_other_signals_stop_it_cleanly_too(run: Run, number: signal.Signals) -> None:
    run.process.send_signal(number)
    assert "数据库 已停止（0）" in run.said()
    assert run.all_gone()


def test_killed_supervisor_leaves_nobody_after_five_seconds(run: Run) -> None:
    with _load(run.server):
        run.process.kill()
        took = eventually(run.all_gone, within=5)
    print(f"gone after {took:.2f} s")
    again = Run(run.server)  # on the same data, at once
    assert again.answers()
    again.process.terminate()
    again.said()


def test_killed_watchdog_is_replaced_and_the_new_one_knows_the_children(run: Run) -> None:
    kill(run.watchdog)
    others = {run.database, run.web, run.watchdog}
    eventually(lambda: bool(set(_children(run.process.pid)) - others), within=5)
    time.sleep(0.3)  # it is being told
    run.process.kill()
    eventually(run.all_gone, within=5)


def test_without_watchdog_the_kernel_ends_the_children(run: Run) -> None:
    os.kill(run.process.pid, signal.SIGSTOP)  # so that it can't replace its watchdog
    kill(run.watchdog)
    run.process.kill()
    eventually(lambda: not _alive(run.web) and not processes_of(run.server), within=5)
    for pid in run.web_pids():  # the grandchild, which only the watchdog could have reached
        kill(pid)


@pytest.mark.parametrize("who", ["database", "web"])
def test_killed_child_comes_back(run: Run, who: str) -> None:
    kill(getattr(run, who))
    eventually(lambda: not run.answers(), within=3)
    eventually(run.answers, within=8)
    run.process.terminate()
    assert "已重新启动" in run.said()
    assert not processes_of(run.server)


def test_second_instance_is_refused_with_the_pid_of_the_first(run: Run) -> None:
    second = Run(run.server)
    assert f"进程号 {run.process.pid}" in second.said()
    assert second.process.returncode == 1
    assert run.answers()


def test_child_that_does_not_start_stops_everything_and_is_named(tmp_path: Path) -> None:
    stops: list[str] = []
    sleeper = program("沉睡", ["sleep", "60"], ready=lambda: True, env={})
    broken = program("坏的", ["false"], ready=lambda: False, env={})
    supervisor = Supervisor(tmp_path / "lock")
    with pytest.raises(OpsError, match="坏的 启动即退出"), supervisor:
        supervisor.start(sleeper)
        stops.append("started")
        supervisor.start(broken)
    assert all(
        running.process is not None and running.process.poll() is not None for running in supervisor._running
    )


def test_child_that_never_gets_ready_is_given_up(tmp_path: Path) -> None:
    argv = ["sleep", "60"]
    slow = Child(
        name="慢的",
        spawn=lambda: subprocess.Popen(argv, start_new_session=True),
        ready=lambda: False,
        ready_within=0.2,
    )
    with pytest.raises(OpsError, match="慢的 0 秒内未就绪"), Supervisor(tmp_path / "lock") as supervisor:
        supervisor.start(slow)


def test_signal_while_starting_stops_without_an_error(tmp_path: Path) -> None:
    slow = program("慢的", ["sleep", "60"], ready=lambda: False, env={})
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    with Supervisor(tmp_path / "lock") as supervisor:
        supervisor.start(slow)
        raise AssertionError("not reached")
    timer.join()


def test_restarts_back_off(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    dying = program("早夭", ["sleep", "0.05"], ready=lambda: True, env={})
    timer = threading.Timer(3.0, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    with caplog.at_level(logging.INFO), Supervisor(tmp_path / "lock") as supervisor:
        supervisor.start(dying)
        supervisor.watch()
    timer.join()
    assert [f"{delay} 秒后重启" in caplog.text for delay in ("0.5", "1.0", "2.0")] == [True, True, True]


def test_a_child_that_stops_answering_is_started_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "PROBE", 0.2)
    deaf = tmp_path / "deaf"
    child = program("聋的", ["sleep", "60"], ready=lambda: not deaf.exists(), env={}, patience=0.5)
    timers = [threading.Timer(0.5, deaf.touch), threading.Timer(1.6, deaf.unlink),
              threading.Timer(2.6, os.kill, (os.getpid(), signal.SIGTERM))]
    for timer in timers:
        timer.start()
    with caplog.at_level(logging.INFO), Supervisor(tmp_path / "lock") as supervisor:
        supervisor.start(child)
        supervisor.watch()
    for timer in timers:
        timer.join()
    assert caplog.text.count("秒没有应答") == 1
    assert "已重新启动" in caplog.text


def test_a_clock_that_is_set_is_said_and_restarts_who_plans_by_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    offset = supervisor_module._clock_offset
    set_back = threading.Event()
    monkeypatch.setattr(supervisor_module, "_clock_offset",
                        lambda: offset() - (3600 if set_back.is_set() else 0))
    timers = [threading.Timer(0.5, set_back.set),
              threading.Timer(2.0, os.kill, (os.getpid(), signal.SIGTERM))]
    for timer in timers:
        timer.start()
    planner = program("计划的", ["sleep", "60"], ready=lambda: True, env={}, plans_ahead=True)
    other = program("别的", ["sleep", "60"], ready=lambda: True, env={})
    with caplog.at_level(logging.INFO), Supervisor(tmp_path / "lock") as supervisor:
        supervisor.start(planner)
        supervisor.start(other)
        supervisor.watch()
    for timer in timers:
        timer.join()
    assert "时钟被拨动了 -3600 秒" in caplog.text
    assert "计划的 已重新启动" in caplog.text and "别的 已重新启动" not in caplog.text


def test_port_in_use_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OpsError, match="不能使用"):
        host, port = taken.getsockname()
        require_free_port(host, port)
    require_free_port(host, port)


def _children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == pid and _alive(
                int(entry.name)
            ):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


class _load:
    """Clients that write without pause."""

    def __init__(self, server: Server) -> None:
        self._url = server.url(SUPERUSER, "weimin")
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(3)]

    def _write(self, number: int) -> None:
        try:
            with psycopg.connect(self._url, autocommit=True) as connection:
                connection.execute(f"CREATE TABLE load_{number} (n int, t text)")
                while True:
                    connection.execute(
                        f"INSERT INTO load_{number} SELECT g, repeat('x', 99) FROM generate_series(1, 500) g"
                    )
        except psycopg.OperationalError:
            return

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()
        time.sleep(0.5)

    def __exit__(self, *error: object) -> None:
        for thread in self._threads:
            thread.join()
