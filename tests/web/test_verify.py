"""核验: what anybody learns of a certificate, a decision or a refusal; and the proof of delivery."""

import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pypdf import PdfReader

from tests.cases.scenes import application, case_of
from tests.cast import CARD, HANDED, STROKES, Cast, accepted, do, received, step_of
from tests.pictures import picture
from tests.web.doors import logged_in
from weimin.cases.models import Step
from weimin.cases.verbs import accept, close, complete, receive, refuse, reopen, revoke
from weimin.documents.models import Paper
from weimin.kernel import clock
from weimin.network.actor import Actor
from weimin.registry.models import Certificate

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at(now: datetime) -> Iterator[None]:
    with clock.rehearsed(now + timedelta(hours=2)):
        yield


def paper(cast: Cast, number: str, form: str, by: Actor | None = None) -> bytes:
    answer = logged_in(by or cast.info).get(f"/papers/{number}/{form}.pdf")
    assert answer.status_code == 200, answer.content.decode()
    return bytes(answer.content)


def text_of(pdf: bytes) -> str:
    return "".join(p.extract_text() for p in PdfReader(io.BytesIO(pdf)).pages).replace("\n", "").replace(" ", "")


def by_number(number: str, code: str) -> str:
    return Client().post("/check/certificate", {"number": number, "code": code}).content.decode()


def by_file(content: bytes) -> str:
    file = SimpleUploadedFile("a.pdf", content)
    return Client().post("/check/certificate", {"file": file}).content.decode()


def denied(cast: Cast, now: datetime) -> str:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now + timedelta(hours=1))
    do(number, "decide", "reject", actor=cast.county, now=now + timedelta(hours=1))
    return number


def carded(cast: Cast, now: datetime, *, deliver: bool = True) -> str:
    number = receive(application(cast.zhao, CARD), actor=cast.info, now=now).number
    accept(number, actor=cast.info, now=now)
    do(number, "decide", actor=cast.reviewer, now=now)
    complete(number, actor=cast.reviewer, now=now, step=step_of(number, "issue"), outcome="approve")
    if not deliver:
        return number
    do(number, "deliver", actor=cast.info, now=now, **HANDED)
    close(number, actor=cast.info, now=now)
    return number


def sealed_row(number: str, form: str) -> Paper:
    return Paper.objects.get(case_id=case_of(number).pk, form__startswith=f"sealed {form}")


@pytest.mark.parametrize("form", ["decision", "refusal"])
def test_a_decision_is_verified_by_number_and_code_and_by_its_file(
    form: str, cast: Cast, now: datetime
) -> None:
    if form == "decision":
        number, title = denied(cast, now), "不予"
    else:
        number, title = received(cast, now), "不予受理决定书"
        refuse(number, actor=cast.reviewer, now=now, reason="不属于受理范围")
    pdf = paper(cast, number, form)
    row = sealed_row(number, form)
    assert row.code in text_of(pdf) and re.fullmatch(r"[2-9A-Z]{8}", row.code)
    for shown in (by_number(row.number, row.code), by_file(pdf)):
        assert "现在有效" in shown and title in shown and row.number in shown
        assert "赵**" in shown and "赵大爷" not in shown  # who it is for stays masked
    assert paper(cast, number, form) == pdf


def test_a_wrong_code_or_one_changed_byte_is_nothing_of_ours(cast: Cast, now: datetime) -> None:
    number = denied(cast, now)
    pdf = paper(cast, number, "decision")
    row = sealed_row(number, "decision")
    for code in ("AAAAAAAA", row.code[:-1]):
        assert "没有查到" in by_number(row.number, code)
    assert "请填写核验码" in by_number(row.number, "") and "请填写证照编号" in by_number("", row.code)
    assert "不是本平台发出" in by_file(pdf[:-20] + b"x" * 20)
    assert "请先选一个文件" in by_file(b"")


