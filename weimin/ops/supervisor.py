"""Keeps the processes of one installation running: database, web, worker.

    with Supervisor(data_dir / "run.lock") as supervisor:
        supervisor.start(database)
        server.ensure_database(); migrate()
        supervisor.start(web)
        supervisor.start(worker)
        supervisor.watch()          # until SIGTERM, SIGINT or SIGHUP

Leaving the block stops the children in reverse order. A child that dies while we watch is
started again. When we are killed with -9, the children die with us (see `watchdog`).
"""

import contextlib
import errno
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from weimin.ops import watchdog
from weimin.ops.errors import OpsError
from weimin.ops.postgres import FAST_THEN_IMMEDIATE, Server
from weimin.ops.process import ASK_THEN_KILL, StopSteps, lock_holder, spawn, terminate, try_lock

log = logging.getLogger(__name__)

TICK = 0.1
FIRST_DELAY = 0.5  # seconds before the first restart, doubled for each further one …
LONGEST_DELAY = 30.0
STEADY = 60.0  # … and forgotten after running this long
PROBE = 2.0  # seconds between two looks whether a child still answers
CLOCK_STEP = 60.0  # seconds: a clock that leaps further was set by somebody
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True, kw_only=True)
class Child:
    """How to run one process."""

    name: str  # as the operator calls it
    spawn: Callable[[], subprocess.Popen[bytes]]
    ready: Callable[[], bool] = lambda: True  # asked only while the process lives
    failure: Callable[[], OpsError] | None = None  # why it did not get ready, if it can tell
    ready_within: float = 60  # seconds
    stop: StopSteps = ASK_THEN_KILL
    orphan_signal: signal.Signals = signal.SIGTERM  # when we are gone
    plans_ahead: bool = False  # by the wall clock: to be started again when that is set
    patience: float | None = None  # seconds that it may live without being ready, once it was


def program(
    name: str, argv: Sequence[str], *, ready: Callable[[], bool], env: dict[str, str],
    plans_ahead: bool = False, patience: float | None = None, stop: StopSteps = ASK_THEN_KILL,
) -> Child:
    """A child that is simply a command."""
    return Child(name=name, spawn=lambda: spawn(argv, env=os.environ | env), ready=ready,
                 plans_ahead=plans_ahead, patience=patience, stop=stop)


def database(server: Server) -> Child:
    """The embedded server as a child."""
    return Child(
        name="数据库",
        spawn=server.spawn,
        ready=server.is_ready,
        failure=server.failure,
        ready_within=300,  # it may have to recover
        stop=FAST_THEN_IMMEDIATE,
        orphan_signal=signal.SIGQUIT,
    )


def answers(host: str, port: int) -> bool:
    """A ready check: something accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def require_free_port(host: str, port: int) -> None:
    """Say clearly that a port is taken, before a server says it in its own way."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        try:
            probe.bind((host, port))
        except OSError as error:
            why = {errno.EADDRINUSE: "已被占用", errno.EACCES: "没有权限（1024 以下的端口）",
                   errno.EADDRNOTAVAIL: "这台机器没有这个地址"}.get(error.errno or 0, error.strerror)
            raise OpsError(
                f"地址 {host}:{port} 不能使用：{why}",
                f"停掉占用它的程序（可能就是另一个 weimin），或换一个端口，如 --port {port + 1}",
            ) from error


def _clock_offset() -> float:
    """By how much the wall clock is ahead of the one that nobody sets and that sleeps with nobody."""
    steady = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.time() - time.clock_gettime(steady)


@dataclass(kw_only=True)
class _Running:
    """One child, and its luck so far."""

    child: Child
    process: subprocess.Popen[bytes] | None
    since: float
    failures: int = 0
    again_at: float | None = None  # when to start it next; None while it runs
    asked_at: float = 0.0  # when we last looked whether it is ready …
    ready_at: float | None = None  # … and when it last was, since it was started

    def postpone(self, now: float) -> float:
        """Plan the next start, later after every failure in a row."""
        if now - self.since > STEADY:
            self.failures = 0
        delay: float = min(FIRST_DELAY * 2**self.failures, LONGEST_DELAY)
        self.failures += 1
        self.again_at = now + delay
        return delay


class _StopAsked(Exception):
    """A signal came while a child was starting."""


