"""Papers in and results out: camera, phone, a broken line, a signature on the screen."""

import io
import re
from collections.abc import Callable
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, expect
from pypdf import PdfReader

from tests.browser.hand import Hand
from tests.browser.test_counter import (
    ALLOWANCE,
    CARD,
    fill_the_rest,
    finish,
    new_person,
    pdf_of,
    receive,
)
from tests.browser.test_pages import RULES
from tests.pictures import picture
from weimin.kernel import clock

Sit = Callable[..., Hand]
HEIC = Path(__file__).parents[1] / "documents" / "page.heic"


def begun(clerk: Hand) -> Page:
    """The intake page of the allowance, filled in but for the materials."""
    identity, name, phone = new_person()
    page = clerk.open(f"/desk/intake/{ALLOWANCE}").page
    for box, value in (("identity", identity), ("name", name), ("phone", phone)):
        page.locator(f"#{box}").fill(value)
    fill_the_rest(clerk)
    return page


def material(page: Page, key: str = "id-card") -> Locator:
    return page.locator(f"[data-capture][data-key='{key}']")


def sent_in(page: Page) -> str:
    """Take it in; the number."""
    page.get_by_role("button", name="收件", exact=True).last.click()
    page.wait_for_url(re.compile(r"/desk/received/"))
    return page.url.rsplit("/", 1)[1]


def scan(clerk: Hand, number: str, which: str = "居民身份证") -> PdfReader:
    """The scan that is kept with the case."""
    clerk.open(f"/desk/cases/{number}")
    link = clerk.page.locator(".mats li", has_text=which).get_by_role("link", name=re.compile("看"))
    answer = clerk.page.request.get(link.get_attribute("href") or "")
    return PdfReader(io.BytesIO(answer.body()))


def test_two_pages_from_the_camera_become_one_pdf_of_the_case(hand: Sit) -> None:
    clerk = hand("zhang")
    page = begun(clerk)
    material(page).get_by_role("button", name="高拍仪").click()
    camera = page.locator("[data-capture-camera]")
    page.wait_for_function(
        "() => document.querySelector('[data-capture-camera] video').videoWidth > 0")
    for n in (1, 2):
        camera.get_by_role("button", name="拍一页").click()
        expect(camera).to_contain_text(f"已拍 {n} 页")
    camera.get_by_role("button", name="拍完了").click()
    expect(material(page).locator(".tray li.done")).to_have_count(2)
    material(page).get_by_role("button", name=re.compile("转 第 2 页")).click()
    expect(page.locator("input[name=have][value=id-card]")).to_be_checked()
    pages = scan(clerk, sent_in(page)).pages
    assert [p.mediabox.width > p.mediabox.height for p in pages] == [True, False]
    assert not clerk.faults


def test_a_picture_of_an_iphone_is_read_and_pages_are_moved_and_dropped(hand: Sit) -> None:
    clerk = hand("zhang")
    page = begun(clerk)
    box = material(page)
    box.locator("input[type=file]").set_input_files([
        {"name": "IMG_1.HEIC", "mimeType": "image/heic", "buffer": HEIC.read_bytes()},
        {"name": "large.png", "mimeType": "image/png", "buffer": picture(3000, 2000, "PNG")}])
    expect(box.locator(".tray li.done")).to_have_count(2)
    expect(box.locator(".tray img").first).to_be_visible()  # drawn by the server
    box.get_by_role("button", name=re.compile("前移 第 2 页")).click()
    box.locator("input[type=file]").set_input_files(
        [{"name": "x.jpg", "mimeType": "image/jpeg", "buffer": picture(mark=4)}])
    expect(box.locator(".tray li.done")).to_have_count(3)
    box.get_by_role("button", name=re.compile("去掉 第 3 页")).click()
    pages = scan(clerk, sent_in(page)).pages
    assert [round(p.mediabox.width / p.mediabox.height, 1) for p in pages] == [1.5, 1.3]


