"""The command ``weimin``: what an operator types."""

import os
import sys
from datetime import datetime
from pathlib import Path

import click

from weimin import __version__
from weimin.ops import cli_pack
from weimin.ops.command import HOME, HOST, PORT, Group, start_django
from weimin.ops.errors import REFUSED, OpsError


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"],
                                          "max_content_width": 100})
@click.version_option(__version__, prog_name="weimin", help="显示版本。")
def main() -> None:
    """Weimin 为民：乡镇（街道）、村（社区）为民服务平台。

    \b
    先看看（不需要任何准备）：
      weimin demo                            建好演示地方，启动，打印账号
    正式使用：
      weimin pack lint packs/我们县          检查地方包，不需要数据库
      weimin run --home /srv/weimin          启动数据库、网页、后台任务，直到 Ctrl-C
      weimin pack publish packs/我们县 --home /srv/weimin
      weimin user zhangsan --name 张三 --office 4304.admin --post secadmin --home /srv/weimin
    平时：
      weimin doctor --home /srv/weimin       检查这台机器和这套数据
      weimin backup /backup/今天.tar --home /srv/weimin
      weimin verify --home /srv/weimin       从头核验全部办件记录链

    \b
    返回码：0 做完、没有问题；1 做不了或发现了问题，已说明原因；
            2 命令写法不对；70 程序出错，请联系维护人员。
    每个命令的说明：weimin 命令 --help
    """


main.add_command(cli_pack.pack)
for _hidden in (cli_pack.publish_here, cli_pack.diff_here, cli_pack.download_here):
    main.add_command(_hidden)


# -- starting ----------------------------------------------------------------------------------


@main.command()
@HOME
@HOST
@PORT
def demo(home: Path, host: str, port: int) -> None:
    """装好演示地方（衡阳，2,785 个村、社区）并启动，打印演示账号。

    \b
    第一次约需一两分钟，以后几秒。Ctrl-C 停止，数据留着。
    演示的数据目录以后一直是演示：文书上都印“演示 · 无法律效力”，
    正式使用请用 weimin run 和另一个目录。
    例：weimin demo --home /tmp/demo --port 8001
    """
    from weimin.ops.run import run_demo

    run_demo(home, host, port)


@main.command()
@HOME
@HOST
@PORT
@click.option("--workers", default=2, type=click.IntRange(min=1), show_default=True, metavar="个数", help="网页进程数，一般同处理器核数。")
@click.option("--clock-is-right", is_flag=True,
              help="时钟早于最近一次签名的根也启动：确认现在的时间对、当时的时间错才用。")
def run(home: Path, host: str, port: int, workers: int, clock_is_right: bool) -> None:
    """启动并看护数据库、网页和后台任务；Ctrl-C 停止。

    \b
    端口被占、磁盘快满、数据是新版本的、已有一个实例在运行：都不启动，并说明原因。
    给别的机器访问，要在前面放有 TLS 的反向代理，见 docs/operations.md。
    例：weimin run --home /srv/weimin --port 8000 --workers 4
    """
    from weimin.ops.run import run as start

    start(home, host, port, workers, clock_is_right=clock_is_right)


@main.command(hidden=True)
def worker() -> None:
    """后台任务进程（由 run 启动）。"""
    start_django()
    from procrastinate.contrib.django import app, django_connector
    from procrastinate.exceptions import ConnectorException

    assert isinstance(app.connector, django_connector.DjangoConnector)
    try:
        with app.replace_connector(app.connector.get_worker_connector()):
            app.run_worker(concurrency=1)
    except ConnectorException:  # the supervisor starts another one
        raise OpsError("后台任务连不上数据库", "数据库恢复以后会自己再启动") from None


@main.command(hidden=True)
def prepare() -> None:
    """迁移数据库、收集静态文件（由 run 以属主身份调用）。"""
    start_django()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)


@main.command("demo-data", hidden=True)
def demo_data() -> None:
    """装入演示数据（由 demo 调用）。"""
    start_django()
    from weimin.ops.demo import load

    load(click.echo)


# -- the database ------------------------------------------------------------------------------


@main.command()
@HOME
def migrate(home: Path) -> None:
    """把数据库结构升到这个版本，不备份；一般用 upgrade。

    \b
    run 启动时会自己做。只在数据库由别人管理、要分开做时才用。
    例：weimin migrate --home /srv/weimin
    """
    from weimin.ops.run import migrate as go

    go(home)
    click.echo("数据库结构已是最新。")


