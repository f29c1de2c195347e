"""From the village counter to the certificate and the rating, as people do it."""

import io
import random
import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.hand import Hand
from weimin.ops.people import identity_of

Sit = Callable[..., Hand]
_rng = random.Random()  # another person at every run: the database may live longer than a test

ALLOWANCE, CARD = "HY-ELD-02", "HY-ELD-01"


def new_person() -> tuple[str, str, str]:
    """An identity number, a name and a phone nobody has had."""
    born = date(_rng.randrange(1915, 1930), _rng.randrange(1, 13), _rng.randrange(1, 28))
    return identity_of(_rng, born), "孙测试", f"190{_rng.randrange(10**8):08d}"


def receive(clerk: Hand, item: str, *, materials: bool = True) -> tuple[str, str, str]:
    """Take in an application on the one page; number, phone and name."""
    identity, name, phone = new_person()
    page = clerk.page
    clerk.open(f"/desk/intake/{item}")
    page.locator("#identity").fill(identity)
    page.locator("#name").fill(name)
    page.locator("#phone").fill(phone)
    fill_the_rest(clerk)
    if materials:
        for box in page.locator("input[name=have]").all():
            box.check()
    page.get_by_role("button", name="收件", exact=True).last.click()
    page.wait_for_url(re.compile(r"/desk/received/"))
    return page.url.rsplit("/", 1)[1], phone, name


def fill_the_rest(clerk: Hand) -> None:
    """Whatever else the item asks, with anything that passes."""
    page = clerk.page
    for box in page.locator("main form [name^='f-'], main form [name^='s-']").all():
        kind, tag = box.get_attribute("type"), box.evaluate("e => e.tagName")
        if kind == "radio":
            box.check()
        elif tag == "SELECT":
            box.select_option(index=1)
        elif not box.input_value():
            field = box.evaluate("e => e.closest('.field').textContent")
            day = re.search(r"如 (\d{4}-\d\d-\d\d)", field)
            box.fill(day[1] if day else "6200000000000000000" if "账户" in field else "1")


def turn_to(officer: Hand, number: str) -> None:
    """Open the page of the list of work on which a case stands."""
    officer.open("/desk")
    while not officer.page.locator(f".cases a[href$='{number}']").count():
        officer.page.locator("a[rel=next]").click()


def pdf_of(clerk: Hand, path: str) -> str:
    """The text of a PDF that opens."""
    answer = clerk.page.request.get(path)
    assert answer.headers["content-type"] == "application/pdf", answer.text()[:300]
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.body())).pages)


def finish(officer: Hand, number: str) -> None:
    """Do what the case offers first, as long as it offers something."""
    officer.open(f"/desk/cases/{number}")
    for _ in range(6):
        offered = officer.page.locator("main a[data-dialog]")
        if not offered.count():
            return
        officer.do(offered.first.inner_text().split("\n")[0].strip(), opinion="同意",
                   on=date.today().isoformat(), received_by="孙测试")
        if not officer.page.locator("[data-case] > .notice.ok").count():
            return


def test_an_application_goes_from_the_village_to_the_rating(hand: Sit) -> None:
    officer = hand("zhang")
    number, phone, name = receive(officer, ALLOWANCE)
    link = officer.page.get_by_role("link", name="打印回执").get_attribute("href")
    assert link and pdf_of(officer, link)

    town = hand("liu")
    town.open(f"/desk/cases/{number}")
    town.do("受理")
    town.sees("已受理")
    town.do("办理", opinion="同意")
    town.sees("“乡镇初审”已登记：通过")

    finish(hand("he"), number)
    finish(hand("zhang"), number)

    resident = hand(viewport={"width": 390, "height": 844})
    resident.log_in_by_phone(phone, name)
    resident.open("/mine").sees(number[-4:])
    resident.open(f"/mine/{number}")
    resident.sees("办到哪一步")
    star = resident.page.locator("form[action$='/rate']").first
    expect(star).to_be_visible()
    star.locator("input[type=radio], button[name=level]").first.click()
    if star.is_visible() and star.get_by_role("button", name="提交评价").count():
        star.get_by_role("button", name="提交评价").click()
    resident.sees("谢谢您的评价")


