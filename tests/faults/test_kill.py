"""Killed at random under load: what was acknowledged is there once, the rest whole or not at all.

The whole installation runs as an operator runs it, with an SMS company that writes down what it was
handed. For a minute web, worker and database processes are killed with -9 while clients receive
cases and tell residents what is missing. Most repeat every unanswered request under its key, some
give up. Afterwards the system must have come back by itself, its records must be whole, and each
resident must have been told, under one key. Nobody who was logged in may be asked to log in again.
"""

import hashlib
import json
import os
import random
import signal
import threading
import time
from collections import defaultdict
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.installation import VILLAGE, Clerk, Installation, eventually
from weimin.kernel.codes import is_case_number

SECONDS = int(os.environ.get("WEIMIN_KILL_SECONDS", "60"))
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


COMPANY = """
import json, os
from weimin.outbox import ports

def write_down(key, payload):
    line = json.dumps([key, payload["to"], payload["text"]]) + "\\n"
    book = os.open({book!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(book, line.encode())
    os.close(book)

ports.register("sms", write_down)
"""


def sms_company(folder: Path) -> tuple[Path, dict[str, str]]:
    """A port of the place's own, plugged into every process; where it writes, and how to plug it in."""
    book = folder / "sms"
    plug = folder / "plug"
    plug.mkdir()
    (plug / "sitecustomize.py").write_text(COMPANY.format(book=str(book)))
    return book, {"PYTHONPATH": f"{plug}{os.pathsep}{ROOT}"}


def events(installation: Installation) -> dict[str, list[str]]:
    """What happened to each case of the test, in its order."""
    found: dict[str, list[str]] = defaultdict(list)
    for number, verb in installation.rows(
        "SELECT c.number, e.verb FROM cases_case c JOIN trail_event e ON e.subject_type = 'case'"
        " AND e.subject_id = c.id WHERE c.applicant = '乜**' AND c.area_id = %s ORDER BY e.seq", VILLAGE,
    ):
        found[str(number)].append(str(verb))
    return found


@pytest.mark.timeout(600)
def test_killed_at_random_under_load_nothing_is_lost_and_nothing_doubled(
    installation: Installation, tmp_path: Path
) -> None:
    book, installation.more = sms_company(tmp_path)
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
    assert set(hits) == {"web", "worker", "database"}, hits
    installation.wait(60)

    acknowledged = {k: n for clerk in clerks for k, n in clerk.acknowledged.items()}
    noticed = {number for clerk in clerks for number in clerk.noticed}
    abandoned = sum(clerk.abandoned for clerk in clerks)
    assert len(acknowledged) > 20 and noticed
    assert all(map(is_case_number, acknowledged.values()))
    assert len(set(acknowledged.values())) == len(acknowledged)

    # Each acknowledged case and event once; what nobody insisted on once or not at all.
    found = events(installation)
    for number in acknowledged.values():
        assert found[number] == ["receive", *(["notify_missing"] if number in noticed else [])], number
    others = found.keys() - set(acknowledged.values())
    assert all(found[number] == ["receive"] for number in others)
    assert len(others) <= abandoned, "cases that nobody asked for"
    doubled = installation.rows(
        "SELECT person_id, count(*) FROM cases_party JOIN cases_case c ON c.id = case_id"
        " WHERE c.applicant = '乜**' AND c.area_id = %s GROUP BY 1 HAVING count(*) > 1", VILLAGE)
    assert not doubled, installation.rows(
        "SELECT p.person_id, c.number, c.channel, c.received_at, r.key FROM cases_party p"
        " JOIN cases_case c ON c.id = p.case_id LEFT JOIN cases_reply r ON r.case_id = c.id"
        " WHERE p.person_id = ANY(%s) ORDER BY 1, 2", [person for person, _ in doubled])
    done = installation.weimin("verify")
    assert done.returncode == 0, done.stdout + done.stderr

    # What was scanned lies there as it was scanned.
    digests = dict(installation.rows(
        "SELECT c.number, f.digest FROM cases_case c JOIN cases_material m ON m.case_id = c.id"
        " JOIN documents_file f ON f.id = m.file_id WHERE c.applicant = '乜**'"))
    for clerk in clerks:
        for number, scan in clerk.scans.items():
            digest = str(digests[number])
            assert digest == hashlib.sha256(scan).hexdigest()
            assert (installation.home / "files" / digest[:2] / digest).read_bytes() == scan

    # Every notice reached the company, each under one key, and never with other words.
    posted = {str(key): str(number) for key, number in installation.rows(
        "SELECT m.key, c.number FROM outbox_message m JOIN cases_case c ON m.subject_type = 'case'"
        " AND m.subject_id = c.id WHERE c.applicant = '乜**' AND c.area_id = %s", VILLAGE)}
    assert sorted(posted.values()) == sorted(noticed)
    told: dict[str, set[str]] = defaultdict(set)

    def everybody_is_told() -> bool:
        for line in book.read_text().splitlines() if book.exists() else ():
            key, to, text = json.loads(line)
            told[key].add(f"{to} {text}")
        return posted.keys() <= told.keys()

    eventually(everybody_is_told, within=90)
    assert all(len(told[key]) == 1 for key in posted)
    assert not installation.rows("SELECT key FROM outbox_message WHERE status = 'failed'")


@pytest.mark.timeout(300)
def test_a_killed_supervisor_leaves_nobody_and_starts_again_on_the_same_data(
    installation: Installation,
) -> None:
    installation.start()
    clerk, end, failures = Clerk(installation).log_in(), threading.Event(), []

    def work() -> None:
        try:
            clerk.work(until=end.is_set)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    eventually(lambda: len(clerk.acknowledged) > 3, within=60)
    assert installation.process is not None
    everybody = descendants(installation.process.pid)
    assert {"granian", "worker", "postgres"} <= {
        mark for mark in ("granian", "worker", "postgres") for pid in everybody if mark in command(pid)}
    installation.process.kill()
    installation.process.wait()
    took = eventually(lambda: not any(map(command, everybody)), within=5)
    print(f"{len(everybody)} processes gone after {took:.1f} s")

    installation.start()  # while the clerk still asks for an answer to what was cut off
    before = len(clerk.acknowledged)
    eventually(lambda: len(clerk.acknowledged) > before, within=60)
    end.set()
    thread.join()
    assert not failures, failures
    found = events(installation)
    assert set(clerk.acknowledged.values()) <= found.keys()
    assert len(found) <= len(clerk.acknowledged) + clerk.abandoned
    done = installation.weimin("verify")
    assert done.returncode == 0, done.stdout + done.stderr