@main.command()
@HOME
def upgrade(home: Path) -> None:
    """换了新版本以后：先备份，再升级数据库，最后核验。

    \b
    备份在数据目录里，文件名以 before- 开头；备份失败就什么都不动。
    先停下 weimin run，再执行。
    例：weimin upgrade --home /srv/weimin
    """
    from weimin.ops.run import upgrade as go

    go(home)


@main.command()
@HOME
@click.argument("archive", metavar="备份文件", type=click.Path(path_type=Path, dir_okay=False))
def backup(home: Path, archive: Path) -> None:
    """把数据库和文件备份到一个文件。可以边运行边备份。

    \b
    密钥不在备份里：请把数据目录下的 keys 另外保管，没有它，身份证号和电话解不开。
    run 每天凌晨三点自动备份到数据目录的 backups，留 14 份；请定期拷到别的机器。
    例：weimin backup /backup/weimin-2026-11-21.tar --home /srv/weimin
    """
    from weimin.kernel.clock import say_moment
    from weimin.ops import told
    from weimin.ops.backup import backup as go
    from weimin.ops.home import Home
    from weimin.ops.places import find_binaries
    from weimin.ops.postgres import OWNER

    place = Home(home)
    with place.database():
        manifest = go(place.url(OWNER), home / "files", archive, binaries=find_binaries(),
                      version=__version__, say=click.echo, watch=told.watched)
    size = archive.stat().st_size / 1e6
    made = say_moment(datetime.fromisoformat(manifest["made_at"]))
    click.echo(f"已备份到 {archive}（{size:.1f} MB，{made}）。")
    click.echo(f"密钥不在备份里：请另外保管 {home / 'keys'}，没有它身份证号和电话无法解开。")


