"""What the commands have in common: options, words for errors, and how Django is started."""

import os
import sys
import traceback
from pathlib import Path
from typing import Any

import click

from weimin.ops.errors import BROKEN, REFUSED, OpsError, Told

HOME = click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), metavar="目录",
    default=lambda: os.environ.get("WEIMIN_HOME", ".weimin"), show_default=".weimin",
    help="数据目录：数据库、文件、密钥都在里面。也可用环境变量 WEIMIN_HOME 指定。",
)
HOST = click.option("--host", default="127.0.0.1", show_default=True, metavar="地址",
                    help="网页监听的地址。默认只有本机能访问。")
PORT = click.option("--port", default=8000, show_default=True, metavar="端口", help="网页的端口。")
FOLDER = click.argument(
    "folder", metavar="包的文件夹", type=click.Path(path_type=Path, exists=True, file_okay=False))


class Command(click.Command):
    """A command whose help says in Chinese what --help is."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Click's own, translated."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示这段说明。"
        return option


class Group(Command, click.Group):
    """Errors in words, with what to do about them, and an exit code that a script can trust."""

    command_class = Command

    def invoke(self, ctx: click.Context) -> object:
        from weimin.kernel.errors import WeiminError

        try:
            return super().invoke(ctx)
        except Told:
            sys.exit(REFUSED)
        except (OpsError, WeiminError) as error:
            self._say(error)
            sys.exit(REFUSED)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            if type(error.__cause__).__name__ == "UndefinedTable":
                self._say(OpsError("数据库里还没有表", "先用 weimin run 启动一次，或执行 weimin migrate"))
                sys.exit(REFUSED)
            # Ours: whoever mends it needs all of it, the operator a sentence.
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


def start_django() -> None:
    """Settings and apps, for what works on data."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weimin.settings")
    import django

    django.setup()
