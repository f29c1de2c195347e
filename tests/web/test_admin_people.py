"""人员: what the security administrator does on the screen, from the account to the first log-in."""

import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from python_calamine import CalamineWorkbook

from tests.cast import CITY, DAY, TOWN, Cast, accepted, holder
from tests.web.doors import logged_in
from weimin.kernel import clock
from weimin.network.models import Account, Holding, Post
from weimin.trail.models import Event
from weimin.web.models import Session

PASSWORD = re.compile(r"\b[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}\b")


@pytest.fixture
def officer(cast: Cast, now: datetime) -> Iterator[Client]:
    """安全管理员 at the screen, on the day of the tests."""
    with clock.rehearsed(now):
        yield logged_in(holder(f"{CITY}.admin", "secadmin"))


def text(response: HttpResponse) -> str:
    return response.content.decode()


def made(officer: Client, username: str = "xiaowu", name: str = "小吴") -> tuple[Account, str]:
    """A new account and the password that the page showed."""
    answer = officer.post("/admin/people/new", {"username": username, "name": name})
    found = PASSWORD.search(text(answer))
    assert answer.status_code == 200 and found
    return Account.objects.get(username=username), found[0]


def test_a_new_account_logs_in_once_and_then_has_its_own_password(officer: Client, cast: Cast
                                                                  ) -> None:
    account, password = made(officer)
    post = Post.objects.get(office__code=f"{TOWN}.market", key="head")
    answer = officer.post(f"/admin/people/{account.pk}/post",
                          {"post": post.pk, "first": str(DAY), "as": "holder", "replace": "1"})
    assert answer.status_code == 302

    own, door = "山里的路修好了2026", Client()
    answer = door.post("/login", {"username": "xiaowu", "password": password})
    assert answer["Location"].startswith("/login/password")
    assert door.get("/desk")["Location"].startswith("/login?")  # not in yet
    answer = door.post("/login/password", {"new": "短", "again": "短"})
    assert answer.status_code == 422
    assert door.post("/login/password", {"new": own, "again": own + "x"}).status_code == 422
    assert door.post("/login/password", {"new": own, "again": own}).status_code == 302
    assert door.get("/desk").status_code == 200

    again = Client()
    assert again.post("/login", {"username": "xiaowu", "password": password}).status_code == 401
    assert again.post("/login", {"username": "xiaowu", "password": own}).status_code == 302
    assert again.get("/desk").status_code == 200


def test_the_first_password_opens_no_second_door(officer: Client) -> None:
    """Two browsers come with the first password: who is later finds it used."""
    _account, password = made(officer)
    early, late = Client(), Client()
    for door in (early, late):
        door.post("/login", {"username": "xiaowu", "password": password})
    own = "山里的路修好了2026"
    assert early.post("/login/password", {"new": own, "again": own}).status_code == 302
    assert late.post("/login/password", {"new": "另一个新密码2026", "again": "另一个新密码2026"}
                     ).status_code == 422
    assert Account.objects.get(username="xiaowu").check_password(own)


def test_a_password_of_ones_own_needs_the_old_one(officer: Client, cast: Cast) -> None:
    account = Account.objects.get(pk=cast.clerk.account_id)
    account.set_password("原来的密码2026")
    account.save()
    clerk, elsewhere = logged_in(cast.clerk), logged_in(cast.clerk)
    new = {"new": "换一个新的密码2026", "again": "换一个新的密码2026"}
    assert clerk.post("/login/password", {**new, "old": "猜的"}).status_code == 422
    assert clerk.post("/login/password", {**new, "old": "原来的密码2026"}).status_code == 302
    assert clerk.get("/desk").status_code == 200
    assert elsewhere.get("/desk").status_code == 302  # thrown out


def test_the_password_stands_on_no_later_page_and_in_no_record(officer: Client) -> None:
    account, password = made(officer)
    assert password not in text(officer.get(f"/admin/people/{account.pk}"))
    bodies = b"".join(bytes(e.body) for e in Event.objects.filter(
        subject_type="account", subject_id=account.pk))
    assert password.encode() not in bodies and password not in account.password


def test_switching_off_ends_every_log_in(officer: Client, cast: Cast) -> None:
    clerk = logged_in(cast.clerk)
    who = cast.clerk.account_id
    assert clerk.get("/desk").status_code == 200
    assert officer.post(f"/admin/people/{who}/do/off").status_code == 302
    assert not Session.objects.filter(account=who).exists()
    assert clerk.get("/desk").status_code == 302
    assert officer.post(f"/admin/people/{who}/do/on").status_code == 302
    assert Account.objects.get(pk=who).is_active


