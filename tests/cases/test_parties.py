"""Who applies: persons, organisations, households, guardians and agents, each with papers."""

import random
from datetime import date, datetime
from typing import Any

import pytest

from tests.cases.scenes import ROAD, application, case_of, told
from tests.cast import CARD, MATERIALS, Cast, intake, look
from weimin.cases import reading
from weimin.cases.materials import missing, wanted
from weimin.cases.models import Case
from weimin.cases.models import Party as PartyRow
from weimin.cases.verbs import accept, notify_missing, receive, supplement, withdraw
from weimin.cases.verbs.receive import Intake, Party
from weimin.kernel import vault
from weimin.kernel.codes import group_case_number
from weimin.kernel.errors import AlreadyOpen, Invalid, NotFound
from weimin.ops.people import person_of
from weimin.outbox.models import Message
from weimin.registry.models import Organisation, Person
from weimin.registry.people import organisation_by_code, person_by_identity

MINIMUM = "HY-AID-01"  # 低保: a household applies


@pytest.fixture
def company(db: None) -> Organisation:
    from stdnum.cn import uscc

    body = "91430421MA4L00001"
    return organisation_by_code(body + uscc.calc_check_digit(body), "示意农业专业合作社", "周示意")


def for_him(cast: Cast, role: str = "agent", **changes: Any) -> Intake:
    """钱大妈 asks for 赵大爷."""
    paper = {"agent": "授权委托书", "guardian": "监护证明"}[role]
    parties = (Party(person_id=cast.zhao.pk, name="赵大爷"),
               Party(role=role, person_id=cast.qian.pk, name="钱大妈", paper=paper,
                     phone="19000005678"))
    return intake(cast.zhao, parties=parties, **changes)


def of_company(company: Organisation, helper: Person, relation: str = "", **changes: Any) -> Intake:
    made = application(helper, ROAD)
    parties = (Party(organisation_id=company.pk, name=company.name),
               Party(role="agent", person_id=helper.pk, name=helper.name, paper="授权委托书",
                     relation=relation, phone="19000005678"))
    have = {**made.have, "business-licence": None}
    del have["id-card"]  # no organisation has one
    return Intake(**{**made.__dict__, "parties": parties, "have": have, **changes})


def of_household(head: Person, *members: Person, **changes: Any) -> Intake:
    parties = (Party(person_id=head.pk, name=head.name),
               *(Party(role="member", person_id=m.pk, name=m.name, relation="配偶")
                 for m in members))
    return Intake(**{**application(head, MINIMUM).__dict__, "parties": parties, **changes})


def names(number: str, cast: Cast, now: datetime) -> list[str]:
    return [spec.key for spec in missing(look(number, cast.reviewer, now))]


@pytest.mark.parametrize(("role", "papers"), [
    ("agent", ["by-agent-card", "by-letter"]), ("guardian", ["by-guardian-card", "by-guardianship"]),
])
def test_the_papers_of_whoever_acts_are_asked_for_in_the_one_notice(
    role: str, papers: list[str], cast: Cast, now: datetime
) -> None:
    number = receive(for_him(cast, role), actor=cast.info, now=now).number
    assert names(number, cast, now) == papers
    notify_missing(number, actor=cast.reviewer, now=now)
    assert len(told(number)["missing"]) == 2
    supplement(number, actor=cast.info, now=now, have=dict.fromkeys(papers))
    assert accept(number, actor=cast.reviewer, now=now).state == "accepted"


def test_papers_that_came_along_are_not_asked_for(cast: Cast, now: datetime) -> None:
    have = {**MATERIALS, "by-letter": None, "by-agent-card": None}
    number = receive(for_him(cast, have=have), actor=cast.info, now=now).number
    assert names(number, cast, now) == []
    assert "by-letter" in [spec.key for spec in wanted(look(number, cast.reviewer, now))]


def test_the_applicant_himself_owes_no_such_paper(cast: Cast, now: datetime) -> None:
    with pytest.raises(Invalid, match="不需要"):
        receive(intake(cast.zhao, have={**MATERIALS, "by-letter": None}), actor=cast.info, now=now)


