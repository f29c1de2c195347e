"""One question a page: the draft is its owner's, survives everything, and becomes one case."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.cast import ALLOWANCE, VILLAGE, Cast
from tests.web.doors import logged_in
from tests.web.test_uploads import PAGE, sent
from weimin.cases.models import Case, Material, Party
from weimin.kernel import clock, vault
from weimin.registry.models import Certificate, Organisation
from weimin.web import drafts
from weimin.web.models import Draft

pytestmark = pytest.mark.django_db

MINIMUM, ROAD = "HY-AID-01", "HY-BLD-03"
PAGES = f"/items/{ALLOWANCE}/apply"
ACCOUNT = "6200000000000000000"


@pytest.fixture(autouse=True)
def noon(now: datetime) -> Iterator[None]:
    with clock.rehearsed(now):
        yield


@pytest.fixture
def zhao(cast: Cast) -> Client:
    """赵大爷 at his phone; the registry knows where he lives and when he was born."""
    client = logged_in(cast.resident)
    client.raise_request_exception = True
    return client


def answer(client: Client, key: str, pages: str = PAGES, **said: Any) -> str:
    """Answer one page; the key of the next."""
    response = client.post(f"{pages}/{key}", said)
    assert response.status_code == 302, response.content.decode()
    return str(response.headers["Location"]).rsplit("/", 1)[1]


def scan(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{name}.pdf", f"%PDF-1.4 {name}".encode())


def to_the_end(client: Client) -> None:
    assert answer(client, "who", who="self") == "f-low_income"
    assert answer(client, "f-low_income", **{"f-low_income": "true"}) == "f-account"
    assert answer(client, "f-account", **{"f-account": ACCOUNT}) == "papers"
    assert answer(client, "papers", **{f"scan-{key}": scan(key) for key in ("id-card", "apply")}) == "check"


def test_an_account_that_no_bank_has_is_asked_for_again(zhao: Client) -> None:
    answer(zhao, "who", who="self")
    for typed in ("测试", "123"):
        page = zhao.post(f"{PAGES}/f-account", {"f-account": typed})
        assert page.status_code == 422 and "对照存折或银行卡" in page.content.decode()
    assert answer(zhao, "f-account", **{"f-account": "６２００ 0000 0000 0000 000"}) == "papers"


def test_what_is_known_is_not_asked_and_shown_at_the_end(zhao: Client) -> None:
    assert str(zhao.get(PAGES).headers["Location"]).endswith("/who")
    to_the_end(zhao)
    page = zhao.get(f"{PAGES}/check").content.decode()
    assert "来自登记信息" in page and "杉桥村" in page
    assert ACCOUNT not in page  # masked, even to himself on a shared phone


def test_one_case_comes_of_it_and_the_draft_is_gone(zhao: Client, cast: Cast) -> None:
    zhao.get(PAGES)
    to_the_end(zhao)
    sent = zhao.post(f"{PAGES}/check")
    case = Case.objects.get()
    assert sent.headers["Location"] == f"/applied/{case.number}"
    assert (case.channel, case.area_id) == ("web", VILLAGE)
    assert Party.objects.get(case=case).person_id == cast.zhao.pk
    have = set(Material.objects.filter(case=case, state="have").values_list("key", flat=True))
    assert have == {"id-card", "apply"}
    assert not Draft.objects.exists()


def test_back_or_sent_again_it_leads_to_what_was_sent(zhao: Client) -> None:
    zhao.get(PAGES)
    to_the_end(zhao)
    confirmed = zhao.post(f"{PAGES}/check").headers["Location"]
    assert zhao.post(f"{PAGES}/check").headers["Location"] == confirmed
    assert zhao.get(f"{PAGES}/papers").headers["Location"] == confirmed
    assert Case.objects.count() == 1
    zhao.get(PAGES)  # begun anew, on purpose
    assert zhao.get(f"{PAGES}/who").status_code == 200


def test_sent_from_another_phone_it_says_so_and_begins_no_second_one(zhao: Client, cast: Cast) -> None:
    to_the_end(zhao)
    other = logged_in(cast.resident)
    assert other.post(f"{PAGES}/check").status_code == 302
    late = zhao.post(f"{PAGES}/check")
    assert late.status_code == 409 and "已经在别处提交" in late.content.decode()
    assert Case.objects.count() == 1 and not Draft.objects.exists()


def test_a_tick_without_a_scan_is_nothing(zhao: Client) -> None:
    zhao.get(PAGES)
    answer(zhao, "who", who="self")
    answer(zhao, "f-low_income", **{"f-low_income": "true"})
    answer(zhao, "f-account", **{"f-account": ACCOUNT})
    assert 'name="have"' not in zhao.get(f"{PAGES}/papers").content.decode()
    answer(zhao, "papers", have=["id-card", "apply"])
    checked = zhao.get(f"{PAGES}/check").content.decode()
    assert "已收" not in checked and "还缺" in checked
    zhao.post(f"{PAGES}/check")
    assert set(Material.objects.values_list("state", flat=True)) == {"missing"}


def test_pages_that_came_in_outlive_the_form_they_were_taken_for(zhao: Client, cast: Cast) -> None:
    zhao.get(PAGES)
    answer(zhao, "who", who="self")
    page = sent(zhao, PAGE)
    zhao.post(f"{PAGES}/papers", {"upload-apply": page, "look": "1"})
    again = logged_in(cast.resident)  # another phone, another day
    assert f'name="upload-apply" value="{page}"' in again.get(f"{PAGES}/papers").content.decode()
    answer(again, "f-low_income", **{"f-low_income": "true"})
    answer(again, "f-account", **{"f-account": ACCOUNT})
    answer(again, "papers", **{"upload-apply": page})
    shown = again.get(f"{PAGES}/papers").content.decode()
    assert "已传扫描件" in shown and page not in shown


def test_how_many_pages_there_are_stays_the_same(zhao: Client) -> None:
    zhao.get(PAGES)
    assert "共" not in zhao.get(f"{PAGES}/who").content.decode().split("stepbar")[1].split("</div>")[0]
    answer(zhao, "who", who="self")
    for page in ("f-low_income", "f-account", "papers"):
        assert "共 7 步" in zhao.get(f"{PAGES}/{page}").content.decode()


@pytest.mark.parametrize("written", ["1990-10-01", "19901001", "１９９０年１０月１日", "1990/10/1"])
def test_a_date_is_understood_however_it_is_written(zhao: Client, written: str) -> None:
    zhao.get(PAGES)
    answer(zhao, "f-birth", **{"f-birth": written})
    to_the_end(zhao)  # where he reads what was understood, not what he typed
    assert "1990年10月1日" in zhao.get(f"{PAGES}/check").content.decode()


def test_every_fault_of_a_page_is_counted_and_a_name_is_never_cut(zhao: Client, cast: Cast) -> None:
    zhao.get(PAGES)
    answer(zhao, "who", who="agent")
    page = zhao.post(f"{PAGES}/applicant", {"identity": "430421199001010000", "phone": "1"})
    said = page.content.decode()
    assert "还差 3 处" in said and "有一位输错了" in said and "校验位" not in said
    long = zhao.post(f"{PAGES}/applicant", {
        "identity": vault.decrypt(cast.qian.identity_cipher), "name": "钱" * 41})
    assert "姓名最多40个字，现在是41个字" in long.content.decode()


def test_after_a_log_out_it_goes_on_where_it_was(zhao: Client, cast: Cast) -> None:
    zhao.get(PAGES)
    answer(zhao, "who", who="self")
    answer(zhao, "f-low_income", **{"f-low_income": "true"})
    again = logged_in(cast.resident)
    assert str(again.get(PAGES).headers["Location"]).endswith("/f-account")
    assert 'value="true" checked' in again.get(f"{PAGES}/f-low_income").content.decode()
    assert "接着填" in again.get("/mine").content.decode()


def test_enter_on_a_place_that_was_found_goes_on(zhao: Client, cast: Cast) -> None:
    """Enter presses the form's first button, which looks the name up."""
    pages = f"/items/{MINIMUM}/apply"
    look = {"place": "杉桥村", "look": "3"}
    assert answer(zhao, "area", pages, **look) == "area"
    assert answer(zhao, "area", pages, area=VILLAGE, place="洋泉", look="3") == "area"  # another name
    assert answer(zhao, "area", pages, **look) == "area"
    assert answer(zhao, "area", pages, area=VILLAGE, **look) != "area"