def test_a_certificate_is_shown_to_nobody_without_its_own_code_or_its_own_bytes(cast: Cast, now: datetime) -> None:
    number = carded(cast, now)
    pdf = paper(cast, number, "certificate")
    card = Certificate.objects.get(case_id=case_of(number).pk)
    for code in ("AAAAAAAA", card.code[:-1], card.number):
        assert "没有查到" in by_number(card.number, code) and "赵" not in by_number(card.number, code)
    assert "不是本平台发出" in by_file(pdf + b" ")
    assert "没有查到" in by_number(card.number + "1", card.code)


def test_a_certificate_is_valid_up_to_its_last_day(cast: Cast, now: datetime) -> None:
    number = carded(cast, now)
    card = Certificate.objects.get(case_id=case_of(number).pk)
    Certificate.objects.filter(pk=card.pk).update(valid_to=now.date())
    assert "这个证照有效" in by_number(card.number, card.code)
    with clock.rehearsed(now.replace(hour=0, minute=10) + timedelta(days=1)):
        assert "已经过期" in by_number(card.number, card.code)


def test_a_decision_that_was_taken_back_is_shown_as_void_and_the_next_has_its_own_number(
    cast: Cast, now: datetime
) -> None:
    number, later = denied(cast, now), now + timedelta(hours=1, minutes=30)
    first = paper(cast, number, "decision")
    old = sealed_row(number, "decision")
    do(number, "deliver", actor=cast.info, now=later, **HANDED)
    close(number, actor=cast.reviewer, now=later)
    assert "现在有效" in by_number(old.number, old.code)
    reopen(number, actor=cast.supervisor, now=later, reason="复议决定撤销")
    assert "已经失效" in by_file(first) and "已经失效" in by_number(old.number, old.code)
    do(number, "check", actor=cast.reviewer, now=later + timedelta(minutes=5))
    do(number, "decide", actor=cast.county, now=later + timedelta(minutes=6))
    second = paper(cast, number, "decision")
    assert second != first
    new = Paper.objects.filter(form__startswith="sealed decision").exclude(pk=old.pk).get()
    assert new.number != old.number and new.code != old.code
    assert "现在有效" in by_file(second) and "已经失效" in by_file(first)


def test_a_revoked_certificate_is_shown_with_day_and_ground_and_only_its_holder_reads_why(cast: Cast, now: datetime) -> None:
    number = carded(cast, now)
    pdf = paper(cast, number, "certificate")
    card = Certificate.objects.get(case_id=case_of(number).pk)
    assert "这个证照有效" in by_number(card.number, card.code) and "这个证照有效" in by_file(pdf)
    revoke(number, actor=cast.town_head, now=now + timedelta(hours=1), ground="deceit",
           reason="照片不是本人")
    for shown in (by_number(card.number, card.code), by_file(pdf)):
        assert "已经撤销" in shown and "2026年6月10日" in shown and "第六十九条第二款" in shown
        assert "照片不是本人" not in shown
    own = logged_in(cast.resident).get(f"/mine/{number}").content.decode()
    assert "证照已经失效" in own and "照片不是本人" in own and "60日内申请行政复议" in own
    answer = logged_in(cast.info).get(f"/papers/{number}/certificate.pdf")
    assert answer.status_code == 404  # kept, and not handed out any more


