"""Killed at random under load: what was acknowledged is there once, the rest not at all.

The whole installation runs as an operator runs it. For a while web, worker and database processes
are killed with -9 while clients receive cases and repeat every unanswered request under its key.
Afterwards the system must have come back by itself, and its records must be whole. Nobody who was
logged in may be asked to log in again.
"""

import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.installation import VILLAGE, Clerk, Installation
from weimin.kernel.codes import is_case_number

SECONDS = int(os.environ.get("WEIMIN_KILL_SECONDS", "40"))
CLIENTS = 3

pytestmark = pytest.mark.slow


def descendants(pid: int) -> list[int]:
    """All processes below one, by what /proc says."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        child, parent = int(text.split()[0]), int(text.rpartition(")")[2].split()[1])
        parents.setdefault(parent, []).append(child)
    found, todo = [], [pid]
    while todo:
        below = parents.get(todo.pop(), [])
        found += below
        todo += below
    return found


def command(pid: int) -> str:
    """How a process was called; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def killed(supervisor: int, seconds: float) -> list[str]:
    """Kill one of the installation's processes every few seconds; which kinds were hit."""
    rng, hits, end = random.Random(4), [], time.monotonic() + seconds
    kinds = {"web": "granian", "worker": "weimin worker", "database": "postgres"}
    while time.monotonic() < end:
        time.sleep(rng.uniform(2, 5))
        kind, mark = rng.choice(list(kinds.items()))
        victims = [pid for pid in descendants(supervisor) if mark in command(pid)]
        if victims:
            try:
                os.kill(rng.choice(victims), signal.SIGKILL)
                hits.append(kind)
            except ProcessLookupError:
                continue
    return hits


@pytest.mark.timeout(600)
def test_killed_at_random_under_load_nothing_is_lost_and_nothing_doubled(
    installation: Installation,
) -> None:
    installation.start()
    clerks = [Clerk(installation, seed).log_in() for seed in range(CLIENTS)]
    until, failures = time.monotonic() + SECONDS, []

    def work(clerk: Clerk) -> None:
        try:
            clerk.work(until=lambda: time.monotonic() > until)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(clerk,)) for clerk in clerks]
    for thread in threads:
        thread.start()
    assert installation.process is not None
    hits = killed(installation.process.pid, SECONDS)
    for thread in threads:
        thread.join()
    assert not failures, failures
    assert {"web", "database"} <= set(hits), hits
    installation.wait(60)

    acknowledged = {k: n for clerk in clerks for k, n in clerk.acknowledged.items()}
    assert len(acknowledged) > 20
    assert all(map(is_case_number, acknowledged.values()))
    assert len(set(acknowledged.values())) == len(acknowledged)
    found = dict(installation.rows(
        "SELECT c.number, count(e.seq) FROM cases_case c LEFT JOIN trail_event e ON"
        " e.subject_type = 'case' AND e.subject_id = c.id AND e.verb = 'receive'"
        " WHERE c.applicant = '乜**' AND c.area_id = %s GROUP BY c.number", VILLAGE,
    ))
    assert set(acknowledged.values()) == set(found), "lost or unacknowledged cases"
    assert set(found.values()) == {1}
    done = installation.weimin("verify")
    assert done.returncode == 0, done.stdout + done.stderr
