"""Database and files that belong together in one archive, and the way back.

The database is dumped first, in one snapshot. Files are content-addressed, written once before
the row that names them commits, and never changed: so whatever the snapshot names lies in the
folder when we read it afterwards. A few files more do no harm. Keys and passwords are not in
the archive: only the files folder is read.
"""

import os
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from weimin.kernel.watching import Watch, unwatched
from weimin.ops import archive as archives
from weimin.ops.archive import DUMP, FILES, FORMAT, Manifest
from weimin.ops.errors import OpsError
from weimin.ops.places import major_version
from weimin.ops.postgres import ensure_database

Say = Callable[[str], object]


def backup(
    url: str, files_dir: Path, archive: Path, *, binaries: Path, version: str,
    say: Say = lambda text: None, watch: Watch = unwatched,
) -> Manifest:
    """Write an archive of the database at `url` and of the files; return its manifest.

    `say` and `watch` are told how far it is.

    `url` must be able to read everything: the owner or a superuser.
    """
    if not archive.parent.is_dir():
        raise OpsError(f"备份没有完成：没有文件夹 {archive.parent}", "先建立它，或换一个位置")
    part = archive.with_name(archive.name + ".part")
    try:
        with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".dump-") as folder:
            dump = Path(folder) / DUMP
            server = _server_major(url)
            say("导出数据库……")
            _run(binaries / "pg_dump", url, "--format=custom", f"--file={dump}")
            manifest: Manifest = {
                "format": FORMAT,
                "weimin": version,
                "postgres": server,
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            archives.write(part, dump, files_dir, manifest, watch)
        part.replace(archive)
        _sync(archive.parent)
    except OSError as error:
        raise OpsError(
            f"备份没有完成：{error.strerror}", f"检查 {archive.parent} 的磁盘空间和权限"
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _sync(folder: Path) -> None:
    """Make a rename last through a power cut."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def restore(
    archive: Path, url: str, files_dir: Path, *, binaries: Path, force: bool = False,
    say: Say = lambda text: None,
) -> Manifest:
    """Bring an archive back, after checking all of it, into an empty database.

    `url` is a superuser or the owner of the database. With `force`, a database in use is renamed
    and kept; that needs a role which may create databases, and nobody connected.
    """
    say("（1/3）核对备份……")
    manifest = archives.verify(archive)
    _require_major(manifest["postgres"], _server_major(url), binaries)
    name = str(conninfo_to_dict(url)["dbname"])
    aside = None
    if not _is_empty(url):
        if not force:
            raise OpsError(f"数据库 {name} 不是空的", "恢复到一个空库，或加 --force（原库改名保留）")
        aside = _set_aside(url, name)
    try:
        _bring_back(archive, url, files_dir, binaries, say)
    except BaseException as error:
        if aside is not None:
            _put_back(url, name, aside)
        if isinstance(error, OSError):
            raise OpsError(f"恢复没有完成：{error.strerror}", f"检查 {files_dir} 的磁盘空间和权限") from error
        raise
    return manifest


def _bring_back(archive: Path, url: str, files_dir: Path, binaries: Path, say: Say) -> None:
    """Files first: no row may ever name a file that is not there yet."""
    say("（2/3）恢复文件……")
    files_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=files_dir, prefix=".restore-") as folder:
        dump = Path(folder) / DUMP
        for name, stream in archives.members(archive):
            if name == DUMP:
                archives.copy(stream, dump)
            elif name.startswith(FILES):
                _place(stream, files_dir / name.removeprefix(FILES), Path(folder) / "file")
        say("（3/3）恢复数据库……")
        contents = Path(folder) / "contents"
        contents.write_text(_contents(binaries, dump))
        how = ("--single-transaction", "--exit-on-error", f"--use-list={contents}", str(dump))
        _run(binaries / "pg_restore", url, *how)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")  # a dump holds no statistics; without them plans are poor


def _place(stream: IO[bytes], target: Path, part: Path) -> None:
    """Also over a file that is there: it may be what the disk has damaged."""
    archives.copy(stream, part)
    target.parent.mkdir(parents=True, exist_ok=True)
    part.replace(target)


# -- the database ---------------------------------------------------------------------------


def _run(program: Path, url: str, *arguments: str) -> None:
    """Run pg_dump or pg_restore; the password goes by the environment, which `ps` doesn't show."""
    parameters = conninfo_to_dict(url)
    password = parameters.pop("password", None)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    if password:
        environment["PGPASSWORD"] = str(password)
    target = make_conninfo("", **{name: str(value) for name, value in parameters.items()})
    argv = [str(program), "--no-password", f"--dbname={target}", *arguments]
    done = subprocess.run(argv, env=environment | {"LC_ALL": "C"}, capture_output=True, text=True)
    if done.returncode:
        tail = "\n".join(done.stderr.splitlines()[-5:])
        raise OpsError(
            f"{program.name} 失败：\n{tail}",
            "检查磁盘空间和权限；若服务器更新或要求加密连接，用 WEIMIN_PG_BIN 指向同版本的系统程序",
        )


def _contents(binaries: Path, dump: Path) -> str:
    """What to restore: all but the comments on extensions, which only a superuser may set."""
    argv = [str(binaries / "pg_restore"), "--list", str(dump)]
    listed = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    return "".join(line for line in listed.splitlines(True) if " COMMENT - EXTENSION " not in line)


def _server_major(url: str) -> int:
    try:
        with psycopg.connect(url) as connection:
            return connection.info.server_version // 10000
    except psycopg.OperationalError as error:
        raise OpsError(f"连接数据库失败：{error}", "检查数据库是否在运行") from error


def _require_major(made_by: int, server: int, binaries: Path) -> None:
    ours = min(server, major_version(binaries / "pg_restore"))
    if ours < made_by:
        raise OpsError(
            f"备份来自 PostgreSQL {made_by}，不能恢复到较旧的 {ours}",
            f"使用 PostgreSQL {made_by} 或更新的服务器和程序（WEIMIN_PG_BIN）",
        )


def _is_empty(url: str) -> bool:
    """No relation of ours; what belongs to an extension doesn't count."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            """
            SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
              AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                              AND d.objid = c.oid AND d.deptype = 'e')
            LIMIT 1
            """
        ).fetchone()
    return found is None


def _set_aside(url: str, name: str) -> str:
    """Rename the database, and put an empty one in its place."""
    aside = f"{name}_before_{datetime.now(UTC):%Y%m%d_%H%M%S}"
    admin_url = make_conninfo(url, dbname="postgres")
    try:
        _rename(admin_url, name, aside)
    except psycopg.errors.ObjectInUse as error:
        raise OpsError(f"数据库 {name} 正在使用", "先停止系统（web、worker）再恢复") from error
    try:
        ensure_database(admin_url, name, {})
    except BaseException:
        _put_back(url, name, aside)
        raise
    return aside


def _put_back(url: str, name: str, aside: str) -> None:
    admin_url = make_conninfo(url, dbname="postgres")
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
    _rename(admin_url, aside, name)


def _rename(admin_url: str, old: str, new: str) -> None:
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(rename.format(sql.Identifier(old), sql.Identifier(new)))
