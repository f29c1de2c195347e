"""The pictures of the README, taken anew from a demo that runs.

``python tools/pictures.py http://127.0.0.1:8000`` writes docs/images/*.png. Look at them before you
commit: a picture shows what a newcomer will see.
"""

import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.run import BROWSERS
from weimin.ops.cast import PASSWORD

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"


def page(browser: Browser, site: str, width: int, height: int, username: str = "") -> Page:
    """A window of that size; of a member of the cast if one is named."""
    window = browser.new_context(base_url=site, locale="zh-CN", timezone_id="Asia/Shanghai",
                                 viewport={"width": width, "height": height}).new_page()
    if username:
        window.goto("/login")
        window.get_by_label("账号").fill(username)
        window.get_by_label("密码").fill(PASSWORD)
        window.get_by_role("button", name="登录").click()
        window.wait_for_url("**/desk")
    return window


def desk(browser: Browser, site: str) -> None:
    """The list of a clerk, and beside it the case that is worst off."""
    window = page(browser, site, 1366, 768, "liu")
    window.locator("a[href*='/desk/cases/']").first.click()
    window.wait_for_load_state("networkidle")
    window.screenshot(path=IMAGES / "desk.png")


def case(browser: Browser, site: str) -> None:
    """A case with three reviews side by side."""
    window = page(browser, site, 1100, 844, "ou")
    window.locator("main a[href*='/desk/cases/']", has_text="公共租赁住房").first.click()
    window.wait_for_load_state("networkidle")
    window.screenshot(path=IMAGES / "case.png")


def portal(browser: Browser, site: str) -> None:
    """What a resident sees first."""
    window = page(browser, site, 390, 844)
    window.goto("/")
    window.screenshot(path=IMAGES / "portal.png")


if __name__ == "__main__":
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=next(filter(os.path.exists, BROWSERS)), args=["--no-sandbox"])
        for take in (desk, case, portal):
            take(chromium, sys.argv[1].rstrip("/"))