def test_whoever_holds_it_has_a_sealed_decision_on_the_revocation(
    cast: Cast, now: datetime
) -> None:
    number = carded(cast, now)
    granted = paper(cast, number, "decision")
    assert "现在有效" in by_file(granted)
    assert logged_in(cast.info).get(f"/papers/{number}/revocation.pdf").status_code == 404
    revoke(number, actor=cast.town_head, now=now + timedelta(hours=1), ground="deceit",
           reason="照片不是本人，系冒用他人身份证件办理")
    page = logged_in(cast.info).get(f"/desk/cases/{number}").content.decode()
    assert f"/papers/{number}/revocation.pdf" in page and "撤销决定书" in page
    pdf, card = paper(cast, number, "revocation"), Certificate.objects.get()
    row, said = sealed_row(number, "revocation"), text_of(pdf)
    for words in ("撤销老年人优待证决定书", row.number, row.code, card.number, "冒用他人身份证件", "2026年6月10日",
                  "第六十九条第二款", "以欺骗、贿赂等不正当手段取得", "自始无效", "行政复议", "行政诉讼"):
        assert words in said, words
    for shown in (by_number(row.number, row.code), by_file(pdf)):
        assert "现在有效" in shown and "撤销老年人优待证决定书" in shown and "赵**" in shown
    shown = by_file(granted)  # it falls with what it granted; why, in words, is the holder's to read
    assert "已经失效" in shown and "第六十九条第二款" in shown and "照片不是本人" not in shown
    assert paper(cast, number, "revocation") == pdf


def test_a_supervisor_who_cancels_it_signs_for_his_own_office(cast: Cast, now: datetime) -> None:
    number = carded(cast, now)
    revoke(number, actor=cast.supervisor, now=now + timedelta(hours=1), ground="death", reason="去世")
    said = text_of(paper(cast, number, "revocation"))
    assert "注销老年人优待证决定书" in said and "第七十条第二项" in said
    assert sealed_row(number, "revocation").data["organ"] == "衡阳县人民政府"


def test_the_next_revocation_after_a_reopening_has_its_own_paper(cast: Cast, now: datetime) -> None:
    number, later = carded(cast, now), now + timedelta(minutes=30)
    revoke(number, actor=cast.town_head, now=later, ground="procedure", reason="未经审核")
    first = paper(cast, number, "revocation")
    reopen(number, actor=cast.supervisor, now=later, reason="依法重新审核")
    later += timedelta(minutes=10)
    do(number, "decide", actor=cast.reviewer, now=later)
    complete(number, actor=cast.reviewer, now=later, step=step_of(number, "issue"), outcome="approve")
    assert "现在有效" in by_file(paper(cast, number, "decision"))  # the old card is no fault of it
    revoke(number, actor=cast.town_head, now=later + timedelta(minutes=5), ground="deceit", reason="冒用")
    second = paper(cast, number, "revocation")
    assert second != first and "冒用" in text_of(second) and "未经审核" not in text_of(second)
    assert "现在有效" in by_file(first) and "现在有效" in by_file(second)


def test_nobody_prints_a_decision_before_there_is_one(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    for form in ("decision", "refusal", "certificate", "revocation", "delivery"):
        assert logged_in(cast.info).get(f"/papers/{number}/{form}.pdf").status_code == 404
    assert not Paper.objects.exists()


def test_a_decision_is_dated_as_it_was_decided_whenever_it_is_printed(
    cast: Cast, now: datetime
) -> None:
    number = denied(cast, now)
    with clock.rehearsed(now + timedelta(days=9)):
        said = text_of(paper(cast, number, "decision"))
    assert "2026年6月10日" in said and "2026年6月19日" not in said


def test_the_file_of_a_card_before_a_reopening_is_not_taken_for_the_new_one(
    cast: Cast, now: datetime
) -> None:
    number = carded(cast, now)
    first = paper(cast, number, "certificate")
    reopen(number, actor=cast.supervisor, now=now + timedelta(minutes=30), reason="照片不是本人")
    later = now + timedelta(minutes=40)
    do(number, "decide", actor=cast.reviewer, now=later)
    complete(number, actor=cast.reviewer, now=later, step=step_of(number, "issue"), outcome="approve")
    second = paper(cast, number, "certificate")
    assert "已经撤销" in by_file(first) and "这个证照有效" in by_file(second)


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="no poppler-utils here")
def test_an_independent_reader_finds_the_seal_of_a_decision_whole(
    cast: Cast, now: datetime, tmp_path: Path
) -> None:
    (tmp_path / "a.pdf").write_bytes(paper(cast, denied(cast, now), "decision"))
    done = subprocess.run(["pdfsig", "-nocert", "a.pdf"], cwd=tmp_path, capture_output=True, check=False)
    assert b"Signature is Valid" in done.stdout and b"Total document signed" in done.stdout


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_openssl_verifies_the_seal_of_a_decision(cast: Cast, now: datetime, tmp_path: Path) -> None:
    pdf = paper(cast, denied(cast, now), "decision")
    said = re.search(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", pdf)
    assert said
    _, before, after, rest = (int(n) for n in said.groups())
    (tmp_path / "cms.der").write_bytes(bytes.fromhex(pdf[before + 1 : after - 1].decode()))
    (tmp_path / "content").write_bytes(pdf[:before] + pdf[after : after + rest])
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-noverify", "-in", "cms.der",
               "-content", "content"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "content").write_bytes(pdf[:before] + pdf[after : after + rest - 1] + b"x")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


