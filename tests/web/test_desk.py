"""The desk: list and case side by side, and who may be taken in at the counter."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cases.scenes import publish_variant
from tests.cast import ALLOWANCE, VILLAGE, Cast, accepted, do, received, step_of
from tests.web.doors import logged_in
from weimin.cases.models import Case, Material, Party
from weimin.cases.verbs import hand_over, notify_missing, reassign, suspend
from weimin.kernel import clock, vault

pytestmark = pytest.mark.django_db

MINIMUM, ROAD = "HY-AID-01", "HY-BLD-03"


@pytest.fixture(autouse=True)
def noon(now: datetime) -> Iterator[None]:
    with clock.rehearsed(now + timedelta(hours=2)):
        yield


def at(actor: Any) -> Client:
    client = logged_in(actor)
    client.raise_request_exception = True
    return client


# -- what the page says --------------------------------------------------------------------------


def headline(actor: Any, number: str) -> str:
    page = at(actor).get(f"/desk/cases/{number}").content.decode()
    found = re.search(r'<h1 class="headline"[^>]*>(.*?)</h1>', page)
    assert found, page[:500]
    return found[1]


def test_what_was_received_waits_for_an_answer_not_for_its_end(cast: Cast, now: datetime) -> None:
    said = headline(cast.reviewer, received(cast, now))
    assert "正等杉桥镇社会事务办公室受理" in said and said.endswith("前要答复是否受理。")


def test_what_was_told_to_be_missing_waits_for_the_applicant_alone(cast: Cast, now: datetime) -> None:
    number = received(cast, now, have={})
    notify_missing(number, actor=cast.reviewer, now=now)
    assert headline(cast.reviewer, number).endswith("正等申请人补正。")


def test_a_form_that_comes_back_names_the_field_to_mend(cast: Cast, now: datetime) -> None:
    number, reviewer = accepted(cast, now), at(cast.reviewer)
    step = Case.objects.get(number=number).step_set.get(state="open").pk
    answer = reviewer.post(f"/desk/cases/{number}/do/complete", {"step": step, "outcome": "approve"})
    page = answer.content.decode()
    assert answer.status_code == 422 and f'<dialog id="complete-{step}" open' in page
    assert f'href="#complete-{step}-answer-opinion"' in page
    assert f'id="complete-{step}-answer-opinion"' in page


def test_a_paper_that_there_is_not_is_not_found(cast: Cast, now: datetime) -> None:
    number, reviewer = accepted(cast, now), at(cast.reviewer)
    for form in ("notice", "refusal", "decision", "certificate", "revocation", "delivery"):
        assert reviewer.get(f"/papers/{number}/{form}.pdf").status_code == 404, form
    for form in ("receipt", "acceptance"):
        assert reviewer.get(f"/papers/{number}/{form}.pdf").status_code == 200, form


def test_a_supervisor_goes_back_to_his_own_page(cast: Cast, now: datetime) -> None:
    page = at(cast.supervisor).get(f"/desk/cases/{accepted(cast, now)}").content.decode()
    assert re.search(r'class="crumbs"[^>]*><a href="/today"', page)


def test_the_interface_says_late_when_the_screen_does(cast: Cast, now: datetime) -> None:
    number, reviewer = accepted(cast, now), at(cast.reviewer)
    whole, (row,) = f"/api/v1/cases/{number}", reviewer.get("/api/v1/work").json()
    assert row["late"] is False is reviewer.get(whole).json()["late"]
    assert reviewer.get(whole).json()["waits_for"] == row["waits_for"] != ""
    with clock.rehearsed(now + timedelta(days=90)):
        later = at(cast.reviewer)
        (row,), one = later.get("/api/v1/work").json(), later.get(whole).json()
    assert row["late"] is True is one["late"] and row["due_at"].endswith("+08:00")
    assert one["due_at"].endswith("+08:00")


# -- the item's own form in the dialogs ------------------------------------------------------------


def test_the_notice_names_what_was_left_open_in_the_form_too(cast: Cast, now: datetime) -> None:
    number = received(cast, now, answers={"low_income": True, "household_area": VILLAGE})
    reviewer = at(cast.reviewer)  # birth and account are open
    dialog = between(reviewer.get(f"/desk/cases/{number}").content.decode(), "notify_missing")
    assert re.search("没有填写的也会写进去：[^<]*出生日期", dialog)  # told whatever is ticked
    assert 'name="unfilled" value="account"' not in dialog
    assert re.search(r'name="unfilled" value="low_income"(?! checked)', dialog)
    reviewer.post(f"/desk/cases/{number}/do/notify_missing", {})
    assert Case.objects.get(number=number).state == "noticed"
    told = between(reviewer.get(f"/desk/cases/{number}").content.decode(), "supplement")
    assert 'name="f-account"' in told and 'name="f-low_income"' not in told
    reviewer.post(f"/desk/cases/{number}/do/supplement",
                  {"f-account": "6217000000000001234", "f-birth": "1943-05-01"})
    case = Case.objects.get(number=number)
    assert case.state == "received" and case.facts["birth"] == "1943-05-01"


def test_who_decides_reads_what_the_reviewer_wrote(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now + timedelta(hours=1), opinion="年龄、户籍属实")
    assert "年龄、户籍属实" in at(cast.county_head).get(f"/desk/cases/{number}").content.decode()


def between(page: str, verb: str) -> str:
    """The dialog of a verb."""
    found = re.search(rf'<dialog id="{verb}".*?</dialog>', page, re.DOTALL)
    assert found, verb
    return found[0]


# -- side by side --------------------------------------------------------------------------------


def test_the_case_stands_beside_its_list(cast: Cast, now: datetime) -> None:
    number, other = accepted(cast, now), received(cast, now, another_is_meant=True)
    page = at(cast.reviewer).get(f"/desk?case={number}").content.decode()
    assert f'data-case="{number}"' in page and f"/desk/cases/{other}" in page
    assert re.search(rf'class="current">.{{0,400}}/desk/cases/{number}', page, re.DOTALL)


def test_script_asks_for_the_case_alone_and_for_the_list_alone(cast: Cast, now: datetime) -> None:
    number, reviewer = accepted(cast, now), at(cast.reviewer)
    case = reviewer.get(f"/desk/cases/{number}", headers={"X-Part": "case"}).content.decode()
    assert "<html" not in case and "data-item" not in case
    listed = reviewer.get("/desk", headers={"X-Part": "list"}).content.decode()
    assert "<html" not in listed and "data-item" in listed and "data-case" not in listed


def test_a_refusal_comes_back_as_the_case_alone_with_what_was_typed(
    cast: Cast, now: datetime
) -> None:
    number, reviewer = accepted(cast, now), at(cast.reviewer)
    step = Case.objects.get(number=number).step_set.get(state="open").pk
    said = {"step": step, "outcome": "reject", "answer-opinion": "不符合条件"}
    answer = reviewer.post(f"/desk/cases/{number}/do/complete", said, headers={"X-Part": "case"})
    assert answer.status_code == 422
    assert "<html" not in answer.content.decode() and "不符合条件" in answer.content.decode()


def test_neither_costs_more_queries_than_it_may(cast: Cast, now: datetime) -> None:
    for _ in range(3):
        number = accepted(cast, now, another_is_meant=True)
    reviewer = at(cast.reviewer)
    for path, most, part in (("/desk", 5, ""), (f"/desk/cases/{number}", 8, "case"),
                             (f"/desk?case={number}", 11, "")):
        reviewer.get(path, headers={"X-Part": part})
        with CaptureQueriesContext(connection, ) as queries:
            reviewer.get(path, headers={"X-Part": part})
        assert len(queries) <= most, [q["sql"][:90] for q in queries]


def test_a_case_that_is_not_his_is_not_found_beside_the_list_either(
    cast: Cast, now: datetime
) -> None:
    number = accepted(cast, now)
    assert logged_in(cast.other_clerk).get(f"/desk?case={number}").status_code == 404


def test_the_sheet_holds_what_the_list_shows(cast: Cast, now: datetime) -> None:
    import io
    import zipfile

    number = accepted(cast, now)

    def sheet(query: str) -> str:
        body = at(cast.reviewer).get(f"/desk/excel?{query}").content
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            return "".join(book.read(n).decode() for n in book.namelist() if n.endswith("xml"))

    assert number in sheet("view=mine")
    assert number not in sheet("view=late")


# -- intake --------------------------------------------------------------------------------------


def send(cast: Cast, item: str, clerk: Any = None, **said: Any) -> Any:
    return at(clerk or cast.clerk).post(f"/desk/intake/{item}", {"area": VILLAGE, **said})


def who_is(person: Any, prefix: str = "") -> dict[str, str]:
    return {f"{prefix}identity": vault.decrypt(person.identity_cipher), f"{prefix}name": person.name}


def test_an_organisation_and_its_handler_are_taken_in_with_the_letter(cast: Cast) -> None:
    form = at(cast.clerk).post(f"/desk/intake/{ROAD}", {"who": "handler", "look": "2"})
    assert "授权委托书" in form.content.decode() and 'name="uscc"' in form.content.decode()
    assert 'value="business-licence"' in form.content.decode()
    assert 'value="id-card"' not in form.content.decode()  # no organisation has one
    sent = send(cast, ROAD, who="handler", uscc="91990000MA00000008", org_name="示意合作社",
                org_legal="周示意", **who_is(cast.qian, "agent_"), agent_phone="19000005678",
                have=["by-letter", "by-agent-card"])
    assert sent.status_code == 302, sent.content.decode()
    case = Case.objects.get()
    assert case.applicant == "示意合作社"
    assert Party.objects.get(case=case, role="agent").paper == "授权委托书"
    assert Material.objects.get(case=case, key="by-letter").state == "have"
    page = at(cast.clerk).get(f"/desk/cases/{case.number}").content.decode()
    assert "法定代表人 周示意" in page and "经办人" in page
    found = at(cast.clerk).post("/desk/search", {"q": "示意合作社"}, follow=True).content.decode()
    assert case.number in found.replace(" ", "")


def test_a_guardian_without_his_paper_is_told_so_in_the_notice(cast: Cast) -> None:
    send(cast, ALLOWANCE, cast.info, who="guardian", **who_is(cast.zhao), **who_is(cast.qian, "agent_"))
    number = Case.objects.get().number
    page = at(cast.info).get(f"/desk/cases/{number}").content.decode()
    assert "监护关系证明（户口簿、出生医学证明、监护证明之一）" in page
    notice = re.search(r'id="notify_missing".*?</form>', page, re.DOTALL)
    assert notice and re.search(r'value="by-guardianship" checked', notice[0])


def test_a_household_is_taken_in_with_its_members(cast: Cast) -> None:
    row = {"m-0-name": "钱大妈", "m-0-relation": "配偶", "m-0-status": "健康",
           "m-0-id": vault.decrypt(cast.qian.identity_cipher)}
    said = {"who": "self", **who_is(cast.zhao), **row, "f-hardship": ["illness", "disaster"]}
    assert send(cast, MINIMUM, **said).status_code == 302
    case = Case.objects.get()
    assert Party.objects.get(case=case, role="member").person_id == cast.qian.pk
    assert case.facts["hardship"] == ["illness", "disaster"]
    assert case.facts["members"][0]["id"].startswith("密:")
    page = at(cast.clerk).get(f"/desk/cases/{case.number}").content.decode()
    assert page.count("<b>钱大妈</b>") == 1 and "钱大妈，" not in page
    assert "健康和就业状况</dt><dd>健康" in page
    asked = send(cast, MINIMUM, **{**said, **who_is(cast.qian), "m-0-name": "", "m-0-id": "",
                                   "m-0-relation": "", "m-0-status": ""})
    assert asked.status_code == 409 and "另办一件" in asked.content.decode()


def test_the_answers_change_the_list_of_materials(cast: Cast) -> None:
    def names(**said: str) -> str:
        page = at(cast.clerk).post(f"/desk/intake/{ROAD}", {"look": "2", **said}).content.decode()
        return " ".join(re.findall(r'name="have" value="([\w-]+)"', page))

    assert "repair" in names(**{"s-dig": "yes"}) and "repair" not in names(**{"s-dig": "no"})


def test_a_resident_of_elsewhere_is_found_by_the_name_of_his_village(cast: Cast) -> None:
    page = at(cast.other_clerk).post(f"/desk/intake/{ALLOWANCE}", {"look": "3", "place": "杉桥村"})
    assert f'value="{VILLAGE}"' in page.content.decode()


# -- a step of the applicant ---------------------------------------------------------------------


FLOW = {"steps": {
    "check": {"title": "乡镇初审", "kind": "review", "who": "item@town"},
    "built": {"title": "报告竣工", "kind": "register", "who": "applicant", "needs": ["check"]},
    "decide": {"title": "决定", "kind": "decision", "who": "item@county", "needs": ["built"]},
}}


@pytest.fixture
def waits_for_him(cast: Cast, now: datetime, db: None) -> str:
    publish_variant(ALLOWANCE, flow=FLOW)
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now + timedelta(hours=1))
    return number


def test_the_portal_asks_the_applicant_for_his_step(waits_for_him: str, cast: Cast) -> None:
    his = at(cast.resident)
    page = his.get(f"/mine/{waits_for_him}").content.decode()
    assert "请您办理：报告竣工" in page
    step = re.search(r'name="step" value="(\d+)"', page)
    assert step
    his.post(f"/mine/{waits_for_him}/do/complete",
             {"step": step[1], "outcome": "approve", "answer-note": "已完工"})
    assert "请您办理：报告竣工" not in his.get(f"/mine/{waits_for_him}").content.decode()


def test_the_counter_enters_it_for_him_and_the_timeline_says_so(
    waits_for_him: str, cast: Cast
) -> None:
    desk, address = at(cast.info), f"/desk/cases/{waits_for_him}"
    page = desk.get(address).content.decode()
    assert "代申请人登记：报告竣工" in page
    step = re.search(r'id="complete-(\d+)"', page)
    assert step
    desk.post(f"{address}/do/complete", {"step": step[1], "outcome": "approve"})
    assert "工作人员代申请人登记" in desk.get(address).content.decode()


def test_who_comes_too_late_keeps_what_he_wrote_and_sees_how_it_stands(
    cast: Cast, now: datetime
) -> None:
    number, desk = accepted(cast, now), at(cast.reviewer)
    said = {"step": str(Case.objects.get(number=number).step_set.get(state="open").pk), "expect": "0",
            "outcome": "approve", "answer-opinion": "写了很久的意见"}
    do(number, "check", actor=cast.reviewer, now=now + timedelta(hours=1))
    answer = desk.post(f"/desk/cases/{number}/do/complete", said)
    page = answer.content.decode()
    assert answer.status_code == 409 and "这个环节刚才已经有人办理了" in page
    assert "下面已经是最新情况" in page and "您刚才写的没有存：写了很久的意见" in page


# -- who has it in hand -----------------------------------------------------------------------------


def test_what_a_colleague_has_in_hand_says_so(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    reassign(number, actor=cast.town_head, now=now, step=step_of(number, "check"),
             account=cast.town_head.account_id, reason="疑难")
    name = cast.town_head.name
    desk = logged_in(cast.reviewer)
    shown = desk.get(f"/desk/cases/{number}").content.decode()
    assert f"由{name}经办" in shown and f"交给{name}" in shown and "办理：乡镇初审" not in shown
    assert f"{name}在办：乡镇初审" in desk.get("/desk").content.decode()
    own = logged_in(cast.town_head)
    assert "等您乡镇初审" in own.get("/desk").content.decode()
    assert "经办。他不在" not in own.get(f"/desk/cases/{number}").content.decode()


def test_what_is_suspended_says_what_for(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    suspend(number, actor=cast.reviewer, now=now, reason="site_visit", expected="约5个工作日")
    desk = logged_in(cast.reviewer)
    assert "暂停中：现场核查" in desk.get("/desk").content.decode()
    assert "暂停办理（现场核查）" in desk.get(f"/desk/cases/{number}").content.decode()


def test_a_case_says_who_answers_and_to_whom_that_is_offered(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    lead = f"{cast.reviewer.post_title} {cast.reviewer.name}"
    desk = logged_in(cast.reviewer)
    assert f"主办 {lead}" in desk.get(f"/desk/cases/{number}").content.decode()
    hand_over(number, actor=cast.reviewer, now=now, post=cast.town_head.post_id, reason="休假")
    shown = desk.get(f"/desk/cases/{number}").content.decode()
    assert f"正在移交给{cast.town_head.office_name} {cast.town_head.post_title} {cast.town_head.name}" in shown
    assert f"主办 {lead}" in shown  # until it is taken


def test_what_is_looked_for_does_not_stand_in_the_address(cast: Cast, now: datetime) -> None:
    number, identity = received(cast, now), vault.decrypt(cast.zhao.identity_cipher)
    came = at(cast.info).post("/desk/search", {"q": identity})
    assert came.status_code == 302 and identity not in came["Location"]
    found = at(cast.info).get(came["Location"]).content.decode()
    assert number in found.replace(" ", "")
    assert identity not in found.replace(f'value="{identity}"', "")  # nor in the ways on: filters, sheet, cases
    assert at(cast.info).get(came["Location"].replace("/search?", "/excel?of=search&")).status_code == 200
    assert identity not in at(cast.clerk).get(came["Location"]).content.decode()  # it opens for one account