class Supervisor:
    """Starts, watches and stops children; one per lock file."""

    def __init__(self, lock: Path) -> None:
        self._lock_path = lock
        self._lock: int | None = None
        self._running: list[_Running] = []
        self._stop_asked = False
        self._watchdog: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._lock = try_lock(self._lock_path)
        if self._lock is None:
            raise OpsError(
                f"该数据目录已有一个实例在运行（进程号 {lock_holder(self._lock_path)}）",
                "先停掉它，或为第二个实例指定另一个数据目录",
            )
        self._handlers = {number: signal.signal(number, self._ask_stop) for number in STOP_SIGNALS}
        self._start_watchdog()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        for running in reversed(self._running):
            self._stop(running)
        assert self._watchdog is not None and self._watchdog.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._watchdog.stdin.close()
        self._watchdog.wait()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        assert self._lock is not None
        os.close(self._lock)
        return kind is _StopAsked

    def start(self, child: Child) -> None:
        """Start a child and wait until it is ready; the next one may rely on it."""
        running = _Running(child=child, process=None, since=time.monotonic())
        self._running.append(running)
        self._spawn(running)
        assert running.process is not None
        while not child.ready():
            if self._stop_asked:
                raise _StopAsked
            too_late = time.monotonic() - running.since > child.ready_within
            if running.process.poll() is not None or too_late:
                raise self._not_ready(running, too_late)
            time.sleep(0.02)
        log.info("%s 已就绪（%.1f 秒）", child.name, time.monotonic() - running.since)

    def watch(self) -> None:
        """Restart what dies, until we are asked to stop."""
        offset = _clock_offset()
        while not self._stop_asked:
            if abs(step := _clock_offset() - offset) > CLOCK_STEP:
                offset += step
                self._clock_was_set(step)
            self._look()
            time.sleep(TICK)
        log.info("正在停止")

    def _clock_was_set(self, step: float) -> None:
        """Say it, and start again who would otherwise sleep until the clock has caught up."""
        log.error("服务器时钟被拨动了 %+.0f 秒：请核对时间（weimin doctor）", step)
        for running in self._running:
            if running.child.plans_ahead and running.process is not None:
                terminate(running.process, running.child.stop)

    def _look(self) -> None:
        assert self._watchdog is not None
        if self._watchdog.poll() is not None:
            log.warning("看护进程已退出，重新启动")
            self._start_watchdog()
        now = time.monotonic()
        for running in self._running:
            if running.process is None:
                if running.again_at is not None and now >= running.again_at:
                    self._restart(running)
            elif running.process.poll() is not None:
                self._bury(running)
                log.error("%s 意外退出（%s），%.1f 秒后重启", running.child.name, *self._fate(running, now))
            elif running.child.patience is not None and now >= running.asked_at + PROBE:
                self._probe(running, running.process, running.child.patience, now)

    def _probe(
        self, running: _Running, process: subprocess.Popen[bytes], patience: float, now: float
    ) -> None:
        """End a child that lives but has stopped answering; the next look starts it again."""
        running.asked_at = now
        if running.child.ready():
            running.ready_at = now
            return
        since = running.ready_at or running.since
        if now - since > (patience if running.ready_at else running.child.ready_within):
            log.error("%s %.0f 秒没有应答", running.child.name, now - since)
            terminate(process, running.child.stop)

    def _fate(self, running: _Running, now: float) -> tuple[str, float]:
        assert running.process is not None
        code = running.process.returncode
        delay = running.postpone(now)
        running.process = None
        return (f"信号 {-code}" if code < 0 else f"返回码 {code}"), delay

    def _restart(self, running: _Running) -> None:
        try:
            self._spawn(running)
        except (OpsError, OSError) as error:
            running.process = None
            delay = running.postpone(time.monotonic())
            log.error("%s 无法启动，%.1f 秒后重试：%s", running.child.name, delay, error)
        else:
            log.info("%s 已重新启动", running.child.name)

    def _spawn(self, running: _Running) -> None:
        running.again_at = running.ready_at = None
        running.since = time.monotonic()
        running.process = running.child.spawn()
        self._note(f"+ {running.process.pid} {int(running.child.orphan_signal)}")

    def _bury(self, running: _Running) -> None:
        """Its own children may still live, and hold its port."""
        assert running.process is not None
        terminate(running.process)
        self._note(f"- {running.process.pid}")

    def _stop(self, running: _Running) -> None:
        if running.process is not None:
            code = terminate(running.process, running.child.stop)
            self._note(f"- {running.process.pid}")
            log.info("%s 已停止（%s）", running.child.name, code)

    def _not_ready(self, running: _Running, too_late: bool) -> OpsError:
        child, process = running.child, running.process
        assert process is not None
        if child.failure is not None:
            return child.failure()
        what = f"{child.ready_within:.0f} 秒内未就绪" if too_late else f"启动即退出（{process.returncode}）"
        return OpsError(f"{child.name} {what}", "查看上面的输出")

    def _ask_stop(self, number: int, frame: FrameType | None) -> None:
        self._stop_asked = True

    def _start_watchdog(self) -> None:
        # -I -S: nothing of the environment or of site-packages; 10 ms instead of 200.
        argv = [sys.executable, "-I", "-S", watchdog.__file__]
        self._watchdog = subprocess.Popen(argv, stdin=subprocess.PIPE, text=True, start_new_session=True)
        for running in self._running:
            if running.process is not None:
                self._note(f"+ {running.process.pid} {int(running.child.orphan_signal)}")

    def _note(self, line: str) -> None:
        assert self._watchdog is not None and self._watchdog.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # a dead one is replaced in _look()
            self._watchdog.stdin.write(f"{line}\n")
            self._watchdog.stdin.flush()
