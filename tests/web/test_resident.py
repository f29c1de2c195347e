"""What a resident meets: finding an item, the receipt, the follow page, his own case, rating."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.cases.scenes import application, case_of, publish_variant, told
from tests.cast import (
    ALLOWANCE,
    CARD,
    HANDED,
    MATERIALS,
    VILLAGE,
    Cast,
    accepted,
    do,
    intake,
    received,
    scans,
    step_of,
)
from tests.web.doors import logged_in
from tests.web.test_verify import carded, denied, paper, text_of
from weimin.cases.models import Case, Material
from weimin.cases.verbs import accept, notify_missing, receive, withdraw
from weimin.catalogue.finding import find
from weimin.kernel import clock
from weimin.kernel.codes import group_case_number
from weimin.voice.models import Rating
from weimin.web.portal import views

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at(now: datetime) -> Iterator[None]:
    with clock.rehearsed(now + timedelta(hours=2)):
        yield


@pytest.fixture
def zhao(cast: Cast) -> Client:
    return logged_in(cast.resident)


def said(client: Client, path: str, **posted: Any) -> str:
    return (client.post(path, posted) if posted else client.get(path)).content.decode()


# -- finding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("nonsense", ["qqqq", "xyzxyz", "zzz"])
def test_nonsense_finds_nothing(nonsense: str) -> None:
    assert find(nonsense) == []


@pytest.mark.parametrize(("typed", "name"), [
    ("ＬＲＺ", "老年人优待证办理"), ("lrz", "老年人优待证办理"), ("没钱看病", "临时救助"),
    ("死了人", "丧葬补助金"), ("火化", "丧葬补助金"), ("种地补贴", "耕地地力保护补贴"), ("生孩子", "生育登记"),
])
def test_a_residents_own_words_find_it(typed: str, name: str) -> None:
    assert name in find(typed)[0].item.name


@pytest.mark.parametrize(("slip", "name"), [
    ("低宝", "最低生活保障审核确认"), ("老年整", "老年人优待证办理"), ("laorenzhen", "老年人优待证办理"),
    ("dibap", "最低生活保障审核确认"),
])
def test_a_word_that_only_sounds_like_it_finds_it_too(slip: str, name: str) -> None:
    assert name in find(slip)[0].item.name


def test_where_nothing_is_found_everything_is_offered_and_a_phone() -> None:
    page = said(Client(), "/?q=qqqq")
    assert "没有找到“qqqq”" in page and "困难救助" in page and "/items/HY-ELD-01" in page
    assert 'href="tel:0734' in page


@pytest.mark.parametrize("query", ["area=xyz", "place=月球村"])
def test_an_unknown_place_is_said_where_it_was_asked_for(query: str) -> None:
    page = Client().get(f"/items/{CARD}?{query}")
    assert page.status_code == 404
    assert "没有" in page.content.decode() and 'id="place"' in page.content.decode()


def test_a_guide_says_who_brings_what(db: None) -> None:
    page = Client().get("/items/HY-BLD-03").content.decode()
    lines = [re.sub(r"<[^>]+>", "", line) for line in re.findall(r"<li>.*?</li>", page)]
    said = {line.split(" ")[0]: line for line in lines}
    assert said["居民身份证"].endswith("个人申请的才要") and said["营业执照"].endswith("单位申请的才要")
    assert said["道路修复方案"].endswith("作业方式是“挖掘”的才要")
    assert "才要" not in said["安全防护措施说明"]
    assert "示意内容" in page and "不能据此办事" in page  # nobody takes it for the law of the place
    assert "（依据：城市道路管理条例第三十七条）" in page


def test_a_guide_promises_nothing_of_an_office_that_is_not_there() -> None:
    page = said(Client(), f"/items/{CARD}?area=4304")
    assert "这里没有这一级的办理单位" in page and "—" not in page.split('id="where"')[1].split("</section>")[0]


# -- the receipt ---------------------------------------------------------------------------------


def test_online_nobody_saw_an_original(cast: Cast, now: datetime) -> None:
    sent = intake(cast.zhao, channel="web", have=scans(cast.resident, ["id-card"], now))
    number = receive(sent, actor=cast.resident, now=now).number
    receipt = text_of(logged_in(cast.resident).get(f"/papers/{number}/receipt.pdf").content)
    assert "扫描件" in receipt and "网上提交" in receipt and "未提交" in receipt
    assert "已核验" not in receipt and "已退还" not in receipt


def test_over_a_counter_the_original_was_seen_and_given_back(cast: Cast, now: datetime) -> None:
    receipt = text_of(paper(cast, received(cast, now), "receipt"))
    assert "已核验" in receipt and "已退还" in receipt and "网上提交" not in receipt


def _receipt_of(cast: Cast, now: datetime) -> str:
    return receive(intake(cast.zhao), actor=cast.info, now=now).receipt


def test_a_receipt_is_understood_as_it_is_printed_and_typed(cast: Cast, now: datetime) -> None:
    code = _receipt_of(cast, now)
    number, seq, mark = code.split("-")
    wide = str.maketrans({chr(n): chr(n + 0xFEE0) for n in range(0x21, 0x7F)})
    for typed in (code, code.lower(), f"{number[:3]} {number[3:7]} {number[7:]} - {seq} - {mark}",
                  code.translate(wide), f"{number}——{seq}—{mark}", f"{number} {seq} {mark}"):
        assert "相符" in said(Client(), "/check/receipt", receipt=typed), typed


def test_a_slip_of_the_finger_is_no_tampering(cast: Cast, now: datetime) -> None:
    code = _receipt_of(cast, now)
    slipped = code[:-1] + ("A" if code[-1] != "A" else "B")
    page = said(Client(), "/check/receipt", receipt=slipped)
    assert "像是输错了几个字母" in page and "督查" not in page
    wrong = str((int(code[10]) + 1) % 10)
    page = said(Client(), "/check/receipt", receipt=code[:10] + wrong + code[11:])
    assert "办件编号有一位不对" in page and "督查" not in page
    page = said(Client(), "/check/receipt", receipt=code[:14] + "ABCDEFGHIJKLMNOP")
    assert "与记录不符" in page and "督查" in page


def test_a_receipt_is_of_one_case_and_one_place_in_it(cast: Cast, now: datetime) -> None:
    code = _receipt_of(cast, now)
    number, seq, mark = code.split("-")
    other = received(cast, now, another_is_meant=True)
    accept(number, actor=cast.reviewer, now=now)
    accept(other, actor=cast.reviewer, now=now)
    assert "相符" in said(Client(), "/check/receipt", receipt=code)  # whatever came after it
    for moved in (f"{other}-{seq}-{mark}", f"{number}-{int(seq) + 1}-{mark}"):
        assert "与记录不符" in said(Client(), "/check/receipt", receipt=moved), moved
    assert "没有查到" in said(Client(), "/check/receipt", receipt=f"{number}-99-{mark}")


# -- following -----------------------------------------------------------------------------------


def test_following_says_which_answer_is_wrong(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    assert "请填写办件编号" in said(Client(), "/follow", number="", four="")
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert "办件编号有一位不对" in said(Client(), "/follow", number=wrong, four="1234")


def test_whoever_follows_without_an_account_sees_the_state_and_nothing_else(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    page = said(Client(), "/follow", number=number, four="1234")
    case = Case.objects.select_related("office", "item_version__item").get(number=number)
    assert "办理中" in page
    assert case.office.name not in page and str(case.item_version.item.code) not in page
    assert not any(word in page for word in ("赵", "津贴", "承诺"))


def test_whoever_guesses_elsewhere_does_not_lock_the_owner_out(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    guesser = Client(REMOTE_ADDR="192.0.2.7")
    for four in range(10):
        guesser.post("/follow", {"number": number, "four": f"{four:04d}"})
    locked = guesser.post("/follow", {"number": number, "four": "1234"})
    assert locked.status_code == 429 and "请 60 分钟后再试" in locked.content.decode()
    assert "办理中" in said(Client(), "/follow", number=number, four="1234")


# -- one's own case ------------------------------------------------------------------------------


def test_what_was_granted_stands_first_with_its_certificate(cast: Cast, now: datetime, zhao: Client
                                                            ) -> None:
    page = said(zhao, f"/mine/{carded(cast, now)}")
    assert page.index("办成了：") < page.index("下载证照") < page.index("办理经过")


def test_once_it_is_handed_over_nothing_is_on_its_way(cast: Cast, now: datetime, zhao: Client) -> None:
    number = carded(cast, now, deliver=False)
    assert "纸质的正在送达" in said(zhao, f"/mine/{number}")
    do(number, "deliver", actor=cast.info, now=now, **HANDED)
    assert "正在送达" not in said(zhao, f"/mine/{number}")


def test_what_was_denied_says_so_and_where_the_reasons_are(cast: Cast, now: datetime, zhao: Client
                                                           ) -> None:
    page = said(zhao, f"/mine/{denied(cast, now)}")
    assert "没有批准" in page and "下载决定书" in page and "下载证照" not in page


def test_what_was_withdrawn_promises_nothing(cast: Cast, now: datetime, zhao: Client) -> None:
    number = received(cast, now)
    withdraw(number, actor=cast.resident, now=now, reason="")
    page = said(zhao, f"/mine/{number}")
    assert "您撤回了这个申请" in page
    assert "最迟" not in page and "还没轮到" not in page and "步</summary>" not in page
    assert "撤回申请</b> <span class=\"soft\">您" in page


def test_an_empty_supplement_changes_nothing_and_a_scan_comes_in(cast: Cast, now: datetime, zhao: Client
                                                                 ) -> None:
    number = received(cast, now, have={"id-card": None, "apply": None})
    notify_missing(number, actor=cast.reviewer, now=now)
    do = f"/mine/{number}/do/supplement"
    page = zhao.post(do, {"have": list(MATERIALS), "key": "1"})
    assert page.status_code == 422 and "请附上扫描件或照片" in page.content.decode()
    assert case_of(number).state == "noticed"
    scan = SimpleUploadedFile("a.pdf", b"%PDF-1.4 account")
    assert zhao.post(do, {"scan-bank-account": scan, "key": "2"}).status_code == 302
    assert told(number)["lacking"] == ["居民户口簿"]
    assert Material.objects.get(case__number=number, key="bank-account").file_id


def test_the_api_takes_no_residents_word_for_paper(cast: Cast, now: datetime, zhao: Client) -> None:
    body = {"item": "HY-ELD-02", "area": VILLAGE, "parties": [{}], "have": ["id-card"]}
    answer = zhao.post("/api/v1/cases", body, content_type="application/json")
    assert answer.status_code == 422 and "网上只收扫描件" in answer.json()["fields"]["id-card"]
    number = received(cast, now, have={})
    notify_missing(number, actor=cast.reviewer, now=now)
    answer = zhao.post(f"/api/v1/cases/{number}/supplement", {"params": {"have": {"id-card": None}}},
                       content_type="application/json")
    assert answer.status_code == 422 and "网上只收扫描件" in answer.json()["fields"]["id-card"]


def test_a_nudge_is_confirmed(cast: Cast, now: datetime, zhao: Client) -> None:
    number = accepted(cast, now)
    sent = zhao.post(f"/mine/{number}/do/nudge", {"key": "1"}, follow=True)
    assert "催过了" in sent.content.decode()


def test_rating_is_one_tap_and_words_may_follow(cast: Cast, now: datetime, zhao: Client) -> None:
    number = accepted(cast, now)
    page = said(zhao, f"/mine/{number}")
    assert 'name="level" value="5"' in page and "另外还有 1 次服务" in page
    thanks = zhao.post(f"/mine/{number}/rate", {"contact": "2", "level": "5"}, follow=True)
    assert "谢谢您的评价" in thanks.content.decode() and "受理了" in thanks.content.decode()
    zhao.post(f"/mine/{number}/rate", {"contact": "2", "words": "小刘很耐心"})
    again = zhao.post(f"/mine/{number}/rate", {"contact": "2", "words": "改主意了"})
    assert again.status_code == 422
    rated = Rating.objects.get()
    assert (rated.level, rated.words) == (5, "小刘很耐心")


def test_what_was_sent_is_confirmed_with_a_code_to_follow_it(cast: Cast, now: datetime, zhao: Client
                                                            ) -> None:
    sent = application(cast.zhao, CARD).__dict__
    number = receive(type(intake(cast.zhao))(**{**sent, "have": {}, "channel": "web"}),
                     actor=cast.resident, now=now).number
    page = said(zhao, f"/applied/{number}")
    assert "<svg" in page.split("qr")[1] and "手机号后四位也能查状态" in page


def test_a_step_that_was_skipped_makes_no_neighbours(cast: Cast, now: datetime, zhao: Client) -> None:
    assert "同时办" not in said(zhao, f"/mine/{denied(cast, now)}")


def test_his_page_asks_the_database_little(
    cast: Cast, now: datetime, zhao: Client, django_assert_max_num_queries: Any
) -> None:
    number = carded(cast, now)
    said(zhao, f"/mine/{number}")
    with django_assert_max_num_queries(6):
        said(zhao, f"/mine/{number}")


def test_his_pages_come_compressed_and_the_desks_do_not(cast: Cast, zhao: Client) -> None:
    asks = {"HTTP_ACCEPT_ENCODING": "gzip"}
    assert zhao.get("/mine", **asks)["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in logged_in(cast.info).get("/desk", **asks)


def test_no_case_is_lost_between_two_pages(
    zhao: Client, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [received(cast, now, another_is_meant=True) for _ in range(3)]
    monkeypatch.setattr(views, "PER_PAGE", 1)
    pages = [said(zhao, f"/mine?page={n}") for n in (1, 2, 3)]
    for number, shown in zip(reversed(numbers), pages, strict=True):
        assert group_case_number(number) in shown


# -- logging in ----------------------------------------------------------------------------------


def test_a_wrong_code_may_be_tried_again_or_asked_for_anew(settings: Any) -> None:
    settings.DEMO = True
    client, who = Client(), {"phone": "19000004321"}
    shown = said(client, "/sign-in", **who).split("验证码是 ")[1][:6]
    wrong = said(client, "/sign-in", **who, code="000000" if shown != "000000" else "111111", name="赵")
    assert "验证码不对" in wrong and shown in wrong and "重新获取" in wrong and 'value="赵"' in wrong
    assert "验证码是 " in said(client, "/sign-in", **who, code="", again="1")
    long = said(client, "/sign-in", **who, code=said(client, "/sign-in", **who).split("验证码是 ")[1][:6],
                name="赵" * 41)
    assert "姓名最多40个字" in long
    assert re.search(r'name="code"[^>]* value="\d{6}"', long)  # nobody looks for the code once more


def test_a_code_typed_in_full_width_with_a_space_is_the_code(settings: Any) -> None:
    settings.DEMO = True
    client, who = Client(), {"phone": "１９０ ０００ ０４３２２"}
    shown = said(client, "/sign-in", **who).split("验证码是 ")[1][:6]
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in shown)
    answer = client.post("/sign-in", {**who, "code": f"{wide[:3]} {wide[3:]}", "name": "赵"})
    assert answer.status_code == 302


def test_the_phone_of_a_log_in_is_one_that_a_code_can_reach() -> None:
    assert "要能收短信" in said(Client(), "/sign-in", phone="07341234567")


def test_a_notice_says_at_each_material_what_is_wrong_with_it_and_is_there_in_writing(
    cast: Cast, now: datetime, zhao: Client
) -> None:
    number = received(cast, now, have={"id-card": None, "apply": None})
    notify_missing(number, actor=cast.reviewer, now=now, wrong={"id-card": "背面看不清，请重拍"})
    page = said(zhao, f"/mine/{number}")
    assert page.index("背面看不清，请重拍") < page.index("提交这些材料")
    assert f"/papers/{number}/notice.pdf" in page
    assert zhao.get(f"/papers/{number}/notice.pdf").status_code == 200


def test_what_was_answered_wrongly_is_asked_again(cast: Cast, now: datetime, zhao: Client) -> None:
    number = received(cast, now)
    notify_missing(number, actor=cast.reviewer, now=now, form={"account": "这个账号不是本人的"})
    page = said(zhao, f"/mine/{number}")
    assert "这个账号不是本人的" in page and 'name="f-account"' in page
    assert "有内容要改，改好就受理" in page and "材料" not in page.split("<h2", 1)[0].split("<h1")[1]
    wrong = zhao.post(f"/mine/{number}/do/supplement", {"f-account": "12", "key": "1"})
    assert wrong.status_code == 422 and 'value="12"' in wrong.content.decode()
    right = zhao.post(f"/mine/{number}/do/supplement", {"f-account": "6222021234567890128", "key": "2"})
    assert right.status_code == 302 and case_of(number).state == "received"


@pytest.mark.parametrize(("answers", "have", "told", "headline"), [
    ({"account": ""}, None, {}, "还有内容没填，填好就受理"),
    ({"account": ""}, {"apply": None}, {}, "还缺材料，还有内容要填，补齐就受理"),
    ({}, {"apply": None}, {}, "还缺材料，补齐就受理"),
])
def test_the_headline_of_a_notice_names_what_it_waits_for(
    cast: Cast, now: datetime, zhao: Client, answers: dict[str, str], have: dict[str, None] | None,
    told: dict[str, str], headline: str,
) -> None:
    number = received(cast, now, **({"have": have} if have else {}), **({"answers": answers} if answers else {}))
    notify_missing(number, actor=cast.reviewer, now=now, form=told)
    assert headline in said(zhao, f"/mine/{number}")


@pytest.mark.usefixtures("db")
def test_after_the_decision_it_may_be_his_turn_again(cast: Cast, now: datetime, zhao: Client) -> None:
    publish_variant(ALLOWANCE, flow={"steps": {
        "decide": {"title": "决定", "kind": "decision", "who": "item@town"},
        "built": {"title": "报告竣工", "kind": "register", "who": "applicant", "needs": ["decide"], "limit": "12m"},
        "look": {"title": "竣工核验", "kind": "review", "who": "item@town", "needs": ["built"]},
    }})
    number = accepted(cast, now)
    do(number, "decide", actor=cast.reviewer, now=now + timedelta(hours=1))
    page = said(zhao, f"/mine/{number}")
    assert "批准了。现在轮到您：报告竣工" in page and re.search(r"请在 2027年6月\d+日 周. 前办好", page)
    answer = zhao.post(f"/mine/{number}/do/complete", {
        "step": step_of(number, "built"), "outcome": "approve", "answer-note": "修好了", "key": "1"})
    page = said(zhao, answer.headers["Location"])
    assert "收到了您提交的内容" in page and "批准了，正在办：竣工核验" in page and "办成了" not in page
