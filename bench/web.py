"""Through HTTP, on granian as `weimin run` starts it: receive, the desk's list, a case's page."""

import http.client
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.life import Lives, _intake
from bench.place import Cpu, Meter, Place, as_superuser
from bench.report import Report

LOGIN, DESK, API = "/login", "/desk", "/api/v1/cases"
CLERK, REVIEWER = ("430421103200.service", "info"), ("430421.civil-affairs", "reviewer")
_PASSWORD = "weimin-bench-2026"
_FIELD = re.compile(r'name="(csrf\w*)"[^>]*value="([^"]+)"')


class Missing(Exception):
    """The page is not there (yet), or answers something else; the text says what."""


class Browser:
    """A session over one kept-alive connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: str | None = None,
            headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        """One request; the status and the body."""
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
                "X-CSRFToken": self.cookies.get("csrftoken", ""),
                "Referer": f"http://127.0.0.1:{self.port}{path}", **(headers or {})}
        self.connection.request(method, path, body and body.encode(), sent)
        answer = self.connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.read()

    def log_in(self, username: str) -> None:
        """Raises Missing when it did not work."""
        from urllib.parse import urlencode

        status, page = self.ask("GET", LOGIN)
        if status != 200:
            raise Missing(f"{LOGIN} answers {status}: not there yet")
        form = {"username": username, "password": _PASSWORD}
        if found := _FIELD.search(page.decode()):
            form[found[1]] = found[2]
        status, _ = self.ask("POST", LOGIN, urlencode(form),
                             {"Content-Type": "application/x-www-form-urlencoded"})
        if status not in (302, 303):
            raise Missing(f"logging in answers {status}")

    def must(self, method: str, path: str, body: str | None = None,
             headers: dict[str, str] | None = None) -> bytes:
        """The body of a good answer. Raises Missing for any other."""
        status, text = self.ask(method, path, body, headers)
        if status not in (200, 201):
            why = "not there yet" if status == 404 else text[:200].decode(errors="replace")
            raise Missing(f"{method} {path} answers {status}: {why}")
        return text


@contextmanager
def granian(place: Place) -> Iterator[int]:
    """The web server with one worker; its port."""
    from weimin.ops.home import Home

    home = Home.__new__(Home)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    Path(os.environ["WEIMIN_HOME"], "static").mkdir(exist_ok=True)
    process = subprocess.Popen([*home.web("127.0.0.1", port, 1)], env=dict(os.environ))
    try:
        _wait(port, process)
        place.pids = [process.pid, *_below(process.pid)]
        yield port
    finally:
        place.pids = []
        process.terminate()
        process.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise Missing("the web server does not start")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise Missing("the web server does not answer")


def _below(pid: int) -> list[int]:
    """Its children and theirs."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            found += [int(folder.name), *_below(int(folder.name))]
    return found


def account_of(office: str, post: str) -> str:
    """The holder of a post, with a password to log in; his user name."""
    from django.contrib.auth.hashers import make_password

    from weimin.network.models import Account, Holding

    holding = Holding.objects.get(post__office__code=office, post__key=post, deputy=False)
    Account.objects.filter(pk=holding.account_id).update(password=make_password(_PASSWORD))
    return str(Account.objects.get(pk=holding.account_id).username)


def body_of(person: Any) -> str:
    """A receive as the API takes it."""
    from weimin.kernel import vault

    intake = _intake(person)
    return json.dumps({
        "item": intake.item, "area": intake.area, "channel": intake.channel,
        "answers": intake.answers, "have": list(intake.have),
        "parties": [{"role": "applicant", "identity": vault.decrypt(person.identity_cipher), "name": person.name,
                     "phone": intake.parties[0].phone}],
    }, ensure_ascii=False)


def measure(place: Place, report: Report, limit: Cpu, *, count: int = 400) -> None:
    """The four figures that go through HTTP; each alone, so that one may be missing."""
    try:
        # What the lives before this left to autovacuum is theirs, not ours.
        as_superuser(place.server, "VACUUM ANALYZE")
        with granian(place) as port:
            _receive(place, report, port, limit, count)
            _pages(place, report, port, count)
    except Missing as missing:
        for key in ("receive_http_cpu_ms", "receive_http_vs_limit", "desk_list_cpu_ms",
                    "case_page_cpu_ms"):
            if key not in report.figures:
                report.put(key, None, str(missing))


def _receive(place: Place, report: Report, port: int, limit: Cpu, count: int) -> None:
    people = Lives(place, count + 20, "http").people
    browser = Browser(port)
    try:
        browser.log_in(account_of(*CLERK))
        bodies = [body_of(person) for person in people]
        for n in range(20):
            _post(browser, bodies[n], f"web-warm-{n}")
        with Meter(place, count) as meter:
            for n, body in enumerate(bodies[20:]):
                _post(browser, body, f"http-{n}")
    except Missing as missing:
        report.put("receive_http_cpu_ms", None, str(missing))
        report.put("receive_http_vs_limit", None, str(missing))
        return
    report.put("receive_http_cpu_ms", meter.cpu.whole,
               f"{count} POST {API} over one kept-alive session on granian, 1 worker",
               meter.cpu.sides())
    report.put("receive_http_vs_limit", limit.whole / meter.cpu.whole,
               "the limit's CPU over ours",
               {"limit": round(limit.whole, 3), "ours": round(meter.cpu.whole, 3)})


def _post(browser: Browser, body: str, key: str) -> None:
    browser.must("POST", API, body,
                 {"Content-Type": "application/json", "Idempotency-Key": key})


def _pages(place: Place, report: Report, port: int, count: int) -> None:
    from weimin.cases.models import Access

    Lives(place, 80, "desk").wait_at_three_desks()  # a page is 50 rows
    office, _ = REVIEWER
    number = Access.objects.filter(office__code=office).order_by("-case_id").values_list(
        "case__number", flat=True).first()
    if number is None:
        raise Missing(f"no case at {office}: run with life")
    username = account_of(*REVIEWER)
    for key, path in (("desk_list", DESK), ("case_page", f"{DESK}/cases/{number}")):
        browser = Browser(port)
        try:
            browser.log_in(username)
            for _ in range(20):
                page = browser.must("GET", path)
            with Meter(place, count) as meter:
                for _ in range(count):
                    browser.must("GET", path)
        except Missing as missing:
            report.put(f"{key}_cpu_ms", None, str(missing))
            report.put(f"{key}_queries", None, str(missing))
            continue
        report.put(f"{key}_cpu_ms", meter.cpu.whole, f"{count} GET {path} on granian, {len(page)}"
                   f" bytes, as {username} of {office}", meter.cpu.sides())
        report.put(f"{key}_queries", queries(username, path),
                   "Django's test client, second request of the session")


def queries(username: str, path: str) -> int:
    """How many statements one page takes, transaction commands left out."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.post(LOGIN, {"username": username, "password": _PASSWORD})
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len([q for q in captured.captured_queries
                if not q["sql"].upper().startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))])
