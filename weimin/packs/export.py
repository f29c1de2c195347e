"""A pack as one file, to be carried to another deployment."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from weimin.packs.read import read_pack

_ALWAYS = (2020, 1, 1, 0, 0, 0)  # the same pack makes the same bytes


def packed(folder: Path, more: Mapping[str, bytes] | None = None) -> tuple[bytes, int]:
    """The pack and the packs it extends as a zip, and how many files went in.

    ``more`` are files of the pack that are put in, or in place of those of that name.
    Raises Invalid for no pack.
    """
    pack = read_pack(folder)
    files = {f"{pack.name}/{name}": data for name, data in {**_files(folder), **(more or {})}.items()}
    if base := pack.head.get("extends"):
        files |= {f"{base}/{name}": data for name, data in _files(folder.parent / str(base)).items()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, _ALWAYS)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue(), len(files)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.suffix in (".yaml", ".csv")}


def export(folder: Path, archive: Path) -> int:
    """Write the pack and the packs it extends into a zip file; how many files went in.

    Raises Invalid for no pack.
    """
    content, count = packed(folder)
    archive.write_bytes(content)
    return count