# -- 送达回证 -------------------------------------------------------------------------------------


def test_a_signature_on_the_screen_is_shown_with_the_case_and_printed(
    cast: Cast, now: datetime
) -> None:
    number, info = denied(cast, now), logged_in(cast.info)
    decision = paper(cast, number, "decision")
    step = Step.objects.get(case__number=number, key="deliver")
    answer = info.post(f"/desk/cases/{number}/do/complete", {
        "key": "k", "step": step.pk, "expect": step.version, "outcome": "approve",
        "answer-way": "direct", "answer-received_by": "赵小", "answer-relation": "family",
        "answer-signature": STROKES, "answer-posted_on": "2026-06-01",  # of another way: left out
    })
    assert answer.status_code == 302, answer.content.decode()
    answers = Step.objects.get(pk=step.pk).answers
    assert set(answers) == {"way", "received_by", "relation", "signature"}
    page = info.get(f"/desk/cases/{number}").content.decode()
    assert f'src="/files/{answers["signature"]}"' in page and "同住成年家属" in page
    picture = info.get(f"/files/{answers['signature']}")
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert logged_in(cast.neighbour).get(f"/files/{answers['signature']}").status_code == 404
    proof = text_of(paper(cast, number, "delivery"))
    for words in ("送达回证", "直接送达", "赵大爷", "赵小", "同住成年家属", cast.info.name):
        assert words in proof
    assert sealed_row(number, "decision").number in proof and decision


def test_a_seal_on_the_printed_proof_is_kept_with_the_delivery(cast: Cast, now: datetime) -> None:
    """民事诉讼法 art. 87: 签名或者盖章. Printed blank, sealed by hand, scanned with the delivery."""
    number, info = denied(cast, now), logged_in(cast.info)
    blank = text_of(paper(cast, number, "delivery"))
    assert "送达回证" in blank and "赵大爷" in blank and "直接送达" not in blank
    step = Step.objects.get(case__number=number, key="deliver")
    asked = {"key": "k", "step": step.pk, "expect": step.version, "outcome": "approve",
             "answer-way": "direct", "answer-received_by": "赵大爷", "answer-relation": "self"}
    answer = info.post(f"/desk/cases/{number}/do/complete", asked)
    assert answer.status_code == 422 and "拒绝签收的，改用留置送达" in answer.content.decode()
    scan = SimpleUploadedFile("回证.jpg", picture(), content_type="image/jpeg")
    answer = info.post(f"/desk/cases/{number}/do/complete", {**asked, "scan-signed": scan})
    assert answer.status_code == 302, answer.content.decode()
    file = Step.objects.get(pk=step.pk).answers["signed"]
    assert f'href="/files/{file}"' in info.get(f"/desk/cases/{number}").content.decode()
    assert b"".join(info.get(f"/files/{file}")).startswith(b"%PDF")
    assert logged_in(cast.neighbour).get(f"/files/{file}").status_code == 404
    assert "附签名、盖章的纸质送达回证" in text_of(paper(cast, number, "delivery"))