def test_a_change_at_the_end_comes_back_to_the_end(zhao: Client) -> None:
    zhao.get(PAGES)
    to_the_end(zhao)
    assert answer(zhao, "f-low_income", **{"f-low_income": "false"}) == "check"


def test_what_is_said_is_encrypted_and_nobody_elses(zhao: Client, cast: Cast) -> None:
    zhao.get(PAGES)
    answer(zhao, "f-account", **{"f-account": ACCOUNT})
    assert ACCOUNT.encode() not in bytes(Draft.objects.get().sealed)
    other = logged_in(cast.neighbour)
    assert ACCOUNT not in other.get(f"{PAGES}/f-account").content.decode()


def test_a_wrong_answer_says_so_and_stays_typed(zhao: Client) -> None:
    zhao.get(PAGES)
    response = zhao.post(f"{PAGES}/f-low_income", {})
    assert response.status_code == 422
    assert "请填写是否低收入家庭" in response.content.decode()
    zhao.get(f"/items/{MINIMUM}/apply")
    page = zhao.post(f"/items/{MINIMUM}/apply/f-income", {"f-income": "很少"}).content.decode()
    assert "应为数字" in page and 'value="很少"' in page


def test_looking_at_it_leaves_no_draft(zhao: Client) -> None:
    zhao.get(PAGES, follow=True)
    assert not Draft.objects.exists()


