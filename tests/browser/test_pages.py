"""Every main page: fits small and usual screens, is accessible, is light."""

import gzip
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext

from tests.browser.conftest import window
from tests.browser.hand import Hand
from tests.browser.pages import PAGES, SIZES

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
LARGEST = 60_000  # bytes, compressed

_BEYOND = """() => [...document.querySelectorAll('body *')]
    .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .slice(0, 3).map(e => e.tagName + '.' + e.className + ' ' + e.textContent.trim().slice(0, 30))"""


@pytest.fixture(scope="module")
def visit(chromium: Browser, site: str) -> Iterator[Callable[[str], Hand]]:
    """Everybody logs in once, and then only looks at one page after another."""
    windows: dict[str, BrowserContext] = {}

    def visit_as(user: str) -> Hand:
        if user not in windows:
            windows[user] = window(chromium, site)
            newcomer = Hand(windows[user].new_page())
            if user == "resident":
                newcomer.log_in_by_phone("19000007777", "测试居民")
            elif user:
                newcomer.log_in(user)
            assert not newcomer.faults, f"the browser complains: {newcomer.faults}"
            # Its page stays: closed while it still loads, the headless shell may wait for ever.
        return Hand(windows[user].new_page())

    yield visit_as
    for each in windows.values():
        each.close()


@pytest.mark.parametrize(("user", "name", "path"), PAGES, ids=[name for _, name, _ in PAGES])
def test_page_fits_is_accessible_and_light(
    user: str, name: str, path: str, visit: Callable[[str], Hand]
) -> None:
    somebody = visit(user)
    page = somebody.page
    if "{open}" in path:
        href = (page.goto("/desk") and page.locator("[data-item]").first.get_attribute("href")) or ""
        path = href if path == "{open}" else path.replace("{open}", href.rsplit("/", 1)[1])
    response = page.goto(path)
    assert response is not None and response.status == 200
    size = len(gzip.compress(response.body()))
    assert size < LARGEST, f"{name} weighs {size} bytes compressed"
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{name} is {over}px too wide at {width}: {page.evaluate(_BEYOND)}"
        if width == 320:
            continue  # what 320 shows, 390 shows as well
        found = Axe().run(page, options=RULES).response["violations"]
        assert not found, [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found]
    assert not somebody.faults, f"the browser complains: {somebody.faults}"
    page.close()
