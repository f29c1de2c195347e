"""Kill the children of a supervisor that was itself killed with -9.

Run as a script, so that it starts without importing Weimin. It reads `+ pid signal` and `- pid`
from the supervisor; the end of the pipe means that the supervisor is gone, however it went.
Then every child still known gets its signal, and its whole group is killed two seconds later.
The kernel's death signal (see `process.spawn`) usually was faster, but reaches neither
grandchildren nor, outside Linux, anybody.
"""

import contextlib
import os
import signal
import sys
import time

PATIENCE = 2.0


def main() -> None:
    """Follow the supervisor's notes to their end, then clean up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # only the end of the pipe counts
    children: dict[int, int] = {}
    for line in sys.stdin:
        sign, pid, *orphan_signal = line.split()
        if sign == "+":
            children[int(pid)] = int(orphan_signal[0])
        else:
            children.pop(int(pid), None)
    _end(children)


def _end(children: dict[int, int]) -> None:
    for pid, number in children.items():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    deadline = time.monotonic() + PATIENCE
    while any(_group_alive(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _group_alive(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
