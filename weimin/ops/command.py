"""What the commands have in common: options, words for errors, and how Django is started."""

import errno
import os
import re
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import click

from weimin.ops.errors import BROKEN, REFUSED, OpsError, Told

HOME = click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), metavar="目录",
    default=lambda: os.environ.get("WEIMIN_HOME", ".weimin"), show_default=".weimin",
    help="数据目录：数据库、文件、密钥都在里面。也可用环境变量 WEIMIN_HOME 指定。",
)
HOST = click.option("--host", default="127.0.0.1", show_default=True, metavar="地址",
                    help="网页监听的地址。默认只有本机能访问。")
PORT = click.option("--port", default=8000, type=click.IntRange(1, 65535), show_default=True, metavar="端口", help="网页的端口。")
FOLDER = click.argument(
    "folder", metavar="包的文件夹", type=click.Path(path_type=Path, exists=True, file_okay=False))


class Page(click.HelpFormatter):
    """Click's frame of a help page, in the language of what it frames."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        for english, chinese in (("[OPTIONS]", "[选项]"), ("COMMAND [ARGS]...", "命令 …"), ("[ARGS]...", "…")):
            args = args.replace(english, chinese)
        super().write_usage(prog, args, prefix="写法：")

    def write_heading(self, heading: str) -> None:
        super().write_heading({"Options": "选项", "Commands": "命令"}.get(heading, heading))

    def write_dl(self, rows: Iterable[tuple[str, str]], *widths: int, **more: int) -> None:
        said = [(term, re.sub(r"\[default: \(?([^;)\]]+)\)?", r"[不写是 \1", text)
                 .replace("[required]", "[必填]")) for term, text in rows]
        super().write_dl(said, *widths, **more)


class Context(click.Context):
    """What a command is called with."""

    formatter_class = Page


class Command(click.Command):
    """A command whose help is Chinese throughout."""

    context_class = Context

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Click's own, translated."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示这段说明。"
        return option


_WHY = {errno.ENOENT: "没有这个文件或文件夹", errno.EACCES: "没有权限", errno.EPERM: "没有权限",
        errno.ENOTDIR: "路径里有一段是文件", errno.EISDIR: "这是一个文件夹", errno.EROFS: "只读",
        errno.ENOSPC: "磁盘满了"}


_CLICK_SAYS = (
    (r"^\w+ '(.*)' does not exist\.$", r"没有 \1"), (r"^\w+ '(.*)' is a file\.$", r"\1 是一个文件，不是文件夹"),
    (r"^\w+ '(.*)' is a directory\.$", r"\1 是一个文件夹，不是文件"),
    (r"^(.*) is not in the range (.*)\.$", r"\1 不在范围 \2 内"), (r"^'(.*)' is not a valid.*$", r"“\1”应是整数"),
)


def _say_usage(error: click.UsageError) -> None:
    """What was typed wrongly, in Chinese: click says it in English, and Chinese is what it is asked in."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    said, remedy = error.message, ""
    where = error.ctx.command_path if error.ctx else "weimin"
    if isinstance(error, click.NoSuchOption):
        said = f"没有选项 {error.option_name}"
        remedy = f"是不是 {'、'.join(error.possibilities)}？" if error.possibilities else ""
    elif isinstance(error, click.MissingParameter) and error.param is not None:
        said = f"缺少 {error.param.get_error_hint(error.ctx) if error.ctx else error.param.name}"
    elif isinstance(error, click.BadParameter) and error.param is not None:
        said = f"{error.param.get_error_hint(error.ctx) if error.ctx else error.param.name} 写得不对："
        said += next((re.sub(english, chinese, error.message) for english, chinese in _CLICK_SAYS
                      if re.search(english, error.message)), error.message)
    elif found := re.match(r"No such command '(.*?)'", said):
        said = f"没有命令 {found[1]}"
    click.secho(f"✗ {said}", fg="red", err=True)
    click.echo(f"  {remedy}写法：{where} --help", err=True)


class Group(Command, click.Group):
    """Errors in words, with what to do about them, and an exit code that a script can trust."""

    command_class = Command

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        """What stands before a command is looked at here, and what stands behind it in ``invoke``."""
        try:
            return super().make_context(*args, **more)
        except click.UsageError as error:
            _say_usage(error)
            sys.exit(error.exit_code)

    def invoke(self, ctx: click.Context) -> object:
        from weimin.kernel.errors import WeiminError

        try:
            return super().invoke(ctx)
        except Told:
            sys.exit(REFUSED)
        except (OpsError, WeiminError) as error:
            self._say(error)
            sys.exit(REFUSED)
        except click.UsageError as error:
            _say_usage(error)
            sys.exit(error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            click.echo("\n中断了", err=True)
            sys.exit(REFUSED)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except OSError as error:
            if error.filename is None:  # a connection, not a file that the operator named
                self._broken(error)
            self._say(OpsError(f"不能读写 {error.filename}：{_WHY.get(error.errno or 0, error.strerror)}",
                               "核对路径和权限"))
            sys.exit(REFUSED)
        except Exception as error:
            if type(error.__cause__).__name__ == "UndefinedTable":
                self._say(OpsError("数据库里还没有表", "先用 weimin run 启动一次，或执行 weimin migrate"))
                sys.exit(REFUSED)
            if type(error.__cause__).__name__ == "UndefinedColumn" and _behind():
                self._say(OpsError("数据来自较旧的版本", "先停下 weimin run，执行 weimin upgrade"))
                sys.exit(REFUSED)
            self._broken(error)

    def _broken(self, error: Exception) -> NoReturn:
        """Ours: whoever mends it needs all of it, the operator a sentence."""
        traceback.print_exc()
        click.secho(f"✗ 程序出错了（{type(error).__name__}）", fg="red", err=True)
        click.echo("  请把上面的内容发给维护人员", err=True)
        sys.exit(BROKEN)

    def _say(self, error: Any) -> None:
        if faults := getattr(error, "faults", None):
            from weimin.ops import told

            told.faults(faults)
        else:
            click.secho(f"✗ {error.message}", fg="red", err=True)
        if error.remedy:
            click.echo(f"  {error.remedy}", err=True)


def _behind() -> bool:
    """Whether the data is older than the program: only then is a missing column no fault of ours."""
    from django.db import connection

    from weimin.ops.state import migrations

    connection.ensure_connection()
    return bool(migrations(connection.connection).pending)


def start_django() -> None:
    """Settings and apps, for what works on data."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weimin.settings")
    import django

    django.setup()
