"""The wall clock of a real installation is set back an hour, ahead a year, and right again."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.installation import Clerk, Installation, Refused, environment, eventually
from weimin.ops import places
from weimin.ops.postgres import APP, Server

pytestmark = pytest.mark.slow

HOUR, YEAR = 3600, 365 * 86400


class WallClock:
    """A clock for an installation, which its database goes by too."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc")
        assert compiler, "a compiler for C is needed: apt-get install gcc libc6-dev"
        library, self.setting = folder / "wall_clock.so", folder / "wall_clock"
        source = Path(__file__).with_name("wall_clock.c")
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source], check=True)
        self.set(0)
        self.environment = {"LD_PRELOAD": str(library), "WALL_CLOCK": str(self.setting)}
        # The database gets none of our environment, so it is called through a script that sets it.
        real = places.runnable(places.find_binaries(), places.service_account())
        programs = folder / "programs"
        programs.mkdir()
        for program in real.iterdir():
            (programs / program.name).symlink_to(program)
        (programs / "postgres").unlink()
        settings = " ".join(f"{name}={value}" for name, value in self.environment.items())
        (programs / "postgres").write_text(f'#!/bin/sh\nexec env {settings} {real}/postgres "$@"\n')
        (programs / "postgres").chmod(0o755)
        self.environment["WEIMIN_PG_BIN"] = str(programs)

    def set(self, ahead: int) -> None:
        """In one step: whoever read a file half written would see a clock that leaps twice."""
        new = self.setting.with_suffix(".new")
        new.write_text(str(ahead))
        new.chmod(0o644)
        new.replace(self.setting)


def defer(installation: Installation, task: str) -> None:
    """Have the worker do a daily task now."""
    server = Server(installation.home)
    done = subprocess.run(
        [sys.executable, "-m", "django", "procrastinate", "defer", task, '{"timestamp": 0}'],
        env=environment() | installation.more | {
            "DJANGO_SETTINGS_MODULE": "weimin.settings", "DATABASE_URL": server.url(APP),
            "WEIMIN_HOME": str(installation.home), "WEIMIN_DEMO": "1",
        }, capture_output=True, text=True,
    )
    assert done.returncode == 0, done.stderr


def take_root(installation: Installation) -> None:
    """Sign one, and see its file."""
    count = len(list((installation.home / "roots").glob("root-*.json")))
    defer(installation, "weimin.trail.tasks.root")
    eventually(lambda: len(list((installation.home / "roots").glob("root-*.json"))) == count + 1, 40)


def outbox_runs(installation: Installation) -> int:
    rows = installation.rows(
        "SELECT count(*) FROM procrastinate_events e JOIN procrastinate_jobs j ON j.id = e.job_id"
        " WHERE e.type = 'succeeded' AND j.queue_name = 'outbox'"
    )
    return int(str(rows[0][0]))


def clock_is_set(installation: Installation, clock: WallClock, ahead: int, said: str) -> None:
    """Set it while everything runs; it is noticed, and the worker goes on by the new one."""
    runs = outbox_runs(installation)
    read = installation.log.stat().st_size
    clock.set(ahead)
    eventually(
        lambda: f"时钟被拨动了 {said}".encode() in installation.log.read_bytes()[read:], within=20)
    eventually(lambda: outbox_runs(installation) > runs, within=40)


def silent(installation: Installation) -> object:
    return installation.rows(
        "SELECT count(*) FROM trail_event WHERE verb = 'accept' AND account_id IS NULL"
    )


def case(clerk: Clerk, number: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(clerk.get(f"/api/v1/cases/{number}"))
    return found


@pytest.mark.timeout(400)
def test_a_clock_that_leaps(installation: Installation) -> None:
    clock = WallClock(installation.home.parent)
    installation.more = clock.environment
    installation.start()
    clerk = Clerk(installation).log_in()
    first = clerk.receive("first", clerk.identity())
    take_root(installation)
    accepted = silent(installation)

    def waits() -> int:
        """How often a worker has said, once it knows, that the law does not speak by itself."""
        return installation.log.read_text().count("逾期未告知视为受理：先不执行")

    # An hour back. The session holds, a case may be touched "before" it was received.
    clock_is_set(installation, clock, -HOUR, "-3600")
    second = clerk.receive("second", clerk.identity())
    number = clerk.act(first, "correct", {"facts": {"low_income": False}, "reason": "听错了"})
    assert number == first
    take_root(installation)
    told = installation.weimin("doctor")
    assert told.returncode == 1 and "早于最后一条记录" in told.stdout, told.stdout
    assert "后台任务在工作" in told.stdout and "都已导出" in told.stdout
    assert Clerk(installation, 2).log_in(), "a new log-in"

    # A year ahead. Everything is late by that clock: the law must not speak for it by itself.
    waited = waits()
    clock_is_set(installation, clock, YEAR, f"+{YEAR + HOUR}")
    with pytest.raises(Refused) as refused:
        clerk.receive("asleep for a year", clerk.identity())
    assert refused.value.status == 401, "the session has run out"
    ahead = Clerk(installation, 3).log_in()
    third = ahead.receive("third", ahead.identity())
    eventually(lambda: waits() > waited, within=60)
    assert silent(installation) == accepted
    take_root(installation)

    # And right again.
    clock_is_set(installation, clock, 0, f"-{YEAR}")
    assert "工作台" in ahead.get("/desk")
    clerk.log_in()
    fourth = clerk.receive("fourth", clerk.identity())
    assert case(clerk, fourth)["due_at"] < case(clerk, third)["due_at"]
    told = installation.weimin("doctor")
    assert told.returncode == 1 and "那段时间收的件，期限是错的" in told.stdout, told.stdout
    take_root(installation)
    done = installation.weimin("verify")
    assert done.returncode == 0, done.stdout
    for number in (first, second, third, fourth):
        sequence = installation.rows(
            "SELECT e.seq FROM trail_event e JOIN cases_case c ON c.id = e.subject_id"
            " WHERE e.subject_type = 'case' AND c.number = %s ORDER BY e.seq", number)
        assert [seq for (seq,) in sequence] == list(range(1, len(sequence) + 1))

    # The last but one root is from next year: a start asks whether the clock is right.
    installation.stop()
    again = installation.weimin("run", "--port", str(installation.port))
    assert again.returncode == 1 and "--clock-is-right" in again.stderr, again.stderr
    process = subprocess.Popen(
        [sys.executable, "-m", "weimin", "run", "--clock-is-right", "--home", str(installation.home),
         "--port", str(installation.port)], env=environment(), stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL)
    installation.process = process
    installation.wait(60)
