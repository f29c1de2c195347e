"""Starting an installation: database, web, worker under one supervisor."""

import logging
import shutil
import signal
import time
from hashlib import sha256
from pathlib import Path

import click

from weimin import __version__
from weimin.kernel.keys import make_all
from weimin.ops import told
from weimin.ops.backup import backup
from weimin.ops.errors import OpsError
from weimin.ops.home import Home, check_reachable
from weimin.ops.places import find_binaries
from weimin.ops.postgres import OWNER
from weimin.ops.process import StopSteps, lock_holder, try_lock
from weimin.ops.state import refuse_early_clock, refuse_lost_keys, refuse_newer_data
from weimin.ops.supervisor import Supervisor, answers, database, program, require_free_port

# Requests under way are finished; granian's own impatience ends workers with a warning even when
# they are just going, so it is the supervisor that has no more than this.
FINISH_THEN_KILL: StopSteps = ((signal.SIGTERM, 10), (signal.SIGKILL, 5))
LEAST_FREE = 500_000_000  # bytes; below it nothing is started that writes


def run(home: Path, host: str, port: int, workers: int, *, clock_is_right: bool = False) -> None:
    """Start and watch until a signal says stop."""
    _serve(Home(home), host, port, workers, trust_clock=clock_is_right, demo=False)


def run_demo(home: Path, host: str, port: int) -> None:
    """The same with the demo place loaded and its accounts printed."""
    _serve(Home(home, demo=True), host, port, 2, trust_clock=True, demo=True)


def _serve(
    place: Home, host: str, port: int, workers: int, *, trust_clock: bool, demo: bool
) -> None:
    began = time.monotonic()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    check_reachable(host)
    require_free_port(host, port)
    place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.disk_usage(place.folder).free < LEAST_FREE:
        raise OpsError(f"磁盘快满了（{place.folder}）", "清理到至少剩 500 MB 再启动")
    if demo:
        (place.folder / "demo").touch()
    with Supervisor(place.folder / "run.lock") as supervisor:
        if place.server is not None:
            supervisor.start(database(place.server))
            place.server.ensure_database()
        else:
            place.check_given()
        refuse_newer_data(place.url(OWNER))
        refuse_lost_keys(place.url(OWNER), place.keys)
        make_all(place.keys)
        if not trust_clock:
            refuse_early_clock(place.url(OWNER))
        _prepare(place, demo)
        env = place.environment()
        supervisor.start(
            program("网页", place.web(host, port, workers),
                    ready=lambda: answers(host, port), env=env, patience=15,
                    stop=FINISH_THEN_KILL)
        )
        supervisor.start(
            program("后台任务", place.worker(), ready=lambda: True, env=env, plans_ahead=True)
        )
        _say_ready(host, port, time.monotonic() - began)
        if demo:
            _say_accounts()
        supervisor.watch()


def _prepare(place: Home, demo: bool) -> None:
    """Migrate, collect statics, load the demo: seconds that what is as it was does not need."""
    prepared = place.folder / "prepared"
    as_it_is = f"{fingerprint()} {'demo' if place.demo else 'own'}"
    if prepared.exists() and prepared.read_text() == as_it_is:
        return
    place.call("prepare", title="数据库升级", role=OWNER)
    if demo:
        place.call("demo-data", title="装入演示数据")
    prepared.write_text(as_it_is)


def fingerprint() -> str:
    """What ``prepare`` and the demo depend on: the code, the migrations, the statics, the packs."""
    made = sha256(__version__.encode())
    root = Path(__file__).parents[1]
    for path in sorted([*root.rglob("migrations/*.py"), *root.rglob("static/**/*"),
                        *(root.parent / "packs").rglob("*.*")]):
        if path.is_file():
            made.update(f"{path.name} {path.stat().st_size}".encode())
            made.update(path.read_bytes())
    return made.hexdigest()


def _say_ready(host: str, port: int, seconds: float) -> None:
    click.secho(f"\n  http://{host}:{port}  （{seconds:.1f} 秒）  Ctrl-C 停止\n", bold=True)


def _say_accounts() -> None:
    from weimin.ops.cast import CAST, PASSWORD

    click.echo(f"  演示账号，密码都是 {PASSWORD}\n")
    for member in CAST:
        click.echo(f"    {member.username:<10}{member.name}　{member.role}")
    click.echo("\n  居民：在首页“登录”处输入任意 190 开头的手机号，验证码显示在屏幕上。")
    click.echo("  演示数据，无法律效力。Ctrl-C 停止。\n")


def _alone(place: Home) -> None:
    """Raises OpsError while an instance runs: its code does not know the new structure."""
    lock = place.folder / "run.lock"
    if lock.exists() and try_lock(lock) is None:  # else ours until we end: nobody starts meanwhile
        raise OpsError(f"该数据目录有一个实例在运行（进程号 {lock_holder(lock)}）", "先停掉它，再升级")


def migrate(home: Path) -> None:
    """Bring the structure of the data up to this program's, and nothing else."""
    place = Home(home)
    _alone(place)
    with place.database(new=True):
        refuse_newer_data(place.url(OWNER))
        place.call("prepare", title="数据库升级", role=OWNER)


def upgrade(home: Path) -> None:
    """Back up, migrate, verify: in this order, and nothing is touched when the backup fails."""
    place = Home(home)
    _alone(place)
    archive = place.folder / f"before-{__version__}-{time.strftime('%Y%m%d-%H%M%S')}.tar"
    with place.database():
        refuse_newer_data(place.url(OWNER))
        refuse_lost_keys(place.url(OWNER), place.keys)
        backup(place.url(OWNER), place.folder / "files", archive, binaries=find_binaries(),
               version=__version__, say=click.echo, watch=told.watched)
        click.echo(f"升级前的备份：{archive}")
        place.call("prepare", title="数据库升级", role=OWNER)
        place.call("verify-here", title="核验", role=OWNER)
