"""The desk side by side, by keyboard; who acts for whom; an application one question a page."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.hand import Hand
from tests.browser.test_counter import ALLOWANCE, fill_the_rest, new_person, receive, turn_to
from tests.pictures import picture

Sit = Callable[..., Hand]
ROAD = "HY-BLD-03"


def test_the_keyboard_alone_works_off_the_list_beside_the_case(hand: Sit) -> None:
    officer, town = hand("zhang"), hand("liu")
    number, _, _ = receive(officer, ALLOWANCE)
    town.open(f"/desk/cases/{number}").do("受理")
    turn_to(town, number)
    page, asked = town.page, list[str]()
    page.on("request", lambda request: asked.append(request.url))
    for _ in range(page.locator("[data-item]").count()):
        page.keyboard.press("j")
        if number in (page.evaluate("document.activeElement.pathname") or ""):
            break
    page.keyboard.press("Enter")
    expect(page.locator(f"#case [data-case='{number}']")).to_be_visible()
    expect(page).to_have_url(re.compile(f"case={number}"))
    assert page.evaluate("document.activeElement.tagName") == "H1"
    assert not [url for url in asked if "/desk?" in url or url.endswith("/desk")]  # the list stays

    page.keyboard.press("a")
    dialog = page.locator("dialog[open]")
    for words in dialog.locator("textarea").all():
        words.fill("同意")
    dialog.locator("form button").last.click()
    expect(page.locator("#case")).to_contain_text("已登记：通过")
    expect(page.locator(f".cases a[href$='{number}']")).to_have_count(0)
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.hasAttribute('data-item')")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert not town.faults


def test_back_and_reload_find_the_case_that_was_open(hand: Sit) -> None:
    town = hand("liu").open("/desk")
    page = town.page
    rows = page.locator("[data-item]")
    numbers = [(rows.nth(n).get_attribute("href") or "").rsplit("/", 1)[1] for n in (0, 1)]
    for n in (0, 1):
        rows.nth(n).click()
        expect(page.locator(f"#case [data-case='{numbers[n]}']")).to_be_visible()
    page.go_back()
    expect(page.locator(f"#case [data-case='{numbers[0]}']")).to_be_visible()
    page.reload()
    expect(page.locator(f"#case [data-case='{numbers[0]}']")).to_be_visible()
    expect(rows.nth(0)).to_have_attribute("aria-current", "true")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/desk")
    rows.nth(0).click()
    page.wait_for_url(re.compile(f"/desk/cases/{numbers[0]}"))


def test_a_refusal_stays_beside_the_list_with_what_was_typed(hand: Sit) -> None:
    officer, town = hand("zhang"), hand("liu")
    number, _, _ = receive(officer, ALLOWANCE)
    page = town.open(f"/desk?case={number}").page
    town.do("不予受理")  # without its reason
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("不予受理必须写明理由")
    dialog.locator("textarea").fill("不属于本事项的对象")
    dialog.locator("form button").last.click()
    expect(page.locator("#case")).to_contain_text("已决定不予受理")
    assert "/desk?" in page.url


def test_a_guardian_comes_and_the_form_asks_for_his_papers_at_once(hand: Sit) -> None:
    officer = hand("zhang").open(f"/desk/intake/{ALLOWANCE}")
    page = officer.page
    expect(page.locator("[data-row=by-guardianship]")).to_have_count(0)
    page.locator("[name=have]").first.check()
    page.locator("[name=who][value=guardian]").check()
    expect(page.locator("[data-row=by-guardianship]")).to_be_visible()
    expect(page.locator("[name=have]:checked")).to_have_count(1)  # what was ticked stays
    (child, name, _), (parent, _, phone) = new_person(), new_person()
    page.locator("#identity").fill(child)
    page.locator("#name").fill(name)
    page.locator("#agent_identity").fill(parent)
    page.locator("#agent_name").fill("孙监护")
    page.locator("#agent_phone").fill(phone)
    fill_the_rest(officer)
    page.locator("[data-row=by-guardianship] [name=have]").check()
    page.get_by_role("button", name="收件", exact=True).last.click()
    page.wait_for_url(re.compile("/desk/received/"))
    number = page.url.rsplit("/", 1)[1]
    officer.open(f"/desk/cases/{number}").sees("监护人居民身份证")

    his = hand(viewport={"width": 390, "height": 844})
    his.log_in_by_phone(phone, "孙监护")
    his.open(f"/mine/{number}").sees("办到哪一步")


def test_an_organisation_is_taken_in_with_its_handler(hand: Sit) -> None:
    clerk = hand("li").open(f"/desk/intake/{ROAD}")
    page = clerk.page
    page.locator("[name=who][value=handler]").check()
    page.locator("#uscc").fill("91990000MA00000008")
    page.locator("#uscc").press("Enter")  # known from the demo: the rest is filled in
    expect(page.locator("#org_name")).to_have_value("示意建设有限公司")
    identity, name, phone = new_person()
    for box, value in (("identity", identity), ("name", name), ("phone", phone)):
        page.locator(f"#agent_{box}").fill(value)
    page.locator("#area").select_option(index=1)
    fill_the_rest(clerk)
    page.locator("[data-row=by-letter] [name=have]").check()
    page.get_by_role("button", name="收件", exact=True).last.click()
    page.wait_for_load_state()
    if "另办一件" in clerk.main.inner_text():  # the demo's own case of this company
        page.locator("[name=another]").check()
        page.get_by_role("button", name="收件", exact=True).last.click()
    page.wait_for_url(re.compile("/desk/received/"))
    clerk.open(f"/desk/cases/{page.url.rsplit('/', 1)[1]}").sees("经办人")


def _guided(resident: Hand, *, until: str) -> None:
    """Answer the questions one by one, until the address ends so."""
    page = resident.page
    for _ in range(20):
        if page.url.endswith(until):
            return
        question = page.locator(".question")
        if page.locator("#own_identity").count():
            page.locator("#own_identity").fill(new_person()[0])
        elif page.locator("#place").count():
            page.locator("#place").fill("杉桥村")
            page.get_by_role("button", name="查找").click()
            question.locator("input[type=radio]").first.check()
        elif question.locator("input[type=radio]").count():
            question.locator("input[type=radio]").first.check()
        else:
            for box in question.locator("input[type=text], input:not([type])").all():
                day = re.search(r"如 (\d{4}-\d\d-\d\d)", question.inner_text())
                box.fill(day[1] if day else "6200000000000000000")
        page.get_by_role("button", name=re.compile("^(下一步|保存)$")).click()
        page.wait_for_load_state()
    raise AssertionError(f"still at {page.url}: {resident.main.inner_text()[:300]}")


def test_an_application_survives_back_reload_and_log_out(hand: Sit) -> None:
    _, name, phone = new_person()
    phones = {"viewport": {"width": 390, "height": 844}}
    first = hand(**phones)
    first.log_in_by_phone(phone, name)
    first.open(f"/items/{ALLOWANCE}/apply")
    _guided(first, until="f-account")
    page = first.page
    page.go_back()
    expect(page.locator(".question input:checked")).to_have_count(1)
    page.reload()
    expect(page.locator(".question input:checked")).to_have_count(1)

    _guided(first, until="/papers")
    page.locator("[data-capture] input[type=file]").first.set_input_files(
        {"name": "card.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    first.sees("第 1 页 已传")
    page.get_by_role("button", name="下一步").click()
    expect(page).to_have_url(re.compile("/check$"))
    second = hand(**phones)  # another phone
    second.log_in_by_phone(phone, name)
    second.open("/mine").page.get_by_role("link", name=re.compile("接着填")).click()
    assert second.page.url.endswith("/check")
    second.sees("已传")
    second.sees("杉桥村")
    expect(second.main).not_to_contain_text("6200000000000000000")
    second.page.get_by_role("button", name="提交申请").click()
    second.sees("收到了您的申请")
    expect(second.open("/mine").main).not_to_contain_text("接着填")
    page.get_by_role("button", name="提交申请").click()  # the first phone still shows the page before
    first.sees("已经在别处提交")
    expect(first.open("/mine").main).not_to_contain_text("接着填")


def test_it_can_be_filled_in_without_script_and_in_large_type(hand: Sit) -> None:
    _, name, phone = new_person()
    resident = hand(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    resident.log_in_by_phone(phone, name)
    resident.page.goto("/elder?next=/")
    resident.open(f"/items/{ALLOWANCE}/apply")
    _guided(resident, until="/check")
    resident.page.get_by_role("button", name="提交申请").click()
    resident.sees("收到了您的申请")


def test_after_the_number_the_hands_stay_on_the_keyboard(hand: Sit) -> None:
    officer = hand("zhang").open(f"/desk/intake/{ALLOWANCE}")
    page = officer.page
    page.locator("#identity").fill(new_person()[0])
    page.keyboard.press("Enter")
    expect(page.locator("#name")).to_be_focused()  # a first visit: the name is asked for
    officer.sees("第一次来，请填姓名")
    assert not officer.faults


def test_a_dialog_out_of_a_menu_gives_the_focus_back_to_it(hand: Sit) -> None:
    officer, town = hand("zhang"), hand("liu")
    number, _, _ = receive(officer, ALLOWANCE)
    page = town.open(f"/desk?case={number}").page
    menu = page.locator("#case .menu summary").first
    menu.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_be_visible()
    expect(page.locator(".menu[open]")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
