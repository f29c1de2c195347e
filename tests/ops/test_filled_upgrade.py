"""A place full of cases that an earlier version left is upgraded as its operator does it.

Its archive is in ``tests/data``. The migrations since then move columns of rows that are there.
"""

import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.installation import Clerk, Installation, environment, open_folder
from weimin.ops.home import Home
from weimin.ops.postgres import Server

pytestmark = pytest.mark.slow

ARCHIVE = Path(__file__).parent.parent / "data" / "place-2026-11-22.tar.xz"
# Kept answers are dropped on purpose: their form changed (cases 0009).
NOT_COUNTED = ("cases_reply", "django_migrations", "django_content_type", "auth_permission")
Rows = list[tuple[object, ...]]


@dataclass
class Held:
    """What the place holds: how many rows a table, the cases, and who answered for them since when."""

    counted: dict[str, int]
    cases: Rows
    duties: Rows


@dataclass
class Upgraded:
    """The place, what it held before its upgrade and after it, and what the command said."""

    at: Installation
    before: Held
    after: Held
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def upgraded() -> Iterator[Upgraded]:
    """Restored with this version's command, looked at, upgraded, looked at again."""
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
    before = held(at, since="lower(during)")
    done = at.weimin("upgrade")
    assert done.returncode == 0, done.stdout + done.stderr
    yield Upgraded(at, before, held(at, since="since"), done)
    at.destroy()
    subprocess.run(["rm", "-rf", folder], check=True)


def held(at: Installation, since: str) -> Held:
    """Look into the database; ``since`` is the beginning of a duty."""
    with Server(at.home).running():
        tables = [str(name) for (name,) in at.rows(
            "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'")]
        counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in tables)
        return Held(
            {str(name): int(str(rows)) for name, rows in at.rows(counts) if name not in NOT_COUNTED},
            at.rows("SELECT number, state, version, facts FROM cases_case ORDER BY number"),
            at.rows(f"SELECT case_id, {since}, post_id FROM cases_duty ORDER BY 1, 2"),
        )


def test_it_backs_up_migrates_and_the_trail_holds(upgraded: Upgraded) -> None:
    assert "升级前的备份" in upgraded.done.stdout and "全部完好" in upgraded.done.stdout
    assert len(list(upgraded.at.home.glob("before-*.tar"))) == 1


def test_no_row_is_lost_and_no_case_is_changed(upgraded: Upgraded) -> None:
    before, after = upgraded.before, upgraded.after
    assert len(before.cases) == 57
    assert (after.cases, after.duties) == (before.cases, before.duties)
    new = after.counted.keys() - before.counted.keys()
    assert after.counted == before.counted | dict.fromkeys(new, 0)


def test_the_lines_of_offices_belong_to_the_pack_that_the_offices_belong_to(
    upgraded: Upgraded
) -> None:
    with Server(upgraded.at.home).running():
        assert upgraded.at.rows("SELECT DISTINCT pack FROM network_office_line") == [("hengyang",)]


def test_every_running_case_goes_on_and_the_trail_still_holds(upgraded: Upgraded) -> None:
    at = upgraded.at
    running = {number: state for number, state, *_ in upgraded.after.cases if state != "closed"}
    place = Home(at.home)
    with place.database():
        went_on = subprocess.run(
            [sys.executable, "-m", "tests.ops.carry_on"], env=environment() | place.environment(),
            capture_output=True, text=True)
        assert went_on.returncode == 0, went_on.stdout + went_on.stderr
        did = [line.split() for line in went_on.stdout.splitlines()]
        assert running.items() <= {number: state for number, state, _ in did}.items()
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
    assert new not in {number for number, *_ in upgraded.after.cases}
    at.stop()
