"""``python -m tests.run``: everything, the fast tests first.

Browser tests need Chromium. Where it can be installed (Debian, as root) it is; otherwise they
are skipped with one line that says why, and under CI=true a skip is a failure.
"""

import os
import shutil
import subprocess
import sys

CHROMIUM = "/usr/bin/chromium"


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
    """Run all tests; what is passed on the command line goes to pytest."""
    ensure_chromium()
    order = ["tests/unit", "tests/packs", "tests/trail", "tests/cases", "tests/documents",
             "tests/web", "tests/test_guards.py", "tests/test_nightly.py", "tests/ops", "tests/browser", "tests/faults"]
    present = [path for path in order if os.path.exists(path)]
    return subprocess.call([sys.executable, "-m", "pytest", "-q", *present, *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