@main.command()
@HOME
@click.argument("archive", metavar="备份文件", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--force", is_flag=True, help="数据库不空也恢复；原有数据库改名保留。")
def restore(home: Path, archive: Path, force: bool) -> None:
    """从备份恢复到一个空的数据目录。先核对备份是否完整，不完整就什么都不动。

    \b
    先把另外保管的 keys（和 roots）拷到新的数据目录，恢复以后执行 weimin verify。
    例：cp -a /safe/keys /srv/new/
        weimin restore /backup/weimin-2026-11-21.tar --home /srv/new
    """
    from weimin.ops.backup import restore as go
    from weimin.ops.home import Home
    from weimin.ops.places import find_binaries
    from weimin.ops.postgres import SUPERUSER

    place = Home(home)
    (place.folder / "prepared").unlink(missing_ok=True)  # another database: look again
    with place.database(new=True, roles=False):
        go(archive, place.url(SUPERUSER), home / "files", binaries=find_binaries(), force=force,
           say=click.echo)
    if not (home / "keys" / "vault").exists():
        click.secho(f"还没有密钥：先把另外保管的 keys 拷到 {home}，再启动。没有它身份证号和电话解不开。",
                    fg="yellow")
    click.echo("已恢复。请执行 weimin verify 核验记录链。")


@main.command()
@HOME
@click.option("--number", default="", metavar="办件编号", help="只核验这一个办件，如 26000000123。")
def verify(home: Path, number: str) -> None:
    """核验全部记录链、签名的根，以及办件各表是否与链一致；逐条指出被改动的地方。

    \b
    全部完好返回 0，有一处不符返回 1。只读，可以边运行边核验。
    例：weimin verify --home /srv/weimin
        weimin verify --number 26000000123 --home /srv/weimin
    """
    from weimin.ops.home import Home
    from weimin.ops.postgres import OWNER
    from weimin.ops.state import refuse_lost_keys

    place = Home(home)
    with place.database():
        refuse_lost_keys(place.url(OWNER), place.keys)
        place.call("verify-here", number, title="核验", role=OWNER)


@main.command("verify-here", hidden=True)
@click.argument("number", default="")
def verify_here(number: str) -> None:
    """核验（在已连上的数据库里）。"""
    start_django()
    from weimin.ops.verifying import verify as check

    if not check(number, click.echo):
        sys.exit(REFUSED)


@main.command()
@HOME
@click.argument("target", metavar="ZIP文件", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--office", required=True, metavar="单位编码", help="如 430421.civil-affairs。")
@click.option("--year", required=True, type=int, metavar="年", help="办结的年度。")
def dossiers(home: Path, target: Path, office: str, year: int) -> None:
    """归档：把一个单位一年办结的案卷打成一个 zip，每件一个文件夹，可离线核验。

    例：weimin dossiers 民政局2026.zip --office 430421.civil-affairs --year 2026 --home /srv/weimin
    """
    from weimin.ops.home import Home

    place = Home(home)
    with place.database():
        place.call("dossiers-here", str(target.absolute()), office, str(year), title="归档")


@main.command("dossiers-here", hidden=True)
@click.argument("target", type=click.Path(path_type=Path))
@click.argument("office")
@click.argument("year", type=int)
def dossiers_here(target: Path, office: str, year: int) -> None:
    """归档（在已连上的数据库里）。"""
    start_django()
    from weimin.ops.filing import file_year

    file_year(target, office, year, click.echo)


# -- people ------------------------------------------------------------------------------------


@main.command()
@HOME
@click.argument("username", metavar="账号")
@click.option("--name", required=True, metavar="姓名", help="真实姓名。")
@click.option("--office", required=True, metavar="单位编码", help="如 430421.civil-affairs，由包里的区划代码和条线组成。")
@click.option("--post", required=True, metavar="岗位", help="包里写的岗位 key，如 reviewer。")
def user(home: Path, username: str, name: str, office: str, post: str) -> None:
    """新建一个账号并安排到岗位；密码从键盘输入，不留在命令历史里。

    \b
    第一个账号（安全管理员）这样建，其余的由他在“管理 → 人员”建立或从表格导入。
    例：weimin user zhangsan --name 张三 --office 4304.admin --post secadmin --home /srv/weimin
    """
    from weimin.ops.home import Home

    password = click.prompt("密码（至少10位）", hide_input=True, confirmation_prompt="再输一次")
    place = Home(home)
    os.environ["WEIMIN_NEW_PASSWORD"] = password  # not on a command line that ps shows
    with place.database():
        place.call("user-here", username, name, office, post, title="新建账号")


@main.command("user-here", hidden=True)
@click.argument("username")
@click.argument("name")
@click.argument("office")
@click.argument("post")
def user_here(username: str, name: str, office: str, post: str) -> None:
    """新建账号（在已连上的数据库里）。"""
    start_django()
    from weimin.ops.accounts import create

    create(username, name, office, post, os.environ.pop("WEIMIN_NEW_PASSWORD"))
    click.echo(f"{username} 可以登录了。")


# -- looking -----------------------------------------------------------------------------------


@main.command()
@HOME
@HOST
@PORT
def doctor(home: Path, host: str, port: int) -> None:
    """检查这台机器和这套数据，逐项说明好坏和办法。

    \b
    全部正常返回 0，有一项要处理返回 1：可以放进每天的巡检脚本。
    例：weimin doctor --home /srv/weimin
    """
    from weimin.ops.doctor import examine

    worst = examine(home.absolute(), (host, port), click.echo)
    sys.exit(REFUSED if worst else 0)


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("args", nargs=-1)
def bench(args: tuple[str, ...]) -> None:
    """量一量：每个数字都和同一次运行里的极限或同类相比。开发用，约十分钟。

    \b
    只量一部分：life 一件的一生，limit 极限，web 网页和接口，year 重放一年。
    FULL=1 再量一百万件的列表和整年。结果写到 bench/out/latest.json。
    例：weimin bench life web
    """
    import subprocess

    sys.exit(subprocess.call([sys.executable, "-m", "bench", *args]))


@main.command()
@HOME
@click.option("--cases", default=92445, show_default=True, metavar="件数", help="重放多少件。")
def replay(home: Path, cases: int) -> None:
    """压力试验：按真实日历重放一年的办件（可中断，再执行就接着做）。

    \b
    数据目录会标成演示，不要用正式的目录。先用 weimin demo 装好一次。
    例：weimin replay --cases 5000 --home /tmp/demo
    """
    from weimin.ops.home import Home

    place = Home(home, demo=True)
    with place.database():
        place.call("replay-here", str(cases), title="重放")


@main.command("replay-here", hidden=True)
@click.argument("cases", type=int)
def replay_here(cases: int) -> None:
    """重放（在已连上的数据库里）。"""
    start_django()
    from weimin.ops.replay import replay as go

    go(cases, click.echo)
