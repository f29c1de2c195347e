import hashlib
import os
import shutil
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.ops.conftest import SYSTEM, WHEEL
from weimin.ops.archive import verify
from weimin.ops.backup import backup, restore
from weimin.ops.errors import OpsError
from weimin.ops.postgres import OWNER, SUPERUSER, Server

SCHEMA = """
CREATE TABLE paper (id bigserial PRIMARY KEY, sha256 text NOT NULL, name text);
CREATE TABLE event (paper bigint NOT NULL REFERENCES paper, at timestamptz DEFAULT now());
CREATE INDEX ON paper USING gin (name gin_trgm_ops);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''append only''; END';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION refuse();
REVOKE UPDATE, DELETE ON event FROM weimin_app;
"""


class Office:
    """Writes papers: first the file, then the row and its event; then it is acknowledged."""

    def __init__(self, url: str, files: Path) -> None:
        self.url, self.files = url, files
        self.acknowledged: list[int] = []
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(3)]

    def _work(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            while not self._end.is_set():
                self.acknowledged.append(write_paper(connection, self.files))

    def __enter__(self) -> "Office":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()


def write_paper(connection: psycopg.Connection, files: Path) -> int:
    content = os.urandom(2000)
    digest = hashlib.sha256(content).hexdigest()
    folder = files / digest[:2]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{digest}.part").write_bytes(content)
    (folder / f"{digest}.part").rename(folder / digest)
    with connection.transaction():
        row = connection.execute(
            "INSERT INTO paper (sha256, name) VALUES (%s, '低保申请') RETURNING id", [digest]
        ).fetchone()
        assert row is not None
        connection.execute("INSERT INTO event (paper) VALUES (%s)", row)
    return int(row[0])


@pytest.fixture
def town(server: Server, tmp_path: Path) -> Iterator[Server]:
    """A running server with the schema and one paper."""
    server.start()
    server.ensure_database()
    with psycopg.connect(server.url(OWNER)) as connection:
        connection.execute(SCHEMA)
    with psycopg.connect(server.url()) as connection:
        write_paper(connection, tmp_path / "files")
    yield server
    server.stop()


def _destroy(server: Server) -> None:
    with psycopg.connect(server.url(SUPERUSER, "postgres"), autocommit=True) as admin:
        admin.execute("DROP DATABASE weimin")
    server.ensure_database()


def _papers(server: Server) -> dict[int, str]:
    with psycopg.connect(server.url()) as connection:
        return dict(connection.execute("SELECT id, sha256 FROM paper").fetchall())


def _backup(server: Server, folder: Path, role: str = OWNER) -> Path:
    archive = folder / "weimin.tar"
    backup(server.url(role), folder / "files", archive, binaries=server.binaries, version="1")
    return archive


@pytest.mark.parametrize("role", [OWNER, SUPERUSER])
def test_nothing_acknowledged_is_lost_by_a_backup_under_load(town: Server, tmp_path: Path, role: str) -> None:
    with Office(town.url(), tmp_path / "files") as office:
        time.sleep(0.5)
        before = list(office.acknowledged)
        archive = _backup(town, tmp_path)
        during = len(office.acknowledged) - len(before)
    assert len(before) > 20 and during > 5
    _destroy(town)
    back = tmp_path / "back"
    restore(archive, town.url(role), back, binaries=town.binaries)
    papers = _papers(town)
    assert set(before) <= set(papers)
    for digest in papers.values():
        assert hashlib.sha256((back / digest[:2] / digest).read_bytes()).hexdigest() == digest
    with psycopg.connect(town.url(SUPERUSER, "weimin")) as connection:
        lonely = connection.execute(
            "SELECT count(*) FROM paper p LEFT JOIN event e ON e.paper = p.id WHERE e IS NULL"
        )
        assert lonely.fetchone() == (0,)


def test_rights_triggers_and_sequences_come_back(town: Server, tmp_path: Path) -> None:
    archive = _backup(town, tmp_path)
    _destroy(town)
    restore(archive, town.url(SUPERUSER), tmp_path / "files", binaries=town.binaries)
    with psycopg.connect(town.url(), autocommit=True) as app:
        assert write_paper(app, tmp_path / "files") == 2
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("DELETE FROM event")
    with psycopg.connect(town.url(OWNER), autocommit=True) as owner:
        with pytest.raises(psycopg.errors.RaiseException, match="append only"):
            owner.execute("DELETE FROM event")
        owner.execute("CREATE TABLE later (n int)")
    with psycopg.connect(town.url()) as app:
        app.execute("INSERT INTO later VALUES (1)")


def test_a_database_in_use_is_refused_and_with_force_kept_aside(town: Server, tmp_path: Path) -> None:
    archive = _backup(town, tmp_path)
    with psycopg.connect(town.url(), autocommit=True) as app:
        write_paper(app, tmp_path / "files")
    url, files = town.url(SUPERUSER), tmp_path / "files"
    with pytest.raises(OpsError, match="不是空的"):
        restore(archive, url, files, binaries=town.binaries)
    with psycopg.connect(town.url()), pytest.raises(OpsError, match="正在使用"):
        restore(archive, url, files, binaries=town.binaries, force=True)
    restore(archive, url, files, binaries=town.binaries, force=True)
    assert list(_papers(town)) == [1]
    with psycopg.connect(url) as connection:
        kept = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'weimin\\_before%'"
        ).fetchone()
    assert kept is not None
    with psycopg.connect(town.url(SUPERUSER, kept[0])) as connection:
        assert connection.execute("SELECT count(*) FROM paper").fetchone() == (2,)


