"""收件: the number, the first contact, the clocks, and what is refused."""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import publish_variant
from tests.cast import ALLOWANCE, MATERIALS, VILLAGE, Cast, do, intake, look, received, scans
from weimin.cases import overseeing, reading
from weimin.cases.models import Access, Case, Duty, Material
from weimin.cases.verbs import accept, receive
from weimin.cases.verbs.receive import Party
from weimin.kernel.codes import group_case_number, is_case_number
from weimin.kernel.errors import AlreadyOpen, Invalid, KeyReused, NotAllowed, NotFound


def test_a_matter_gets_its_number_at_once(cast: Cast, now: datetime) -> None:
    answer = receive(intake(cast.zhao), actor=cast.info, now=now)
    assert is_case_number(answer.number)
    assert answer.number.startswith("26")
    assert Case.objects.get(number=answer.number).state == "received"


def test_receiving_is_not_accepting(cast: Cast, now: datetime) -> None:
    case = Case.objects.get(number=received(cast, now))
    assert case.accepted_at is None
    assert set(case.clock_set.values_list("kind", flat=True)) == {"notice"}


def test_who_received_it_is_first_contact_and_accountable(cast: Cast, now: datetime) -> None:
    case = Case.objects.get(number=received(cast, now))
    assert case.first_contact_id == case.lead_post_id == cast.info.post_id
    assert Duty.objects.get(case=case).post_id == cast.info.post_id


def test_the_notice_clock_ends_after_five_working_days(cast: Cast, now: datetime) -> None:
    case = Case.objects.get(number=received(cast, now))
    # Wednesday 10 June; the fifth working day after it is Wednesday 17 June.
    assert str(case.clock_set.get(kind="notice").due_on) == "2026-06-17"


def test_the_same_request_twice_gives_the_same_case(cast: Cast, now: datetime) -> None:
    first = receive(intake(cast.zhao), actor=cast.info, now=now, key="a")
    again = receive(intake(cast.zhao), actor=cast.info, now=now, key="a")
    assert first == again
    assert Case.objects.count() == 1


def test_the_same_key_with_another_body_is_an_error(cast: Cast, now: datetime) -> None:
    receive(intake(cast.zhao), actor=cast.info, now=now, key="a")
    with pytest.raises(KeyReused):
        receive(intake(cast.qian), actor=cast.info, now=now, key="a")


def test_a_second_open_case_for_the_same_thing_is_asked_about(cast: Cast, now: datetime) -> None:
    first = received(cast, now)
    with pytest.raises(AlreadyOpen, match=group_case_number(first)):
        receive(intake(cast.zhao), actor=cast.info, now=now)
    meant = receive(intake(cast.zhao, another_is_meant=True), actor=cast.info, now=now)
    assert meant.number != first


def test_a_resident_applies_at_night_and_the_duty_post_answers(cast: Cast, now: datetime) -> None:
    night = now.replace(hour=3)
    sent = intake(cast.zhao, channel="web", have=scans(cast.resident, MATERIALS, night))
    number = receive(sent, actor=cast.resident, now=night).number
    case = Case.objects.get(number=number)
    assert case.lead_post_id == cast.reviewer.post_id  # the town's duty post in charge
    assert look(number, cast.resident, night).relations() == {"applicant"}


def test_a_resident_hands_in_scans_and_not_his_word_for_paper(cast: Cast, now: datetime) -> None:
    with pytest.raises(Invalid, match="网上只收扫描件"):
        receive(intake(cast.zhao, channel="web"), actor=cast.resident, now=now)
    scanned = scans(cast.resident, ["id-card"], now)
    number = receive(intake(cast.zhao, channel="web", have=scanned), actor=cast.resident, now=now).number
    states = dict(Material.objects.filter(case__number=number).values_list("key", "state"))
    assert states == {"id-card": "have", "household-register": "missing", "bank-account": "missing",
                      "apply": "missing"}


def test_an_agent_needs_a_paper(cast: Cast, now: datetime) -> None:
    parties = (Party(person_id=cast.zhao.pk, name="赵大爷"),
               Party(role="agent", person_id=cast.qian.pk, name="钱大妈"))
    with pytest.raises(Invalid, match="委托书"):
        receive(intake(cast.zhao, parties=parties), actor=cast.info, now=now)


def test_a_resident_of_another_place_is_received_on_behalf(cast: Cast, now: datetime) -> None:
    number = receive(intake(cast.zhao, channel="window"), actor=cast.other_clerk, now=now).number
    case = Case.objects.get(number=number)
    assert case.receiver_id == cast.other_clerk.office_id
    assert case.office_id == cast.reviewer.office_id  # the competent office is the home town's