def test_who_answers_for_cases_is_kept_and_the_page_says_what_to_do(
    officer: Client, cast: Cast, now: datetime
) -> None:
    accepted(cast, now)
    answer = officer.post(f"/admin/people/{cast.reviewer.account_id}/do/off")
    assert answer.status_code == 422 and "先安排接任的人" in text(answer)
    holding = Holding.objects.get(post_id=cast.reviewer.post_id, deputy=False)
    answer = officer.post(f"/admin/people/{cast.reviewer.account_id}/do/end",
                          {"holding": holding.pk, "last": str(DAY)})
    assert answer.status_code == 422 and "主办着 1 件" in text(answer)


def test_a_reset_password_throws_out_and_unlocks(officer: Client, cast: Cast) -> None:
    account, _first = made(officer)
    for _ in range(6):
        Client().post("/login", {"username": "xiaowu", "password": "x"})
    assert "登录被锁" in text(officer.get("/admin/people?q=xiaowu"))
    assert "小吴" in text(officer.get("/admin/people?s=locked"))
    found = PASSWORD.search(text(officer.post(f"/admin/people/{account.pk}/do/password")))
    assert found
    assert Client().post("/login", {"username": "xiaowu", "password": found[0]}).status_code == 302


def test_a_lock_is_lifted_without_a_new_password(officer: Client, cast: Cast) -> None:
    account, first = made(officer)
    for _ in range(6):
        Client().post("/login", {"username": "xiaowu", "password": "x"})
    assert Client().post("/login", {"username": "xiaowu", "password": first}).status_code == 429
    assert officer.post(f"/admin/people/{account.pk}/do/unlock").status_code == 302
    assert Client().post("/login", {"username": "xiaowu", "password": first}).status_code == 302


def test_nobody_changes_another_ones_holding_by_number(officer: Client, cast: Cast) -> None:
    theirs = Holding.objects.get(post_id=cast.health.post_id, deputy=False)
    answer = officer.post(f"/admin/people/{cast.clerk.account_id}/do/end",
                          {"holding": theirs.pk, "last": str(DAY)})
    assert answer.status_code == 404


@pytest.mark.parametrize("q", ["杉桥镇便民", "sqzbm", "li", "430421103", "'", "%", "没有这个人"])
def test_people_are_found_by_name_user_name_and_office(officer: Client, q: str) -> None:
    assert officer.get("/admin/people", {"q": q}).status_code == 200


def test_a_post_without_anybody_shows_on_both_lists(officer: Client, cast: Cast) -> None:
    Holding.objects.filter(post_id=cast.health.post_id).delete()
    assert cast.health.office_name in text(officer.get("/admin/offices?s=vacant"))
    assert cast.health.name in text(officer.get(f"/admin/people?s=vacant&q={cast.health.name}"))


