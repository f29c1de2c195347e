import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.ops.conftest import SYSTEM, WHEEL, eventually, kill, processes_of
from weimin.ops import places
from weimin.ops.errors import OpsError
from weimin.ops.postgres import APP, OWNER, SUPERUSER, Server, ensure_database
from weimin.ops.process import spawn


def test_it_works(new_server: Server) -> None:
    new_server.start()
    new_server.ensure_database()
    with psycopg.connect(new_server.url()) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (APP,)
    new_server.stop()
    assert not new_server.is_ready()
    assert processes_of(new_server) == []


def test_letters_are_unicode_and_order_is_by_code_point(server: Server) -> None:
    with server.running():
        server.ensure_database()
        with psycopg.connect(server.url()) as connection:
            row = connection.execute("SELECT upper('é'), 'a' < 'Z', show_trgm('老人证') <> '{}'").fetchone()
    assert row == ("É", False, True)


def test_what_was_committed_is_there_after_a_restart(server: Server) -> None:
    server.start()
    server.ensure_database()
    with psycopg.connect(server.url(OWNER)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
    server.stop()
    server.start()
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT seven FROM kept").fetchone() == (7,)


def test_the_application_uses_tables_but_owns_and_creates_none(server: Server) -> None:
    with server.running():
        server.ensure_database()
        server.ensure_database()  # twice is fine
        with psycopg.connect(server.url(OWNER)) as owner:
            owner.execute("CREATE TABLE thing (id bigserial, name text)")
        with psycopg.connect(server.url(), autocommit=True) as app:
            app.execute("INSERT INTO thing (name) VALUES ('x')")
            app.execute("UPDATE thing SET name = 'y'")
            app.execute("DELETE FROM thing")
            for forbidden in (
                "TRUNCATE thing",
                "DROP TABLE thing",
                "CREATE TABLE mine ()",
                "CREATE TEMP TABLE t ()",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    app.execute(forbidden)


def test_a_role_without_password_is_refused(server: Server) -> None:
    with server.running():
        server.ensure_database()
        url = server.url().replace(server._password(APP), "wrong")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url)


def test_secrets_and_data_are_private(new_server: Server) -> None:
    new_server.ensure_initialised()
    assert (new_server.home / "passwords.json").stat().st_mode & 0o777 == 0o600
    assert new_server.data.stat().st_mode & 0o777 == 0o700
    assert not (new_server.home / "initdb.password").exists()


def test_killed_server_starts_again_although_its_pid_lives_on_as_somebody_else(server: Server) -> None:
    server.start()
    assert server.process is not None
    kill(server.process.pid)
    eventually(lambda: processes_of(server) == [], within=5)
    # Not reaped: a zombie still holds the pid that postmaster.pid and the socket lock name.
    os.kill(server.process.pid, 0)
    again = Server(server.data_dir, server.binaries)
    again.start()
    again.stop()
    # And now a pid that somebody else has (ours).
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n0\n{server.port}\n")
    again.start()
    again.stop()
    server.stop()


def test_second_instance_is_refused_and_the_first_lives_on(server: Server) -> None:
    server.start()
    assert server.process is not None
    with pytest.raises(OpsError, match=f"已有数据库在运行.*{server.process.pid}"):
        Server(server.data_dir, server.binaries).start()
    assert server.is_ready()


def test_a_server_started_by_hand_is_noticed(server: Server) -> None:
    server.start()
    server.stop()
    programs = places.runnable(server.binaries, server._account)
    argv = [str(programs / "postgres"), "-D", str(server.data), "-k", str(server.socket_dir), "-h", ""]
    by_hand = spawn(argv, stderr=subprocess.DEVNULL, **places.run_as(server._account))
    try:
        eventually(server.is_ready, within=10)
        with pytest.raises(OpsError, match=str(by_hand.pid)):
            Server(server.data_dir, server.binaries).start()
    finally:
        by_hand.terminate()
        by_hand.wait(10)


@pytest.mark.skipif(not (WHEEL and SYSTEM), reason="needs two versions")
@pytest.mark.parametrize(("made_by", "opened_by"), [("pg15", "pg18"), ("pg18", "pg15")])
def test_data_of_another_version_is_refused_with_the_remedy(
    data_dir: Path, made_by: str, opened_by: str
) -> None:
    programs = {"pg15": SYSTEM[0], "pg18": WHEEL[0]}
    Server(data_dir, programs[made_by]).ensure_initialised()
    with pytest.raises(OpsError) as refused:
        Server(data_dir, programs[opened_by]).start()
    assert made_by.removeprefix("pg") in refused.value.message
    assert "WEIMIN_PG_BIN" in refused.value.remedy


def test_tcp_port_in_use_is_said(data_dir: Path, binaries: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = Server(data_dir, binaries, tcp_port=taken.getsockname()[1])
        with pytest.raises(OpsError, match="端口已被占用"):
            server.start()


def test_interrupted_initdb_leaves_nothing_half(new_server: Server) -> None:
    (new_server.home / "data.new" / "base").mkdir(parents=True)
    new_server.start()
    assert new_server.is_ready()


def test_broken_setting_is_shown(server: Server) -> None:
    server.ensure_initialised()
    with (server.data / "postgresql.conf").open("a") as conf:
        conf.write("max_connections = 'many'\n")
    with pytest.raises(OpsError, match="max_connections"):
        server.start()


def test_a_long_path_gets_a_short_socket(
    tmp_path: Path, binaries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "PUBLIC_HOMES", (Path("/var/tmp") / f"weimin-{'很长' * 20}-{os.getpid()}",))
    server = Server(tmp_path / ("很长" * 20), binaries)
    try:
        with server.running():
            assert len(os.fsencode(server.socket_dir)) < places.LONGEST_SOCKET
    finally:
        shutil.rmtree(server.socket_dir, ignore_errors=True)
        shutil.rmtree(places.PUBLIC_HOMES[0], ignore_errors=True)


@pytest.mark.skipif(os.geteuid() != 0 or not WHEEL, reason="root's trap")
def test_a_wheel_under_a_private_folder_is_copied(data_dir: Path, tmp_path: Path) -> None:
    package = WHEEL[0].parents[1]
    for name in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.with_name(name), tmp_path / "venv" / name)
    server = Server(data_dir, tmp_path / "venv" / package.name / "pginstall" / "bin")
    old = os.umask(0o077)
    try:
        with server.running():
            server.ensure_database()
    finally:
        os.umask(old)
    copied = places.runnable(server.binaries, server._account)
    assert copied.is_relative_to(places.PUBLIC_HOMES[0])
    shutil.rmtree(copied.parents[2])


@pytest.mark.skipif(os.geteuid() != 0, reason="root's trap")
def test_moving_the_project_keeps_its_data(server: Server, tmp_path: Path) -> None:
    server.ensure_initialised()
    moved = tmp_path / "moved"
    server.data_dir.rename(moved)
    assert Server(moved, server.binaries).data == server.data
    moved.rename(server.data_dir)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a tmpfs")
def test_full_disk_is_said_and_survived(tmp_path: Path, binaries: Path) -> None:
    disk = Path(f"/var/tmp/weimin-full-{os.getpid()}")
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=120m,mode=755", "tmpfs", disk]).returncode:
        pytest.skip("cannot mount")
    server = Server(disk / "var", binaries)
    try:
        server.start()
        server.ensure_database()
        server.stop()
        ballast = disk / "ballast"
        with ballast.open("wb") as file, pytest.raises(OSError):
            while True:
                file.write(bytes(1 << 16))
                file.flush()
        with pytest.raises(OpsError, match="磁盘已满"):
            server.start()
        ballast.unlink()
        server.start()
        assert server.is_ready()
    finally:
        server.stop()
        subprocess.run(["umount", disk], check=True)
        disk.rmdir()


def test_the_server_dies_with_a_killed_parent(server: Server) -> None:
    server.ensure_initialised()
    code = (
        "import sys, time; from pathlib import Path; from weimin.ops.postgres import Server\n"
        "Server(Path(sys.argv[1]), Path(sys.argv[2])).start(); print('up', flush=True); time.sleep(60)"
    )
    argv = [sys.executable, "-c", code, str(server.data_dir), str(server.binaries)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None and parent.stdout.readline() == "up\n"
        with busy_query(server):
            parent.kill()
            took = eventually(lambda: processes_of(server) == [], within=5)
    print(f"gone after {took:.2f} s")
    server.start()


def test_a_busy_orphan_does_not_keep_the_server_down(server: Server) -> None:
    server.start()
    assert server.process is not None
    with busy_query(server):
        kill(server.process.pid)
        time.sleep(0.5)
        assert len(processes_of(server)) == 1  # the backend, still counting
        server.start()
        with psycopg.connect(server.url(SUPERUSER, "postgres")) as connection:
            connection.execute("SELECT 1")


@contextlib.contextmanager
def busy_query(server: Server) -> Iterator[None]:
    """A backend that never waits, and so never looks whether its postmaster lives."""

    def count() -> None:
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(server.url(SUPERUSER, "postgres")) as it,
        ):
            it.execute("SELECT count(*) FROM generate_series(1, 1e10::bigint) a WHERE a % 7 = 8")

    thread = threading.Thread(target=count)
    thread.start()
    eventually(lambda: any("SELECT" in _title(pid) for pid in processes_of(server)), within=5)
    try:
        yield
    finally:
        thread.join()


def _title(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def test_spawning_in_a_thread_is_refused(server: Server) -> None:
    refused: list[BaseException] = []

    def attempt() -> None:
        try:
            server.start()
        except RuntimeError as error:
            refused.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    assert refused


def test_a_role_that_may_only_create_needs_no_superuser(server: Server) -> None:
    """A real server, where the administrator gave us CREATEDB and CREATEROLE."""
    with server.running():
        with psycopg.connect(server.url(SUPERUSER, "postgres")) as admin:
            admin.execute("CREATE ROLE deployer LOGIN CREATEDB CREATEROLE PASSWORD 'd'")
            admin.execute("CREATE ROLE nobody_special LOGIN PASSWORD 'd'")
        url = f"host={server.socket_dir} port={server.port} dbname=postgres password=d user="
        ensure_database(url + "deployer", "weimin", {OWNER: "o", APP: "a"})
        ensure_database(url + "deployer", "weimin", {})
        with pytest.raises(OpsError) as refused:
            ensure_database(url + "nobody_special", "other", {})
        assert OWNER in refused.value.remedy


def test_starts_fast_enough(new_server: Server) -> None:
    """Figures for people; the aim is generous because machines are shared."""
    marks = [time.monotonic()]
    for step in (new_server.start, new_server.ensure_database, new_server.stop, new_server.start):
        step()
        marks.append(time.monotonic())
    names = ("cold start", "database", "stop", "warm start")
    print({name: round(end - start, 2) for name, start, end in zip(names, marks, marks[1:], strict=False)})
    assert marks[-1] - marks[-2] < 5
