"""送达: each lawful way says what proves it, and nothing of another way."""

from datetime import date, datetime, timedelta

import pytest

from tests.cases.scenes import case_of, proof_faults, told
from tests.cast import HANDED, LEFT, STROKES, Cast, accepted, do, received, step_of
from weimin.cases.models import Case, Step
from weimin.cases.verbs import complete, done_outside, refuse
from weimin.cases.verbs.receive import Party
from weimin.documents import signature
from weimin.documents.models import Paper
from weimin.documents.store import store
from weimin.kernel.clock import local
from weimin.kernel.errors import Invalid, WeiminError
from weimin.network.actor import Actor
from weimin.registry.people import organisation_by_code


@pytest.fixture
def number(cast: Cast, now: datetime) -> str:
    """A denial that waits to be handed over by the village."""
    found = accepted(cast, now)
    do(found, "check", actor=cast.reviewer, now=now)
    do(found, "decide", "reject", actor=cast.county, now=now)
    return found


def refused(number: str, cast: Cast, at: datetime, **answers: object) -> set[str]:
    """The fields that are wrong."""
    with pytest.raises(Invalid) as caught:
        do(number, "deliver", actor=cast.info, now=at, **answers)
    return set(caught.value.fields)


def answers_of(number: str) -> dict[str, object]:
    return dict(Step.objects.get(case__number=number, key="deliver").answers)


# way, what it says, what is missing when one of it is left out
WAYS = {
    "post": {"tracking": "EMS1", "received_on": "2026-06-10"},
    "left": {"refusal": "不认可结果", "place": "杉桥村家中", "recording": "录像，存村委会"},
    "electronic": {"consent_on": "2026-06-01", "consent_kept": "村服务站卷柜", "sent_to": "平台账号",
                   "received_on": "2026-06-10"},
}


@pytest.mark.parametrize("way", WAYS)
def test_what_proves_it_is_asked_and_kept(way: str, number: str, cast: Cast, now: datetime) -> None:
    whole = WAYS[way]
    for left_out in whole:
        said = {key: value for key, value in whole.items() if key != left_out}
        missing = {"recording": "witness"}.get(left_out, left_out)  # one of the two
        assert refused(number, cast, now, way=way, **said) == {missing}
    do(number, "deliver", actor=cast.info, now=now, way=way, **whole)
    assert answers_of(number) == {"way": way, **whole}
    assert told(number)["way"] == way and "received_by" not in told(number)  # names stay private


# -- 直接送达: who signs, and what proves it (民事诉讼法 art. 87, 88) ------------------------------

DIRECT = {"way": "direct", "received_by": "赵小", "relation": "family"}


def scan_by(actor: Actor, now: datetime) -> int:
    """The signed proof of delivery, scanned by that officer."""
    return store(b"%PDF-1.4 signed", name="scan.pdf", media_type="application/pdf", now=now,
                 account_id=actor.account_id).pk


def delivered(number: str, cast: Cast, now: datetime, **answers: object) -> bool:
    """Whether it was handed over so; if not, because of who signed."""
    try:
        do(number, "deliver", actor=cast.info, now=now, signed=scan_by(cast.info, now), way="direct",
           received_by="某人", **answers)
    except Invalid as error:
        assert set(error.fields) == {"relation"}
        return False
    return True


def test_whoever_takes_it_in_signs(number: str, cast: Cast, now: datetime) -> None:
    for left_out in ("received_by", "relation"):
        said = {key: value for key, value in DIRECT.items() if key != left_out}
        assert refused(number, cast, now, **said, signature=STROKES) == {left_out}
    assert refused(number, cast, now, **DIRECT) == {"signed"}
    assert refused(number, cast, now, **DIRECT, unsigned="不愿意签") == {"unsigned"}
    do(number, "deliver", actor=cast.info, now=now, **DIRECT, signature=STROKES)
    assert told(number)["way"] == "direct" and "received_by" not in told(number)


def test_a_scan_of_the_proof_signed_or_sealed_on_paper_stands_for_it(
    number: str, cast: Cast, now: datetime
) -> None:
    assert refused(number, cast, now, **DIRECT, signed=scan_by(cast.clerk, now)) == {"signed"}
    scan = scan_by(cast.info, now)
    do(number, "deliver", actor=cast.info, now=now, **DIRECT, signed=scan)
    assert Paper.objects.get(case_id=case_of(number).pk, form="signed").file_id == scan
    assert proof_faults(number) == []


@pytest.mark.parametrize("relation", ["other", "neighbour", ""])
def test_nobody_whom_the_law_does_not_name_signs(
    relation: str, number: str, cast: Cast, now: datetime
) -> None:
    assert refused(number, cast, now, way="direct", received_by="老王", relation=relation,
                   signature=STROKES) == {"relation"}