def test_a_restore_that_fails_puts_the_old_database_back(
    town: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = _backup(town, tmp_path)

    def fail(*arguments: object) -> None:
        raise OpsError("no", "no")

    monkeypatch.setattr("weimin.ops.backup._bring_back", fail)
    with pytest.raises(OpsError):
        restore(archive, town.url(SUPERUSER), tmp_path / "files", binaries=town.binaries, force=True)
    assert list(_papers(town)) == [1]


@pytest.mark.parametrize("where", [0.2, 0.5, 0.7])
def test_a_changed_byte_is_found_before_anything_is_touched(
    town: Server, tmp_path: Path, where: float
) -> None:
    archive = _backup(town, tmp_path)
    with tarfile.open(archive) as tar:
        entry = tar.getmember("database.dump")
        at = entry.offset_data + int(entry.size * where)
    content = bytearray(archive.read_bytes())
    content[at] ^= 1
    archive.write_bytes(content)
    _destroy(town)
    with pytest.raises(OpsError, match="已损坏"):
        restore(archive, town.url(SUPERUSER), tmp_path / "files", binaries=town.binaries)


def test_a_cut_archive_is_found(town: Server, tmp_path: Path) -> None:
    archive = _backup(town, tmp_path)
    whole = archive.read_bytes()
    with tarfile.open(archive) as tar:
        manifest, dump = tar.getmember("manifest.json"), tar.getmember("database.dump")
    for length in (0, dump.offset_data + 10, manifest.offset, manifest.offset_data + 100):
        archive.write_bytes(whole[:length])
        with pytest.raises(OpsError, match="已损坏"):
            verify(archive)


def test_an_archive_cannot_write_elsewhere(tmp_path: Path) -> None:
    archive = tmp_path / "evil.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(__file__, "files/../../evil")
    with pytest.raises(OpsError, match="不该有的条目"):
        verify(archive)


def test_the_archive_is_private_and_holds_no_password(town: Server, tmp_path: Path) -> None:
    archive = _backup(town, tmp_path)
    assert archive.stat().st_mode & 0o777 == 0o600
    content = archive.read_bytes()
    for role in (SUPERUSER, OWNER):
        assert town._password(role).encode() not in content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["files", "var", "weimin.tar"]


def test_no_room_is_said_and_leaves_nothing(town: Server, tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="备份没有完成"):
        backup(
            town.url(OWNER),
            tmp_path / "files",
            tmp_path / "no" / "x.tar",
            binaries=town.binaries,
            version="1",
        )


@pytest.mark.skipif(not (WHEEL and SYSTEM), reason="needs two versions")
@pytest.mark.parametrize("binaries", WHEEL, ids=["pg18"], indirect=True)
def test_an_older_server_is_refused(town: Server, tmp_path: Path) -> None:
    archive = _backup(town, tmp_path)
    _destroy(town)
    with pytest.raises(OpsError, match="较旧的 15"):
        restore(archive, town.url(SUPERUSER), tmp_path / "files", binaries=SYSTEM[0])


@pytest.mark.skipif(not (WHEEL and SYSTEM), reason="needs two versions")
@pytest.mark.parametrize("binaries", SYSTEM, ids=["pg15"], indirect=True)
def test_a_newer_server_takes_it(town: Server, tmp_path: Path) -> None:
    """The way from one major version to the next."""
    archive = _backup(town, tmp_path)
    town.stop()
    newer = Server(tmp_path / "newer", WHEEL[0])
    with newer.running():
        newer.ensure_database()
        restore(archive, newer.url(SUPERUSER), tmp_path / "files", binaries=WHEEL[0])
        assert list(_papers(newer)) == [1]
    shutil.rmtree(newer.home)
