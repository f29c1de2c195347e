"""What people do at the screens, in their own words."""

import re

from playwright.sync_api import Locator, Page, expect

from weimin.ops.cast import PASSWORD


class Hand:
    """Somebody at a browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda said: self.faults.append(said.text)
                if said.type == "error" and "Failed to load resource" not in said.text else None)

    def log_in(self, username: str) -> None:
        """As a member of the demo's cast."""
        self.page.goto("/login")
        self.page.get_by_label("账号").fill(username)
        self.page.get_by_label("密码").fill(PASSWORD)
        self.page.get_by_role("button", name="登录").click()
        self.page.wait_for_url(re.compile(r"/(desk|today|admin|switch|start)?$"))

    def log_in_by_phone(self, phone: str, name: str = "") -> None:
        """As a resident; the demo shows the code on the screen."""
        self.page.goto("/sign-in")
        self.page.get_by_label("手机号").fill(phone)
        self.page.locator("main form button").last.click()
        code = re.search(r"\b(\d{6})\b", self.page.locator("main").inner_text())
        assert code, "the demo shows the code on the screen"
        self.page.locator("#code").fill(code[1])
        if name and self.page.locator("#name").count():
            self.page.locator("#name").fill(name)
        self.page.locator("main form button").last.click()

    def open(self, path: str) -> "Hand":
        """Go to an address."""
        response = self.page.goto(path)
        assert response is not None and response.ok, f"{path} answers {response and response.status}"
        return self

    @property
    def main(self) -> Locator:
        """The body of the page."""
        return self.page.locator("main")

    def sees(self, words: str) -> None:
        """The words stand on the page."""
        expect(self.main).to_contain_text(words)

    def sign(self, dialog: Locator) -> None:
        """Write something on the pad."""
        canvas, mouse = dialog.locator("canvas"), self.page.mouse
        canvas.scroll_into_view_if_needed()
        pad = canvas.bounding_box()
        assert pad
        mouse.move(pad["x"] + 20, pad["y"] + 20)
        mouse.down()
        for n in range(24):
            mouse.move(pad["x"] + 20 + 9 * n, pad["y"] + 20 + 17 * (n % 4))
        mouse.up()

    def do(self, title: str, **answers: str) -> None:
        """Open an action's dialog, answer it, send it. ``opinion="同意"`` fills that field if asked."""
        self.page.locator("a[data-dialog], .menu a, details a").filter(has_text=title).first.evaluate(
            "a => { const d = a.closest('details'); if (d) d.open = true }")
        link = self.page.locator("a").filter(has_text=title).first
        target = link.get_attribute("href") or ""
        link.click()
        dialog = self.page.locator(target)
        for name, value in answers.items():
            field = dialog.locator(f"[name='{name}'], [name='answer-{name}']")
            if field.count():  # not every step asks for everything
                field.first.fill(value)
        if dialog.locator("canvas").is_visible():
            self.sign(dialog)
        dialog.locator("form button").last.click()
        self.page.wait_for_load_state()