@pytest.mark.parametrize(("relation", "may"), [
    ("self", True), ("family", True), ("representative", False), ("organisation", False),
    ("agent", False),  # nobody acts for him in this case
])
def test_for_a_person_he_or_his_family_signs(
    relation: str, may: bool, number: str, cast: Cast, now: datetime
) -> None:
    assert delivered(number, cast, now, relation=relation) is may


@pytest.mark.parametrize(("relation", "may"), [
    ("self", False), ("family", False), ("representative", True), ("organisation", True),
])
def test_for_an_organisation_its_representative_or_its_post_room_signs(
    relation: str, may: bool, cast: Cast, now: datetime
) -> None:
    shop = organisation_by_code("91430421MA4L1TFY90", "杉桥粮油店", "孙长福")
    found = received(cast, now, parties=(Party(organisation_id=shop.pk, name=shop.name),))
    refuse(found, actor=cast.reviewer, now=now, reason="不属于受理范围")
    assert delivered(found, cast, now, relation=relation) is may


def test_an_agent_of_the_case_signs(cast: Cast, now: datetime) -> None:
    both = (Party(person_id=cast.zhao.pk, name="赵大爷", phone="19000001234"),
            Party(role="agent", person_id=cast.qian.pk, name="钱大妈", paper="委托书"))
    found = received(cast, now, parties=both)
    refuse(found, actor=cast.reviewer, now=now, reason="不属于受理范围")
    assert delivered(found, cast, now, relation="agent")


def test_whom_he_named_to_take_it_in_signs_and_it_says_where_he_was_named(
    number: str, cast: Cast, now: datetime
) -> None:
    named = {**DIRECT, "relation": "named", "signature": STROKES}
    assert refused(number, cast, now, **named) == {"designation"}
    assert refused(number, cast, now, **{**named, "relation": "self"}, designation="申请表") == {
        "designation"}
    do(number, "deliver", actor=cast.info, now=now, **named, designation="申请表第三栏")


# -- 留置送达: refused, so left (art. 89) ---------------------------------------------------------


def test_a_refusal_to_sign_is_proved_by_a_witness_who_signs(
    number: str, cast: Cast, now: datetime
) -> None:
    left = {"way": "left", "refusal": "拒收", "place": "家中"}
    assert refused(number, cast, now, **left) == {"witness"}
    assert refused(number, cast, now, **left, witness="村委会 李某") == {"signed"}
    do(number, "deliver", actor=cast.info, now=now, **left, witness="村委会 李某", signature=STROKES)


def test_or_by_a_recording(number: str, cast: Cast, now: datetime) -> None:
    do(number, "deliver", actor=cast.info, now=now, **LEFT)
    assert told(number)["way"] == "left"


# ------------------------------------------------------------------------------------------------


def test_one_way_does_not_speak_of_another(number: str, cast: Cast, now: datetime) -> None:
    assert refused(number, cast, now, **HANDED, tracking="EMS1") == {"tracking"}


@pytest.mark.parametrize(("day", "wrong"), [
    ("2026-06-09", True),  # Tuesday, before the step began
    ("2026-06-11", True),  # Thursday, tomorrow
    ("十日", True),
    ("2026-06-10", False),  # Wednesday, today
])
def test_the_day_of_receipt_is_a_day_that_was(
    day: str, wrong: bool, number: str, cast: Cast, now: datetime
) -> None:
    said = {"way": "post", "tracking": "EMS1", "received_on": day}
    if wrong:
        assert refused(number, cast, now, **said) == {"received_on"}
    else:
        do(number, "deliver", actor=cast.info, now=now, **said)


def test_a_public_notice_delivers_after_thirty_days(number: str, cast: Cast, now: datetime) -> None:
    """民事诉讼法 art. 95: published Wednesday 10 June, the thirtieth day is Friday 10 July."""
    said = {"way": "public", "cause": "下落不明", "place": "衡阳日报", "posted_on": "2026-06-10"}
    assert date(2026, 7, 10).weekday() == 4
    assert refused(number, cast, now.replace(month=7, day=10), **said) == {"posted_on"}
    for left_out in ("cause", "place", "posted_on"):
        rest = {key: value for key, value in said.items() if key != left_out}
        assert refused(number, cast, now.replace(month=7, day=11), **rest) == {left_out}
    do(number, "deliver", actor=cast.info, now=now.replace(month=7, day=11), **said)
    for key in ("cause", "place", "posted_on"):
        assert answers_of(number)[key]
    # The office published it on the first of its ten days: the thirty are not its lateness.
    case = Case.objects.get(number=number)
    assert not case.late and not case.step_set.filter(key="deliver", late=True).exists()


