"""A whole installation as an operator has it, on a folder of its own, and a clerk's program for it.

The demo is loaded once per run; every test that needs an installation starts from a copy of it.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from datetime import date
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path

import psycopg

from weimin.ops.cast import PASSWORD
from weimin.ops.people import identity_of
from weimin.ops.postgres import OWNER, Server
from weimin.ops.process import terminate

VILLAGE = "430421103200"


def free_port() -> int:
    """A port of the loopback that nobody uses now.

    Not one that the system gives: it gives them to every connection that a test beside this one
    opens, and an installation takes its port only when it starts.
    """
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        with closing(socket.socket()) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def open_folder() -> Path:
    """A folder that the database's user reaches too, so that everything of a home lies in it."""
    folder = Path(tempfile.mkdtemp(prefix="weimin-test-", dir="/var/tmp"))
    folder.chmod(0o755)
    return folder


def environment() -> dict[str, str]:
    """What an operator's shell has: nothing of this test run."""
    ours = ("WEIMIN_HOME", "WEIMIN_TESTING", "WEIMIN_DEMO", "DATABASE_URL", "DJANGO_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


class Installation:
    """One data folder, and the processes on it while it runs."""

    def __init__(self, home: Path, **more: str) -> None:
        self.home, self.port, self.more = home, free_port(), more
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What ``weimin run`` says; beside the home, which may be on a full disk."""
        return self.home.parent / f"{self.home.name}.log"

    def start(self, command: str = "run", within: float = 60) -> "Installation":
        """``weimin run`` until the first page comes."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "weimin", command, "--home", str(self.home),
                 "--port", str(self.port)],
                env=environment() | self.more, stdout=log, stderr=log,
                start_new_session=True,  # so that ``stop`` can end it for good, even a stopped one
            )
        try:
            self.wait(within)
        except BaseException:
            self.stop()  # nobody else will
            raise
        return self

    def wait(self, within: float) -> None:
        """Until the first page comes."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            assert self.process is not None and self.process.poll() is None, self.said()
            with contextlib.suppress(OSError, HTTPException):
                urllib.request.urlopen(f"{self.address}/", timeout=5).read()
                return
            time.sleep(0.1)
        raise AssertionError(f"no answer: {self.said()}")

    def stop(self) -> None:
        """As Ctrl-C or systemd would."""
        if self.process is not None:
            terminate(self.process, ((signal.SIGTERM, 60), (signal.SIGKILL, 5)))
            self.process = None

    def said(self) -> str:
        """The end of the log."""
        return self.log.read_text(errors="replace")[-3000:]

    def weimin(self, *argv: str, **more: str) -> subprocess.CompletedProcess[str]:
        """An operator's command on this home."""
        return subprocess.run(
            [sys.executable, "-m", "weimin", *argv, "--home", str(self.home)],
            env=environment() | self.more | more, capture_output=True, text=True,
        )

    def rows(self, query: str, *params: object) -> list[tuple[object, ...]]:
        """What the database says, as its owner; it must run."""
        with psycopg.connect(Server(self.home).url(OWNER)) as connection:
            return connection.execute(query, params).fetchall()  # type: ignore[arg-type]

    def copied_to(self, home: Path, **more: str) -> "Installation":
        """The same, stopped, on another folder."""
        home.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", self.home, home], check=True)
        return Installation(home, **more)

    def destroy(self) -> None:
        """Stop it and remove everything."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)


def eventually(check: Callable[[], object], within: float) -> float:
    """Wait for something and say how long it took."""
    started = time.monotonic()
    while not check():
        assert time.monotonic() - started < within, f"not within {within} s"
        time.sleep(0.05)
    return time.monotonic() - started


class Refused(Exception):
    """The system answered, and it was no."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"{status}: {said[:500]}")
        self.status, self.said = status, said


_GIVEN: set[str] = set()  # identity numbers of this run, of all clerks


