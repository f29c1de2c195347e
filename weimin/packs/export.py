"""A pack as one file, to be carried to another deployment."""

import zipfile
from pathlib import Path

from weimin.packs.read import read_pack


def export(folder: Path, archive: Path) -> int:
    """Write the pack and the packs it extends into a zip file; how many files went in.

    The same pack makes the same bytes: times are fixed. Raises Invalid for no pack.
    """
    folders = [folder]
    base = read_pack(folder).head.get("extends")
    if base:
        folders.append(folder.parent / str(base))
    count = 0
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for each in folders:
            for path in sorted(each.rglob("*")):
                if path.suffix in (".yaml", ".csv"):
                    name = f"{each.name}/{path.relative_to(each)}"
                    out.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), path.read_bytes())
                    count += 1
    return count