def test_the_interface_takes_the_strokes_of_a_signature(cast: Cast, now: datetime) -> None:
    number, info = denied(cast, now), logged_in(cast.info)
    step = Step.objects.get(case__number=number, key="deliver")
    said = {"way": "direct", "received_by": "赵大爷", "relation": "self"}

    def send(**more: object) -> HttpResponse:
        body = {"params": {"step": step.pk, "outcome": "approve", "answers": {**said, **more}}}
        return info.post(f"/api/v1/cases/{number}/complete", body, content_type="application/json")

    assert set(send().json()["fields"]) == {"signed"}
    assert set(send(relation="other", signature=json.loads(STROKES)).json()["fields"]) == {"relation"}
    assert send(signed="no-such-upload").status_code == 422
    assert send(signature=json.loads(STROKES)).status_code == 200
    assert "赵大爷" in text_of(paper(cast, number, "delivery"))


def test_a_refusal_is_handed_over_with_the_same_proof(cast: Cast, now: datetime) -> None:
    number, info = received(cast, now), logged_in(cast.info)
    refuse(number, actor=cast.reviewer, now=now, reason="不属于受理范围")
    assert "不予受理决定书" in info.get(f"/desk/cases/{number}").content.decode()
    assert paper(cast, number, "refusal")
    step = Step.objects.get(case__number=number, key="deliver")
    answer = info.post(f"/desk/cases/{number}/do/complete", {
        "key": "k", "step": step.pk, "expect": step.version, "outcome": "approve",
        "answer-way": "post", "answer-tracking": "EMS7", "answer-received_on": "2026-06-10"})
    assert answer.status_code == 302, answer.content.decode()
    page = info.get(f"/desk/cases/{number}").content.decode()
    assert "邮寄送达" in page and "EMS7" in page and "送达回证" in page
    row, proof = sealed_row(number, "refusal"), text_of(paper(cast, number, "delivery"))
    assert "《不予受理决定书》" in proof and row.number in proof and "EMS7" in proof
    close(number, actor=cast.reviewer, now=now + timedelta(hours=1))
    assert "现在有效" in by_number(row.number, row.code)  # the same paper before and after


def test_each_way_prints_what_proves_it(cast: Cast, now: datetime) -> None:
    ways = [
        ({"way": "post", "tracking": "EMS123", "received_on": "2026-06-10"}, ["邮寄送达", "EMS123"]),
        ({"way": "left", "refusal": "拒不签收", "place": "杉桥村三组", "witness": "村委会李某",
          "signature": STROKES},
         ["留置送达", "拒不签收，2026年6月10日", "李某", "杉桥村三组"]),
        ({"way": "electronic", "consent_on": "2026-06-01", "sent_to": "平台账号",
          "received_on": "2026-06-10", "consent_kept": "镇档案室"},
         ["电子送达", "确认书签订日期", "2026年6月1日", "平台账号", "确认书原件：镇档案室"]),
    ]
    for answers, words in ways:
        number = accepted(cast, now, another_is_meant=True)
        do(number, "check", actor=cast.reviewer, now=now)
        do(number, "decide", "reject", actor=cast.county, now=now)
        do(number, "deliver", actor=cast.info, now=now + timedelta(hours=1), **answers)
        proof = text_of(paper(cast, number, "delivery"))
        assert [w for w in words if w not in proof] == []


