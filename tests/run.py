"""``python -m tests.run``: everything, file by file, in as many processes as there are processors.

Each process has a database of its own and takes the next file when it is through with one. What
is passed on the command line goes to pytest.

Browser tests need Chromium. Where it can be installed (Debian, as root) it is; otherwise they
are skipped with one line that says why, and under CI=true a skip is a failure.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# The headless shell needs a sixth of the CPU for each page that opens; the whole browser does where
# there is no shell.
BROWSERS = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
HERE = Path(__file__).parent
LEAST, MOST = 2, 4  # processes: some tests only wait; each holds a server, some a browser
# Longest first, so that none is left over at the end. The first loads the demo, for which the
# others of its folder wait: meanwhile there is something else to do.
LONG = ("faults/test_clock.py", "web/test_access.py", "faults", "browser", "ops", "packs", "web",
        "cases")
LAST = "unit"  # small files, which even out who is ready when


def files() -> list[str]:
    """Every file of tests, in this order."""
    found = [path.relative_to(HERE.parent) for path in sorted(HERE.rglob("test_*.py"))]
    ranks = {Path(HERE.name, name): n for n, name in enumerate((*LONG, "", LAST))}

    def rank(path: Path) -> int:
        return next(ranks[at] for at in (path, *path.parents) if at in ranks)

    return [str(path) for path in sorted(found, key=rank)]


def processes() -> int:
    """How many to run side by side."""
    return min(MOST, max(LEAST, os.cpu_count() or 1))


def ensure_chromium() -> None:
    """Install Debian's Chromium and a Chinese font where we may."""
    if any(map(os.path.exists, BROWSERS)):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL}
        subprocess.call(["apt-get", "update", "-qq"], **quiet)
        for browser in map(os.path.basename, BROWSERS):
            print(f"› apt-get install {browser} fonts-noto-cjk", flush=True)
            if not subprocess.call(
                ["apt-get", "install", "-y", "-qq", "--no-install-recommends", browser,
                 "fonts-noto-cjk"], env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, **quiet,
            ):
                return
    print("› 没有 Chromium：浏览器测试将跳过。安装：apt-get install chromium-headless-shell"
          " fonts-noto-cjk（没有这个包的系统：chromium）", flush=True)


def main() -> int:
    """Run them all; what failed is told at the end."""
    ensure_chromium()
    pytest = [sys.executable, "-m", "pytest", "-q", "-n", str(processes()), "--dist", "loadfile",
              "--no-loadscope-reorder", *sys.argv[1:]]
    print("›", " ".join(pytest), "tests", flush=True)
    with tempfile.TemporaryDirectory(prefix="weimin-test-", dir="/var/tmp",
                                     ignore_cleanup_errors=True) as demo:
        os.chmod(demo, 0o755)  # the database's user reaches it
        return subprocess.call([*pytest, *files()], env={**os.environ, "WEIMIN_TEST_DEMO": demo})


if __name__ == "__main__":
    sys.exit(main())
