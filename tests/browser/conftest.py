"""A real Chromium against the real processes, on a database of its own.

The demo place is cloned from the one of this run, the demo's cases are played into it, and web and
worker are started as `weimin run` starts them. Without Chromium the tests are skipped with one
line that says why; with CI=true they fail.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.hand import Hand
from tests.conftest import HOME
from weimin.ops.home import Home
from weimin.ops.postgres import APP, DATABASE, SUPERUSER, Server
from weimin.ops.supervisor import answers

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
        # a camera that shows a turning disc, and nobody who must be asked
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
CLONE = "weimin_browser"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    if not Path(CHROMIUM).exists():
        why = f"no browser at {CHROMIUM}: apt-get install chromium fonts-noto-cjk, or set CHROMIUM"
        pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)
    # Playwright's own loop runs in this thread; Django, which waits for nothing in it, need not mind.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(chromium: Browser, server: Server, django_db_setup: None) -> Iterator[str]:
    """The address of a running platform with the demo's cases in it."""
    connections["default"].close()  # nobody may be in a database that is cloned
    with psycopg.connect(server.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {CLONE} WITH (FORCE)")
        connection.execute(  # connections of threads that are gone
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [DATABASE]
        )
        connection.execute(f"CREATE DATABASE {CLONE} TEMPLATE {DATABASE}")
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "weimin.settings", "WEIMIN_HOME": str(HOME),
        "WEIMIN_DEMO": "1", "WEIMIN_TESTING": "1", "DATABASE_URL": server.url(APP, CLONE),
    }
    (HOME / "static").mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "weimin", "demo-data"], env=environment, check=True)
    home, port = Home(HOME), _free_port()
    commands = [home.web("127.0.0.1", port, 2), home.worker()]
    log = (HOME / "browser.log").open("wb")
    children = [subprocess.Popen(command, env=environment, stdout=log, stderr=log)
                for command in commands]
    try:
        _wait(lambda: answers("127.0.0.1", port), children[0])
        yield f"http://127.0.0.1:{port}"
    finally:
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
        log.close()


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(ready: Callable[[], bool], child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while not ready():
        assert child.poll() is None, f"the web server ended: {(HOME / 'browser.log').read_text()}"
        assert time.monotonic() < deadline, "the web server does not answer"
        time.sleep(0.1)


@pytest.fixture
def contexts(chromium: Browser, site: str) -> Iterator[Callable[..., BrowserContext]]:
    """New windows, each with cookies of its own; they close with the test."""
    opened = []

    def open_context(**options: object) -> BrowserContext:
        context = chromium.new_context(  # type: ignore[arg-type]
            **{"base_url": site, "locale": "zh-CN", "viewport": {"width": 1366, "height": 768},
               **options})
        context.set_default_timeout(8000)
        opened.append(context)
        return context

    yield open_context
    for context in opened:
        context.close()


@pytest.fixture
def hand(contexts: Callable[..., BrowserContext]) -> Callable[..., Hand]:
    """Somebody at a browser: ``hand("li")`` has logged in, ``hand()`` has not."""

    def sit_down(username: str = "", **options: object) -> Hand:
        page: Page = contexts(**options).new_page()
        somebody = Hand(page)
        if username:
            somebody.log_in(username)
        return somebody

    return sit_down
