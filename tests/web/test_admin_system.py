"""The system administrator's screens: packs, offices, delegations, days off, messages, jobs."""

import io
import re
import shutil
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.cases.scenes import ROAD
from tests.cast import ALLOWANCE, TOWN, Cast, accepted, received
from tests.conftest import ROOT
from tests.web.doors import logged_in
from weimin.cases.models import Case, Clock
from weimin.cases.recompute import behind, recompute_running
from weimin.catalogue.models import Delegation, Item, PackVersion
from weimin.kernel import clock
from weimin.kernel.codes import group_case_number
from weimin.network.models import Office
from weimin.outbox.models import Message
from weimin.outbox.post import post
from weimin.trail import chain
from weimin.trail.models import Event
from weimin.worktime.current import calendar_now, forget
from weimin.worktime.models import Decree, DecreedDay


@pytest.fixture
def admin(cast: Cast, now: datetime, settings: LazySettings, tmp_path: Path) -> Iterator[Client]:
    """系统管理员 at the screen; what he writes to disk goes elsewhere."""
    settings.HOME = tmp_path
    with clock.rehearsed(now):
        yield logged_in(cast.sysadmin)
    forget()


def text(response: HttpResponse) -> str:
    return response.content.decode()


# -- packs ----------------------------------------------------------------------------------------


def pack(tmp_path: Path, before: str = "", after: str = "") -> SimpleUploadedFile:
    """The demo's pack, zipped, with something replaced in the items for the elderly."""
    folder = tmp_path / "src" / "hengyang"
    shutil.copytree(ROOT / "packs" / "hengyang", folder)
    path = folder / "items" / "elderly-care.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in folder.rglob("*.*"):
            packed.write(file, file.relative_to(folder.parent))
    return SimpleUploadedFile("hengyang.zip", out.getvalue())


def test_a_changed_pack_is_checked_shown_and_published(
    admin: Client, cast: Cast, now: datetime, tmp_path: Path
) -> None:
    number = received(cast, now)
    answer = admin.post("/admin/packs/check", {"zip": pack(
        tmp_path, "limit: {statutory: 30wd, promised: 15wd}",
        "limit: {statutory: 30wd, promised: 12wd}")})
    page = text(admin.get(answer["Location"]))
    assert "15wd → 12wd" in page
    digest = re.search(r'name="digest" value="(\w+)"', page)
    source = answer["Location"].split("source=")[1]
    assert digest
    said = {"source": source, "digest": digest[1], "note": "承诺缩短"}
    assert admin.post("/admin/packs/publish", said).status_code == 422  # nobody said sure
    assert admin.post("/admin/packs/publish", {**said, "sure": "1", "note": " "}).status_code == 422
    assert admin.post("/admin/packs/publish", {**said, "sure": "1", "digest": "x"}).status_code == 409
    answer = admin.post("/admin/packs/publish", {**said, "sure": "1"})
    made = PackVersion.objects.latest("id")
    assert answer["Location"].startswith(f"/admin/packs/versions/{made.pk}")
    assert (made.note, made.published_by_id) == ("承诺缩短", cast.sysadmin.account_id)
    shown = text(admin.get(answer["Location"]))
    assert "高龄津贴" in shown and "期限" in shown
    assert Case.objects.get(number=number).item_version != Item.objects.get(code=ALLOWANCE).current


def test_a_faulty_pack_shows_file_line_and_remedy_and_no_button(
    admin: Client, tmp_path: Path
) -> None:
    answer = admin.post("/admin/packs/check", {"zip": pack(
        tmp_path, "limit: {statutory: 30wd, promised: 15wd}",
        "limit: {statutory: 30wd, promised: 45wd}")})
    page = text(admin.get(answer["Location"]))
    assert re.search(r"items/elderly-care\.yaml:\d+", page)
    assert 'name="digest"' not in page


def test_another_places_pack_is_named_as_what_it_is(admin: Client, tmp_path: Path) -> None:
    file = pack(tmp_path)
    out = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("pack.yaml"):
                data = data.replace(b"name: hengyang", b"name: elsewhere")
            new.writestr(name, data)
    answer = admin.post("/admin/packs/check", {"zip": SimpleUploadedFile("a.zip", out.getvalue())})
    assert "这是另一个地方的包" in text(admin.get(answer["Location"]))


