"""The counter's one page: what is known comes masked and with a trace, and nothing is asked twice."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import escape, unescape
from typing import Any

import pytest
from django.test import Client

from tests.cases.scenes import ROAD, application, item_of, publish_variant, under_way
from tests.cast import ALLOWANCE, CARD, STROKES, VILLAGE, Cast, accepted, do, received, step_of
from tests.web.doors import logged_in
from weimin.cases.models import Case
from weimin.cases.verbs import accept, correct, receive, rename, return_to, suspend
from weimin.kernel import clock, vault
from weimin.registry.models import Certificate
from weimin.trail.models import Reveal
from weimin.web.sessions import end_all

pytestmark = pytest.mark.django_db

MINIMUM = "HY-AID-01"


@pytest.fixture(autouse=True)
def noon(now: datetime) -> Iterator[None]:
    with clock.rehearsed(now + timedelta(hours=2)):
        yield


def at(actor: Any) -> Client:
    client = logged_in(actor)
    client.raise_request_exception = True
    return client


def look_up(cast: Cast, clerk: Any, item: str = ALLOWANCE, **said: str) -> str:
    asked = {"look": "1", "identity": vault.decrypt(cast.zhao.identity_cipher), **said}
    return at(clerk).post(f"/desk/intake/{item}", asked).content.decode()


# -- what is known -------------------------------------------------------------------------------


def test_looking_somebody_up_leaves_a_trace_with_its_purpose_and_the_phone_stays_masked(
    cast: Cast
) -> None:
    page = look_up(cast, cast.other_clerk)
    assert 'value="赵大爷"' in page
    assert vault.decrypt(cast.zhao.phone_cipher) not in page and cast.zhao.phone_mask in page
    trace = Reveal.objects.get()
    assert (trace.account_id, trace.subject_id) == (cast.other_clerk.account_id, cast.zhao.pk)
    assert trace.purpose == "收件带出：高龄津贴申领"


def test_looking_twice_on_one_day_is_one_trace(cast: Cast) -> None:
    look_up(cast, cast.clerk)
    look_up(cast, cast.clerk)
    assert Reveal.objects.count() == 1


def test_the_audit_says_in_words_what_was_seen(cast: Cast) -> None:
    from tests.cast import CITY, holder

    look_up(cast, cast.clerk)
    page = at(holder(f"{CITY}.admin", "auditor")).get("/admin/audit?s=reveals").content.decode()
    assert "姓名、住址、持有的证照" in page and "收件带出" in page


def test_who_leaves_the_phone_empty_keeps_the_one_that_is_registered(cast: Cast) -> None:
    at(cast.clerk).post(f"/desk/intake/{ALLOWANCE}", {
        "who": "self", "area": VILLAGE, "identity": vault.decrypt(cast.zhao.identity_cipher)})
    case = Case.objects.get()
    phone = vault.decrypt(cast.zhao.phone_cipher)
    assert bytes(case.follow_hash) == vault.lookup(f"{case.number}:{phone[-4:]}")


def test_a_certificate_that_replaces_a_material_is_shown_before_anything_is_sent(
    cast: Cast, now: datetime
) -> None:
    material = next(m for m in item_of(ALLOWANCE).materials if m.replaced_by)
    number = received(cast, now)
    Certificate.objects.create(
        number="示意〔2026〕1号", type=material.replaced_by, name="示意", holder_person=cast.zhao,
        case_id=Case.objects.get(number=number).pk, office_id=cast.clerk.office_id,
        issued_on=now.date(), code="x")
    assert "示意〔2026〕1号" not in at(cast.clerk).get(f"/desk/intake/{ALLOWANCE}").content.decode()
    page = look_up(cast, cast.clerk)
    assert re.search(rf'data-row="{material.key}".*?免交.*?示意〔2026〕1号', page, re.DOTALL)


def test_a_certificate_replaces_a_material_up_to_its_last_day(cast: Cast, now: datetime) -> None:
    wanted = next(m for m in item_of(ALLOWANCE).materials if m.replaced_by).replaced_by
    Certificate.objects.create(
        number="示意〔2026〕1号", type=wanted, name="示意", holder_person=cast.zhao, code="x",
        case_id=Case.objects.get(number=received(cast, now)).pk, office_id=cast.clerk.office_id,
        issued_on=now.date(), valid_to=now.date())
    last = now.replace(hour=23, minute=50)
    for at_that, shown in ((last, True), (last + timedelta(minutes=20), False)):  # early on the next day
        with clock.rehearsed(at_that):
            assert ("示意〔2026〕1号" in look_up(cast, cast.clerk)) == shown


def test_the_guided_intake_leaves_the_same_trace(cast: Cast) -> None:
    desk, pages = at(cast.clerk), f"/desk/intake/{ALLOWANCE}/guided"
    desk.post(f"{pages}/who", {"who": "self"})
    said = {"identity": vault.decrypt(cast.zhao.identity_cipher), "name": "", "phone": ""}
    assert desk.post(f"{pages}/applicant", said).status_code == 302
    assert (Reveal.objects.get().subject_id, Reveal.objects.get().what) == (cast.zhao.pk, "intake")


def test_another_name_than_the_registered_one_is_not_dropped_in_silence(cast: Cast) -> None:
    number, desk = vault.decrypt(cast.zhao.identity_cipher), at(cast.clerk)
    said = {"who": "self", "area": VILLAGE, "identity": number, "name": "赵二爷"}
    page = desk.post(f"/desk/intake/{ALLOWANCE}", said).content.decode()
    assert '<a href="#name">' in page and "赵大爷" not in page
    assert desk.post(f"/desk/intake/{ALLOWANCE}", {**said, "name": " 赵大爷 "}).status_code == 302


def test_a_first_visit_says_that_the_name_must_be_typed(cast: Cast) -> None:
    page = look_up(cast, cast.clerk, identity="990000194403050991")
    assert "第一次来，请填姓名" in page and not Reveal.objects.exists()


# -- asked once, and all said at once ------------------------------------------------------------


def test_what_a_scenario_answers_is_not_asked_again(cast: Cast) -> None:
    page = at(cast.clerk).get(f"/desk/intake/{ROAD}").content.decode()
    assert 'name="s-dig"' in page and 'name="f-work"' not in page


def test_the_site_is_asked_once_and_stands_in_the_form(cast: Cast) -> None:
    desk = at(cast.clerk)
    assert 'name="f-site_area"' not in desk.get(f"/desk/intake/{ROAD}").content.decode()
    desk.post(f"/desk/intake/{ROAD}", {
        "who": "self", "area": VILLAGE, "identity": vault.decrypt(cast.zhao.identity_cipher)})
    assert Case.objects.get().facts["site_area"] == VILLAGE


def test_an_account_that_can_be_none_is_said_at_once(cast: Cast) -> None:
    page = at(cast.clerk).post(f"/desk/intake/{ALLOWANCE}", {"f-account": "12"}).content.decode()
    assert '<a href="#f-account">发放账户' in page


def test_every_answer_that_materials_depend_on_draws_their_list_anew(
    cast: Cast, db: None
) -> None:
    materials = [dict(m) for m in item_of(ALLOWANCE).data["materials"]]
    materials[0]["when"] = {"low_income": True}
    publish_variant(ALLOWANCE, materials=materials)
    key = materials[0]["key"]
    page = at(cast.clerk).get(f"/desk/intake/{ALLOWANCE}").content.decode()
    assert re.search(r'name="f-low_income"[^>]*data-look="materials"', page)
    assert f'data-row="{key}"' not in page
    page = at(cast.clerk).post(f"/desk/intake/{ALLOWANCE}", {"look": "2", "f-low_income": "true"})
    assert f'data-row="{key}"' in page.content.decode()


def test_an_empty_form_says_all_that_is_wrong_at_once(cast: Cast) -> None:
    page = at(cast.clerk).post(f"/desk/intake/{ALLOWANCE}", {"f-birth": "昨天"}).content.decode()
    for href in ("#identity", "#name", "#area", "#f-birth"):
        assert f'<a href="{href}">' in page


def test_an_officer_of_a_village_begins_with_his_own_village(cast: Cast) -> None:
    page = at(cast.info).get(f"/desk/intake/{ALLOWANCE}").content.decode()
    assert re.search(rf'name="area".*?value="{VILLAGE}" selected', page, re.DOTALL)


# -- 更正 ------------------------------------------------------------------------------------------


def test_the_correction_shows_every_field_as_it_stands_and_writes_only_what_changed(
    cast: Cast, now: datetime
) -> None:
    number = received(cast, now)
    desk, address = at(cast.info), f"/desk/cases/{number}/correct"
    page = desk.get(address).content.decode()
    for field in item_of(ALLOWANCE).form:
        assert f'name="f-{field.key}"' in page
    typed = dict(re.findall(r'<input class="in[^"]*" id="(f-[\w]+)" name="[^"]+" type="\w+" value="([^"]*)"', page))
    said = {**typed, "f-household_area": VILLAGE, "f-low_income": "true", "reason": "录入错误"}
    before = Case.objects.get(number=number).facts
    assert desk.post(address, said).status_code == 422  # nothing was changed
    assert desk.post(address, {**said, "f-low_income": "false"}).status_code == 302
    after = Case.objects.get(number=number).facts
    assert {key for key in after if after[key] != before.get(key)} == {"low_income"}


# -- what a case's page says ----------------------------------------------------------------------


def test_what_was_left_open_stands_on_the_page_until_it_is_accepted(cast: Cast, now: datetime) -> None:
    number = received(cast, now, answers={"low_income": True})
    page = at(cast.info).get(f"/desk/cases/{number}").content.decode()
    assert re.search(r"发放账户.*?还没填", page)
    assert "还缺：" in at(cast.info).get(f"/desk/received/{number}").content.decode()


def test_the_rows_of_a_table_are_words_and_what_identifies_is_masked(cast: Cast) -> None:
    desk = at(cast.info)
    desk.post(f"/desk/intake/{MINIMUM}", {
        "who": "self", "area": VILLAGE, "identity": vault.decrypt(cast.zhao.identity_cipher),
        "m-0-name": "赵小", "m-0-relation": "儿子", "m-0-id": "990000194403050991", "m-0-status": "健康"})
    number = Case.objects.get().number
    page = desk.get(f"/desk/cases/{number}").content.decode()
    assert re.search(r"<b>赵小</b>.*990\*+0991.*健康", page, re.DOTALL)
    named = {"name": "赵大", "id": "990000194403050991", "relation": "儿子", "status": "健康"}
    correct(number, actor=cast.info, now=clock.now(), facts={"members": [named]}, reason="登记时写错了名字")
    page = desk.get(f"/desk/cases/{number}").content.decode()  # a name that is no party's is not lost
    assert re.search(r"赵大，990\*+0991，儿子，健康", page)
    assert "密:" not in page and "990000194403050991" not in page


def test_a_step_that_came_back_says_by_whom_why_and_where_it_goes(
    cast: Cast, now: datetime
) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now + timedelta(minutes=40))
    return_to(number, actor=cast.county, now=now + timedelta(minutes=50), step=step_of(number, "decide"),
              target="check", reason="请补入户照片", straight_back=True)
    page = at(cast.reviewer).get(f"/desk/cases/{number}").content.decode()
    assert "“乡镇初审”是退回来重办的" in page
    assert f"{cast.county.name}：请补入户照片。重办后直接回到退回的环节" in page
    do(number, "check", actor=cast.reviewer, now=now + timedelta(minutes=55))
    page = at(cast.reviewer).get(f"/desk/cases/{number}").content.decode()
    assert "是退回来重办的" not in page


def test_a_wait_is_told_in_words_and_says_whether_the_clock_stands(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    suspend(number, actor=cast.reviewer, now=now + timedelta(minutes=40), reason="external",
            expected="约5个工作日")
    page = at(cast.reviewer).get(f"/desk/cases/{number}").content.decode()
    assert "等待外部系统；需要 约5个工作日；照常计时" in page


# -- what the deciding office reads --------------------------------------------------------------


def test_who_decides_reads_what_the_reviewer_wrote(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now + timedelta(hours=1), opinion="年龄属实，同意上报")
    assert "年龄属实，同意上报" in at(cast.county).get(f"/desk/cases/{number}").content.decode()
    assert "年龄属实" not in at(cast.resident).get(f"/mine/{number}").content.decode()


def test_the_trail_says_why_somebody_is_called_otherwise_and_not_how_he_was(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    rename(number, actor=cast.info, now=now, person=cast.zhao.pk, name="孙大爷", ground="changed",
           reason="看了户口簿")
    page = at(cast.reviewer).get(f"/desk/cases/{number}").content.decode()
    assert "公安机关已经变更姓名；看了户口簿" in page and "赵大爷" not in page


def test_back_leads_to_where_one_came_from_and_never_elsewhere(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    leader = at(cast.supervisor)
    page = leader.get(f"/desk/cases/{number}?from=/today/cases/late").content.decode()
    assert '<a href="/today/cases/late" data-back' in page
    for foreign in ("https://example.org/today", "//example.org", "/today/\\evil", ""):
        page = leader.get(f"/desk/cases/{number}", {"from": foreign}).content.decode()
        assert '<a href="/today" data-back' in page
    assert '<a href="/desk" data-back' in at(cast.reviewer).get(f"/desk/cases/{number}").content.decode()


def test_a_correction_on_the_way_does_not_lose_the_way_back(cast: Cast, now: datetime) -> None:
    number, found = received(cast, now), "/desk/search?s=abc&state=open"
    desk, back = at(cast.info), f'<a href="{escape(found)}" data-back'
    case = desk.get(f"/desk/cases/{number}", {"from": found}).content.decode()
    opens = re.search(rf'href="(/desk/cases/{number}/correct\?[^"]+)"', case)
    assert back in case and opens
    form = desk.get(unescape(opens[1])).content.decode()
    assert f'name="from" value="{escape(found)}"' in form
    typed = dict(re.findall(r'<input class="in[^"]*" id="(f-[\w]+)" name="[^"]+" type="\w+" value="([^"]*)"', form))
    sent = desk.post(f"/desk/cases/{number}/correct", {
        **typed, "f-household_area": VILLAGE, "f-low_income": "false", "reason": "录入错误", "from": found},
        follow=True)
    assert "已更正" in sent.content.decode() and back in sent.content.decode()


def test_an_instant_card_takes_one_form_for_the_town_and_one_for_the_hand_over(
    cast: Cast, now: datetime
) -> None:
    number = receive(application(cast.zhao, CARD), actor=cast.info, now=now).number
    accept(number, actor=cast.info, now=now)
    town, village = at(cast.reviewer), at(cast.info)
    assert "一次办完：当场核验并决定、制证" in town.get(f"/desk/cases/{number}").content.decode()
    town.post(f"/desk/cases/{number}/do/on_the_spot", {"opinion": "符合条件"})
    village.post(f"/desk/cases/{number}/do/on_the_spot", {
        "answer-way": "direct", "answer-received_by": "赵大爷", "answer-relation": "self",
        "answer-signature": STROKES})
    assert (Case.objects.get().state, Case.objects.get().outcome) == ("closed", "granted")


def test_an_extension_is_typed_as_a_number_and_told_in_words(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, MINIMUM)
    head = at(cast.town_head)
    page = head.get(f"/desk/cases/{number}").content.decode()
    assert "延长多少工作日" in page
    address = f"/desk/cases/{number}/do/extend"
    wrong = head.post(address, {"term": "很多", "unit": "wd", "reason": "情况复杂"})
    assert wrong.status_code == 422 and "请写一个数" in wrong.content.decode()
    assert head.post(address, {"term": " ５个工作日", "unit": "wd", "reason": "情况复杂"}).status_code == 302
    told = head.get(f"/desk/cases/{number}").content.decode()
    assert "情况复杂；" in told and "延长5个工作日" in told


# -- a session that ends -------------------------------------------------------------------------


def test_what_is_sent_after_the_session_ended_leads_to_the_log_in_and_back(cast: Cast, now: datetime) -> None:
    number, clerk = received(cast, now), at(cast.clerk)
    end_all(cast.clerk.account_id or 0)
    door = clerk.post(f"/desk/cases/{number}/do/accept", {}, headers={"Referer": f"http://testserver/desk?case={number}"})
    login = clerk.get(door.headers["Location"]).content.decode()
    assert "登录已经失效，刚才的内容没有提交" in login
    assert f'name="next" value="/desk?case={number}"' in login
    elsewhere = at(cast.clerk)
    end_all(cast.clerk.account_id or 0)
    door = elsewhere.post(f"/desk/intake/{CARD}", {}, headers={"Referer": "http://elsewhere.example/desk"})
    assert door.headers["Location"] == f"/login?next=%2Fdesk%2Fintake%2F{CARD}&ended=sent"


def test_who_was_logged_in_is_told_and_who_was_not_is_not(cast: Cast) -> None:
    clerk = at(cast.clerk)
    end_all(cast.clerk.account_id or 0)
    assert "登录已经失效，请再登录一次" in clerk.get("/desk", follow=True).content.decode()
    assert "登录已经失效" not in Client().get("/desk", follow=True).content.decode()


def test_a_wrong_password_does_not_forget_the_way_back(cast: Cast) -> None:
    page = Client().post("/login", {"username": "x", "password": "y", "next": f"/desk/intake/{CARD}"})
    assert page.status_code == 401 and f'value="/desk/intake/{CARD}"' in page.content.decode()
