"""Each fault that ``weimin doctor`` can name is provoked, and named with its remedy."""

import os
import shutil
import signal
import socket
import subprocess
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from tests.installation import Installation, eventually, open_folder
from weimin.ops import doctor
from weimin.ops.postgres import OWNER, SUPERUSER, Server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(demo: Installation, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """One copy of the demo whose database runs: nothing else does."""
    made = demo.copied_to(open_folder() / "home")
    server = Server(made.home)
    with server.running():
        yield made, server
    made.destroy()
    shutil.rmtree(made.home.parent, ignore_errors=True)


def examined(installation: Installation, port: int | None = None) -> tuple[int, str]:
    said: list[str] = []
    faults = doctor.examine(installation.home, ("127.0.0.1", port or installation.port), said.append)
    return faults, "\n".join(said)


def names(installation: Installation, fault: str, remedy: str, port: int | None = None) -> None:
    """It names this one fault, and what to do."""
    faults, said = examined(installation, port)
    assert faults == 1, said
    wrong = said[said.index("✗"):]
    assert fault in wrong and remedy in wrong, said


def test_a_healthy_home_has_no_fault(served: tuple[Installation, Server]) -> None:
    faults, said = examined(served[0])
    assert faults == 0, said
    assert "结构与程序一致" in said and "没有在运行" in said


def test_a_taken_port(served: tuple[Installation, Server]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        names(served[0], "不能使用", "换一个端口", port=taken.getsockname()[1])


def test_a_disk_that_fills_up(
    served: tuple[Installation, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE", shutil.disk_usage(served[0].home).free * 2)
    names(served[0], "只剩", "清理磁盘")


def test_programs_that_are_too_old(
    served: tuple[Installation, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "OLDEST", 99)
    names(served[0], "太旧", "需要 99")


def test_missing_fonts(
    served: tuple[Installation, Server], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WEIMIN_FONTS", str(tmp_path))
    names(served[0], "没有字体", "WEIMIN_FONTS")


def test_keys_that_others_can_read_or_that_are_empty(served: tuple[Installation, Server]) -> None:
    key = served[0].home / "keys" / "vault"
    key.chmod(0o644)
    names(served[0], "能被别人读到", "chmod")
    key.chmod(0o600)
    kept = key.read_bytes()
    key.write_bytes(b"")
    names(served[0], "是空的", "恢复")
    key.write_bytes(kept)


def test_a_folder_that_cannot_be_written(served: tuple[Installation, Server]) -> None:
    files = served[0].home / "files"
    files.mkdir(exist_ok=True)
    if os.geteuid():
        files.chmod(0o500)
    elif subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", files]).returncode:
        why = "root writes everywhere but on a read-only disk, and may not mount one here"
        pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)
    try:
        names(served[0], "不能写", "属主")
    finally:
        files.chmod(0o700) if os.geteuid() else subprocess.run(["umount", files], check=True)


def test_data_of_another_major_version(installation: Installation) -> None:
    (Server(installation.home).data / "PG_VERSION").write_text("14\n")
    names(installation, "由 PostgreSQL 14 建立", "WEIMIN_PG_BIN")


def test_a_database_that_does_not_start(installation: Installation) -> None:
    (Server(installation.home).data / "global" / "pg_control").write_bytes(b"")
    names(installation, "数据库启动失败", "server.log")


def test_a_clock_that_went_back(
    served: tuple[Installation, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    yesterday = doctor._now() - timedelta(days=1)
    monkeypatch.setattr(doctor, "_now", lambda: yesterday)
    names(served[0], "早于最后一条记录", "核对时间")


def test_a_root_that_was_not_exported(served: tuple[Installation, Server]) -> None:
    installation, server = served
    with psycopg.connect(server.url(OWNER), autocommit=True) as connection:
        connection.execute(
            "INSERT INTO trail_root (taken_at, leaves, count, previous, digest, signature, key_id)"
            " VALUES (now(), '', 0, '', '', '', '')"
        )
        names(installation, "没有导出文件", "roots")
        connection.execute("DROP TRIGGER IF EXISTS trail_root_stays ON trail_root")
        connection.execute("ALTER TABLE trail_root DISABLE TRIGGER USER")
        connection.execute("DELETE FROM trail_root WHERE digest = ''")


def test_messages_that_were_given_up(served: tuple[Installation, Server]) -> None:
    installation, server = served
    with psycopg.connect(server.url(OWNER), autocommit=True) as connection:
        connection.execute(
            "INSERT INTO outbox_message (port, key, subject_type, subject_id, payload, status, tries,"
            " created_at, error) VALUES ('sms', 'doctor', 'case', 1, '', 'failed', 8, now(), 'x')"
        )
        names(installation, "1 条通知发送失败", "管理 → 通知")
        connection.execute("DELETE FROM outbox_message WHERE key = 'doctor'")


def test_a_running_instance_and_its_worker(installation: Installation) -> None:
    installation.start()
    assert installation.process is not None
    eventually(lambda: examined(installation)[0] == 0, within=30)
    assert f"正在运行（进程号 {installation.process.pid}）" in examined(installation)[1]
    second = installation.weimin("run", "--port", str(Installation(installation.home).port))
    assert second.returncode == 1 and f"进程号 {installation.process.pid}" in second.stderr
    for command in ("upgrade", "migrate"):
        refused = installation.weimin(command)
        assert refused.returncode == 1 and "先停掉它" in refused.stderr, command
    assert not list(installation.home.glob("before-*"))

    server = Server(installation.home)
    with psycopg.connect(server.url(SUPERUSER, "weimin"), autocommit=True) as connection:
        installation.process.send_signal(signal.SIGSTOP)  # nobody starts the worker again
        worker = next(pid for pid in _children(installation.process.pid) if "worker" in _called(pid))
        os.kill(worker, signal.SIGKILL)

        def an_hour_passes() -> bool:
            connection.execute("UPDATE procrastinate_events SET at = at - interval '1 hour'")
            return examined(installation)[0] == 1

        try:
            eventually(an_hour_passes, within=20)  # what the worker had begun may still be committed
            names(installation, "后台任务没有动静", "重新启动")
        finally:
            installation.process.send_signal(signal.SIGCONT)
    eventually(lambda: examined(installation)[0] == 0, within=30)


def _children(pid: int) -> list[int]:
    return [int(child) for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()]


def _called(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def test_nothing_is_there_yet(tmp_path: Path) -> None:
    said: list[str] = []
    assert doctor.examine(tmp_path / "new", ("127.0.0.1", Installation(tmp_path).port), said.append) == 0
    assert "还没有数据库" in "\n".join(said)
    assert not (tmp_path / "new").exists()
