"""What the papers tell a resident: what was decided and why, what is to be brought, whom to ask."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import (
    ROAD,
    application,
    county_building_head,
    told,
    town_building,
    under_way,
)
from tests.cases.test_flows import drive
from tests.cast import HANDED, Cast, accepted, do, intake, received, signed
from tests.web.doors import logged_in
from tests.web.test_verify import carded, paper, text_of
from weimin.cases.verbs import (
    accept,
    deliver_revocation,
    extend,
    notify_again,
    notify_missing,
    receive,
    refuse,
    revoke,
    withdraw,
)
from weimin.kernel import clock
from weimin.network.actor import Actor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at(now: datetime) -> Iterator[None]:
    with clock.rehearsed(now + timedelta(hours=2)):
        yield


def said(cast: Cast, number: str, form: str, by: Actor | None = None) -> str:
    return text_of(paper(cast, number, form, by))


def page(actor: Actor, number: str, done: str = "") -> str:
    return logged_in(actor).get(f"/desk/cases/{number}", {"done": done} if done else {}).content.decode()


# -- one number -------------------------------------------------------------------------------------


def test_the_number_on_paper_is_the_one_in_the_trail_and_on_the_screen(cast: Cast, now: datetime) -> None:
    number = received(cast, now, have={})
    notify_missing(number, actor=cast.reviewer, now=now)
    refused = received(cast, now, another_is_meant=True)
    refuse(refused, actor=cast.reviewer, now=now, reason="不属于受理范围")
    decided = accepted(cast, now, another_is_meant=True)
    do(decided, "check", actor=cast.reviewer, now=now)
    do(decided, "decide", actor=cast.county, now=now)
    for case, form in ((number, "notice"), (refused, "refusal"), (decided, "decision")):
        given = told(case)["document"]
        assert given in said(cast, case, form) == said(cast, case, form)  # printed again: no other
        assert given in page(cast.info, case)


def test_a_result_that_is_the_decision_itself_has_one_number(cast: Cast, now: datetime) -> None:
    number, _ = drive(cast, now, application(cast.zhao, ROAD), deny=False)  # its result is a 批复
    with clock.rehearsed(now + timedelta(days=60)):
        shown = page(town_building(), number)
    words = {re.split("字?〔", part)[0][-2:] for part in shown.split("文书 ")[1:]}
    assert words == {"受理", "建决"}


# -- the decision -----------------------------------------------------------------------------------


def test_a_reviewers_opinion_is_not_printed(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now, opinion="与村干部有亲戚关系，已回避")
    do(number, "decide", actor=cast.county, now=now, opinion="同意，内部口径")
    printed = said(cast, number, "decision")
    assert "亲戚" not in printed and "内部口径" not in printed
    assert "您的申请符合规定的条件：" in printed and "《中华人民共和国老年人权益保障法》" in printed


def test_a_denial_gives_the_reason_that_was_written_for_the_applicant(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now)
    assert "原文写进决定书，告知申请人" in page(cast.county, number)  # whoever writes it knows
    do(number, "decide", "reject", actor=cast.county, now=now, opinion="老上访户", reason="户籍已经迁出本县")
    printed = said(cast, number, "decision")
    assert "户籍已经迁出本县。" in printed and "老上访户" not in printed
    assert "行政复议" in printed and "行政诉讼" in printed


# -- the one-time notice ----------------------------------------------------------------------------


def test_the_notice_says_what_is_wrong_and_what_to_bring(cast: Cast, now: datetime) -> None:
    number = receive(intake(cast.zhao, have={"id-card": None, "apply": None}, answers={"name": "赵大爷"}),
                     actor=cast.info, now=now).number
    notify_missing(number, actor=cast.reviewer, now=now, wrong={"apply": "没有本人签字"},
                   form={"name": "与身份证不一致"})
    printed = said(cast, number, "notice")
    for words in ("居民户口簿缺少请提交原件，核验后当场退还", "不符合要求：没有本人签字", "请更换：原件1份",
                  "没有填写：", "出生日期", "不符合要求：与身份证不一致请更正"):
        assert words in printed, words
    assert "缺少或不合要求" not in printed


def test_the_desk_asks_what_is_wrong_with_each_material_that_is_there(cast: Cast, now: datetime) -> None:
    number, desk = received(cast, now), logged_in(cast.reviewer)
    shown = page(cast.reviewer, number)
    assert 'name="wrong-apply"' in shown
    url = f"/desk/cases/{number}/do/notify_missing"
    answer = desk.post(url, {"key": "a", "unfilled": ["birth"]})
    assert answer.status_code == 422 and "请写明哪里不对" in answer.content.decode()
    answer = desk.post(url, {"key": "b", "wrong-apply": "没有本人签字", "unfilled": ["birth"],
                             "mistaken": "与身份证不一致"})
    assert answer.status_code == 302, answer.content.decode()
    assert list(told(number)["wrong"].values()) == ["没有本人签字"]
    assert told(number)["form"] == {"birth": "与身份证不一致"}
    mine = logged_in(cast.resident).get(f"/mine/{number}").content.decode()
    assert "没有本人签字" in mine and "出生日期：与身份证不一致" in mine


# -- the receipt ------------------------------------------------------------------------------------


def test_the_receipt_names_who_took_it_in_the_day_and_the_supervision_phone(
    cast: Cast, now: datetime
) -> None:
    printed = said(cast, received(cast, now), "receipt")
    for words in (cast.info.name, "监督电话0734-0000901", "2026年6月17日（周三）前", "承诺15个工作日"):
        assert words in printed, words


def test_what_was_sent_from_home_was_taken_in_by_nobody(cast: Cast, now: datetime) -> None:
    number = receive(intake(cast.zhao, channel="web", have={}), actor=cast.resident, now=now).number
    printed = said(cast, number, "receipt", cast.resident)
    assert "网上提交，系统收件" in printed


# -- the extension ----------------------------------------------------------------------------------


def test_the_applicant_is_told_why_it_takes_longer(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, ROAD)
    before = said(cast, number, "acceptance", cast.clerk)
    extend(number, actor=county_building_head(), now=now, term="10wd", reason="地下有未登记的燃气管线")
    printed = said(cast, number, "extension", cast.clerk)
    for words in ("延长办理期限通知书", "地下有未登记的燃气管线。", "第四十二条", "延长10个工作日", "2026年7月13日",
                  told(number)["document"]):
        assert words in printed, words
    assert said(cast, number, "acceptance", cast.clerk) == before  # what was promised then
    mine = logged_in(cast.resident).get(f"/mine/{number}").content.decode()
    assert "地下有未登记的燃气管线" in mine and f"/papers/{number}/extension.pdf" in mine


# -- one click away ---------------------------------------------------------------------------------


def test_what_was_just_done_offers_its_paper(cast: Cast, now: datetime) -> None:
    noticed = received(cast, now, have={})
    notify_missing(noticed, actor=cast.reviewer, now=now)
    taken = received(cast, now, another_is_meant=True)
    accept(taken, actor=cast.reviewer, now=now)
    refused = received(cast, now, another_is_meant=True)
    refuse(refused, actor=cast.reviewer, now=now, reason="不属于受理范围")
    for number, verb, form, button in (
        (noticed, "notify_missing", "notice", "打印一次性告知书"), (taken, "accept", "acceptance", "打印受理通知书"),
        (refused, "refuse", "refusal", "打印不予受理决定书"),
    ):
        shown = page(cast.reviewer, number, done=verb)
        assert button in shown and f"/papers/{number}/{form}.pdf" in shown


# -- the delivery of a revocation -------------------------------------------------------------------


def test_the_delivery_of_a_revocation_is_shown_and_printed(cast: Cast, now: datetime) -> None:
    number, info = carded(cast, now), logged_in(cast.info)
    revoke(number, actor=cast.town_head, now=now, ground="deceit", reason="照片不是本人")
    assert "送达撤销、注销决定书" in page(cast.info, number)
    assert "EMS88" not in said(cast, number, "revocation-delivery")  # a blank, to sign by hand
    answer = info.post(f"/desk/cases/{number}/do/deliver_revocation", {
        "key": "k", "answer-way": "post", "answer-tracking": "EMS88", "answer-received_on": "2026-06-10"})
    assert answer.status_code == 302, answer.content.decode()
    shown = page(cast.info, number, done="deliver_revocation")
    assert "撤销决定书的送达" in shown and "EMS88" in shown and "打印撤销决定书的送达回证" in shown
    printed = said(cast, number, "revocation-delivery")
    for words in ("送达回证", "《撤销老年人优待证决定书》", "邮寄送达", "EMS88", "撤字〔2026〕1号"):
        assert words in printed, words
    assert "《撤销" not in said(cast, number, "delivery")  # the proof of the first delivery stays


def test_the_interface_offers_and_records_it_too(cast: Cast, now: datetime) -> None:
    number, info = carded(cast, now), logged_in(cast.info)
    revoke(number, actor=cast.town_head, now=now, ground="death", reason="去世")
    offered = info.get(f"/api/v1/cases/{number}").json()["actions"]
    assert "deliver_revocation" in {action["verb"] for action in offered}
    answer = info.post(f"/api/v1/cases/{number}/deliver_revocation", {"params": {"answers": HANDED}},
                       content_type="application/json")
    assert answer.status_code == 200, answer.content.decode()
    assert told(number) == {"way": "direct"}


def test_a_delivery_that_was_recorded_is_filed_with_its_case(cast: Cast, now: datetime) -> None:
    import io
    from zipfile import ZipFile

    number = carded(cast, now)
    revoke(number, actor=cast.town_head, now=now, ground="deceit", reason="照片不是本人")
    deliver_revocation(number, actor=cast.info, now=now, answers=signed(HANDED, cast.info, now))
    packed = b"".join(logged_in(cast.info).get(f"/desk/cases/{number}/dossier.zip"))
    names = " ".join(ZipFile(io.BytesIO(packed)).namelist())
    for form in ("receipt", "acceptance", "decision", "revocation.pdf", "revocation-delivery"):
        assert form in names, form


# -- a second paper of the same sort ----------------------------------------------------------------


def test_the_first_notice_stays_on_paper_when_there_is_a_second(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    notify_missing(number, actor=cast.reviewer, now=now, wrong={"apply": "没有本人签字"})
    first = told(number)
    notify_again(number, actor=cast.supervisor, now=now + timedelta(hours=1), reason="漏看", form={"birth": "不符"})
    second = told(number)
    shown = page(cast.info, number)
    for words in ("先前的一次性告知书", first["document"], second["document"], "2026年6月10日 周三"):
        assert words in shown, words
    printed = text_of(logged_in(cast.info).get(f"/papers/{number}/notice.pdf", {"seq": 2}).content)
    assert first["document"] in printed and "没有本人签字" in printed and "出生日期" not in printed
    assert second["document"] in said(cast, number, "notice")
    assert "打印先前的" not in page(cast.info, number, done="correct")  # offered for what made it only
    wrong = logged_in(cast.info).get(f"/papers/{number}/notice.pdf", {"seq": 1})
    assert wrong.status_code == 404  # that event made none


def test_both_notices_are_filed_with_their_case(cast: Cast, now: datetime) -> None:
    import io
    from zipfile import ZipFile

    number = received(cast, now)
    notify_missing(number, actor=cast.reviewer, now=now, wrong={"apply": "没有本人签字"})
    notify_again(number, actor=cast.supervisor, now=now, reason="漏看", form={"birth": "不符"})
    withdraw(number, actor=cast.info, now=now)
    packed = b"".join(logged_in(cast.reviewer).get(f"/desk/cases/{number}/dossier.zip"))
    filed = [name for name in ZipFile(io.BytesIO(packed)).namelist() if "notice" in name]
    assert len(filed) == 2, filed
