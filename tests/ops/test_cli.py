"""The command line: what it says, and the exit code that a script can trust."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tests.conftest import ROOT
from weimin.ops.cli import main
from weimin.ops.errors import BROKEN, REFUSED, OpsError, Told
from weimin.ops.home import Home

ELDER = Path("items/elderly-care.yaml")


def weimin(*argv: str | Path) -> Result:
    """The command, as it is typed."""
    return CliRunner().invoke(main, [str(word) for word in argv], prog_name="weimin")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the packs that a test may spoil."""
    shutil.copytree(ROOT / "packs", tmp_path / "packs")
    return tmp_path / "packs" / "hengyang"


def spoil(folder: Path) -> None:
    """Several faults in one file, one of them twice."""
    path = folder / ELDER
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("promised: 15wd", "promisd: 15wd").replace("level: town", "level: twon", 1),
                    encoding="utf-8")


def commands(group: click.Group = main, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command that an operator sees."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))
        elif not command.hidden:
            yield (*before, name)


@pytest.mark.parametrize("words", [(), *commands()], ids=" ".join)
def test_every_command_has_help_in_chinese(words: tuple[str, ...]) -> None:
    done = weimin(*words, "--help")
    assert done.exit_code == 0
    said = done.output.replace(str(ROOT), "")
    assert "-here" not in said
    for english in ("Show this message", "Usage", "Options", "Commands", "required", "default"):
        assert english not in said
    if words:
        assert f"weimin {' '.join(words)}" in said.partition("\n")[2], "no example"


@pytest.mark.parametrize(("words", "said"), [
    (("nosuch",), "没有命令 nosuch"), (("demo", "--prt", "1"), "是不是 --port？"), (("pack", "lint"), "缺少 '包的文件夹'"),
    (("pack", "lint", "/nosuch"), "没有 /nosuch"), (("run", "--port", "99999"), "99999 不在范围"),
    (("run", "--port", "abc"), "“abc”应是整数"), (("run", "--workers", "0"), "0 不在范围"),
    (("--nosuch",), "没有选项 --nosuch"),
])
def test_what_was_typed_wrongly_is_said_in_chinese(words: tuple[str, ...], said: str) -> None:
    done = weimin(*words)
    assert done.exit_code == 2 and said in done.output and "--help" in done.output
    assert "Error" not in done.output


@pytest.mark.parametrize("words", [(), ("pack",)], ids=str)
def test_a_group_alone_says_what_there_is(words: tuple[str, ...]) -> None:
    done = weimin(*words)
    assert done.exit_code == 2 and done.output.startswith("写法：") and "✗" not in done.output


def test_what_may_be_no_backup_at_all_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "letter.tar").write_text("您好")
    done = weimin("restore", tmp_path / "letter.tar", "--home", tmp_path / "new")
    assert done.exit_code == REFUSED and "或者不是备份文件" in done.output


@pytest.mark.parametrize("words", [
    ("backup", "x.tar"), ("verify",), ("upgrade",), ("pack", "download", "x.zip"),
    ("dossiers", "x.zip", "--office", "4304.admin", "--year", "2026"),
])
def test_a_folder_that_was_mistyped_is_no_empty_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    done = weimin(*words, "--home", tmp_path / "typo")
    assert done.exit_code == REFUSED and "里没有数据" in done.output and "--home" in done.output
    assert not list(tmp_path.glob("x.*"))


def test_a_place_where_nothing_can_be_written_is_named(copy: Path, tmp_path: Path) -> None:
    done = weimin("pack", "export", copy, tmp_path / "nowhere" / "x.zip")
    assert done.exit_code == REFUSED and "x.zip：没有这个文件或文件夹" in done.output


def test_a_pack_without_faults(copy: Path) -> None:
    done = weimin("pack", "lint", copy)
    assert done.exit_code == 0 and "44 个事项，没有问题" in done.output


def test_faults_are_grouped_by_file_and_counted(copy: Path) -> None:
    spoil(copy)
    (copy / "areas.csv").write_bytes((copy / "areas.csv").read_bytes().decode().encode("gbk", "replace"))
    done = weimin("pack", "lint", copy)
    assert done.exit_code == REFUSED
    assert done.output.count("items/elderly-care.yaml（3 处）") == 1
    assert "不认识的字段 promisd\n      → 是不是 promised？" in done.output
    assert done.output.count("不认识的字段 promisd") == 1  # of two lines
    assert "提示：areas.csv 是 GBK 编码" in done.output
    assert "1 个文件，共 3 处问题" in done.output


def test_a_folder_that_is_no_pack(tmp_path: Path) -> None:
    done = weimin("pack", "lint", tmp_path)
    assert done.exit_code == REFUSED
    assert "没有 pack.yaml" in done.output and "Traceback" not in done.output


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An installation whose database is somebody else's business."""
    for name in ("DATABASE_URL", "WEIMIN_OWNER_URL"):
        monkeypatch.setenv(name, "postgresql://nobody@127.0.0.1:1/nothing")
    return Home(tmp_path)


def test_a_command_that_said_why_is_not_explained_again(home: Home) -> None:
    with pytest.raises(Told):
        home.call("pack", "lint", str(home.folder), title="检查")


def test_a_command_that_broke_is_named_in_words(home: Home) -> None:
    with pytest.raises(OpsError, match=r"^发布没有完成\n") as raised:
        home.call("no-such-command", title="发布")
    assert not isinstance(raised.value, Told) and "no-such" not in str(raised.value)


def test_a_mistake_of_ours_is_a_sentence_and_an_exit_code_of_its_own(tmp_path: Path) -> None:
    program = (
        "from weimin.ops.cli import main\n"
        "@main.command()\n"
        "def breaks():\n"
        "    {}['nosuchmaterial']\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", program, "breaks"], capture_output=True, text=True)
    assert done.returncode == BROKEN
    assert "程序出错了（KeyError）" in done.stderr and "Traceback" in done.stderr
