"""An offline bundle: the source and every wheel it needs, for a machine without a network.

``python3 tools/offline.py`` writes dist/weimin-offline-<version>-<python>-<machine>.tar. On the other
machine (same Python minor version, same processor): unpack it, ``make demo``.
"""

import io
import platform
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Download the wheels of the lock file and put them beside the tracked files."""
    version = (ROOT / "weimin" / "__init__.py").read_text().split('__version__ = "')[1].split('"')[0]
    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    name = f"weimin-offline-{version}-{python}-{platform.machine()}"
    target = ROOT / "dist" / f"{name}.tar"
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        print("› 下载锁定的软件包", flush=True)
        done = subprocess.call(
            [sys.executable, "-m", "pip", "download", "-q", "--require-hashes", "--only-binary",
             ":all:", "-d", folder, "-r", str(ROOT / "requirements.lock")]
        )
        if done:
            sys.exit("✗ 下载没有完成\n  检查网络和软件源（pip config list）")
        source = subprocess.run(
            ["git", "-C", str(ROOT), "archive", f"--prefix={name}/", "HEAD"],
            capture_output=True, check=True,
        ).stdout
        with tarfile.open(target, "w") as out:
            with tarfile.open(fileobj=io.BytesIO(source)) as files:
                for member in files:
                    out.addfile(member, files.extractfile(member) if member.isfile() else None)
            for wheel in sorted(Path(folder).glob("*.whl")):
                out.add(wheel, f"{name}/wheels/{wheel.name}")
    print(f"✓ {target.relative_to(ROOT)}（{target.stat().st_size / 1e6:.0f} MB）")
    print(f"  在没有网络的机器上（同样的 Python {sys.version_info.major}.{sys.version_info.minor}、"
          f"{platform.machine()}）：tar xf，cd {name}，make demo")


if __name__ == "__main__":
    main()
