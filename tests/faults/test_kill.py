"""Killed at random under load: what was acknowledged is there once, the rest not at all.

The whole installation runs as an operator runs it. For a while web, worker and database processes
are killed with -9 while clients receive cases and repeat every unanswered request under its key.
Afterwards the system must have come back by itself, and its records must be whole.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path

import psycopg
import pytest

from weimin.kernel.codes import is_case_number
from weimin.ops.people import identity_of
from weimin.ops.postgres import OWNER, Server
from weimin.ops.process import terminate

PORT = 8765
BASE = f"http://127.0.0.1:{PORT}"
SECONDS = int(os.environ.get("WEIMIN_KILL_SECONDS", "60"))
CLIENTS = 3
VILLAGE = "430421103200"

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


class Client:
    """A clerk's program: logs in, receives, and repeats until it is answered."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.jar = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.acknowledged: dict[str, str] = {}  # key → number
        self.repeated = 0
        self.refused = 0

    def cookie(self, name: str) -> str:
        return next((c.value or "" for c in self.jar if c.name == name), "")

    def log_in(self) -> None:
        page = self.opener.open(f"{BASE}/login", timeout=10).read().decode()
        token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        form = f"username=li&password=weimin-demo-2026&csrfmiddlewaretoken={token}"
        self.opener.open(f"{BASE}/login", form.encode(), timeout=10)
        assert self.cookie("sessionid")

    def log_in_again(self) -> None:
        """As a program does that is told to; the log-in may be cut off too."""
        with contextlib.suppress(OSError, HTTPException, IndexError):
            self.log_in()

    def receive(self, until: float) -> None:
        number = identity_of(self.rng, date(self.rng.randrange(1890, 1960), 5, 17))
        body = json.dumps({
            "item": "HY-ELD-02", "area": VILLAGE, "channel": "window", "have": ["id-card"],
            "another_is_meant": True, "answers": {"low_income": True},
            "parties": [{"identity": number, "name": "乜钱孙"}],
        }).encode()
        key = f"kill-{self.rng.random()}"
        while time.monotonic() < until + 60:
            try:
                answer = self.opener.open(urllib.request.Request(
                    f"{BASE}/api/v1/cases", body, method="POST",
                    headers={"Content-Type": "application/json", "Idempotency-Key": key,
                             "X-CSRFToken": self.cookie("csrftoken"), "Referer": BASE},
                ), timeout=10)
                self.acknowledged[key] = json.load(answer)["number"]
                return
            except urllib.error.HTTPError as error:
                said = error.read().decode(errors="replace")
                assert error.code >= 500 or error.code == 401, said
                if error.code == 401:
                    self.refused += 1
                    self.log_in_again()
            except (OSError, HTTPException, json.JSONDecodeError):
                pass  # cut off: whether it happened is what the key is for
            self.repeated += 1
            time.sleep(0.2)
        raise AssertionError("the system did not come back")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """The demo, served."""
    home = tmp_path_factory.mktemp("kill") / "home"
    env = {k: v for k, v in os.environ.items() if not k.startswith(("WEIMIN_", "DATABASE_URL"))}
    log = (home.parent / "log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "weimin", "demo", "--home", str(home), "--port", str(PORT)],
        env=env, stdout=log, stderr=log,
    )
    wait_until_it_answers(process, 170)
    yield process, home
    terminate(process)


def wait_until_it_answers(process: subprocess.Popen[bytes], within: float) -> None:
    """Until the first page comes."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        assert process.poll() is None, "the installation ended"
        try:
            urllib.request.urlopen(f"{BASE}/", timeout=5).read()
            return
        except OSError:
            time.sleep(0.3)
    raise AssertionError("no answer")


def killed(process: subprocess.Popen[bytes], seconds: float) -> list[str]:
    """Kill one of the installation's processes every few seconds; which kinds were hit."""
    rng, hits, end = random.Random(4), [], time.monotonic() + seconds
    kinds = {"web": "granian", "worker": "weimin worker", "database": "postgres"}
    while time.monotonic() < end:
        time.sleep(rng.uniform(2, 5))
        kind, mark = rng.choice(list(kinds.items()))
        victims = [pid for pid in descendants(process.pid) if mark in command(pid)]
        if victims:
            try:
                os.kill(rng.choice(victims), signal.SIGKILL)
                hits.append(kind)
            except ProcessLookupError:
                continue
    return hits


@pytest.mark.timeout(600)
def test_killed_at_random_under_load_nothing_is_lost_and_nothing_doubled(
    installation: tuple[subprocess.Popen[bytes], Path],
) -> None:
    process, home = installation
    clients = [Client(seed) for seed in range(CLIENTS)]
    for client in clients:
        client.log_in()
    until, failures = time.monotonic() + SECONDS, []

    def work(client: Client) -> None:
        try:
            while time.monotonic() < until:
                client.receive(until)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    hits = killed(process, SECONDS)
    for thread in threads:
        thread.join()
    assert not failures, failures
    assert {"web", "database"} <= set(hits), hits
    wait_until_it_answers(process, 60)
    terminate(process)

    acknowledged = {k: n for client in clients for k, n in client.acknowledged.items()}
    assert len(acknowledged) > 20
    assert all(map(is_case_number, acknowledged.values()))
    assert len(set(acknowledged.values())) == len(acknowledged)
    server = Server(home)
    with server.running(), psycopg.connect(server.url(OWNER)) as connection:
        rows = connection.execute(
            "SELECT c.number, count(e.seq) FROM cases_case c LEFT JOIN trail_event e ON"
            " e.subject_type = 'case' AND e.subject_id = c.id AND e.verb = 'receive'"
            " WHERE c.applicant = '乜**' AND c.channel = 'window' AND c.area_id = %s"
            " AND EXISTS (SELECT FROM cases_reply r WHERE split_part(r.answer, ' ', 1) = c.number)"
            " GROUP BY c.number", [VILLAGE]
        ).fetchall()
        done = subprocess.run(
            [sys.executable, "-m", "weimin", "verify", "--home", str(home)],
            capture_output=True, text=True,
        )
    found = dict(rows)
    assert set(acknowledged.values()) == set(found), "lost or unacknowledged cases"
    assert set(found.values()) == {1}
    assert done.returncode == 0, done.stdout + done.stderr