def test_a_line_that_breaks_is_taken_up_where_it_broke_also_after_a_reload(hand: Sit) -> None:
    clerk = hand("zhang")
    page = begun(clerk)
    noisy = _large()
    offsets: list[int] = []
    broken = {"left": 2}

    def line(route: Route) -> None:
        if route.request.method != "PATCH":
            return route.continue_()
        offset = int(route.request.headers["upload-offset"])
        if offset > 0 and broken["left"]:
            broken["left"] -= 1
            return route.abort("connectionreset")
        offsets.append(offset)
        return route.continue_()

    page.route("**/uploads/*", line)
    box = material(page)
    chosen = {"name": "scan.pdf", "mimeType": "application/pdf", "buffer": noisy}
    box.locator("input[type=file]").set_input_files([chosen])
    expect(box.locator(".tray li")).to_contain_text("从断点继续")
    expect(box.locator(".tray li.done")).to_have_count(1, timeout=15000)
    assert offsets == sorted(set(offsets)) and len(offsets) > 2, "no piece was sent twice"

    # A second file: the page is reloaded half way, the same file chosen again.
    broken["left"] = 10**6
    other = {**chosen, "name": "b.pdf", "buffer": noisy + b"%another"}
    box = material(page, "household-register")
    box.locator("input[type=file]").set_input_files([other])
    expect(box.locator(".tray li")).to_contain_text("从断点继续")
    page.on("dialog", lambda asked: asked.accept())
    page.reload()
    expect(material(page).locator(".tray li.done")).to_have_count(1)  # what was whole is still there
    broken["left"], offsets[:] = 0, []
    box.locator("input[type=file]").set_input_files([other])
    expect(box.locator(".tray li.done")).to_have_count(1, timeout=15000)
    assert offsets[0] > 0, "it began anew"
    assert not page.evaluate("Object.values(sessionStorage).join().includes('PDF')")


def _large() -> bytes:
    """A PDF of about a megabyte."""
    import random

    return b"%PDF-1.4\n" + random.Random(3).randbytes(1_000_000)


def test_the_form_waits_until_its_pages_have_come(hand: Sit) -> None:
    clerk = hand("zhang")
    page = begun(clerk)
    page.route("**/uploads/*", lambda route: (page.wait_for_timeout(700), route.continue_()))
    material(page).locator("input[type=file]").set_input_files(
        [{"name": "scan.pdf", "mimeType": "application/pdf", "buffer": _large()}])
    number = sent_in(page)
    assert "%PDF" in str(clerk.page.request.get(_first_scan(clerk, number)).body()[:8])


def _first_scan(clerk: Hand, number: str) -> str:
    clerk.open(f"/desk/cases/{number}")
    return clerk.page.locator(".mats a").first.get_attribute("href") or ""


def test_the_phone_photographs_and_the_page_appears_on_the_desk(hand: Sit) -> None:
    clerk = hand("zhang")
    page = begun(clerk)
    material(page).get_by_role("button", name="手机拍").click()
    address = page.locator("[data-address][href]").get_attribute("href") or ""
    phone = hand(viewport={"width": 390, "height": 844})
    # The door opens late: what is photographed before is not lost.
    phone.page.route("**/u/*", lambda route: route.continue_() if route.request.method == "GET"
                     else (phone.page.wait_for_timeout(1500), route.continue_()))
    phone.open(address)
    phone.sees("居民身份证")
    phone.page.locator("input[type=file]").set_input_files(HEIC)
    expect(phone.page.locator(".tray li.done")).to_have_count(1)
    sound(phone.page)
    expect(page.locator("[data-capture-phone]")).to_contain_text("收到 1 页")
    phone.page.get_by_role("button", name="拍完了").click()
    phone.sees("传好了")
    expect(page.locator("[data-capture-phone]")).to_be_hidden()
    second = hand()
    answer = second.page.goto(address)
    assert answer is not None and answer.status == 404
    second.sees("已经失效")
    assert len(scan(clerk, sent_in(page)).pages) == 1
    assert not clerk.faults and not phone.faults


def sound(page: Page) -> None:
    """Accessible as it stands, and no wider than a small screen."""
    found = Axe().run(page, options=RULES).response["violations"]
    assert not found, [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found]
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_what_opens_over_the_form_is_accessible_and_fits(hand: Sit) -> None:
    clerk = hand("zhang")
    page = begun(clerk)
    box = material(page)
    box.locator("input[type=file]").set_input_files(HEIC)
    expect(box.locator(".tray li.done")).to_have_count(1)
    for button, dialog in (("高拍仪", "camera"), ("手机拍", "phone")):
        box.get_by_role("button", name=button).click()
        expect(page.locator(f"[data-capture-{dialog}]")).to_be_visible()
        sound(page)
        page.keyboard.press("Escape")
        expect(page.locator(f"[data-capture-{dialog}]")).to_be_hidden()
        page.set_viewport_size({"width": 1366, "height": 768})


def test_without_script_files_go_with_the_form(hand: Sit) -> None:
    clerk = hand("zhang", java_script_enabled=False)
    page = begun(clerk)
    page.locator("input[name=have][value=id-card]").check()
    page.locator("input[name=scan-id-card]").set_input_files([HEIC, HEIC])
    assert len(scan(clerk, sent_in(page)).pages) == 2


