"""The packs that lie on this server: installed with it, or brought by an administrator as a zip.

A pack from outside is data of a stranger until somebody has looked at it: only YAML and CSV are
taken out of the zip, to a folder of their own, within limits; YAML is read by the safe loader and
may hold no anchors, which a few lines of could otherwise be unfolded to gigabytes.
"""

import contextlib
import io
import os
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath

import yaml
from django.conf import settings
from django.db import connection, transaction

from weimin.cases.tasks import recompute_soon
from weimin.kernel.errors import Invalid, NotFound, Stale
from weimin.kernel.text import tidy
from weimin.network.actor import Actor
from weimin.packs.diff import diff
from weimin.packs.lint import lint
from weimin.packs.publish import Published, publish
from weimin.packs.read import Pack, read_pack
from weimin.packs.written import Fault

LARGEST = 10 * 1024 * 1024  # bytes, as sent
UNPACKED = 50 * 1024 * 1024  # bytes, of all files
MOST_FILES = 500
KEPT = 10  # packs that were brought; the oldest go first
_DEEPEST = 20  # levels of YAML
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # several times as fast where it is built in
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
_SOURCE = re.compile(r"(installed|brought):([a-z0-9][a-z0-9_-]{0,63})")
_IGNORED = re.compile(r"(^|/)(__MACOSX/.*|\.DS_Store|Thumbs\.db|\._.*|README[^/]*|.*\.md)$", re.I)


def installed_folder() -> Path:
    """Where the packs that came with the program lie; WEIMIN_PACKS names another place."""
    chosen = os.environ.get("WEIMIN_PACKS")
    return Path(chosen) if chosen else Path(__file__).parents[2] / "packs"


def brought_folder() -> Path:
    """Where packs lie that were brought as a zip."""
    return Path(settings.HOME) / "packs"


@dataclass(frozen=True, kw_only=True, slots=True)
class OnShelf:
    """A pack that could be published."""

    source: str
    name: str
    title: str
    folder: Path


def installed() -> list[OnShelf]:
    """The places among the installed packs; one without areas is only there to be extended."""
    found = []
    for folder in sorted(installed_folder().glob("*/")):
        if _NAME.fullmatch(folder.name) and (folder / "areas.csv").is_file():
            head = yaml.safe_load((folder / "pack.yaml").read_text(encoding="utf-8")) or {}
            found.append(OnShelf(source=f"installed:{folder.name}", name=folder.name,
                                 title=str(head.get("title", folder.name)), folder=folder))
    return found


def folder_of(source: str) -> Path:
    """The folder of a pack on the shelf. Raises NotFound for anything else."""
    found = _SOURCE.fullmatch(source)
    if found:
        where, name = found.groups()
        if where == "installed":
            folder = installed_folder() / name
        else:
            folder = next((brought_folder() / name).glob("pack/"), Path("/nowhere"))
        if (folder / "pack.yaml").is_file():
            return folder
    raise NotFound("没有这个包", "请回到“地方包与版本”重新选择或上传")


@dataclass(kw_only=True, slots=True)
class Checked:
    """What was found in a pack: its faults, or else what publishing would change."""

    pack: Pack | None
    faults: list[Fault]
    changes: list[str]


def check(source: str) -> Checked:
    """Read a pack, judge it, and say what it would change."""
    pack = read_pack(folder_of(source))
    faults = lint(pack)
    return Checked(pack=pack, faults=faults, changes=[] if faults else list(diff(pack)))


@transaction.atomic
def publish_from(source: str, *, digest: str, note: str, actor: Actor, now: datetime) -> Published:
    """Publish a pack from the shelf, as it was when it was checked.

    Raises Stale when its files are others by now, Invalid when it has faults.
    """
    with connection.cursor() as cursor:  # two at once would make the same version
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('publish', 0))")
    checked = check(source)
    if checked.pack is None or checked.pack.digest != digest:
        raise Stale("包的内容在检查之后变了", "重新检查，看过改动再发布")
    done = publish(checked.pack, now=now, account_id=actor.account_id, note=tidy(note)[:200])
    recompute_soon()
    return done