# -- the signature on the screen -----------------------------------------------------------------


def test_a_signature_becomes_a_paper_of_the_case(number: str, cast: Cast, now: datetime) -> None:
    file = signature.keep(STROKES, now=now, account_id=cast.info.account_id)
    do(number, "deliver", actor=cast.info, now=now, way="direct", received_by="赵大爷",
       relation="self", signature=file.pk)
    paper = Paper.objects.get(case_id=case_of(number).pk, form="signature")
    assert (paper.file_id, paper.data["step"]) == (file.pk, "deliver")
    assert signature.drawing(file.pk).startswith("<svg") and "polyline" in signature.drawing(file.pk)


def test_only_a_signature_that_this_officer_took_counts(number: str, cast: Cast, now: datetime) -> None:
    theirs = signature.keep(STROKES, now=now, account_id=cast.clerk.account_id)
    scan = store(b"%PDF-1.4", name="scan.pdf", media_type="application/pdf", now=now,
                 account_id=cast.info.account_id)
    for file in (theirs.pk, scan.pk, 10**9, "x"):
        said = {"way": "direct", "received_by": "赵大爷", "relation": "self", "signature": file}
        assert refused(number, cast, now, **said) == {"signature"}
    assert not Paper.objects.filter(form="signature").exists()


ELECTRONIC = {"way": "electronic", "consent_on": "2026-06-01", "sent_to": "平台账号",
              "received_on": "2026-06-10"}


def test_the_scanned_confirmation_becomes_a_paper_of_the_case(
    number: str, cast: Cast, now: datetime
) -> None:
    scan = store(b"%PDF-1.4", name="scan.pdf", media_type="application/pdf", now=now,
                 account_id=cast.info.account_id)
    do(number, "deliver", actor=cast.info, now=now, **ELECTRONIC, consent=scan.pk)
    assert Paper.objects.get(case_id=case_of(number).pk, form="consent").file_id == scan.pk
    assert answers_of(number)["consent"] == scan.pk and proof_faults(number) == []


def test_a_scan_of_somebody_else_is_no_confirmation(number: str, cast: Cast, now: datetime) -> None:
    theirs = store(b"%PDF-1.4", name="scan.pdf", media_type="application/pdf", now=now,
                   account_id=cast.clerk.account_id)
    drawn = signature.keep(STROKES, now=now, account_id=cast.info.account_id)
    for file in (theirs.pk, drawn.pk, 10**9, "x"):
        assert refused(number, cast, now, **ELECTRONIC, consent=file) == {"consent"}
    assert not Paper.objects.filter(form="consent").exists()


def test_without_a_scan_it_says_where_the_confirmation_is(
    number: str, cast: Cast, now: datetime
) -> None:
    assert refused(number, cast, now, **ELECTRONIC) == {"consent_kept"}
    do(number, "deliver", actor=cast.info, now=now, **ELECTRONIC, consent_kept="镇档案室")
    assert proof_faults(number) == []


@pytest.mark.parametrize("text", [
    "", "[]", "[[[1,1]]]", "<svg/>", "{}", '[[["a","b"]]]', "[[[1,2,3]]]", "[[[1e9,0],[0,0]]]",
    "[[[1,1],[NaN,2],[3,3],[4,4],[5,5],[6,6],[7,7],[8,8],[9,9]]]",
    "[" + ",".join(["[[1,1],[2,2]]"] * 4000) + "]",
])
def test_what_is_no_signature_is_refused(text: str, db: None, now: datetime) -> None:
    with pytest.raises(WeiminError, match="签名"):
        signature.keep(text, now=now, account_id=1)


def test_on_paper_it_is_entered_with_its_reason(number: str, cast: Cast, now: datetime) -> None:
    done_outside(number, actor=cast.info, now=now, step=step_of(number, "deliver"), outcome="approve",
                 answers={**DIRECT, "signed": scan_by(cast.info, now)}, reason="停电，在纸质回证上签收")
    assert answers_of(number)["outside"] == "停电，在纸质回证上签收"


def test_a_late_entry_is_judged_by_when_it_happened(number: str, cast: Cast, now: datetime) -> None:
    later = now + timedelta(days=3)
    complete(number, actor=cast.info, now=later, step=step_of(number, "deliver"), outcome="approve",
             occurred_at=now + timedelta(days=1), late_entry="补录",
             answers={"way": "post", "tracking": "EMS1",
                      "received_on": str(local(now + timedelta(days=1)).date())})
    assert answers_of(number)["tracking"] == "EMS1"
