"""``weimin pack``: a place as data, checked, compared, published, carried elsewhere."""

import sys
from pathlib import Path

import click

from weimin.ops.command import FOLDER, HOME, Group, start_django
from weimin.ops.errors import REFUSED


@click.group(cls=Group)
def pack() -> None:
    """地方包：检查、比较、发布、导出。

    \b
    一个包是一个文件夹，里面只有 YAML 和 CSV，写法见 docs/packs.zh-CN.md。次序：
      weimin pack lint packs/我们县       改到没有问题
      weimin pack diff packs/我们县       看会改变什么
      weimin pack publish packs/我们县    发布
    """


@pack.command()
@FOLDER
def lint(folder: Path) -> None:
    """检查一个包，不需要数据库；一次说出全部问题：哪个文件、第几行、是什么、怎么改。

    \b
    没有问题返回 0，有问题返回 1。
    CSV 可以是 Excel 存的 GBK 或 UTF-8；编码不是 UTF-8 的会提示。
    例：weimin pack lint packs/hengyang
    """
    start_django()
    from weimin.ops import told
    from weimin.packs.lint import lint as check
    from weimin.packs.read import read_pack

    found = read_pack(folder)
    faults = check(found)
    told.faults(faults, found.notes)
    if faults:
        click.echo("  改正后再检查一遍", err=True)
        sys.exit(REFUSED)
    click.secho(f"✓ {found.name}：{len(found.areas)} 个区划，{len(found.items)} 个事项，没有问题", fg="green")


@pack.command()
@HOME
@FOLDER
@click.option("--note", default="", metavar="说明", help="这次发布的说明，记在记录链里。")
def publish(home: Path, folder: Path, note: str) -> None:
    """发布一个包：有一处问题就什么都不发布；发布后的版本不再改变。

    \b
    可以边运行边发布；同一个包发布两次，第二次什么都不改变。在办的件用收件时的版本。
    例：weimin pack publish packs/我们县 --note "增加两个事项" --home /srv/weimin
    """
    from weimin.ops.home import Home

    place = Home(home)
    with place.database():
        place.call("publish-here", str(folder), note, title="发布")


@click.command("publish-here", hidden=True)
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("note", default="")
def publish_here(folder: Path, note: str) -> None:
    """发布（在已连上的数据库里）。"""
    start_django()
    from weimin.kernel import clock
    from weimin.ops import told
    from weimin.packs.publish import publish as go
    from weimin.packs.read import read_pack

    click.echo("检查……")
    found = read_pack(folder)
    told.faults((), found.notes)
    done = go(found, now=clock.now(), note=note, say=click.echo, watch=told.watched)
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
@FOLDER
def diff(home: Path, folder: Path) -> None:
    """发布会改变什么，包括影响哪些在办的件；什么都不改。

    \b
    行首：＋ 新增，～ 改变，－ 撤销、收回，！ 请注意。能发布返回 0，不能发布返回 1。
    例：weimin pack diff packs/我们县 --home /srv/weimin
    """
    from weimin.ops.home import Home

    place = Home(home)
    with place.database():
        place.call("diff-here", str(folder), title="比较")


@click.command("diff-here", hidden=True)
@click.argument("folder", type=click.Path(path_type=Path))
def diff_here(folder: Path) -> None:
    """比较（在已连上的数据库里）。"""
    start_django()
    from weimin.ops import told
    from weimin.packs.diff import diff as compare
    from weimin.packs.lint import lint as check
    from weimin.packs.read import read_pack

    found = read_pack(folder)
    if faults := check(found):
        told.faults(faults, found.notes)
        sys.exit(REFUSED)
    lines = list(compare(found))
    for line in lines:
        click.echo(line)
    if any(line.startswith("✗") for line in lines):  # what only the database can know
        sys.exit(REFUSED)


@pack.command()
@FOLDER
@click.argument("archive", metavar="ZIP文件", type=click.Path(path_type=Path, dir_okay=False))
def export(folder: Path, archive: Path) -> None:
    """把一个包（连同它引用的包）打成一个 zip 文件，拿到另一处发布。

    例：weimin pack export packs/我们县 我们县.zip
    """
    start_django()
    from weimin.packs.export import export as go

    count = go(folder, archive)
    click.echo(f"{archive}：{count} 个文件。")


@pack.command()
@HOME
@click.argument("archive", metavar="ZIP文件", type=click.Path(path_type=Path, dir_okay=False))
def download(home: Path, archive: Path) -> None:
    """下载现行的包：最新发布的一版，连同在管理界面上改过的单位和岗位。

    例：weimin pack download 现行.zip --home /srv/weimin
    """
    from weimin.ops.home import Home

    place = Home(home)
    with place.database():
        place.call("download-here", str(archive.absolute()), title="下载")


@click.command("download-here", hidden=True)
@click.argument("archive", type=click.Path(path_type=Path))
def download_here(archive: Path) -> None:
    """下载（在已连上的数据库里）。"""
    start_django()
    from weimin.kernel import clock
    from weimin.packs.decided import current

    _name, content = current(clock.today())
    archive.write_bytes(content)
    click.echo(f"{archive}：{len(content) // 1000} KB。")