def test_the_signed_confirmation_is_kept_with_the_delivery(
    cast: Cast, now: datetime, tmp_path: Path
) -> None:
    """Printed blank, signed, scanned with the delivery; shown with it and filed."""
    number, info = denied(cast, now), logged_in(cast.info)
    blank = text_of(paper(cast, number, "consent"))
    assert "电子送达确认书" in blank and "赵大爷" in blank and "不同意" in blank
    step = Step.objects.get(case__number=number, key="deliver")
    asked = {"key": "k", "step": step.pk, "expect": step.version, "outcome": "approve",
             "answer-way": "electronic", "answer-consent_on": "2026-06-10",
             "answer-sent_to": "平台账号", "answer-received_on": "2026-06-10"}
    answer = info.post(f"/desk/cases/{number}/do/complete", asked)
    assert answer.status_code == 422 and "请附确认书的扫描件" in answer.content.decode()
    scan = SimpleUploadedFile("确认书.jpg", picture(), content_type="image/jpeg")
    answer = info.post(f"/desk/cases/{number}/do/complete", {**asked, "scan-consent": scan})
    assert answer.status_code == 302, answer.content.decode()
    file = Step.objects.get(pk=step.pk).answers["consent"]
    assert f'href="/files/{file}"' in info.get(f"/desk/cases/{number}").content.decode()
    assert b"".join(info.get(f"/files/{file}")).startswith(b"%PDF")
    assert logged_in(cast.neighbour).get(f"/files/{file}").status_code == 404
    assert "附电子送达确认书" in text_of(paper(cast, number, "delivery"))
    close(number, actor=cast.reviewer, now=now + timedelta(hours=1))
    packed = b"".join(logged_in(cast.reviewer).get(f"/desk/cases/{number}/dossier.zip"))
    names = [name.split("/", 1)[1] for name in ZipFile(io.BytesIO(packed)).namelist()]
    (filed,) = [name for name in names if "consent" in name]
    assert filed.startswith("scans/")


def test_a_public_notice_prints_its_dates(cast: Cast, now: datetime) -> None:
    number = denied(cast, now)
    later = now + timedelta(days=32)
    do(number, "deliver", actor=cast.info, now=later, way="public", cause="下落不明",
       place="衡阳日报", posted_on="2026-06-10")
    with clock.rehearsed(later + timedelta(hours=1)):
        proof = text_of(paper(cast, number, "delivery"))
    assert "公告送达" in proof and "2026年6月10日" in proof and "2026年7月10日" in proof


def test_what_was_signed_stays_when_something_else_is_wrong(cast: Cast, now: datetime) -> None:
    number = denied(cast, now)
    step = Step.objects.get(case__number=number, key="deliver")
    answer = logged_in(cast.info).post(f"/desk/cases/{number}/do/complete", {
        "key": "k", "step": step.pk, "expect": step.version, "outcome": "approve",
        "answer-way": "direct", "answer-relation": "self", "answer-signature": STROKES})
    assert answer.status_code == 422
    assert "请填写签收人姓名" in answer.content.decode() and "[[[10,10]" in answer.content.decode()


def test_the_code_on_a_certificate_shows_the_answer_to_whoever_scans_it(
    cast: Cast, now: datetime
) -> None:
    card = Certificate.objects.get(case_id=case_of(carded(cast, now)).pk)
    scanned = Client().get("/check/certificate", {"number": card.number, "code": card.code})
    assert "这个证照有效" in scanned.content.decode()


@pytest.mark.parametrize("brackets", ["()", "（）", "[]", "［］", "【】"])
def test_a_number_is_known_whatever_brackets_it_is_typed_with(
    cast: Cast, now: datetime, brackets: str
) -> None:
    card = Certificate.objects.get(case_id=case_of(carded(cast, now)).pk)
    typed = card.number.replace("〔", f" {brackets[0]}").replace("〕", brackets[1])
    assert "这个证照有效" in by_number(typed, card.code.lower())


def test_a_file_without_a_seal_is_said_to_have_none(cast: Cast, now: datetime) -> None:
    said = by_file(paper(cast, received(cast, now), "receipt"))
    assert "这个文件没有签章" in said and "不可信" not in said


def test_a_photograph_of_a_certificate_is_told_how_it_can_be_checked(db: None) -> None:
    said = by_file(b"\xff\xd8\xff\xe0 a photograph")
    assert "请照着纸上的编号和核验码查" in said and "签章" not in said.partition("id=\"file\"")[0]


def test_what_was_not_filled_in_is_asked_for_where_it_stands(db: None) -> None:
    said = by_number("", "")
    assert "请填写证照编号或文号" in said and "请填写核验码" in said and "没有查到" not in said