@pytest.mark.parametrize("zip_", [None, SimpleUploadedFile("a.zip", b"no zip")])
def test_what_is_no_pack_is_refused_in_words(admin: Client, zip_: SimpleUploadedFile | None) -> None:
    answer = admin.post("/admin/packs/check", {"zip": zip_} if zip_ else {})
    assert answer.status_code == 422 and 'href="#zip"' in text(answer)


# -- offices --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("q", "found"), [
    ("杉桥镇便民", True), ("sqzbm", True), ("shanqiaozhen", True), ("430421103", True),
    ("没有这个", False), ("%", False),
])
def test_an_office_is_found_by_name_pinyin_and_code(admin: Client, q: str, found: bool) -> None:
    assert ("杉桥镇便民服务中心" in text(admin.get("/admin/offices", {"q": q}))) is found


def test_phone_and_address_are_edited_and_kept_in_the_trail(admin: Client) -> None:
    office = Office.objects.get(code=f"{TOWN}.service")
    door = f"/admin/offices/{office.pk}"
    assert admin.post(door, {"phone": "12", "address": ""}).status_code == 422
    assert admin.post(door, {"phone": "0734-6812345", "address": " 杉桥镇 1 号 "}).status_code == 302
    office.refresh_from_db()
    assert (office.phone, office.address) == ("07346812345", "杉桥镇 1 号")
    event = Event.objects.get(subject_type="office", subject_id=office.pk)
    assert event.verb == "edit_office"


def test_an_office_shows_what_runs_there_and_which_powers_were_moved(
    admin: Client, cast: Cast, now: datetime
) -> None:
    accepted(cast, now)
    page = text(admin.get(f"/admin/offices/{cast.reviewer.office_id}"))
    assert "主管 1 件，手上的环节 1 个" in page and cast.reviewer.name in page
    assert "交给本单位" in page