def bring(content: bytes) -> str:
    """Take in the zip of a pack's folder; its source on the shelf.

    Raises Invalid, in words, for whatever is not one.
    """
    if len(content) > LARGEST:
        raise Invalid(f"压缩包超过 {LARGEST // 2**20} MB", "包里只放 YAML 和 CSV 文件")
    mark = sha256(content).hexdigest()[:16]
    target = brought_folder() / mark
    if not target.is_dir():
        brought_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=brought_folder(), prefix=".part-"))
        try:
            _unpack(content, part / "sent")
            _arrange(part)
            _bring_base(part)
            with contextlib.suppress(OSError):  # the same zip came twice at once
                part.rename(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    os.utime(target)
    _tidy_up()
    return f"brought:{mark}"


def _unpack(content: bytes, target: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            room = UNPACKED
            for entry in list(_members(packed)):
                path = target.joinpath(*PurePosixPath(entry.filename).parts)
                path.parent.mkdir(parents=True, exist_ok=True)
                with packed.open(entry) as source:
                    data = source.read(room + 1)
                if len(data) > room:
                    raise Invalid(f"展开后超过 {UNPACKED // 2**20} MB", "包里只放 YAML 和 CSV 文件")
                room -= len(data)
                if path.suffix != ".csv":
                    _check_yaml(entry.filename, data)
                path.write_bytes(data)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error) as error:
        raise Invalid("打不开这个压缩包", "把包的文件夹压成 .zip 再上传") from error


def _members(packed: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """The files to take out. Raises Invalid for what no pack holds."""
    seen = set()
    entries = [e for e in packed.infolist() if not e.is_dir() and not _IGNORED.search(e.filename)]
    if len(entries) > MOST_FILES:
        raise Invalid(f"压缩包里超过 {MOST_FILES} 个文件", "只压缩一个包的文件夹")
    for entry in entries:
        name = entry.filename
        path = PurePosixPath(name)
        kind = (entry.external_attr >> 16) & 0o170000
        if (path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name
                or "\0" in entry.orig_filename or kind not in (0, 0o100000)):
            raise Invalid(f"压缩包里有不该有的路径：{name[:60]}", "只压缩一个包的文件夹")
        if entry.flag_bits & 1:
            raise Invalid("压缩包加了密码", "去掉密码再上传")
        if path.suffix not in (".yaml", ".csv"):
            raise Invalid(f"包里只能有 YAML 和 CSV 文件，不能有 {name[:60]}", "删去它再压缩")
        if name in seen:
            raise Invalid(f"{name[:60]} 在压缩包里有两份", "重新压缩")
        seen.add(name)
        yield entry


def _arrange(part: Path) -> None:
    """Put the pack where it is read: it came bare, in its folder, or beside what it extends."""
    sent = part / "sent"
    if (sent / "pack.yaml").is_file():
        sent.rename(part / "pack")
        return
    tops = sorted(sent.iterdir()) if sent.is_dir() else []
    if not tops or not all((top / "pack.yaml").is_file() for top in tops):
        raise Invalid("压缩包里没有 pack.yaml", "压缩包的文件夹，pack.yaml 放在最外面一层")
    bases = {top.name: _base_of(top) for top in tops}
    main = next((top for top in tops if len(tops) == 1 or bases[top.name] in bases), tops[0])
    for top in tops:
        if top == main:
            top.rename(part / "pack")
        elif top.name == bases[main.name] and _NAME.fullmatch(top.name) and top.name != "pack":
            top.rename(part / top.name)
        else:
            raise Invalid("压缩包里有几个不相干的包", "一次上传一个包，可以连同它引用的包")


def _base_of(folder: Path) -> str | None:
    """The name of the pack that this one extends, if it says so."""
    try:
        head = yaml.safe_load((folder / "pack.yaml").read_bytes())
    except (yaml.YAMLError, UnicodeDecodeError, ValueError):
        return None
    base = head.get("extends") if isinstance(head, dict) else None
    return None if base is None else str(base)


def _check_yaml(name: str, data: bytes) -> None:
    """Refuse anchors and deep nesting; what else is wrong the linter says with its line."""
    depth = 0
    try:
        for event in yaml.parse(data, Loader=_PARSER):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise Invalid(f"{name} 第 {line} 行用了引用（*），包里不支持", "把内容写出来")
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise Invalid(f"{name} 嵌套太深", "核对缩进")
    except (yaml.YAMLError, UnicodeDecodeError):
        return
    except RecursionError:
        raise Invalid(f"{name} 嵌套太深", "核对缩进") from None


def _bring_base(part: Path) -> None:
    """Put what the pack extends beside it: an installed pack, where the zip brought none."""
    base = _base_of(part / "pack")
    if base is None or (_NAME.fullmatch(base) and base != "pack" and (part / base).is_dir()):
        return
    folder = installed_folder() / base
    if not _NAME.fullmatch(base) or base == "pack" or not (folder / "pack.yaml").is_file():
        raise Invalid(f"包引用的“{base[:40]}”没有装在这台服务器上",
                      "核对 pack.yaml 的 extends，或连同它引用的包一起压缩")
    shutil.copytree(folder, part / base)


def _tidy_up() -> None:
    folders = sorted((f for f in brought_folder().glob("*/") if _NAME.fullmatch(f.name)),
                     key=lambda f: f.stat().st_mtime)
    for old in folders[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
