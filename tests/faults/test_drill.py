"""The drill that an operator does: back up under load, lose everything, restore, verify."""

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import weimin
from tests.installation import Clerk, Installation, environment
from weimin.ops.postgres import Server

pytestmark = pytest.mark.slow


@pytest.mark.timeout(300)
def test_what_was_acknowledged_before_a_backup_survives_the_loss_of_the_machine(
    installation: Installation,
) -> None:
    installation.start()
    home, safe = installation.home, installation.home.parent / "safe"
    clerks = [Clerk(installation, seed).log_in() for seed in range(2)]
    end, failures = threading.Event(), []

    def work(clerk: Clerk) -> None:
        try:
            clerk.work(until=end.is_set)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(clerk,)) for clerk in clerks]
    for thread in threads:
        thread.start()
    time.sleep(5)
    before = {number for clerk in clerks for number in list(clerk.acknowledged.values())}
    scanned = {number: scan for clerk in clerks for number, scan in list(clerk.scans.items())}
    safe.mkdir()
    made = installation.weimin("backup", str(safe / "weimin.tar"))
    assert made.returncode == 0, made.stderr
    assert "密钥不在备份里" in made.stdout
    end.set()
    for thread in threads:
        thread.join()
    assert not failures, failures
    after = {number for clerk in clerks for number in clerk.acknowledged.values()} - before
    assert len(before) > 20 and after, "the load went on during the backup"
    assert len(scanned) > 3

    shutil.copytree(home / "keys", safe / "keys")
    installation.stop()
    archive = (safe / "weimin.tar").read_bytes()
    for key in (home / "keys").iterdir():
        assert key.read_bytes() not in archive, f"{key.name} lies in the backup"
    shutil.rmtree(home)

    home.mkdir(mode=0o755)
    (home / "demo").touch()
    shutil.copytree(safe / "keys", home / "keys")
    restored = installation.weimin("restore", str(safe / "weimin.tar"))
    assert restored.returncode == 0, restored.stderr
    installation.start()
    verified = installation.weimin("verify")
    assert verified.returncode == 0 and "全部完好" in verified.stdout, verified.stdout

    numbers = {number for (number,) in installation.rows("SELECT number FROM cases_case")}
    assert before <= numbers
    digests = dict(installation.rows(
        "SELECT c.number, f.digest FROM cases_case c JOIN cases_material m ON m.case_id = c.id"
        " JOIN documents_file f ON f.id = m.file_id"
    ))
    for number, scan in scanned.items():
        digest = str(digests[number])
        assert digest == hashlib.sha256(scan).hexdigest()
        assert (home / "files" / digest[:2] / digest).read_bytes() == scan
    clerk = Clerk(installation).log_in()
    clerk.acknowledged.clear()
    assert clerk.receive("after the drill", clerk.identity()) not in numbers
    assert "乜" in clerk.get(f"/desk/cases/{min(before)}")
    installation.stop()


def test_without_the_keys_numbers_stay_closed_and_it_is_said(installation: Installation) -> None:
    archive = installation.home.parent / "weimin.tar"
    assert installation.weimin("backup", str(archive)).returncode == 0
    other = Installation(installation.home.parent / "other")
    other.home.mkdir(mode=0o755)
    assert other.weimin("restore", str(archive)).returncode == 0
    for command in (("verify",), ("upgrade",), ("run", "--port", str(other.port))):
        done = other.weimin(*command)
        assert done.returncode == 1 and "缺少密钥" in done.stderr, command
        assert str(other.home / "keys" / "vault") in done.stderr
    assert not (other.home / "keys" / "vault").exists(), "a new one would close half of the numbers"
    for name in ("vault", "lookup", "trail"):  # lost for good, and somebody said so
        (other.home / "keys").mkdir(exist_ok=True)
        (other.home / "keys" / name).write_bytes(os.urandom(32))
    verified = other.weimin("verify")
    assert verified.returncode == 1
    assert "个人内容被改动" in verified.stdout
    shutil.rmtree(other.home)


@pytest.fixture
def tomorrow(tmp_path: Path) -> dict[str, object]:
    """The program with one more migration, and how to run it instead of this one."""
    here = Path(weimin.__file__).parent
    shutil.copytree(here, tmp_path / "weimin", ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path / "weimin" / "voice" / "migrations"
    last = max(path.stem for path in folder.glob("[0-9]*.py"))
    (folder / f"{TOMORROW}.py").write_text(
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
        f"    dependencies = [('voice', '{last}')]\n"
        "    operations = [migrations.RunSQL('CREATE TABLE tomorrow (id int)')]\n"
    )
    return {"cwd": tmp_path, "env": environment() | {"PYTHONPATH": str(tmp_path)}}


TOMORROW = "9999_of_tomorrow"


def test_an_upgrade_backs_up_migrates_and_verifies(
    installation: Installation, tomorrow: dict[str, object]
) -> None:
    told = _run(installation, tomorrow, "doctor", "--port", str(installation.port))
    assert told.returncode == 1 and "数据来自较旧的版本" in told.stdout, told.stdout
    with Server(installation.home).running():
        # A backup of more than 64 kB finds no room: nothing is touched.
        failed = _run(installation, tomorrow, "upgrade", limit="ulimit -f 128;")
        assert failed.returncode == 1 and "✗" in failed.stderr, failed.stdout + failed.stderr
        assert installation.rows("SELECT to_regclass('tomorrow')::text") == [(None,)]
        assert not list(installation.home.glob("before-*"))

    done = _run(installation, tomorrow, "upgrade")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "升级前的备份" in done.stdout and "全部完好" in done.stdout
    assert len(list(installation.home.glob("before-*.tar"))) == 1
    told = _run(installation, tomorrow, "doctor", "--port", str(installation.port))
    assert told.returncode == 0, told.stdout

    for command in (("run", "--port", str(installation.port)), ("upgrade",), ("migrate",), ("doctor",)):
        done = installation.weimin(*command)  # the older program leaves the newer data alone
        assert done.returncode == 1, command
        assert "数据来自更新的版本" in done.stdout + done.stderr, command


def _run(
    installation: Installation, program: dict[str, object], *argv: str, limit: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", f'{limit} exec "$@"', "-", sys.executable, "-m", "weimin", *argv,
         "--home", str(installation.home)],
        capture_output=True, text=True, **program,  # type: ignore[call-overload]
    )