def test_a_card_is_issued_and_anybody_can_verify_it(hand: Sit) -> None:
    number, phone, name = receive(officer := hand("zhang"), CARD)
    finish(officer, number)  # the village accepts this one itself, the town decides
    finish(hand("liu"), number)
    finish(officer, number)
    resident = hand(viewport={"width": 390, "height": 844})
    resident.log_in_by_phone(phone, name)
    resident.open(f"/mine/{number}").sees("，核验码")
    said = re.search(r"(\S+)，核验码 (\w+)", resident.main.inner_text())
    assert said and pdf_of(resident, f"/papers/{number}/certificate.pdf")

    anybody = hand().open("/check/certificate")
    anybody.page.locator("#number").fill(said[1])
    anybody.page.locator("#code").fill(said[2])
    anybody.page.get_by_role("button", name="核验", exact=True).click()
    anybody.sees("有效")


def test_the_keyboard_alone_receives_a_case(hand: Sit) -> None:
    officer = hand("zhang")
    page = officer.page
    identity, name, phone = new_person()
    officer.open("/desk")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    officer.open("/desk/intake")
    page.keyboard.press("/")
    page.keyboard.type("lnyd")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q="))
    item = page.locator("main ul a").first
    item.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/desk/intake/HY-"))
    typed = {"identity": identity, "name": name, "phone": phone}
    for _ in range(120):
        page.keyboard.press("Tab")
        at = page.evaluate("({name: document.activeElement.name, type: document.activeElement.type,"
                           " text: document.activeElement.innerText || '',"
                           " inside: !!document.activeElement.closest('main form'),"
                           " hint: (document.activeElement.closest('.field') || {}).innerText || ''})")
        if not at["inside"]:
            continue
        if at["name"] in typed:
            page.keyboard.type(typed[at["name"]])
        elif at["name"] == "have" or (at["type"] == "radio" and at["name"] != "who"):
            page.keyboard.press("Space")
        elif at["type"] == "select-one" and at["name"] != "area":
            page.keyboard.press("ArrowDown")
        elif at["type"] == "text" and at["name"].startswith("f-"):
            day = re.search(r"\d{4}-\d\d-\d\d", at["hint"])
            page.keyboard.type(day[0] if day else "1")
        elif at["text"].strip() == "收件":
            page.keyboard.press("Enter")
            break
    page.wait_for_url(re.compile("/desk/received/"))
    officer.sees("已收件")


def test_one_notice_names_all_that_is_missing_and_the_resident_supplements(hand: Sit) -> None:
    officer = hand("zhang")
    number, phone, name = receive(officer, ALLOWANCE, materials=False)
    officer.open(f"/desk/cases/{number}")
    officer.do("出具一次性告知单")
    officer.sees("已出具一次性告知单")
    expect(officer.page.get_by_role("link", name="打印一次性告知书")).to_be_visible()
    assert pdf_of(officer, f"/papers/{number}/notice.pdf")

    resident = hand(viewport={"width": 390, "height": 844})
    resident.log_in_by_phone(phone, name)
    resident.open(f"/mine/{number}").sees("要您补这些材料")
    for picker in resident.page.locator("input[type=file]").all():
        picker.set_input_files({"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 a"})
    resident.page.get_by_role("button", name="提交这些材料").click()
    resident.page.wait_for_load_state()
    expect(resident.main).not_to_contain_text("要您补这些材料")


def test_number_and_four_digits_tell_the_state_and_nothing_else(hand: Sit) -> None:
    number, phone, name = receive(hand("zhang"), CARD)
    anybody = hand().open("/follow")
    page = anybody.page
    page.locator("#number").fill(number)
    page.locator("#four").fill(phone[-4:])
    page.get_by_role("button", name="查询").click()
    anybody.sees("状态")
    expect(anybody.main).not_to_contain_text(name)
    page.locator("#number").fill(number)
    page.locator("#four").fill("0000" if phone[-4:] != "0000" else "1111")
    page.get_by_role("button", name="查询").click()
    anybody.sees("没有查到")


def test_a_receipt_is_checked_against_the_trail(hand: Sit) -> None:
    officer = hand("zhang")
    number, _, _ = receive(officer, CARD)
    text = pdf_of(officer, f"/papers/{number}/receipt.pdf").replace("\n", "").replace(" ", "")
    code = re.search(rf"{number}-\d+-[0-9A-Za-z]+", text)
    assert code, "the receipt carries its code"
    anybody = hand().open("/check/receipt")
    anybody.page.locator("#receipt").fill(code[0][:len(number) + 30])
    anybody.page.locator("main form button").last.click()
    anybody.sees("没有被改动")


