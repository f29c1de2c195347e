"""The command ``weimin``: what an operator types."""

import os
import sys
from pathlib import Path

import click

from weimin import __version__
from weimin.ops.errors import OpsError

HOME = click.option(
    "--home", type=click.Path(path_type=Path), default=lambda: os.environ.get("WEIMIN_HOME", ".weimin"),
    show_default=".weimin", help="数据目录：数据库、文件、密钥都在里面。",
)


class _Group(click.Group):
    """Errors in words, with what to do about them, and no traceback for the operator's own."""

    def invoke(self, ctx: click.Context) -> object:
        from weimin.kernel.errors import WeiminError

        try:
            return super().invoke(ctx)
        except (OpsError, WeiminError) as error:
            click.secho(f"✗ {error.message}", fg="red", err=True)
            if error.remedy:
                click.echo(f"  {error.remedy}", err=True)
            sys.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="weimin")
def main() -> None:
    """Weimin 为民：乡镇（街道）、村（社区）为民服务平台。

    \b
    第一次用：
      weimin demo                 建好演示地方，启动，打印账号
    正式使用：
      weimin run                  启动数据库、网页、后台任务，直到 Ctrl-C
      weimin doctor               检查这台机器和这套数据
      weimin backup FILE          备份（不含密钥，密钥另存）
      weimin verify               从头核验全部办件记录链
    """


def _django(home: Path | None = None) -> None:
    if home is not None:
        os.environ.setdefault("WEIMIN_HOME", str(home))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weimin.settings")
    import django

    django.setup()


# -- starting ----------------------------------------------------------------------------------


@main.command()
@HOME
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
def demo(home: Path, host: str, port: int) -> None:
    """装好演示地方（衡阳，2,785 个村、社区）并启动。"""
    from weimin.ops.run import run_demo

    run_demo(home, host, port)


@main.command()
@HOME
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=2, show_default=True, help="网页进程数。")
@click.option("--clock-is-right", is_flag=True, help="时钟早于最近一次签名的根也启动。")
def run(home: Path, host: str, port: int, workers: int, clock_is_right: bool) -> None:
    """启动并看护数据库、网页和后台任务；Ctrl-C 停止。"""
    from weimin.ops.run import run as start

    start(home, host, port, workers, clock_is_right=clock_is_right)


@main.command(hidden=True)
def worker() -> None:
    """后台任务进程（由 run 启动）。"""
    _django()
    from django.core.management import call_command

    call_command("procrastinate", "worker", "--concurrency", "1")


@main.command(hidden=True)
def prepare() -> None:
    """迁移数据库、收集静态文件（由 run 以属主身份调用）。"""
    _django()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)


@main.command("demo-data", hidden=True)
def demo_data() -> None:
    """装入演示数据（由 demo 调用）。"""
    _django()
    from weimin.ops.demo import load

    load(click.echo)


# -- the database ------------------------------------------------------------------------------


@main.command()
@HOME
def migrate(home: Path) -> None:
    """把数据库结构升到这个版本。"""
    from weimin.ops.home import Home
    from weimin.ops.postgres import OWNER

    place = Home(home)
    with place.database():
        place.call("prepare", role=OWNER)
    click.echo("数据库结构已是最新。")


@main.command()
@HOME
def upgrade(home: Path) -> None:
    """升级：先备份，再迁移，最后检查。"""
    from weimin.ops.run import upgrade as go

    go(home)


@main.command()
@HOME
@click.argument("archive", type=click.Path(path_type=Path))
def backup(home: Path, archive: Path) -> None:
    """把数据库和文件备份到一个文件。密钥不在里面，请另行保管 keys 目录。"""
    from weimin.ops.backup import backup as go
    from weimin.ops.home import Home
    from weimin.ops.places import find_binaries
    from weimin.ops.postgres import OWNER

    place = Home(home)
    with place.database():
        manifest = go(place.url(OWNER), home / "files", archive, binaries=find_binaries(),
                      version=__version__)
    click.echo(f"已备份到 {archive}（{manifest['made_at']}）。")
    click.echo(f"密钥不在备份里：请另外保管 {home / 'keys'}，没有它身份证号和电话无法解开。")


