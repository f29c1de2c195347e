"""A real Chromium against a whole installation with the demo in it.

Without Chromium the tests are skipped with one line that says why; with CI=true they fail.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.hand import Hand
from tests.installation import Installation, open_folder
from tests.run import BROWSERS

CHROMIUM = os.environ.get("CHROMIUM") or next(filter(os.path.exists, BROWSERS), BROWSERS[0])
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
        # a camera that shows a turning disc, and nobody who must be asked
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
# Another process tests beside us: what takes a second by itself may take ten. Nothing waits so long
# for its own sake, as what is there is seen at once.
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(400))  # the first may wait for the demo to be loaded


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all tests here; the tests of other folders run without its event loop."""
    if not Path(CHROMIUM).exists():
        why = (f"no browser at {CHROMIUM}: apt-get install chromium-headless-shell fonts-noto-cjk,"
               " or set CHROMIUM")
        pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)
    # Playwright's own loop runs in this thread; Django, which waits for nothing in it, need not mind.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def site(chromium: Browser, demo: Installation) -> Iterator[str]:
    """The address of a running platform with the demo's cases in it."""
    made = demo.copied_to(open_folder() / "site").start()
    yield made.address
    made.destroy()
    shutil.rmtree(made.home.parent, ignore_errors=True)


def window(chromium: Browser, site: str, **options: object) -> BrowserContext:
    """A new window with cookies of its own."""
    context = chromium.new_context(  # type: ignore[arg-type]
        **{"base_url": site, "locale": "zh-CN", "viewport": {"width": 1366, "height": 768},
           **options})
    context.set_default_timeout(8000)
    return context


@pytest.fixture
def contexts(chromium: Browser, site: str) -> Iterator[Callable[..., BrowserContext]]:
    """New windows, each with cookies of its own; they close with the test."""
    opened = []

    def open_context(**options: object) -> BrowserContext:
        opened.append(window(chromium, site, **options))
        return opened[-1]

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
