"""Child processes that never outlive us, and locks that never outlive their holder."""

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None

StopSteps = Sequence[tuple[signal.Signals, float]]
"""Signals to send in turn, each with the seconds it is given before the next."""

ASK_THEN_KILL: StopSteps = ((signal.SIGTERM, 15), (signal.SIGKILL, 5))


def spawn(
    argv: Sequence[str], *, orphan_signal: signal.Signals = signal.SIGTERM, **options: Any
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own that receives `orphan_signal` when we die.

    A session of its own: Ctrl-C in the terminal reaches only us, and the whole group can be
    killed. The kernel ties the signal to the *thread* that forked, hence main thread only.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("spawn() must run in the main thread: the child would die with this one")
    parent = os.getpid()

    def die_with_parent() -> None:
        # subprocess calls this after setuid, which would have cleared the setting.
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(orphan_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return subprocess.Popen(
        argv, start_new_session=True, preexec_fn=die_with_parent, stdin=subprocess.DEVNULL, **options
    )


def terminate(process: subprocess.Popen[bytes], steps: StopSteps = ASK_THEN_KILL) -> int:
    """Stop a spawned child step by step, reap it, and leave nobody of its group behind."""
    for number, patience in steps:
        if process.poll() is not None:
            break
        with contextlib.suppress(ProcessLookupError):
            if number is signal.SIGKILL:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def try_lock(path: Path) -> int | None:
    """Take an exclusive lock and write our pid into the file; None if somebody holds it.

    The lock belongs to the open file: the kernel releases it when the last process that has
    it open is gone, so it can be neither stale nor forgotten.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    os.ftruncate(fd, 0)
    os.write(fd, f"{os.getpid()}\n".encode())
    return fd


def lock_holder(path: Path) -> str:
    """The pid in a lock file, for messages."""
    with contextlib.suppress(OSError):
        return path.read_text().strip() or "?"
    return "?"