class Clerk:
    """A clerk's program: logs in, receives with and without scans, repeats what got no answer."""

    def __init__(self, at: Installation, seed: int = 1) -> None:
        self.at, self.rng = at, random.Random(seed)
        self.jar = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.acknowledged: dict[str, str] = {}  # key → number
        self.scans: dict[str, bytes] = {}  # number → what was scanned
        self.noticed: set[str] = set()  # numbers whose one notice was acknowledged
        self.abandoned = 0  # requests that were cut off and never repeated
        self.repeated = 0

    def cookie(self, name: str) -> str:
        return next((c.value or "" for c in self.jar if c.name == name), "")

    def get(self, path: str) -> str:
        """A page. Raises Refused for an error, OSError or HTTPException when cut off."""
        return self._send(urllib.request.Request(f"{self.at.address}{path}"))[0]

    def log_in(self) -> "Clerk":
        page = self.get("/login")
        token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        form = f"username=li&password={PASSWORD}&csrfmiddlewaretoken={token}"
        self._send(urllib.request.Request(f"{self.at.address}/login", form.encode()))
        assert self.cookie("sessionid")
        return self

    def identity(self) -> str:
        """A number that nobody in the demo has, and nobody twice."""
        while True:
            born = date(self.rng.randrange(1890, 1935), self.rng.randrange(1, 13), self.rng.randrange(1, 28))
            number = identity_of(self.rng, born)
            if number not in _GIVEN:
                _GIVEN.add(number)
                return number

    def receive(self, key: str, identity: str) -> str:
        """Receive a case by the API; its number."""
        body = json.dumps({
            "item": "HY-ELD-02", "area": VILLAGE, "channel": "window", "have": ["id-card"],
            "another_is_meant": True, "answers": {"low_income": True},
            "parties": [{"identity": identity, "name": "乜钱孙", "phone": "19000000319"}],
        }).encode()
        said, _ = self._send(self._request(
            "/api/v1/cases", body, {"Content-Type": "application/json", "Idempotency-Key": key}
        ))
        return str(json.loads(said)["number"])

    def receive_scan(self, key: str, identity: str, scan: bytes) -> str:
        """Receive a case by the screen, with a scan of the identity card; its number."""
        fields = {
            "csrfmiddlewaretoken": self.cookie("csrftoken"), "key": key, "identity": identity,
            "name": "乜钱孙", "phone": "19000000319", "area": VILLAGE, "another": "1", "have": "id-card",
            "f-low_income": "1",
        }
        mark = "weimin-test-boundary"
        parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode()
                 for n, v in fields.items()]
        parts.append(
            f'--{mark}\r\nContent-Disposition: form-data; name="scan-id-card"; filename="a.pdf"'
            "\r\nContent-Type: application/pdf\r\n\r\n".encode() + scan + b"\r\n")
        body = b"".join(parts) + f"--{mark}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={mark}"}
        _, address = self._send(self._request("/desk/intake/HY-ELD-02", body, kind))
        assert "/desk/received/" in address, address
        return address.rpartition("/")[2]

    def act(self, number: str, verb: str, params: dict[str, object], key: str = "") -> str:
        """Carry out a verb on a case by the API; its number."""
        said, _ = self._send(self._request(
            f"/api/v1/cases/{number}/{verb}", json.dumps({"params": params}).encode(),
            {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {}),
        ))
        return str(json.loads(said)["number"])

    def work(self, until: Callable[[], bool]) -> None:
        """Receive one case after another, and tell every other resident what is missing.

        What gets no answer is repeated under its key until it is acknowledged; some of it never is.
        """
        while not until():
            key, identity = f"test-{self.rng.random()}", self.identity()
            scan = b"%PDF-1.4 " + self.rng.randbytes(3000) if self.rng.random() < 0.4 else b""
            number = self._insist(
                lambda k=key, i=identity, s=scan: self.receive_scan(k, i, s) if s else self.receive(k, i),
                give_up=self.rng.random() < 0.3)
            if number is None:
                continue
            self.acknowledged[key] = number
            if scan:
                self.scans[number] = scan
            if self.rng.random() < 0.5:
                self._insist(lambda n=number, k=key: self.act(n, "notify_missing", {}, f"{k}-notice"))
                self.noticed.add(number)

    def _insist(self, do: Callable[[], str], *, give_up: bool = False) -> str | None:
        """Do it until it is answered, for a minute; or give up when it is cut off."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                return do()
            except Refused as refused:
                assert refused.status >= 500, refused
            except (OSError, HTTPException, json.JSONDecodeError):
                pass  # cut off: whether it happened is what the key is for
            if give_up:
                self.abandoned += 1
                return None
            self.repeated += 1
            time.sleep(0.2)
        raise AssertionError("the system did not come back")

    def _request(self, path: str, body: bytes, headers: dict[str, str]) -> urllib.request.Request:
        return urllib.request.Request(
            f"{self.at.address}{path}", body, method="POST",
            headers={"X-CSRFToken": self.cookie("csrftoken"), "Referer": self.at.address, **headers},
        )

    def _send(self, request: urllib.request.Request) -> tuple[str, str]:
        try:
            with self.opener.open(request, timeout=20) as answer:
                return answer.read().decode(errors="replace"), answer.url
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")
            with contextlib.suppress(ValueError):
                said = json.dumps(json.loads(said), ensure_ascii=False)
            raise Refused(error.code, said) from None