def test_without_his_card_among_the_materials_the_principals_is_asked_for(
    cast: Cast, now: datetime
) -> None:
    made = for_him(cast, item=CARD, answers={}, have={})
    number = receive(made, actor=cast.info, now=now).number
    item = {spec.key for spec in look(number, cast.info, now).item.materials}
    keys = {spec.key for spec in wanted(look(number, cast.info, now))}
    assert ("by-principal-card" in keys) == ("id-card" not in item)


def test_an_agent_has_the_applicants_rights_in_this_case_only(cast: Cast, now: datetime) -> None:
    first = receive(intake(cast.zhao, item=CARD, answers={}, have={}), actor=cast.info, now=now)
    number = receive(for_him(cast), actor=cast.info, now=now).number
    assert look(number, cast.neighbour, now).relations() == {"applicant"}
    withdraw(number, actor=cast.neighbour, now=now)
    with pytest.raises(NotFound):
        look(first.number, cast.neighbour, now)


def test_the_agents_phone_follows_the_case_and_is_his_log_in(cast: Cast, now: datetime) -> None:
    helper = person_of(random.Random(3), name="孙代办", born=date(1980, 2, 3))
    Person.objects.filter(pk=helper.pk).update(phone_hash=None, phone_cipher=b"", phone_mask="")
    parties = (Party(person_id=cast.zhao.pk, name="赵大爷"),
               Party(role="agent", person_id=helper.pk, name="孙代办", paper="委托书",
                     phone="19000005678"))
    number = receive(intake(cast.zhao, parties=parties), actor=cast.info, now=now).number
    helper.refresh_from_db()
    assert vault.decrypt(helper.phone_cipher) == "19000005678"
    assert bytes(case_of(number).follow_hash or b"") == vault.lookup(f"{number}:5678")


def test_nobody_acts_for_himself(cast: Cast, now: datetime) -> None:
    parties = (Party(person_id=cast.zhao.pk, name="赵大爷"),
               Party(role="agent", person_id=cast.zhao.pk, name="赵大爷", paper="委托书"))
    with pytest.raises(Invalid, match="本人"):
        receive(intake(cast.zhao, parties=parties), actor=cast.info, now=now)


@pytest.mark.parametrize("role", ["agent", "guardian"])
def test_nobody_acts_for_another_without_saying_by_which_paper(
    role: str, cast: Cast, now: datetime
) -> None:
    helper = Party(role=role, person_id=cast.qian.pk, name="钱大妈")
    parties = (Party(person_id=cast.zhao.pk, name="赵大爷"), helper)
    with pytest.raises(Invalid, match="须写明凭据"):
        receive(intake(cast.zhao, parties=parties), actor=cast.info, now=now)


def test_only_one_acts_for_him(cast: Cast, now: datetime) -> None:
    other = person_of(random.Random(3), name="孙代办", born=date(1980, 2, 3))
    parties = (*for_him(cast).parties, Party(role="guardian", person_id=other.pk, name="孙代办", paper="监护证明"))
    with pytest.raises(Invalid, match="只能有一位"):
        receive(intake(cast.zhao, parties=parties), actor=cast.info, now=now)


# -- organisations -------------------------------------------------------------------------------


def test_an_organisation_asks_through_a_handler_with_a_letter(
    cast: Cast, company: Organisation, now: datetime
) -> None:
    number = receive(of_company(company, cast.qian), actor=cast.clerk, now=now).number
    assert case_of(number).applicant == "示意农业专业合作社"  # what it is called is public
    keys = {s.key for s in missing(look(number, cast.clerk, now))}
    assert {"by-letter", "by-agent-card"} <= keys
    assert "by-principal-card" not in keys
    assert look(number, cast.neighbour, now).relations() == {"applicant"}


def test_its_legal_representative_shows_his_office_instead(
    cast: Cast, company: Organisation, now: datetime
) -> None:
    made = of_company(company, cast.qian, "法定代表人")
    number = receive(made, actor=cast.clerk, now=now).number
    keys = {s.key for s in missing(look(number, cast.clerk, now))}
    assert "by-office" in keys and "by-letter" not in keys


def test_an_organisation_brings_its_licence_and_a_person_his_card(
    cast: Cast, now: datetime, company: Organisation
) -> None:
    by_company = receive(of_company(company, cast.zhao, have={}), actor=cast.clerk, now=now).number
    by_person = receive(Intake(**{**application(cast.zhao, ROAD).__dict__, "have": {}}),
                        actor=cast.clerk, now=now).number
    asked = [{spec.key for spec in missing(look(number, cast.clerk, now))} for number in (by_company, by_person)]
    assert [each & {"id-card", "business-licence"} for each in asked] == [{"business-licence"}, {"id-card"}]