def test_the_offices_concerned_see_it_and_no_others(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    whys = set(Access.objects.filter(case__number=number).values_list("why", flat=True))
    assert whys == {"receiver", "competent", "line_above", "supervision"}
    for actor in (cast.info, cast.reviewer, cast.county, cast.supervisor, cast.resident):
        assert look(number, actor, now).row["number"] == number
    for outsider in (cast.health, cast.other_clerk, cast.neighbour, cast.sysadmin):
        with pytest.raises(NotFound):
            look(number, outsider, now)


def test_whoever_may_see_one_case_lists_that_one_and_no_other(cast: Cast, now: datetime) -> None:
    own = received(cast, now)
    elsewhere = receive(intake(cast.zhao, channel="window", another_is_meant=True),
                        actor=cast.other_clerk, now=now).number
    sees = ((cast.info, {own}), (cast.other_clerk, {elsewhere}), (cast.health, set()), (cast.neighbour, set()),
            (cast.reviewer, {own, elsewhere}), (cast.resident, {own, elsewhere}))
    for actor, numbers in sees:
        assert {row.number for row in reading.seen(actor)} == numbers
        for text in ("赵大爷", own[:2]):
            assert {row.number for row in reading.search(actor, text)} == numbers
        assert {n for n in (own, elsewhere) if reading.search(actor, n)} == numbers
    assert [overseeing.today(a, now=now).figures["received"] for a in (cast.info, cast.reviewer, cast.health)] == [1, 2, 0]


def test_a_confidential_case_is_seen_by_whoever_handles_it_and_not_from_above(
    cast: Cast, now: datetime, db: None
) -> None:
    publish_variant(ALLOWANCE, confidential=True)
    number = received(cast, now)
    whys = set(Access.objects.filter(case__number=number).values_list("why", flat=True))
    assert whys == {"receiver", "competent"}
    for actor in (cast.info, cast.reviewer, cast.resident):
        assert look(number, actor, now).row["number"] == number
    for outsider in (cast.county, cast.supervisor, cast.government, cast.health):
        with pytest.raises(NotFound):
            look(number, outsider, now)
    accept(number, actor=cast.reviewer, now=now)
    do(number, "check", actor=cast.reviewer, now=now)
    assert look(number, cast.county, now).row["number"] == number  # its step has come to the county
    with pytest.raises(NotFound):
        look(number, cast.supervisor, now)


def test_a_supervisor_does_not_receive(cast: Cast, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        receive(intake(cast.zhao), actor=cast.supervisor, now=now)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"area": "999999999999"}, "没有这个地方"),
        ({"channel": "pigeon"}, "请选择"),
        ({"answers": {"nonsense": 1}}, "没有这一项"),
        ({"answers": {"birth": "1940年2月30日"}}, "应为日期"),
        ({"answers": {"id_number": "990000194001010000"}}, "有一位输错了"),
        ({"have": {"moon-rock": None}}, "不需要这份材料"),
        ({"parties": ()}, "一位申请人"),
    ],
)
def test_bad_input_is_said_in_words(
    cast: Cast, now: datetime, change: dict[str, object], message: str
) -> None:
    with pytest.raises(Invalid, match=message):
        receive(intake(cast.zhao, **change), actor=cast.info, now=now)


def test_what_identifies_is_encrypted_in_the_facts(cast: Cast, now: datetime) -> None:
    number = received(cast, now, answers={"phone": "１９０ ００００ １２３４", "low_income": "是"})
    facts = Case.objects.get(number=number).facts
    assert facts["phone"].startswith("密:")
    assert "1234" not in facts["phone"]
    assert facts["low_income"] is True


def test_something_entered_later_says_when_and_why(cast: Cast, now: datetime) -> None:
    paper = now - timedelta(days=2)
    with pytest.raises(Invalid, match="补录"):
        receive(intake(cast.zhao), actor=cast.info, now=now, occurred_at=paper)
    number = receive(intake(cast.zhao), actor=cast.info, now=now, occurred_at=paper,
                     late_entry="停电").number
    case = Case.objects.get(number=number)
    assert case.received_at == paper
    assert str(case.clock_set.get(kind="notice").start) == "2026-06-08"


def test_nobody_receives_what_is_not_in_the_catalogue(cast: Cast, now: datetime) -> None:
    with pytest.raises(NotFound, match="不在清单"):
        receive(intake(cast.zhao, item="HY-XXX-99"), actor=cast.info, now=now)
    assert ALLOWANCE.startswith("HY") and VILLAGE.startswith("4304")
