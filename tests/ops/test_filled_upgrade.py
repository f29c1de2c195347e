"""A place full of cases that an earlier version left is upgraded as its operator does it.

Its archive is in ``tests/data``. The migrations since then move columns of rows that are there.
"""

import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from tests.installation import Clerk, Installation, environment, open_folder
from weimin.ops.home import Home
from weimin.ops.postgres import Server

pytestmark = pytest.mark.slow

ARCHIVE = Path(__file__).parent.parent / "data" / "place-2026-11-22.tar.xz"
# Kept answers are dropped on purpose: their form changed (cases 0009).
NOT_COUNTED = ("cases_reply", "django_migrations", "django_content_type", "auth_permission")
# Who answered from when, in a chain without gaps: the table lost the end of each range.
DUTIES = "SELECT case_id, {since}, post_id FROM cases_duty ORDER BY 1, 2"

Rows = list[tuple[object, ...]]


@dataclass
class Upgraded:
    """The place after its upgrade, and what it held before."""

    at: Installation
    counted: dict[str, int]
    duties: Rows
    cases: Rows
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def upgraded() -> Iterator[Upgraded]:
    """Restored with this version's command, counted, and upgraded."""
    folder = open_folder()
    with tarfile.open(ARCHIVE) as packed:
        packed.extractall(folder, filter="data")
    at = Installation(folder / "home")
    at.home.mkdir(mode=0o755)
    (at.home / "demo").touch()
    for kept in ("keys", "roots"):
        (folder / kept).rename(at.home / kept)
    (at.home / "keys").chmod(0o700)
    restored = at.weimin("restore", str(folder / "weimin.tar"))
    assert restored.returncode == 0, restored.stdout + restored.stderr
    with Server(at.home).running():
        counted = count(at)
        duties = at.rows(DUTIES.format(since="lower(during)"))
        cases = at.rows("SELECT number, state, version, facts FROM cases_case ORDER BY number")
    yield Upgraded(at, counted, duties, cases, at.weimin("upgrade"))
    at.destroy()
    subprocess.run(["rm", "-rf", folder], check=True)


def count(at: Installation) -> dict[str, int]:
    """How many rows every table has."""
    tables = at.rows("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'")
    return {str(name): int(str(at.rows(f"SELECT count(*) FROM {name}")[0][0]))
            for (name,) in tables}


def test_it_backs_up_migrates_and_the_trail_holds(upgraded: Upgraded) -> None:
    said = upgraded.done.stdout + upgraded.done.stderr
    assert upgraded.done.returncode == 0, said
    assert "升级前的备份" in said and "全部完好" in said
    assert len(list(upgraded.at.home.glob("before-*.tar"))) == 1


def test_no_row_is_lost_and_no_case_is_changed(upgraded: Upgraded) -> None:
    at = upgraded.at
    assert len(upgraded.cases) == 57
    with Server(at.home).running():
        now = count(at)
        assert {t: now[t] for t in upgraded.counted if t not in NOT_COUNTED} == {
            t: n for t, n in upgraded.counted.items() if t not in NOT_COUNTED}
        assert at.rows("SELECT number, state, version, facts FROM cases_case ORDER BY number"
                       ) == upgraded.cases
        assert at.rows(DUTIES.format(since="since")) == upgraded.duties


def test_the_lines_of_offices_belong_to_the_pack_that_the_offices_belong_to(
    upgraded: Upgraded
) -> None:
    with Server(upgraded.at.home).running():
        assert upgraded.at.rows("SELECT DISTINCT pack FROM network_office_line") == [("hengyang",)]


def test_every_running_case_goes_on_and_the_trail_still_holds(upgraded: Upgraded) -> None:
    at = upgraded.at
    running = {number: state for number, state, *_ in upgraded.cases if state != "closed"}
    place = Home(at.home)
    with place.database():
        went_on = subprocess.run(
            [sys.executable, "-m", "tests.ops.carry_on"], env=environment() | place.environment(),
            capture_output=True, text=True)
        assert went_on.returncode == 0, went_on.stdout + went_on.stderr
        did = [line.split() for line in went_on.stdout.splitlines()]
        assert {number: state for number, state, _ in did} == running
        assert {"accept", "notify_missing", "supplement", "complete", "resume", "close"} == {
            verb for _, _, verb in did}
        verified = at.weimin("verify")
    assert verified.returncode == 0 and "全部完好" in verified.stdout, verified.stdout


def test_who_worked_there_logs_in_reads_old_cases_and_scans_and_receives_a_new_one(
    upgraded: Upgraded
) -> None:
    at = upgraded.at.start()
    clerk = Clerk(at).log_in()
    scanned = at.rows(
        "SELECT c.number, f.id FROM cases_case c JOIN cases_material m ON m.case_id = c.id"
        " JOIN documents_file f ON f.id = m.file_id")
    assert len(scanned) == 2
    for number, file in scanned:
        assert "乜钱孙" in clerk.get(f"/desk/cases/{number}")
        assert clerk.get(f"/files/{file}").startswith("%PDF-1.4 a scanned card")
    new = clerk.receive("after the upgrade", clerk.identity())
    assert new not in {number for number, *_ in upgraded.cases}
    assert new[:2] == f"{datetime.now():%y}"
    at.stop()