def test_several_cases_are_approved_at_once(hand: Sit) -> None:
    officer, town = hand("zhang"), hand("liu")
    numbers = [receive(officer, ALLOWANCE)[0] for _ in range(2)]
    for number in numbers:
        town.open(f"/desk/cases/{number}")
        town.do("受理")
    turn_to(town, numbers[0])
    for number in numbers:
        town.page.locator(f"input[name=case][value^='{number}:']").check()
    expect(town.page.locator("[data-count]")).to_have_text("2")
    town.page.get_by_role("button", name="一起同意").click()
    town.page.get_by_label("意见").fill("材料齐全，同意")
    town.page.get_by_role("button", name="同意这 2 件").click()
    town.sees("已同意 2 件")


def test_the_leader_goes_from_a_figure_to_its_case(hand: Sit) -> None:
    leader = hand("chen").open("/today")
    leader.page.locator("main a[href*='/today/cases/']").first.click()
    leader.page.locator("main a[href*='/desk/cases/']").first.click()
    leader.sees("办理经过")


def test_the_administrator_moves_a_power_with_one_row(hand: Sit) -> None:
    admin = hand("admin").open("/admin/delegations")
    page = admin.page
    page.locator("summary", has_text="新增一行").click()
    page.locator("[name=place]").fill("430421103")
    page.locator("[name=place]").press("Enter")
    page.locator("[name=item]").select_option(label="老年人优待证办理")
    for name, value in (("power", "decide"), ("level", "town"), ("kind", "devolved")):
        choose(page, name, value)
    page.locator("[name=from]").fill("2027-03-01")
    page.get_by_role("button", name="赋权", exact=True).click()
    expect(page.locator("[role=status]")).to_contain_text("已赋权")
    admin.open("/admin/delegations?q=老年人优待证办理")
    expect(page.locator("[data-list] li", has_text="2027年3月1日")).to_have_count(1)


def choose(page: Page, name: str, value: str) -> None:
    """One of several, be it a list or round buttons."""
    box = page.locator(f"select[name={name}]")
    if box.count():
        box.select_option(value)
    else:
        page.locator(f"[name={name}][value={value}]").check()


def test_elder_mode_makes_everything_larger_and_stays(hand: Sit) -> None:
    anybody = hand(viewport={"width": 390, "height": 844}).open("/")
    page = anybody.page
    size = "parseFloat(getComputedStyle(document.querySelector('main')).fontSize)"
    before = page.evaluate(size)
    page.locator("[data-elder]").click()
    assert page.evaluate(size) >= before * 1.2
    anybody.open("/follow")
    assert page.evaluate(size) >= before * 1.2
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_without_script_a_case_is_received_and_accepted(hand: Sit) -> None:
    officer = hand("zhang", java_script_enabled=False)
    page = officer.page
    identity, name, phone = new_person()
    officer.open(f"/desk/intake/{ALLOWANCE}")
    for box, value in (("identity", identity), ("name", name), ("phone", phone)):
        page.locator(f"#{box}").fill(value)
    fill_the_rest(officer)
    for box in page.locator("input[name=have]").all():
        box.check()
    page.get_by_role("button", name="收件", exact=True).last.click()
    number = page.url.rsplit("/", 1)[1]
    assert re.fullmatch(r"\d{11}", number), officer.main.inner_text()[:400]

    town = hand("liu", java_script_enabled=False)
    town.open(f"/desk/cases/{number}")
    town.page.locator("main a[href='#accept']").first.click()
    dialog = town.page.locator("#accept")
    expect(dialog).to_be_visible()
    dialog.locator("form button").last.click()
    town.sees("已受理")


@pytest.mark.parametrize("path", ["/no-such-page", "/desk/cases/00000000000"])
def test_what_is_not_there_is_said_in_chinese(path: str, hand: Sit) -> None:
    somebody = hand("liu")
    answer = somebody.page.goto(path)
    assert answer is not None and answer.status == 404
    expect(somebody.page.locator("h1")).to_contain_text("没有")
