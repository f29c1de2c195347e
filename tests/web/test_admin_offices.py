"""设置单位与岗位 at the screen: made, renamed, ended, closed, by the system administrator alone."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.cast import CITY, TOWN, Cast, accepted, holder
from tests.web.doors import logged_in
from weimin.catalogue.models import PackVersion
from weimin.kernel import clock
from weimin.network.models import Office, Post
from weimin.trail.models import Event

NEW = {"area": TOWN, "name": "杉桥镇民政办公室", "kind": "office", "first": "2026-06-10",
       "lines": ["civil-affairs"], "take_over": "1", "phone": "0734-6812345", "address": "一号楼",
       "windows": "1", "post": "民政经办", "roles": ["reviewer", "clerk"]}


@pytest.fixture
def admin(
    cast: Cast, db: None, now: datetime, settings: LazySettings, tmp_path: Path
) -> Iterator[Client]:
    """系统管理员 at the screen."""
    settings.HOME = tmp_path
    with clock.rehearsed(now):
        yield logged_in(cast.sysadmin)


@pytest.fixture
def social() -> Office:
    return Office.objects.get(code=f"{TOWN}.social")


def text(response: HttpResponse) -> str:
    return response.content.decode()


def made(admin: Client, **changed: object) -> Office:
    answer = admin.post("/admin/offices/new", {**NEW, **changed})
    assert answer.status_code == 302, text(answer)
    return Office.objects.latest("id")


def events(subject: str, id_: int) -> list[str]:
    return list(Event.objects.filter(subject_type=subject, subject_id=id_).order_by("seq")
                .values_list("verb", flat=True))


# -- offices --------------------------------------------------------------------------------------


def test_an_office_is_made_where_one_stands(admin: Client, db: None) -> None:
    assert f"/admin/offices/new?area={TOWN}" in text(admin.get(f"/admin/offices?area={TOWN}"))
    assert "现由杉桥镇社会事务办公室承担" in text(admin.get(f"/admin/offices/new?area={TOWN}"))
    office = made(admin)
    page = text(admin.get(f"/admin/offices/{office.pk}?said=made"))
    assert "安排人员" in page and "民政经办" in page and "在这里新建，地方包不改它" in page
    assert events("office", office.pk) == ["make_office"]
    assert events("post", Post.objects.get(office=office).pk) == ["make_post"]
    assert "杉桥镇民政办公室" in text(admin.get(f"/admin/offices?area={TOWN}"))


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(admin: Client) -> None:
    answer = admin.post("/admin/offices/new", {**NEW, "take_over": "", "phone": "12"})
    page = text(answer)
    assert answer.status_code == 422
    assert 'href="#lines"' in page and "承担，同一地方一条线只能有" in page and 'href="#phone"' in page
    assert 'value="杉桥镇民政办公室"' in page and re.search(r'value="civil-affairs" checked', page)
    assert admin.post("/admin/offices/new", {**NEW, "first": "明天"}).status_code == 422
    assert admin.get("/admin/offices/new?area=x").status_code == 404


def test_after_an_error_nothing_says_that_it_went_well(admin: Client) -> None:
    door = f"/admin/offices/{made(admin).pk}?said=made"
    assert "单位已建好" in text(admin.get(door))
    refused = admin.post(door, {"name": "", "phone": "12", "address": "", "windows": "1"})
    assert refused.status_code == 422 and "单位已建好" not in text(refused)


def test_an_office_is_renamed_and_given_back_to_its_pack(admin: Client, social: Office) -> None:
    door = f"/admin/offices/{social.pk}"
    said = {"name": "杉桥镇民生办公室", "phone": "", "address": ""}
    assert admin.post(door, said).status_code == 302
    social.refresh_from_db()
    assert (social.name, social.kept) == ("杉桥镇民生办公室", ["name"])
    assert "名称以这里改的为准" in text(admin.get(door))
    assert admin.post(door, {**said, "name": "杉桥镇便民服务中心"}).status_code == 422
    assert admin.post(f"{door}/do/give-back").status_code == 302
    social.refresh_from_db()
    assert social.kept == []
    assert events("office", social.pk) == ["edit_office", "office_as_the_pack"]
    assert admin.post(f"{door}/do/else").status_code == 404


def test_windows_are_counted_where_no_pack_counts_them(admin: Client, social: Office) -> None:
    office = made(admin)
    said = {"name": office.name, "phone": "", "address": "", "windows": "3"}
    admin.post(f"/admin/offices/{office.pk}", said)
    assert office.windows.count() == 3
    admin.post(f"/admin/offices/{office.pk}", {**said, "windows": "0"})
    assert office.windows.count() == 0
    admin.post(f"/admin/offices/{social.pk}", {**said, "name": social.name, "windows": "3"})
    assert social.windows.count() == 0


def test_an_office_ends_with_an_heir_and_until_then_that_is_taken_back(
    admin: Client, cast: Cast, now: datetime, social: Office
) -> None:
    accepted(cast, now)
    heir = Office.objects.get(code=f"{TOWN}.agriculture")
    door = f"/admin/offices/{social.pk}"
    page = text(admin.get(f"{door}/end"))
    assert "1 件，到那天移给承接单位" in page and heir.name in page and "民政" in page
    assert admin.post(f"{door}/end", {"on": "2026-07-01"}).status_code == 422
    assert admin.post(f"{door}/end", {"on": "x", "successor": heir.pk}).status_code == 422
    assert admin.post(f"{door}/end", {"on": "2026-07-01", "successor": heir.pk}).status_code == 302
    assert "取消撤销" in text(admin.get(door))
    assert admin.post(f"{door}/do/restore").status_code == 302
    assert admin.post(f"{door}/do/restore").status_code == 409
    answer = admin.post(f"{door}/end", {"on": "2026-06-10", "successor": heir.pk})
    assert answer["Location"].endswith("said=ended&moved=1")
    page = text(admin.get(answer["Location"]))
    assert "1 件在办件已移给承接单位" in page and "新设岗位" not in page
    assert events("office", social.pk) == ["end_office", "restore_office", "end_office"]


def test_an_heir_elsewhere_is_found_and_what_lapses_is_said(admin: Client, social: Office) -> None:
    county = Office.objects.get(code="430421.civil-affairs")
    door = f"/admin/offices/{social.pk}/end"
    assert county.name in text(admin.get(door, {"q": "衡阳县民政"}))
    answer = admin.post(door, {"on": "2026-06-10", "successor": county.pk, "q": "衡阳县民政"})
    assert answer.status_code == 422 and "没有单位承担" in text(answer) and county.name in text(answer)


# -- posts ----------------------------------------------------------------------------------------


def test_a_post_is_made_renamed_closed_and_had_again(admin: Client, social: Office) -> None:
    door = f"/admin/offices/{social.pk}/posts/new"
    assert admin.post(door, {"title": "第二经办"}).status_code == 422
    assert admin.post(door, {"title": "第二经办", "roles": ["reviewer"]}).status_code == 302
    post = Post.objects.latest("id")
    door = f"/admin/posts/{post.pk}"
    assert admin.post(door, {"title": "社会事务经办"}).status_code == 422
    assert admin.post(door, {"title": "第三经办"}).status_code == 302
    assert "第三经办" in text(admin.get(f"/admin/offices/{social.pk}"))
    assert admin.post(f"{door}/do/duty").status_code == 422  # nobody is there
    assert admin.post(f"{door}/do/close").status_code == 302
    assert "撤销的岗位，1 个" in text(admin.get(f"/admin/offices/{social.pk}"))
    assert admin.post(f"{door}/do/reopen").status_code == 302
    assert admin.post(f"{door}/do/else").status_code == 404
    assert events("post", post.pk) == ["make_post", "retitle_post", "close_post", "reopen_post"]


def test_a_post_that_answers_for_cases_says_what_to_do_first(
    admin: Client, cast: Cast, now: datetime
) -> None:
    accepted(cast, now)
    answer = admin.post(f"/admin/posts/{cast.reviewer.post_id}/do/close")
    assert answer.status_code == 422
    assert "还主办着 1 件" in text(answer) and "先把这些件移交出去" in text(answer)


def test_a_closed_post_is_not_offered_for_appointments(admin: Client, social: Office) -> None:
    admin.post(f"/admin/offices/{social.pk}/posts/new", {"title": "第二经办", "roles": ["reviewer"]})
    post = Post.objects.latest("id")
    secadmin = logged_in(holder(f"{CITY}.admin", "secadmin"))
    somebody = holder(f"{TOWN}.agriculture", "reviewer").account_id
    choices = f"/admin/people/{somebody}/post?q=杉桥镇社会"
    assert "第二经办" in text(secadmin.get(choices))
    admin.post(f"/admin/posts/{post.pk}/do/close")
    assert "第二经办" not in text(secadmin.get(choices))
    answer = secadmin.post(f"/admin/people/{somebody}/post", {"post": post.pk, "first": "2026-06-10"})
    assert answer.status_code == 422 and "已撤销" in text(answer)


def test_the_security_administrator_looks_and_does_not_build(admin: Client, social: Office) -> None:
    secadmin = logged_in(holder(f"{CITY}.admin", "secadmin"))
    page = text(secadmin.get(f"/admin/offices/{social.pk}"))
    assert "新设岗位" not in page and "撤销这个单位" not in page
    assert "新建单位" not in text(secadmin.get(f"/admin/offices?area={TOWN}"))
    for door in (f"/admin/offices/{social.pk}/posts/new", f"/admin/offices/{social.pk}/end"):
        assert secadmin.get(door).status_code == 403


def test_the_audit_tells_who_made_and_ended_what(admin: Client, social: Office) -> None:
    office = made(admin)
    admin.post(f"/admin/posts/{Post.objects.get(office=office).pk}", {"title": "经办一"})
    page = text(logged_in(holder(f"{CITY}.admin", "auditor")).get("/admin/audit"))
    assert "新建单位" in page and "杉桥镇民政办公室" in page
    assert "岗位改名" in page and "经办一" in page and "交出条线" in page


def test_the_list_takes_the_same_queries_with_offices_that_screens_made(
    admin: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made(admin)
    admin.get(f"/admin/offices?area={TOWN}")
    with django_assert_num_queries(10):
        admin.get(f"/admin/offices?area={TOWN}")
    made(admin, name="另一个办公室", lines=[])
    with django_assert_num_queries(10):
        admin.get(f"/admin/offices?area={TOWN}")


# -- packs ----------------------------------------------------------------------------------------


def test_the_pack_as_it_is_now_is_downloaded_checked_and_differs_in_nothing(admin: Client) -> None:
    made(admin)
    assert "下载现在的包" in text(admin.get("/admin/packs"))
    answer = admin.get("/admin/packs/current.zip")
    assert answer["Content-Type"] == "application/zip"
    assert 'filename="hengyang-1-20260610.zip"' in answer["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert "杉桥镇民政办公室" in archive.read("hengyang/exceptions.yaml").decode()
    sent = SimpleUploadedFile("hengyang.zip", answer.content)
    page = text(admin.get(admin.post("/admin/packs/check", {"zip": sent})["Location"]))
    assert "没有问题，也没有改动" in page and "＝" not in page


def test_the_pack_without_it_says_where_the_screens_decided(admin: Client) -> None:
    made(admin)
    version = PackVersion.objects.latest("id")
    door = f"/admin/packs/versions/{version.pk}"
    assert f"{door}.zip" in text(admin.get(door))
    sent = SimpleUploadedFile("hengyang.zip", admin.get(f"{door}.zip").content)
    page = text(admin.get(admin.post("/admin/packs/check", {"zip": sent})["Location"]))
    assert "没有问题，也没有改动" in page and "管理界面已交给杉桥镇民政办公室" in page
    assert admin.get("/admin/packs/versions/9999999.zip").status_code == 404
