"""A pack brought as a zip: what may be in it, and what a stranger's file can't do."""

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.cast import Cast
from tests.conftest import ROOT
from weimin.catalogue.models import PackVersion
from weimin.kernel.errors import Invalid, NotFound, Stale
from weimin.packs import shelf
from weimin.packs.export import packed
from weimin.worktime.current import forget

HENGYANG = ROOT / "packs" / "hengyang"
Zip = Callable[..., bytes]


@pytest.fixture
def home(tmp_path: Path, settings: LazySettings) -> Iterator[Path]:
    settings.HOME = tmp_path
    yield tmp_path


def zipped(top: str = "", more: dict[str, bytes] | None = None, **changed: str) -> bytes:
    """The demo's pack as a zip, with whole files added or texts of pack.yaml changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(HENGYANG.rglob("*.*")):
            text = path.read_text(encoding="utf-8")
            if path.name == "pack.yaml":
                for before, after in changed.items():
                    text = text.replace(f"{before}: ", f"{before}: {after} # ")
            packed.writestr(f"{top}{path.relative_to(HENGYANG).as_posix()}", text)
        for name, content in (more or {}).items():
            packed.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("top", ["", "我们的包/"])
def test_a_zip_with_or_without_its_folder_is_taken_in(db: None, home: Path, top: str) -> None:
    found = shelf.check(shelf.bring(zipped(top)))
    assert found.faults == [] and found.changes == ["没有变化"]


def test_a_pack_that_was_exported_comes_in_with_what_it_extends(db: None, home: Path) -> None:
    content, count = packed(HENGYANG)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
        assert (tops, count) == ({"hengyang", "china"}, len(archive.namelist()))
    folder = shelf.folder_of(shelf.bring(content))
    assert (folder.parent / "china" / "calendar.csv").is_file()
    assert shelf.check(shelf.bring(content)).changes == ["没有变化"]


def test_two_packs_that_have_nothing_to_do_with_each_other_are_refused(home: Path) -> None:
    with pytest.raises(Invalid, match="几个不相干的包"):
        shelf.bring(zipped("一/", {"二/pack.yaml": b"name: two\n"}))


def test_what_systems_put_into_zips_is_left_out(db: None, home: Path) -> None:
    source = shelf.bring(zipped("包/", {"__MACOSX/包/._pack.yaml": b"x", "包/.DS_Store": b"x",
                                        "包/README.md": b"# x"}))
    assert {p.suffix for p in shelf.folder_of(source).rglob("*.*")} == {".yaml", ".csv"}


@pytest.mark.parametrize("name", [
    "../outside.yaml", "items/../../../outside.yaml", "/etc/outside.yaml", "C:\\outside.yaml",
    "items\\..\\outside.yaml", "run.sh", "items/photo.jpg", "pack.yaml.exe",
])
def test_a_path_that_leads_out_or_another_kind_of_file_is_refused(home: Path, name: str) -> None:
    with pytest.raises(Invalid):
        shelf.bring(zipped(more={name: b"a: 1"}))
    assert not list(home.rglob("outside*")) and not list((home / "packs").glob("*"))


def test_a_link_in_the_zip_is_refused(home: Path) -> None:
    link = zipfile.ZipInfo("items/link.yaml")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO(zipped())
    with zipfile.ZipFile(out, "a") as packed:
        packed.writestr(link, "/etc/passwd")
    with pytest.raises(Invalid, match="不该有的路径"):
        shelf.bring(out.getvalue())


def test_a_bomb_is_refused_before_it_fills_the_disk(home: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("pack.yaml", "name: x\n")
        for n in range(8):
            packed.writestr(f"items/{n}.csv", b"0" * 10_000_000)
    assert len(out.getvalue()) < 100_000
    with pytest.raises(Invalid, match="展开后超过"):
        shelf.bring(out.getvalue())
    assert not list((home / "packs").glob("*"))


def test_yaml_that_multiplies_itself_is_refused(home: Path) -> None:
    laughs = b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    with pytest.raises(Invalid, match=r"第 2 行用了引用"):
        shelf.bring(zipped(more={"items/laughs.yaml": laughs}))


def test_yaml_that_is_nested_without_end_is_refused(home: Path) -> None:
    with pytest.raises(Invalid, match="嵌套太深"):
        shelf.bring(zipped(more={"items/deep.yaml": b"[" * 5000 + b"]" * 5000}))


def test_yaml_that_would_run_something_is_only_a_fault(db: None, home: Path) -> None:
    evil = b"- !!python/object/apply:os.system ['touch /tmp/weimin-was-here']\n"
    found = shelf.check(shelf.bring(zipped(more={"items/evil.yaml": evil})))
    assert any(fault.file == "items/evil.yaml" for fault in found.faults)
    assert not Path("/tmp/weimin-was-here").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"GIF89a", zipfile.ZipFile.__doc__ or ""])
def test_what_is_no_zip_is_refused(home: Path, content: bytes | str) -> None:
    with pytest.raises(Invalid):
        shelf.bring(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize("base", ["../../etc", "/etc", "nowhere", "[1]", "pack"])
def test_a_pack_extends_only_what_is_installed(home: Path, base: str) -> None:
    with pytest.raises(Invalid, match="没有装在这台服务器上"):
        shelf.bring(zipped(extends=base))


@pytest.mark.parametrize("files", [
    {"flows.yaml": b"- a list\n"}, {"areas.csv": b"code,name\n4304,x\n"}, {"lines.yaml": b"x\n"},
    {"offices.yaml": b"- {level: town}\n"}, {"pack.yaml": b"[]\n"}, {"pack.yaml": b"\xff\xfe\n"},
    {"items/elderly-care.yaml": b"- {code: [1], materials: 7}\n"},
])
def test_files_of_any_other_shape_are_faults_and_no_failure(
    db: None, home: Path, files: dict[str, bytes]
) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(zipped())) as good, zipfile.ZipFile(out, "w") as packed:
        for name in good.namelist():
            packed.writestr(name, files.get(name, good.read(name)))
    try:
        source = shelf.bring(out.getvalue())
    except Invalid:
        return
    assert shelf.check(source).faults


@pytest.mark.parametrize("source", ["", "installed:../secrets", "installed:nowhere", "brought:x",
                                    "/etc", "installed:hengyang/../china"])
def test_only_what_lies_on_the_shelf_is_opened(home: Path, source: str) -> None:
    with pytest.raises(NotFound):
        shelf.folder_of(source)


def test_the_base_that_others_extend_is_not_offered() -> None:
    assert [pack.name for pack in shelf.installed()] == ["hengyang"]


def test_old_uploads_make_room(home: Path) -> None:
    for n in range(shelf.KEPT + 3):
        shelf.bring(zipped(version=str(n)))
    assert len(list((home / "packs").glob("*"))) == shelf.KEPT


def test_a_brought_pack_is_published_as_it_was_checked(
    cast: Cast, home: Path, now: datetime
) -> None:
    source = shelf.bring(zipped(title="衡阳市（改）"))
    found = shelf.check(source)
    assert found.pack is not None
    with pytest.raises(Stale):
        shelf.publish_from(source, digest="0" * 64, note="", actor=cast.sysadmin, now=now)
    done = shelf.publish_from(source, digest=found.pack.digest, note=" 改了标题 ",
                              actor=cast.sysadmin, now=now)
    made = PackVersion.objects.get(pack="hengyang", number=done.version)
    assert (made.digest, made.note, made.published_by_id) == (
        found.pack.digest, "改了标题", cast.sysadmin.account_id)
    forget()
