"""Install Weimin into .venv: ``python3 tools/install.py runtime`` or ``… tests``.

Needs nothing but a Python. Says what it does, can be run again, and fails with a remedy.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLDEST, NEWEST = (3, 11), (3, 13)
LOCKS = {"runtime": "requirements.lock", "tests": "requirements-dev.lock"}
LEAST_FREE = 1_500_000_000


def fail(message: str, remedy: str) -> None:
    """Say what is wrong and what to do, and stop."""
    sys.exit(f"✗ {message}\n  {remedy}")


def check_machine() -> None:
    """Python, disk and platform, before anything is downloaded."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        fail(
            f"需要 Python 3.11、3.12 或 3.13，现在是 {sys.version.split()[0]}",
            "安装 python3.11 后执行：make PYTHON=python3.11 demo",
        )
    if sys.platform != "linux":
        fail("只支持 Linux（x86-64、aarch64）", "请在 Linux 上运行，或用虚拟机")
    if shutil.disk_usage(ROOT).free < LEAST_FREE:
        fail("磁盘剩余空间不足 1.5 GB", "清理磁盘后再试")


def run(*argv: str, remedy: str) -> None:
    """Run a command and stop with a remedy when it fails."""
    print("›", " ".join(argv), flush=True)
    if subprocess.call(argv):
        fail(f"“{argv[0]}”没有成功", remedy)


def install(what: str) -> None:
    """Make the environment and install the locked packages into it."""
    check_machine()
    python = VENV / "bin" / "python"
    if not python.exists():
        print(f"› 新建 {VENV}", flush=True)
        try:
            venv.create(VENV, with_pip=True)
        except subprocess.CalledProcessError:
            shutil.rmtree(VENV, ignore_errors=True)
            fail("不能新建虚拟环境", "Debian/Ubuntu：apt-get install python3-venv")
    offline = ROOT / "wheels"
    source = ["--no-index", "--find-links", str(offline)] if offline.is_dir() else []
    run(
        str(python), "-m", "pip", "install", "--disable-pip-version-check", "-q",
        "--require-hashes", "--only-binary", ":all:", *source, "-r", str(ROOT / LOCKS[what]),
        remedy="检查网络和软件源（pip config list）；没有网络的机器用 make offline 做的离线包",
    )
    run(
        str(python), "-m", "pip", "install", "--disable-pip-version-check", "-q", "--no-deps",
        "--no-build-isolation", "-e", str(ROOT), remedy="看上面的输出",
    )
    (VENV / f".{what}").touch()
    if what == "tests":
        (VENV / ".runtime").touch()


if __name__ == "__main__":
    os.chdir(ROOT)
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:
        fail("用法：python3 tools/install.py runtime|tests", "runtime 为运行所需，tests 另加测试所需")
    install(sys.argv[1])
