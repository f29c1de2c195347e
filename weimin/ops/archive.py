"""The file that a backup is: `database.dump`, `files/…`, and last `manifest.json`.

A plain tar: the dump is compressed in itself, scans and PDFs are too. The manifest holds every
entry's checksum and comes last, so that a cut archive has none.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from weimin.kernel.watching import Watch, unwatched
from weimin.ops.errors import OpsError

FORMAT = 1
DUMP = "database.dump"
FILES = "files/"
MANIFEST = "manifest.json"
CHUNK = 1 << 20
UNFINISHED = (".part", ".tmp")  # uploads on their way; nothing refers to them yet

Manifest = dict[str, Any]


def write(part: Path, dump: Path, files_dir: Path, manifest: Manifest,
          watch: Watch = unwatched) -> None:
    """Write dump, files and manifest, which receives every entry's checksum; drop the dump early."""
    entries: dict[str, str] = {}
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as out:
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
            entries[DUMP] = _add(tar, dump, DUMP)
            dump.unlink()
            for path in watch(list(_finished_files(files_dir)), "扫描件与文书"):
                name = FILES + path.relative_to(files_dir).as_posix()
                try:
                    entries[name] = _add(tar, path, name)
                except FileNotFoundError:
                    continue  # erased meanwhile, as the law may demand
            manifest["sha256"] = entries
            text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
            tar.addfile(_entry(MANIFEST, len(text)), io.BytesIO(text))
        out.flush()
        os.fsync(out.fileno())


def _finished_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith(".") and path.suffix not in UNFINISHED:
            yield path


def _add(tar: tarfile.TarFile, path: Path, name: str) -> str:
    with path.open("rb") as source:
        hashing = _Hashing(source)
        tar.addfile(_entry(name, os.fstat(source.fileno()).st_size), cast(IO[bytes], hashing))
    return hashing.hash.hexdigest()


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    entry.mode = 0o600
    entry.mtime = int(datetime.now(UTC).timestamp())
    return entry


class _Hashing:
    """A readable stream that hashes what passes."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.hash.update(data)
        return data


def verify(archive: Path) -> Manifest:
    """Read the whole archive and compare it with its manifest."""
    found: dict[str, str] = {}
    manifest: Manifest | None = None
    try:
        for name, stream in members(archive):
            if name == MANIFEST:
                manifest = _read_manifest(archive, stream)
            else:
                found[name] = copy(stream, None)
    except tarfile.TarError as error:
        raise _damaged(archive, str(error) if found else "读不出来，或者不是备份文件") from error
    except OSError as error:
        raise OpsError(f"读不了备份 {archive}：{error.strerror}", "检查路径和权限") from error
    if manifest is None:
        raise _damaged(archive, "没有清单，文件不完整")
    if manifest["format"] != FORMAT:
        raise OpsError(f"看不懂备份格式 {manifest['format']}", "用建立这份备份的或更新的版本恢复")
    wrong = {name for name, digest in manifest["sha256"].items() ^ found.items()}
    if wrong:
        raise _damaged(archive, f"{len(wrong)} 个条目与清单不符，例如 {min(wrong)}")
    return manifest


def _read_manifest(archive: Path, stream: IO[bytes]) -> Manifest:
    try:
        return cast(Manifest, json.load(stream))
    except ValueError as error:
        raise _damaged(archive, "清单读不懂") from error


def members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Names and contents in their order; only names that stay inside."""
    with tarfile.open(archive, "r:") as tar:
        for entry in tar:
            stream = tar.extractfile(entry)
            if stream is None or not _harmless(entry.name):
                raise _damaged(archive, f"不该有的条目 {entry.name}")
            yield entry.name, stream


def _harmless(name: str) -> bool:
    path = PurePosixPath(name)
    inside = not path.is_absolute() and ".." not in path.parts
    return inside and (name in (DUMP, MANIFEST) or name.startswith(FILES))


def _damaged(archive: Path, what: str) -> OpsError:
    return OpsError(f"备份 {archive} 已损坏：{what}", "换一份备份；什么都没有改动")


def copy(stream: IO[bytes], target: Path | None) -> str:
    """Copy a stream to the disk (or nowhere) and return its checksum."""
    digest = hashlib.sha256()
    with (target or Path(os.devnull)).open("wb") as out:
        while data := stream.read(CHUNK):
            digest.update(data)
            out.write(data)
        if target:
            out.flush()
            os.fsync(out.fileno())
    return digest.hexdigest()