def test_a_second_open_case_of_an_organisation_is_asked_about(
    cast: Cast, company: Organisation, now: datetime
) -> None:
    first = receive(of_company(company, cast.qian), actor=cast.clerk, now=now).number
    with pytest.raises(AlreadyOpen, match=group_case_number(first)):
        receive(of_company(company, cast.zhao), actor=cast.clerk, now=now)
    receive(of_company(company, cast.zhao, another_is_meant=True), actor=cast.clerk, now=now)


def test_the_handler_is_told_what_the_organisation_should_know(
    cast: Cast, company: Organisation, now: datetime
) -> None:
    number = receive(of_company(company, cast.qian), actor=cast.clerk, now=now).number
    notify_missing(number, actor=cast.clerk, now=now)
    told_of = Message.objects.filter(port="resident", subject_id=case_of(number).pk)
    assert str(cast.qian.pk) in vault.decrypt(told_of.get().payload)


def test_a_code_with_a_wrong_digit_is_no_organisation(db: None) -> None:
    with pytest.raises(ValueError, match="统一社会信用代码"):
        organisation_by_code("91430421MA4L00001X", "示意", "示意")
    with pytest.raises(ValueError, match="法定代表人"):
        organisation_by_code("91990000MA0000003Q"[:17] + _digit("91990000MA0000003"), "", "")


def _digit(body: str) -> str:
    from stdnum.cn import uscc

    return str(uscc.calc_check_digit(body))


# -- households ----------------------------------------------------------------------------------


def test_a_household_is_noticed_by_any_of_its_members(cast: Cast, now: datetime) -> None:
    first = receive(of_household(cast.zhao, cast.qian), actor=cast.clerk, now=now).number
    with pytest.raises(AlreadyOpen, match=group_case_number(first)):  # the other half of the couple, at another day
        receive(of_household(cast.qian), actor=cast.clerk, now=now)
    stranger = person_of(random.Random(9), born=date(1960, 1, 1))
    with pytest.raises(AlreadyOpen):
        receive(of_household(stranger, cast.zhao), actor=cast.clerk, now=now)


def test_members_are_kept_with_what_they_are_to_the_head(cast: Cast, now: datetime) -> None:
    number = receive(of_household(cast.zhao, cast.qian), actor=cast.clerk, now=now).number
    row = PartyRow.objects.get(case__number=number, role="member")
    assert (row.person_id, row.relation) == (cast.qian.pk, "配偶")
    with pytest.raises(NotFound):  # a member is asked for; he does not ask
        look(number, cast.neighbour, now)
    assert reading.seen(cast.neighbour) == [] == reading.search(cast.neighbour, number)
    assert [row.number for row in reading.seen(cast.resident)] == [number]
    parties = (Party(person_id=cast.zhao.pk, name="赵大爷"),
               Party(role="member", person_id=cast.qian.pk, name="钱大妈"))
    with pytest.raises(Invalid, match="关系"):
        receive(of_household(cast.zhao, parties=parties), actor=cast.clerk, now=now)


# -- a resident who asks for somebody else -------------------------------------------------------


def test_a_resident_learns_nothing_of_anothers_cases_and_the_office_does(
    cast: Cast, now: datetime
) -> None:
    first = receive(intake(cast.zhao), actor=cast.info, now=now).number
    number = receive(for_him(cast, channel="web", have={}), actor=cast.neighbour, now=now).number
    assert told(number)["twin"] == first
    with pytest.raises(AlreadyOpen, match=group_case_number(first)):  # his own he may know
        receive(intake(cast.zhao, channel="web"), actor=cast.resident, now=now)
    assert Case.objects.count() == 2


def test_a_stranger_must_know_the_name_that_goes_with_a_number(cast: Cast) -> None:
    number = vault.decrypt(cast.zhao.identity_cipher)
    with pytest.raises(ValueError, match="对不上"):
        person_by_identity(number, "钱大妈", by_stranger=True)
    assert person_by_identity(number, "赵大爷", by_stranger=True) == cast.zhao
