"""``python -m tests.run``: everything, in two runs side by side, each on a database of its own.

The first drives installations and browsers and mostly waits; the second mostly computes. What is
passed on the command line goes to both.

Browser tests need Chromium. Where it can be installed (Debian, as root) it is; otherwise they
are skipped with one line that says why, and under CI=true a skip is a failure.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CHROMIUM = "/usr/bin/chromium"
HERE = Path(__file__).parent
WHOLE = ("tests/browser", "tests/faults")
FIRST = "tests/unit"  # the fast ones


def parts() -> list[str]:
    """Everything else: a new folder of tests is not forgotten."""
    found = {f"tests/{path.name}" for path in (*HERE.glob("test_*.py"), *HERE.glob("*/"))
             if path.is_file() or any(path.glob("test_*.py"))}
    return [FIRST, *sorted(found - {FIRST, *WHOLE})]


def ensure_chromium() -> None:
    """Install Debian's Chromium and a Chinese font where we may."""
    if os.path.exists(CHROMIUM):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("› apt-get install chromium fonts-noto-cjk", flush=True)
        quiet = {"stdout": subprocess.DEVNULL}
        subprocess.call(["apt-get", "update", "-qq"], **quiet)
        subprocess.call(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium",
             "fonts-noto-cjk"], env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, **quiet,
        )
    if not os.path.exists(CHROMIUM):
        print("› 没有 Chromium：浏览器测试将跳过。安装：apt-get install chromium fonts-noto-cjk",
              flush=True)


def main() -> int:
    """Run both; the parts are seen as they go, the whole afterwards."""
    ensure_chromium()
    pytest = [sys.executable, "-m", "pytest", "-q"]
    with tempfile.TemporaryFile() as said:
        print(f"› {' '.join(WHOLE)}, side by side with {' '.join(parts())}", flush=True)
        whole = subprocess.Popen([*pytest, *WHOLE, *sys.argv[1:]], stdout=said, stderr=said)
        failed = subprocess.call([*pytest, *parts(), *sys.argv[1:]])
        failed = whole.wait() or failed
        said.seek(0)
        sys.stdout.buffer.write(said.read())
        sys.stdout.flush()
    return failed


if __name__ == "__main__":
    sys.exit(main())