def test_it_is_forgotten_after_a_month(zhao: Client, cast: Cast, now: datetime) -> None:
    zhao.get(PAGES)
    answer(zhao, "who", who="self")
    assert drafts.forget(now + timedelta(days=29)) == 0
    assert drafts.forget(now + timedelta(days=31)) == 1
    assert not Draft.objects.exists()


def test_it_can_be_begun_anew(zhao: Client) -> None:
    zhao.get(PAGES)
    answer(zhao, "who", who="self")
    assert str(zhao.post(PAGES).headers["Location"]).endswith("/who")


def test_for_somebody_else_he_must_know_who_it_is(zhao: Client, cast: Cast) -> None:
    zhao.get(PAGES)
    assert answer(zhao, "who", who="agent") == "applicant"
    number = vault.decrypt(cast.qian.identity_cipher)
    wrong = zhao.post(f"{PAGES}/applicant", {"identity": number, "name": "钱某某"})
    assert "对不上" in wrong.content.decode() and "钱大妈" not in wrong.content.decode()
    # Where she lives is not told: he says it himself.
    assert answer(zhao, "applicant", identity=number, name="钱大妈") == "area"
    answer(zhao, "area", area=VILLAGE)
    answer(zhao, "f-birth", **{"f-birth": "1901-03-02"})
    answer(zhao, "f-low_income", **{"f-low_income": "false"})
    answer(zhao, "f-account", **{"f-account": ACCOUNT})
    assert "授权委托书" in zhao.get(f"{PAGES}/papers").content.decode()
    answer(zhao, "papers", have=["by-agent-card"], **{"scan-by-letter": scan("letter")})
    assert zhao.post(f"{PAGES}/check").status_code == 302
    roles = dict(Party.objects.values_list("role", "person_id"))
    assert roles == {"applicant": cast.qian.pk, "agent": cast.zhao.pk}
    states = dict(Material.objects.filter(key__startswith="by-").values_list("key", "state"))
    assert states == {"by-letter": "have", "by-agent-card": "missing"}


def test_a_household_names_its_members(zhao: Client, cast: Cast) -> None:
    pages = f"/items/{MINIMUM}/apply"
    zhao.get(pages)
    assert answer(zhao, "who", pages, who="self") == "members"
    number = vault.decrypt(cast.qian.identity_cipher)
    one = {"m-0-name": "钱大妈", "m-0-id": number}
    bad = zhao.post(f"{pages}/members", one)
    assert "与户主的关系" in bad.content.decode()
    more = zhao.post(f"{pages}/members", {**one, "m-0-relation": "配偶", "look": "2"})
    assert more.headers["Location"] == f"{pages}/members"
    assert "m-1-name" in zhao.get(f"{pages}/members").content.decode()
    answer(zhao, "members", pages, **{**one, "m-0-relation": "配偶"})
    assert number not in zhao.get(f"{pages}/f-income").content.decode()


def test_an_organisation_has_a_code_that_checks(zhao: Client) -> None:
    pages = f"/items/{ROAD}/apply"
    zhao.get(pages)
    assert answer(zhao, "who", pages, who="handler") == "organisation"
    said = {"uscc": "91990000MA0000000X", "org_name": "示意合作社", "org_legal": "周示意"}
    assert "统一社会信用代码" in zhao.post(f"{pages}/organisation", said).content.decode()
    answer(zhao, "organisation", pages, **{**said, "uscc": "91990000MA00000008"})
    assert not Organisation.objects.exists()  # only what is sent is kept


def test_an_officer_may_be_led_as_well(cast: Cast) -> None:
    clerk, pages = logged_in(cast.info), f"/desk/intake/{ALLOWANCE}/guided"
    clerk.get(pages)
    assert answer(clerk, "who", pages, who="self") == "applicant"
    number = vault.decrypt(cast.zhao.identity_cipher)
    # Known with the number: name, birth and place; the rest is asked.
    assert answer(clerk, "applicant", pages, identity=number) == "f-low_income"
    answer(clerk, "f-low_income", pages, **{"f-low_income": "true"})
    answer(clerk, "f-account", pages, **{"f-account": ACCOUNT})
    answer(clerk, "papers", pages)
    done = clerk.post(f"{pages}/check")
    assert done.headers["Location"] == f"/desk/received/{Case.objects.get().number}"


def test_who_holds_a_certificate_is_told_that_he_need_not_hand_it_in(zhao: Client, cast: Cast, now: datetime
                                                                    ) -> None:
    Certificate.objects.create(
        number="证〔2026〕1号", type="elder-card", name="老年人优待证", holder_person=cast.zhao,
        case_id=1, office_id=cast.reviewer.office_id or 0, issued_on=now.date(), code="AAAAAAAA")
    bus = "/items/HY-ELD-06/apply"
    answer(zhao, "who", bus, who="self")
    assert "已有 证〔2026〕1号，不用交" in zhao.get(f"{bus}/papers").content.decode()
    answer(zhao, "who", bus, who="agent")  # of somebody else nothing is told
    assert "证〔2026〕1号" not in zhao.get(f"{bus}/papers").content.decode()
