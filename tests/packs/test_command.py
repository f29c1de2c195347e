"""Publishing, comparing and verifying by command: what the operator is told in the end."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.conftest import ROOT
from weimin.ops.cli import main
from weimin.ops.errors import REFUSED


def weimin(*argv: str | Path) -> Result:
    """The command, in the database that is there."""
    return CliRunner().invoke(main, [str(word) for word in argv], prog_name="weimin")


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    """The packs with a slip of the pen."""
    shutil.copytree(ROOT / "packs", tmp_path / "packs")
    path = tmp_path / "packs" / "hengyang" / "items" / "elderly-care.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("promised: 15wd", "promisd: 15wd"),
                    encoding="utf-8")
    return tmp_path / "packs" / "hengyang"


def test_publishing_a_bad_pack_ends_with_its_faults(db: None, spoilt: Path) -> None:
    done = weimin("publish-here", spoilt)
    assert done.exit_code == REFUSED
    assert "是不是 promised？" in done.output and "改正后再发布" in done.output
    assert "-here" not in done.output


def test_comparing_a_bad_pack_is_refused_too(db: None, spoilt: Path) -> None:
    assert weimin("diff-here", spoilt).exit_code == REFUSED
    assert weimin("diff-here", ROOT / "packs" / "hengyang").exit_code == 0


def test_verifying_a_number_that_nobody_has(db: None) -> None:
    done = weimin("verify-here", "26000000000")
    assert done.exit_code == REFUSED
    assert "没有找到办件 26000000000" in done.output and "请核对编号" in done.output