def test_offices_take_the_same_queries_whatever_the_list(
    admin: Client, cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    admin.get("/admin/offices?q=a")
    with django_assert_num_queries(8):
        admin.get("/admin/offices?s=phone")
    with django_assert_num_queries(9):
        admin.get("/admin/offices?q=便民服务站")
    with django_assert_num_queries(9):
        admin.get("/admin/offices?q=杉桥镇便民服务中心")


# -- delegations ----------------------------------------------------------------------------------


def test_a_power_is_given_withdrawn_and_the_withdrawal_undone(admin: Client, cast: Cast) -> None:
    given = {"item": Item.objects.get(code=ALLOWANCE).pk, "power": "decide", "area": TOWN,
             "level": "town", "kind": "devolved", "from": "2026-06-01", "document": "〔2026〕1号"}
    assert admin.post("/admin/delegations", {**given, "level": "village"}).status_code == 422
    assert admin.post("/admin/delegations", {**given, "area": "x", "from": "?"}).status_code == 422
    assert admin.post("/admin/delegations", given).status_code == 302
    answer = admin.post("/admin/delegations", given)
    assert answer.status_code == 422 and "已经另有安排" in text(answer)
    row = Delegation.objects.latest("id")
    door = f"/admin/delegations/{row.pk}/withdraw"
    assert "said=withdrawn" in admin.post(door)["Location"]
    row.refresh_from_db()
    assert str(row.during.upper) == "2026-06-10"
    assert admin.post(door).status_code == 409
    assert admin.post(door, {"undo": "1"}).status_code == 302
    row.refresh_from_db()
    assert row.during.upper is None
    assert list(Event.objects.filter(subject_type="delegation", subject_id=row.pk)
                .order_by("seq").values_list("verb", flat=True)) == [
        "delegate", "withdraw_delegation", "restore_delegation"]


def test_a_power_that_has_not_begun_is_cancelled_and_not_said_to_be_undoable(admin: Client) -> None:
    admin.post("/admin/delegations", {
        "item": Item.objects.get(code=ALLOWANCE).pk, "power": "decide", "area": TOWN, "level": "town",
        "kind": "devolved", "from": "2026-07-01"})
    row = Delegation.objects.latest("id")
    answer = admin.post(f"/admin/delegations/{row.pk}/withdraw", follow=True)
    assert "还没有开始，已取消" in text(answer) and "今天之内" not in text(answer)
    assert not Delegation.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize(("item", "power", "level", "said"), [
    (ROAD, "accept", "village", "村（社区）只代收，“受理”请选乡镇或以上"),
    (ROAD, "print", "village", "村（社区）只代收，“出证”请选乡镇或以上"),
    (ROAD, "decide", "village", "村（社区）不作决定"),
    (ALLOWANCE, "decide", "village", "村（社区）不作决定"),
    (ROAD, "receive", "village", ""),
    (ROAD, "accept", "town", ""),
    (ALLOWANCE, "accept", "village", ""),
])
def test_a_village_is_given_no_more_of_a_permit_than_receiving_it(
    admin: Client, item: str, power: str, level: str, said: str
) -> None:
    answer = admin.post("/admin/delegations", {
        "item": Item.objects.get(code=item).pk, "power": power, "area": f"{TOWN}200",
        "level": level, "kind": "entrusted", "from": "2026-06-01", "document": ""})
    assert answer.status_code == (422 if said else 302)
    assert not said or said in text(answer)


def test_a_withdrawal_is_not_undone_where_the_law_forbids_the_row(admin: Client, now: datetime) -> None:
    row = Delegation.objects.create(
        item=Item.objects.get(code=ROAD), power="accept", area_id=TOWN, level="village",
        kind="entrusted", during=DateRange(date(2026, 6, 1), now.date()))
    answer = admin.post(f"/admin/delegations/{row.pk}/withdraw", {"undo": "1"})
    assert answer.status_code == 409 and "只代收" in text(answer)


@pytest.mark.parametrize("place", ["杉桥镇", "sqz", TOWN])
def test_a_place_for_a_power_is_found_by_name_pinyin_and_code(admin: Client, place: str) -> None:
    assert f'value="{TOWN}"' in text(admin.get("/admin/delegations", {"place": place}))


# -- days off -------------------------------------------------------------------------------------

DAYS = "2026-06-15 休 庆典\n2026-06-16至2026-06-17\t休\t庆典\n2026年6月13日 班"


def decreed(**changed: str) -> dict[str, str]:
    return {"title": "关于庆典放假的通知", "number": "〔2026〕9号", "published": "2026-06-10",
            "days": DAYS, **changed}


def test_a_decree_is_looked_at_before_it_moves_anybodys_day(
    admin: Client, cast: Cast, now: datetime
) -> None:
    number = accepted(cast, now)
    before = Clock.objects.get(case__number=number, kind="decision").due_on
    page = text(admin.post("/admin/calendar/new", decreed()))
    assert "期限后移" in page and not Decree.objects.filter(number="〔2026〕9号").exists()
    assert Clock.objects.get(case__number=number, kind="decision").due_on == before

    assert admin.post("/admin/calendar/new", decreed(enter="1")).status_code == 302
    assert DecreedDay.objects.get(date="2026-06-17").kind == "holiday"
    assert DecreedDay.objects.get(date="2026-06-13").kind == "makeup_workday"
    assert behind() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo'")
        assert ("weimin.cases.tasks.recompute",) in cursor.fetchall()
    assert "还有 1 件在重算期限" in text(admin.get("/admin/calendar"))
    assert recompute_running(now=now) == 1 and behind() == 0
    moved = Clock.objects.get(case__number=number, kind="decision").due_on
    # Three days off, one Saturday worked: two working days later.
    assert calendar_now().workdays_between(before, moved) == 2 and calendar_now().is_workday(date(2026, 6, 13))
    printed = Clock.objects.get(case__number=number, kind="promise")
    assert printed.due_on == printed.printed_on  # what was promised in print stays


def test_every_process_counts_by_the_new_decree(admin: Client, cast: Cast, now: datetime) -> None:
    """A process that read the calendar before asks again when it next loads a case."""
    number = received(cast, now)
    version = calendar_now().version
    admin.post("/admin/calendar/new", decreed(enter="1"))
    from weimin.worktime import current

    current._cached[str(connection.settings_dict["NAME"])] = (1, calendar_now())  # another process
    from tests.cast import look

    assert look(number, cast.info, now).calendar.version > version


def test_days_are_taken_back_by_another_decree(admin: Client) -> None:
    admin.post("/admin/calendar/new", decreed(enter="1"))
    back = decreed(number="〔2026〕10号", days="2026-06-15 取消", enter="1")
    assert admin.post("/admin/calendar/new", back).status_code == 302
    assert not DecreedDay.objects.filter(date="2026-06-15").exists()
    assert "照常" in text(admin.get(f"/admin/calendar/{Decree.objects.latest('id').pk}"))


@pytest.mark.parametrize(("changed", "said"), [
    ({"days": "2026-06-31 休"}, "没有“2026-06-31”这一天"),
    ({"days": f"{DAYS}\n明天 休\n2027-13-01 休"}, "第 4、5 行看不懂，一天也没有录入"),
    ({"days": "2026-06-15"}, "要写明"), ({"days": "2026-06-15 休\n2026-06-15 班"}, "不一样"),
    ({"days": "2026-06-20至2026-06-15 休"}, "从早到晚"), ({"days": ""}, "至少写一天"),
    ({"days": "2026-01-01 休 元旦"}, "不用再录"), ({"number": ""}, "请填写文号"),
    ({"published": "昨天"}, "2026-12-01"),
])
def test_a_decree_that_can_not_be_right_is_refused_in_words(
    admin: Client, changed: dict[str, str], said: str
) -> None:
    for enter in ({}, {"enter": "1"}):
        answer = admin.post("/admin/calendar/new", {**decreed(**changed), **enter})
        assert answer.status_code == 422 and said in text(answer)
        assert "关于庆典放假的通知" in text(answer)  # nothing typed is lost


def test_a_decree_comes_from_a_sheet_too(admin: Client) -> None:
    file = SimpleUploadedFile("days.csv", "日期,类型,名称\n2026/6/15,休,庆典\n20260616,休,庆典\n".encode("gb18030"))
    page = text(admin.post("/admin/calendar/new", {**decreed(days=""), "sheet": file}))
    assert "会变的日子，共 2 天" in page


# -- messages and the state ----------------------------------------------------------------------------


@pytest.fixture
def failed(admin: Client, now: datetime) -> Message:
    post("sms", "t-1", chain.Subject("case", 1), {"to": "19012345678", "text": "秘密内容"}, now=now)
    Message.objects.filter(key="t-1").update(status="failed", error="没有接通", tries=8)
    return Message.objects.get(key="t-1")


def test_a_failed_message_is_sent_again_given_up_and_taken_up_again(
    admin: Client, failed: Message
) -> None:
    page = text(admin.get("/admin/deliveries"))
    assert "190****5678" in page and "没有接通" in page
    assert "19012345678" not in page and "秘密内容" not in page
    door = f"/admin/deliveries/{failed.pk}"
    assert admin.post(f"{door}/give-up").status_code == 302
    assert "t-1" in text(admin.get("/admin/deliveries?s=dropped"))
    assert admin.post(f"{door}/again").status_code == 302
    failed.refresh_from_db()
    assert (failed.status, failed.tries) == ("waiting", 0)
    assert admin.post(f"{door}/again").status_code == 404
    assert list(Event.objects.filter(subject_type="message", subject_id=failed.pk)
                .order_by("seq").values_list("verb", flat=True)) == ["give_up_sending", "send_again"]


def test_a_message_to_a_resident_names_the_case_and_not_our_key(
    admin: Client, cast: Cast, now: datetime
) -> None:
    number = received(cast, now)
    case = Case.objects.get(number=number)
    post("resident", f"case-{case.pk}-9", chain.Subject("case", case.pk), {"person": "1", "text": "x"}, now=now)
    page = text(admin.get("/admin/deliveries?s=waiting"))
    assert "告知居民" in page and group_case_number(number) in page and f"case-{case.pk}" not in page


def test_all_failed_messages_are_sent_again_at_once(admin: Client, failed: Message) -> None:
    assert admin.post("/admin/deliveries/again")["Location"].endswith("count=1")
    failed.refresh_from_db()
    assert failed.status == "waiting"


def test_the_state_page_reads_backups_and_roots_from_the_disk(admin: Client, tmp_path: Path) -> None:
    assert "还没有备份过" in text(admin.get("/admin/now"))
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "weimin-20260610-030000.tar").write_bytes(b"x" * 2_000_000)
    page = text(admin.get("/admin/now"))
    assert "还没有备份过" not in page and "2.0 MB，共留 1 份" in page
    assert "后台任务没有在运行" in page  # no worker runs in the tests


@pytest.mark.parametrize("door", ["/admin/now", "/admin/jobs?s=succeeded", "/admin/deliveries?page=9",
                                  "/admin/calendar?year=1", "/admin/packs?page=x",
                                  "/admin/delegations?s=past&q=%27", "/admin/offices?area=x"])
def test_odd_questions_get_a_page(admin: Client, door: str) -> None:
    assert admin.get(door).status_code == 200