def test_the_list_takes_as_many_queries_for_fifty_as_for_one(
    officer: Client, cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for address in ("/admin/people", f"/admin/people?q={cast.clerk.name}"):
        officer.get(address)  # which reads the place, if nobody did
        with django_assert_num_queries(5 if "q=" not in address else 6):
            assert officer.get(address).status_code == 200


# -- from a sheet ---------------------------------------------------------------------------------


HEADS = ["姓名*", "账号*", "单位编码*", "岗位*", "起始日期", "终止日期", "代理", "接替现任"]


def sheet(*rows: list[Any], heads: list[str] = HEADS, above: int = 0) -> SimpleUploadedFile:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet()
        if above:
            page.merge_range(0, 0, 0, 7, "杉桥镇人员名单（2026年）")
        for n, row in enumerate([heads, *rows], start=above):
            page.write_row(n, 0, row)
    return SimpleUploadedFile("名单.xlsx", out.getvalue())


def send(officer: Client, file: SimpleUploadedFile) -> HttpResponse:
    return officer.post("/admin/people/import", {"sheet": file})


def confirm(officer: Client, preview: HttpResponse) -> HttpResponse:
    import html

    found = re.search(r'name="rows" value="([^"]*)"', text(preview))
    assert found, text(preview)
    return officer.post("/admin/people/import", {"rows": html.unescape(found[1])})


@pytest.fixture
def vacant(cast: Cast) -> Post:
    post = Post.objects.select_related("office").get(office__code=f"{TOWN}.market", key="head")
    Holding.objects.filter(post=post).delete()
    return post


def test_good_rows_are_imported_and_the_others_say_why(officer: Client, vacant: Post, cast: Cast
                                                       ) -> None:
    office = vacant.office
    preview = send(officer, sheet(
        ["  吴　小妹 ", 20260015.0, f" {office.code} ", " 所长 ", "2026/6/1", "", "", ""],
        ["", "nobody", office.code, "所长"],
        ["周一", "a b?c", office.code, "所长"],
        ["周二", "zhou2", "没有的单位", "所长"],
        ["周三", "zhou3", office.code, "没有的岗位"],
        ["周四", "zhou4", office.code, "所长", "不是日期"],
        ["周五", "zhou5", f"{TOWN}.service", "综合窗口"],
        ["周六", "zhou6", f"{TOWN}.service", "综合窗口", "2026-06-20", "2026-06-10", "是"],
        ["周日", "zhou7", f"{TOWN}.service", "综合窗口", "2026-06-10", "", "是"],
        ["周八", 430421199001011234.0, office.code, "所长"],
        ["别名", "20260015", office.code, "所长"],
        ["吴" * 41, "wu9", office.code, "所长", "", "", "也许"],
        above=1))
    said = text(preview)
    for why in ("没有姓名", "账号用2到40个", "没有单位“没有的单位”", "有：登记经办、所长", "看不懂日期",
                "接替请在", "终止日期早于", "代理要写明终止日期", "被表格改成了小数", "写给了两个人",
                "最多40个字", "看不懂“也许”"):
        assert why in said, why
    assert "第 3 行" in said and not Account.objects.filter(username="20260015").exists()

    done = text(confirm(officer, preview))
    account = Account.objects.get(username="20260015")
    assert account.name == "吴 小妹" and account.must_change
    assert Holding.objects.get(post=vacant).account == account
    assert len(PASSWORD.findall(done)) == 1
    assert not Account.objects.filter(username__startswith="zhou").exists()


def test_the_same_sheet_again_changes_nothing(officer: Client, vacant: Post) -> None:
    row = ["吴小妹", "wuxm", vacant.office.name, "所长"]
    confirm(officer, send(officer, sheet(row)))
    count = Account.objects.count(), Holding.objects.count(), Event.objects.count()
    again = send(officer, sheet(row))
    assert "已在岗" in text(again) and 'name="rows"' not in text(again)
    assert (Account.objects.count(), Holding.objects.count(), Event.objects.count()) == count


def test_one_person_in_two_posts_is_one_account(officer: Client, vacant: Post, cast: Cast) -> None:
    done = confirm(officer, send(officer, sheet(
        ["吴小妹", "wuxm", vacant.office.code, "所长"],
        ["吴小妹", "WUXM", f"{TOWN}.service", "综合窗口", "2026-06-10", "2026-06-30", "是"])))
    assert len(PASSWORD.findall(text(done))) == 1
    assert Account.objects.get(username="wuxm").holdings.count() == 2


def test_a_sheet_takes_over_a_post_when_it_says_so(officer: Client, cast: Cast) -> None:
    confirm(officer, send(officer, sheet(
        ["吴小妹", "wuxm", f"{TOWN}.service", "综合窗口", "2026-06-10", "", "", "是"])))
    now = Holding.objects.get(post_id=cast.clerk.post_id, deputy=False, during__contains=DAY)
    assert now.account.username == "wuxm"


def test_a_carried_sheet_that_was_tampered_with_is_judged_again(officer: Client, cast: Cast) -> None:
    for rows in ("[]]", '[["1"]]', '[["x","a","b","c","d","","","",""]]', "7", '[[1,2]]', "null"):
        answer = officer.post("/admin/people/import", {"rows": rows})
        assert answer.status_code == 422, rows


@pytest.mark.parametrize("file", [
    SimpleUploadedFile("a.xlsx", b"not a sheet"), SimpleUploadedFile("a.csv", b"a,b\n1,2\n"),
    SimpleUploadedFile("a.xlsx", b""), sheet(heads=["姓名", "账号"]), sheet(),
    SimpleUploadedFile("a.pdf", b"%PDF-1.7"),
])
def test_what_is_no_list_of_staff_is_refused_in_words(officer: Client, file: SimpleUploadedFile
                                                      ) -> None:
    answer = send(officer, file)
    assert answer.status_code == 422 and 'href="#sheet"' in text(answer)


def test_the_template_comes_back_as_it_went_out(officer: Client, cast: Cast) -> None:
    answer = officer.get("/admin/people/template.xlsx")
    with CalamineWorkbook.from_filelike(io.BytesIO(answer.content)) as book:
        assert book.sheet_names == ["人员", "岗位对照"]
        posts = book.get_sheet_by_name("岗位对照").to_python()
    assert [f"{TOWN}.service", cast.clerk.office_name, "综合窗口", "是", cast.clerk.name] in posts
    empty = send(officer, SimpleUploadedFile("t.xlsx", answer.content))
    assert "表头下面没有人" in text(empty)
