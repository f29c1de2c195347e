"""A disk that is full while cases come in: said in words, nothing half written, and it goes on."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installation import Clerk, Installation, Refused, eventually, open_folder

pytestmark = pytest.mark.slow

SIZE = 900  # MB: `weimin run` wants 500 free when it starts


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of its own in memory."""
    folder = open_folder()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m,mode=755", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        folder.rmdir()
        why = "a small disk is a tmpfs, and mounting one needs root and CAP_SYS_ADMIN"
        pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)
    yield folder
    subprocess.run(["umount", folder], check=True)
    folder.rmdir()


def fill(ballast: Path) -> None:
    """Leave not a byte."""
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            while True:
                try:
                    file.write(bytes(size))
                except OSError:
                    break


@pytest.mark.timeout(300)
def test_a_full_disk_is_said_nothing_is_half_written_and_it_goes_on(
    demo: Installation, small_disk: Path
) -> None:
    installation = demo.copied_to(small_disk / "home")
    installation.start()
    try:
        clerk = Clerk(installation).log_in()
        scan, numbers = b"%PDF-1.4 " + os.urandom(50_000), []
        numbers.append(clerk.receive_scan("first", clerk.identity(), scan))
        ballast = small_disk / "ballast"
        fill(ballast)

        # A scan finds no room: the file is not there, the case is not there.
        other, late = b"%PDF-1.5 " + os.urandom(50_000), clerk.identity()
        with pytest.raises(Refused) as refused:
            clerk.receive_scan("no room", late, other)
        assert refused.value.status == 503, refused.value
        assert "磁盘满了" in refused.value.said and "系统管理员" in refused.value.said

        # Without scans it goes on in what the database has set aside, and then it is said too.
        wanted, said = [(f"full-{n}", clerk.identity()) for n in range(1500)], ""
        answered: dict[str, str] = {}
        for key, identity in wanted:
            try:
                answered[key] = clerk.receive(key, identity)
            except Refused as no:
                assert no.status == 503, no
                said = no.said
                break
            fill(ballast)
        assert "磁盘满了" in said, said or f"{len(answered)} cases found room"
        assert "\"unavailable\"" in said

        ballast.unlink()
        eventually(lambda: _answers(clerk), within=60)
        for key, identity in wanted[: len(answered) + 1]:  # the refused one is repeated, all once
            number = clerk.receive(key, identity)
            assert answered.setdefault(key, number) == number
        numbers += [*answered.values(), clerk.receive_scan("no room", late, other)]
        rows = installation.rows("SELECT number FROM cases_case WHERE applicant = '乜**'")
        assert sorted(n for (n,) in rows) == sorted(numbers)
        for path in (installation.home / "files").rglob("*"):
            if path.is_file():
                assert path.name == hashlib.sha256(path.read_bytes()).hexdigest(), "half written"
        done = installation.weimin("verify")
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        installation.destroy()


def _answers(clerk: Clerk) -> bool:
    try:
        return bool(clerk.get("/desk"))
    except (Refused, OSError):
        return False


def test_a_start_without_room_is_refused(demo: Installation, small_disk: Path) -> None:
    installation = demo.copied_to(small_disk / "home")
    with (small_disk / "ballast").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, (SIZE - 400) << 20)
    done = installation.weimin("run", "--port", str(installation.port))
    assert done.returncode == 1 and "磁盘快满了" in done.stderr and "清理" in done.stderr
    told = installation.weimin("doctor", "--port", str(installation.port))
    assert told.returncode == 1 and "只剩" in told.stdout