@main.command()
@HOME
@click.argument("archive", type=click.Path(path_type=Path, exists=True))
@click.option("--force", is_flag=True, help="数据库不空也恢复；原有数据库改名保留。")
def restore(home: Path, archive: Path, force: bool) -> None:
    """从备份恢复到一个空的数据目录。"""
    from weimin.ops.backup import restore as go
    from weimin.ops.home import Home
    from weimin.ops.places import find_binaries
    from weimin.ops.postgres import SUPERUSER

    place = Home(home)
    (place.folder / "prepared").unlink(missing_ok=True)  # another database: look again
    with place.database():
        go(archive, place.url(SUPERUSER), home / "files", binaries=find_binaries(), force=force)
    click.echo("已恢复。请执行 weimin verify 核验记录链。")


@main.command()
@HOME
@click.option("--number", default="", help="只核验这一个办件。")
def verify(home: Path, number: str) -> None:
    """核验全部记录链、签名的根，以及办件各表是否与链一致；逐条指出被改动的地方。"""
    from weimin.ops.home import Home
    from weimin.ops.postgres import OWNER

    place = Home(home)
    with place.database():
        place.call("verify-here", number, role=OWNER)


@main.command("verify-here", hidden=True)
@click.argument("number", default="")
def verify_here(number: str) -> None:
    """核验（在已连上的数据库里）。"""
    _django()
    from weimin.ops.verifying import verify as check

    if not check(number, click.echo):
        sys.exit(1)


@main.command()
@HOME
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--office", required=True, help="单位编码，如 430421.civil-affairs。")
@click.option("--year", required=True, type=int, help="办结的年度。")
def dossiers(home: Path, target: Path, office: str, year: int) -> None:
    """归档：把一个单位一年办结的案卷打成一个 zip，每件一个文件夹，可离线核验。"""
    from weimin.ops.home import Home

    place = Home(home)
    with place.database():
        place.call("dossiers-here", str(target.absolute()), office, str(year))


@main.command("dossiers-here", hidden=True)
@click.argument("target", type=click.Path(path_type=Path))
@click.argument("office")
@click.argument("year", type=int)
def dossiers_here(target: Path, office: str, year: int) -> None:
    """归档（在已连上的数据库里）。"""
    _django()
    from weimin.ops.filing import file_year

    file_year(target, office, year, click.echo)


# -- the place ---------------------------------------------------------------------------------


@main.group()
def pack() -> None:
    """地方包：检查、比较、发布、导出。"""


@pack.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def lint(folder: Path) -> None:
    """检查一个包，不需要数据库；一次说出全部问题。"""
    _django()
    from weimin.packs.lint import lint as check
    from weimin.packs.read import read_pack

    found = read_pack(folder)
    faults = check(found)
    for fault in faults:
        click.echo(str(fault))
    if faults:
        click.secho(f"✗ {len(faults)} 处问题", fg="red")
        sys.exit(1)
    click.secho(f"✓ {found.name}：{len(found.areas)} 个区划，{len(found.items)} 个事项，没有问题", fg="green")


@pack.command()
@HOME
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--note", default="", help="这次发布的说明。")
def publish(home: Path, folder: Path, note: str) -> None:
    """发布一个包：没有问题才发布，发布后的版本不再改变。"""
    from weimin.ops.home import Home

    place = Home(home)
    with place.database():
        place.call("publish-here", str(folder), note)


@main.command("publish-here", hidden=True)
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("note", default="")
def publish_here(folder: Path, note: str) -> None:
    """发布（在已连上的数据库里）。"""
    _django()
    from weimin.kernel import clock
    from weimin.packs.publish import publish as go
    from weimin.packs.read import read_pack

    done = go(read_pack(folder), now=clock.now(), note=note, say=click.echo)
    if done.parts:
        click.echo(f"已发布第 {done.version} 版：{'、'.join(done.parts)}有变化；"
                   f"{len(done.changed)} 个事项有新版本，{len(done.withdrawn)} 个停办。")
    else:
        click.echo(f"与已发布的相同，仍是第 {done.version} 版。")
    passed = done.succession
    if done.recomputed:
        click.echo(f"{done.recomputed} 件在办件的期限随放假安排变动。")
    if passed.moved or passed.left:
        click.echo(f"{passed.moved} 件在办件由承接单位接办，{passed.left} 人离岗。")
    if passed.waiting:
        click.secho(f"{len(passed.waiting)} 件还等着承接单位安排值班人员，安排后自动移过去。", fg="yellow")