def test_the_recipient_signs_on_the_screen_and_the_proof_shows_it(hand: Sit) -> None:
    officer, town = hand("zhang"), hand("liu")
    number, _, _ = receive(officer, CARD)
    officer.open(f"/desk/cases/{number}")
    officer.do("受理")
    finish(town, number)
    page = officer.open(f"/desk/cases/{number}").page
    page.locator("main a[data-dialog]").first.click()
    dialog = page.locator("dialog[open]")
    expect(dialog.locator("[name='answer-tracking']")).to_be_hidden()
    dialog.locator("[name='answer-way'][value=post]").check()
    expect(dialog.locator("[name='answer-tracking']")).to_be_visible()
    expect(dialog.locator("canvas")).to_be_hidden()
    dialog.locator("[name='answer-way'][value=direct]").check()
    sound(page)
    page.set_viewport_size({"width": 1366, "height": 768})
    dialog.locator("[name='answer-received_by']").fill("孙测试")
    dialog.locator("form button[type=submit]").last.click()  # not signed yet
    expect(dialog).to_contain_text("拒绝签收的，改用留置送达")
    officer.sign(dialog)
    expect(dialog.locator("[data-sign] [data-said]")).to_have_text("已签")
    dialog.locator("form button[type=submit]").last.click()
    officer.sees("已办好")
    signed = page.get_by_role("img", name="签收人的签名")
    signed.scroll_into_view_if_needed()
    page.wait_for_function("i => i.complete && i.naturalWidth > 0", arg=signed.element_handle())
    assert "孙测试" in pdf_of(officer, f"/papers/{number}/delivery.pdf")
    assert not officer.faults


def test_a_refusal_is_delivered_electronically_with_the_signed_confirmation(hand: Sit) -> None:
    officer, town = hand("zhang"), hand("liu")
    number, _, _ = receive(officer, ALLOWANCE)
    town.open(f"/desk/cases/{number}").do("不予受理", reason="不属于受理范围")
    page = officer.open(f"/desk/cases/{number}").page
    page.locator("main a[data-dialog]").first.click()
    dialog = page.locator("dialog[open]")
    dialog.locator("[name='answer-way'][value=electronic]").check()
    blank = dialog.get_by_role("link", name="打印空白的确认书").get_attribute("href")
    assert "电子送达确认书" in pdf_of(officer, blank or "")
    for name, value in (("consent_on", f"{clock.today()}"), ("sent_to", "平台账号"), ("received_on", f"{clock.today()}")):
        dialog.locator(f"[name='answer-{name}']").fill(value)
    with page.expect_file_chooser() as chosen:
        dialog.get_by_role("button", name="选文件").click()
    chosen.value.set_files([{"name": "q.jpg", "mimeType": "image/jpeg", "buffer": picture()}])
    expect(dialog.locator("[data-tray] [data-state]")).to_have_text("已传")
    dialog.locator("form button[type=submit]").last.click()
    officer.sees("已送达")
    kept = page.get_by_role("link", name="电子送达确认书").last.get_attribute("href")
    assert page.request.get(kept or "").body().startswith(b"%PDF")
    assert "不予受理决定书" in pdf_of(officer, f"/papers/{number}/delivery.pdf")
    assert not officer.faults


def test_a_revoked_card_is_shown_as_revoked(hand: Sit) -> None:
    officer, town = hand("zhang"), hand("liu")
    number, _, _ = receive(officer, CARD)
    officer.open(f"/desk/cases/{number}")
    officer.do("受理")
    finish(town, number)
    body = officer.page.request.get(f"/papers/{number}/certificate.pdf").body()
    supervisor = hand("chen").open(f"/desk/cases/{number}")
    supervisor.page.goto(f"/desk/cases/{number}#revoke")
    dialog = supervisor.page.locator("#revoke")
    dialog.locator("select").select_option("deceit")
    dialog.locator("textarea").fill("照片不是本人")
    dialog.locator("form button").last.click()
    supervisor.sees("证照已失效")
    anybody = hand().open("/check/certificate")
    anybody.page.locator("#file").set_input_files(
        [{"name": "card.pdf", "mimeType": "application/pdf", "buffer": body}])
    anybody.page.get_by_role("button", name="核验文件").click()
    anybody.sees("这个证照已经撤销")
    anybody.sees("第六十九条第二款")
    expect(anybody.main).not_to_contain_text("照片不是本人")  # the officer's own words are the holder's
