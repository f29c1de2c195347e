"""The administrators at their screens: a new colleague, a changed pack, a decree, a list of staff."""

import io
import re
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.hand import Hand
from tests.browser.test_pages import RULES
from tests.conftest import ROOT

Sit = Callable[..., Hand]
PASSWORD = re.compile(r"\b[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}\b")


def accessible(somebody: Hand) -> None:
    """The page as it is now has no fault that axe knows, and fits a small phone."""
    found = Axe().run(somebody.page, options=RULES).response["violations"]
    assert not found, [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found]
    size = somebody.page.viewport_size
    somebody.page.set_viewport_size({"width": 320, "height": 640})
    assert somebody.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert size
    somebody.page.set_viewport_size(size)


def test_a_new_colleague_gets_an_account_a_post_and_logs_in(hand: Sit) -> None:
    officer = hand("security")
    page = officer.page
    page.on("dialog", lambda dialog: dialog.accept())
    officer.open("/admin/people")
    page.keyboard.press("n")
    page.wait_for_url("**/people/new")
    page.get_by_role("button", name="建立账号").click()
    officer.sees("请填写姓名")
    page.locator("#name").fill("吴小妹")
    page.locator("#username").fill("wuxm")
    page.get_by_role("button", name="建立账号").click()
    officer.sees("只显示这一次")
    accessible(officer)
    found = PASSWORD.search(officer.main.inner_text())
    assert found
    page.get_by_role("link", name="安排岗位").click()
    page.locator("#q").fill("sqzscjd")  # 杉桥镇市场监督管理所
    page.keyboard.press("Enter")
    page.locator("fieldset").filter(has_text="杉桥镇市场监督管理所").get_by_label("登记经办").check()
    page.get_by_role("button", name="安排", exact=True).click()
    officer.sees("接替现任")  # somebody holds it: he is asked whether that is meant
    page.get_by_label("接替现任").check()
    accessible(officer)
    page.get_by_role("button", name="安排", exact=True).click()
    officer.sees("已安排")
    officer.sees("登记经办")
    accessible(officer)

    colleague = hand()
    colleague.page.goto("/login")
    colleague.page.get_by_label("账号").fill("wuxm")
    colleague.page.get_by_label("密码").fill(found[0])
    colleague.page.get_by_role("button", name="登录").click()
    colleague.sees("给自己设一个密码")
    accessible(colleague)
    for name in ("new", "again"):
        colleague.page.locator(f"#{name}").fill("山里的路修好了2026")
    colleague.page.get_by_role("button", name="设好，登录").click()
    colleague.page.wait_for_url("**/desk")
    expect(colleague.page.locator("header")).to_contain_text("吴小妹")
    assert not officer.faults and not colleague.faults


def test_a_changed_pack_is_looked_at_and_published(hand: Sit) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in (ROOT / "packs" / "hengyang").rglob("*.*"):
            text = path.read_text(encoding="utf-8").replace(
                "limit: {statutory: 30wd, promised: 15wd}",
                "limit: {statutory: 30wd, promised: 11wd}", 1)
            packed.writestr(f"hengyang/{path.relative_to(ROOT / 'packs' / 'hengyang')}", text)
    admin = hand("admin")
    page = admin.page
    admin.open("/admin/packs")
    page.locator("#zip").set_input_files(
        {"name": "hengyang.zip", "mimeType": "application/zip", "buffer": out.getvalue()})
    page.get_by_role("button", name="上传并检查").click()
    admin.sees("没有问题")
    admin.sees("15wd → 11wd")
    accessible(admin)
    page.get_by_role("button", name="发布", exact=True).click()
    admin.sees("写一句为什么发布")
    page.locator("#note").fill("承诺缩短到11个工作日")
    page.get_by_label("我看过上面的改动").check()
    page.get_by_role("button", name="发布", exact=True).click()
    admin.sees("已发布")
    admin.sees("承诺缩短到11个工作日")
    accessible(admin)
    assert not admin.faults


def test_a_decree_is_pasted_and_looked_at_before_it_counts(hand: Sit) -> None:
    admin = hand("admin")
    page = admin.page
    admin.open("/admin/calendar/new")
    page.locator("#number").fill("国办发明电〔2026〕7号")
    page.locator("#days").fill("2027-01-01至2027-01-03 休 元旦\n2027-01-09 办公")
    page.get_by_role("button", name="看看有什么影响").click()
    admin.sees("要写明“休”或“班”")
    accessible(admin)
    page.locator("#days").fill("2027-01-01\t休\t元旦\n2027-01-02至2027-01-03 休 元旦\n2027-01-09 班")
    page.get_by_role("button", name="看看有什么影响").click()
    admin.sees("对在办件的影响")
    accessible(admin)
    page.get_by_role("button", name="录入，从现在起生效").click()
    admin.sees("已录入")
    page.get_by_role("link", name="2027", exact=True).click()
    admin.sees("元旦")
    assert not admin.faults


@pytest.mark.parametrize("size", [(1366, 768), (320, 640)])
def test_a_list_of_staff_is_looked_at_and_imported(hand: Sit, size: tuple[int, int]) -> None:
    out = io.BytesIO()
    username = f"import{size[0]}"
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["姓名", "账号", "单位", "岗位", "代理", "终止日期"])
        sheet.write_row(1, 0, [" 郑 一 ", username, "430421103.social", "社会事务经办", "是", "2099/1/1"])
        sheet.write_row(2, 0, ["郑二", f"{username}x", "430421103.social", "社会事务经办", "是", "2026/12/31"])
        sheet.write_row(3, 0, ["郑三", "z", "没有的单位", "经办"])
    officer = hand("security", viewport={"width": size[0], "height": size[1]})
    page = officer.page
    officer.open("/admin/people/import")
    page.locator("#sheet").set_input_files({"name": "名单.xlsx", "buffer": out.getvalue(),
                                            "mimeType": "application/vnd.ms-excel"})
    page.get_by_role("button", name="上传，先看一看").click()
    officer.sees("没有单位“没有的单位”")
    officer.sees("代理最长一年")
    accessible(officer)
    page.get_by_role("button", name="导入没有问题的").click()
    officer.sees("导入完成")
    assert len(PASSWORD.findall(officer.main.inner_text())) == 1
    accessible(officer)
    assert not officer.faults