@pack.command()
@HOME
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def diff(home: Path, folder: Path) -> None:
    """发布会改变什么，包括影响哪些在办的件。"""
    from weimin.ops.home import Home

    place = Home(home)
    with place.database():
        place.call("diff-here", str(folder))


@main.command("diff-here", hidden=True)
@click.argument("folder", type=click.Path(path_type=Path))
def diff_here(folder: Path) -> None:
    """比较（在已连上的数据库里）。"""
    _django()
    from weimin.packs.diff import diff as compare
    from weimin.packs.read import read_pack

    for line in compare(read_pack(folder)):
        click.echo(line)


@pack.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("archive", type=click.Path(path_type=Path))
def export(folder: Path, archive: Path) -> None:
    """把一个包（连同它引用的包）打成一个 zip 文件，拿到另一处发布。"""
    from weimin.packs.export import export as go

    count = go(folder, archive)
    click.echo(f"{archive}：{count} 个文件。")


@pack.command()
@HOME
@click.argument("archive", type=click.Path(path_type=Path))
def download(home: Path, archive: Path) -> None:
    """下载现行的包：最新发布的一版，连同在管理界面上改过的单位和岗位。"""
    from weimin.ops.home import Home

    place = Home(home)
    with place.database():
        place.call("download-here", str(archive.absolute()))


@main.command("download-here", hidden=True)
@click.argument("archive", type=click.Path(path_type=Path))
def download_here(archive: Path) -> None:
    """下载（在已连上的数据库里）。"""
    _django()
    from weimin.kernel import clock
    from weimin.kernel.errors import NotFound
    from weimin.packs.decided import current

    try:
        _name, content = current(clock.today())
    except NotFound as error:
        raise click.ClickException(str(error)) from None
    archive.write_bytes(content)
    click.echo(f"{archive}：{len(content) // 1000} KB。")


# -- people ------------------------------------------------------------------------------------


@main.command()
@HOME
@click.argument("username")
@click.option("--name", required=True, help="姓名。")
@click.option("--office", required=True, help="单位编码，如 430421.civil-affairs。")
@click.option("--post", required=True, help="岗位，如 reviewer。")
def user(home: Path, username: str, name: str, office: str, post: str) -> None:
    """新建一个账号并安排到岗位；密码从键盘输入。"""
    from weimin.ops.home import Home

    password = click.prompt("密码（至少10位）", hide_input=True, confirmation_prompt=True)
    place = Home(home)
    os.environ["WEIMIN_NEW_PASSWORD"] = password  # not on a command line that ps shows
    with place.database():
        place.call("user-here", username, name, office, post)


@main.command("user-here", hidden=True)
@click.argument("username")
@click.argument("name")
@click.argument("office")
@click.argument("post")
def user_here(username: str, name: str, office: str, post: str) -> None:
    """新建账号（在已连上的数据库里）。"""
    _django()
    from weimin.ops.accounts import create

    create(username, name, office, post, os.environ.pop("WEIMIN_NEW_PASSWORD"))
    click.echo(f"{username} 可以登录了。")


# -- looking -----------------------------------------------------------------------------------


@main.command()
@HOME
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
def doctor(home: Path, host: str, port: int) -> None:
    """检查这台机器和这套数据，逐项说明好坏和办法。"""
    from weimin.ops.doctor import examine

    worst = examine(home.absolute(), (host, port), click.echo)
    sys.exit(1 if worst else 0)


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("args", nargs=-1)
def bench(args: tuple[str, ...]) -> None:
    """量一量：每个数字都和同一次运行里的极限或同类相比。"""
    import subprocess

    sys.exit(subprocess.call([sys.executable, "-m", "bench", *args]))


@main.command()
@HOME
@click.option("--cases", default=92445, show_default=True, help="办件数。")
def replay(home: Path, cases: int) -> None:
    """按真实日历重放一年的办件（可中断，可续）。"""
    from weimin.ops.home import Home

    place = Home(home, demo=True)
    with place.database():
        place.call("replay-here", str(cases))


@main.command("replay-here", hidden=True)
@click.argument("cases", type=int)
def replay_here(cases: int) -> None:
    """重放（在已连上的数据库里）。"""
    _django()
    from weimin.ops.replay import replay as go

    go(cases, click.echo)
