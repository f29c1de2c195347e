"""The database goes away under the web: reading recovers by itself, writing says try again."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.installation import Clerk, Installation, Refused, eventually
from weimin.ops.postgres import Server

pytestmark = pytest.mark.slow


def postmaster(installation: Installation) -> int:
    return int((Server(installation.home).data / "postmaster.pid").read_text().split()[0])


def answers(clerk: Clerk) -> bool:
    try:
        return bool(clerk.get("/desk"))
    except Refused as refused:
        assert refused.status == 503 and "再试一次" in refused.said, refused
        return False


def test_a_restart_is_not_seen_by_who_reads_and_said_to_who_writes(
    installation: Installation,
) -> None:
    installation.start()
    clerk = Clerk(installation).log_in()
    identity = clerk.identity()
    number = clerk.receive("before", identity)
    for _ in range(6):  # both web processes hold connections now
        clerk.get("/desk")

    os.kill(postmaster(installation), signal.SIGINT)
    eventually(lambda: not Server(installation.home).is_ready(), within=10)
    try:
        assert clerk.receive("before", identity) == number
    except Refused as refused:
        assert refused.status == 503, refused
        assert '"unavailable"' in refused.said and "不会办两遍" in refused.said
    eventually(Server(installation.home).is_ready, within=20)
    time.sleep(0.5)

    # Every connection that the web processes still hold is dead: reading does not show it.
    pages = [clerk.get("/desk") for _ in range(6)]
    assert all("工作台" in page for page in pages)
    assert clerk.receive("before", identity) == number, "the same request, the same answer"


def test_while_it_is_away_the_page_says_what_to_do(installation: Installation) -> None:
    installation.start()
    clerk = Clerk(installation).log_in()
    clerk.get("/desk")
    assert installation.process is not None
    installation.process.send_signal(signal.SIGSTOP)  # nobody starts it again
    pid = postmaster(installation)
    os.kill(pid, signal.SIGQUIT)
    eventually(lambda: not Server(installation.home).is_ready(), within=10)
    for path in ("/desk", "/", "/login"):
        with pytest.raises(Refused) as refused:
            clerk.get(path)
        assert refused.value.status == 503
        assert "请等几秒钟" in refused.value.said and "Traceback" not in refused.value.said
    with pytest.raises(Refused) as refused:
        clerk.get("/api/v1/work")
    assert refused.value.status == 503 and "remedy" in refused.value.said
    installation.process.send_signal(signal.SIGCONT)
    eventually(lambda: answers(clerk), within=30)
    assert Path(f"/proc/{installation.process.pid}").exists()
