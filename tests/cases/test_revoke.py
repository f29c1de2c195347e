"""撤销、注销: a certificate is taken back in the open, by whoever may, for a lawful ground."""

from datetime import datetime, timedelta

import pytest

from tests.cases.scenes import application, case_of, offers, proof_faults, story, told
from tests.cast import ALLOWANCE, CARD, HANDED, Cast, do, received, signed, step_of
from weimin.cases.models import Material
from weimin.cases.verbs import accept, close, complete, deliver_revocation, receive, reopen, revoke
from weimin.cases.verbs.receive import Intake
from weimin.catalogue.spec import item_version
from weimin.kernel.errors import Invalid, NotAllowed, WrongState
from weimin.network.actor import Actor
from weimin.outbox.delivery import read
from weimin.outbox.models import Message
from weimin.registry.models import Certificate


@pytest.fixture
def number(cast: Cast, now: datetime) -> str:
    """A card that the town issued and handed over; its case is closed."""
    found = receive(application(cast.zhao, CARD), actor=cast.info, now=now).number
    accept(found, actor=cast.info, now=now)
    do(found, "decide", actor=cast.reviewer, now=now)
    complete(found, actor=cast.reviewer, now=now, step=step_of(found, "issue"), outcome="approve")
    do(found, "deliver", actor=cast.info, now=now, **HANDED)
    close(found, actor=cast.info, now=now)
    return found


def card_of(number: str) -> Certificate:
    return Certificate.objects.get(case_id=case_of(number).pk)


def test_the_head_of_the_issuing_office_revokes_it(number: str, cast: Cast, now: datetime) -> None:
    later = now + timedelta(days=1)
    revoke(number, actor=cast.town_head, now=later, ground="deceit", reason="照片不是本人")
    card = card_of(number)
    assert card.revoked_at == later
    assert card.revoked_why == ("撤销（行政许可法第六十九条第二款，以欺骗、贿赂等不正当手段取得）："
                                "照片不是本人")
    assert told(number) == {
        "ground": "deceit", "kind": "撤销", "reason": "照片不是本人", "basis": "行政许可法第六十九条第二款",
        "document": "衡阳县杉桥镇社会事务办公室撤字〔2026〕1号", "organ": cast.town_head.office_id,
    }
    assert (case_of(number).state, case_of(number).outcome) == ("closed", "granted")


def test_a_supervisor_may_too_and_nobody_else(number: str, cast: Cast, now: datetime) -> None:
    others: tuple[Actor, ...] = (cast.info, cast.reviewer, cast.resident, cast.government)
    for actor in others:
        with pytest.raises(NotAllowed):
            revoke(number, actor=actor, now=now, ground="death", reason="持证人去世")
    revoke(number, actor=cast.supervisor, now=now, ground="death", reason="持证人去世")
    assert card_of(number).revoked_why.startswith("注销（行政许可法第七十条第二项")


@pytest.mark.parametrize(("ground", "reason", "wrong"), [
    ("", "说明", {"ground"}), ("mood", "说明", {"ground"}), ("death", " ", {"reason"}),
    ("", "", {"ground", "reason"}),
])
def test_without_a_lawful_ground_and_a_reason_it_stands(
    ground: str, reason: str, wrong: set[str], number: str, cast: Cast, now: datetime
) -> None:
    with pytest.raises(Invalid) as caught:
        revoke(number, actor=cast.town_head, now=now, ground=ground, reason=reason)
    assert set(caught.value.fields) == wrong
    assert card_of(number).revoked_at is None


def test_it_is_offered_while_a_certificate_stands(number: str, cast: Cast, now: datetime) -> None:
    assert "revoke" in offers(number, cast.town_head, now)
    revoke(number, actor=cast.town_head, now=now, ground="procedure", reason="未经审核")
    assert "revoke" not in offers(number, cast.town_head, now)
    with pytest.raises(WrongState, match="还不能"):
        revoke(number, actor=cast.town_head, now=now, ground="procedure", reason="未经审核")


def test_without_a_certificate_there_is_nothing_to_revoke(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    with pytest.raises(WrongState):
        revoke(number, actor=cast.supervisor, now=now, ground="death", reason="去世")


def test_the_resident_is_told(number: str, cast: Cast, now: datetime) -> None:
    before = Message.objects.count()
    revoke(number, actor=cast.town_head, now=now, ground="death", reason="登记为去世")
    assert Message.objects.count() == before + 1
    assert "被注销" in read(Message.objects.latest("id").payload)["text"]


def test_it_no_longer_replaces_a_material_of_the_next_case(
    number: str, cast: Cast, now: datetime, db: None
) -> None:
    from tests.cases.scenes import item_of, publish_variant

    item = item_of(ALLOWANCE)
    publish_variant(ALLOWANCE, materials=[
        {**m, "replaced_by": "elder-card"} if m["key"] == "id-card" else m
        for m in item.data["materials"]])

    def state_of_the_next() -> str:
        made = Intake(**{**application(cast.zhao, ALLOWANCE).__dict__, "have": {},
                         "another_is_meant": True})
        found = receive(made, actor=cast.clerk, now=now).number
        return Material.objects.get(case__number=found, key="id-card").state

    assert state_of_the_next() == "replaced"
    card = Certificate.objects.filter(case_id=case_of(number).pk)
    for last, state in ((now.date(), "replaced"), (now.date() - timedelta(days=1), "missing"), (None, "replaced")):
        card.update(valid_to=last)
        assert state_of_the_next() == state
    revoke(number, actor=cast.town_head, now=now, ground="deceit", reason="照片不是本人")
    assert state_of_the_next() == "missing"


def test_opened_again_it_keeps_its_own_reason_and_may_issue_another(
    number: str, cast: Cast, now: datetime
) -> None:
    revoke(number, actor=cast.town_head, now=now, ground="procedure", reason="未经审核")
    reopen(number, actor=cast.supervisor, now=now, reason="依法重新审核")
    assert "未经审核" in card_of(number).revoked_why
    do(number, "decide", actor=cast.reviewer, now=now)
    complete(number, actor=cast.reviewer, now=now, step=step_of(number, "issue"), outcome="approve")
    assert Certificate.objects.filter(case_id=case_of(number).pk, revoked_at=None).count() == 1
    assert "revoke" in offers(number, cast.town_head, now)
    assert story(number).count("revoke") == 1


def test_the_item_of_the_card_is_a_certificate(number: str) -> None:
    assert item_version(case_of(number).item_version_id).result["kind"] == "certificate"


# -- its delivery -----------------------------------------------------------------------------------


def test_its_decision_is_delivered_with_proof_like_any_result(
    number: str, cast: Cast, now: datetime
) -> None:
    later = now + timedelta(days=1)
    assert "deliver_revocation" not in offers(number, cast.info, now)
    revoke(number, actor=cast.town_head, now=now, ground="deceit", reason="照片不是本人")
    assert "deliver_revocation" in offers(number, cast.info, now)  # the village that receives
    assert "deliver_revocation" not in offers(number, cast.resident, now)
    deliver_revocation(number, actor=cast.info, now=later, answers=signed(HANDED, cast.info, later))
    assert (story(number)[-1], told(number)) == ("deliver_revocation", {"way": "direct"})
    assert "deliver_revocation" not in offers(number, cast.info, later)
    assert case_of(number).state == "closed"  # the case itself is as it was
    assert proof_faults(number) == []


@pytest.mark.parametrize(("answers", "wrong"), [
    ({}, {"way"}), ({"way": "pigeon"}, {"way"}), ({"way": "direct"}, {"received_by", "relation", "signed"}),
    ({"way": "post", "tracking": "EMS7", "received_on": "2026-06-09"}, {"received_on"}),  # before it was made
    ({"way": "post", "tracking": "EMS7", "received_on": "2026-06-10", "colour": "red"}, {"colour"}),
])
def test_without_its_proof_it_was_not_delivered(
    answers: dict[str, str], wrong: set[str], number: str, cast: Cast, now: datetime
) -> None:
    revoke(number, actor=cast.town_head, now=now, ground="deceit", reason="照片不是本人")
    with pytest.raises(Invalid) as caught:
        deliver_revocation(number, actor=cast.info, now=now, answers=answers)
    assert set(caught.value.fields) == wrong
    assert "deliver_revocation" in offers(number, cast.info, now)


def test_the_next_revocation_is_delivered_anew(number: str, cast: Cast, now: datetime) -> None:
    revoke(number, actor=cast.town_head, now=now, ground="procedure", reason="未经审核")
    deliver_revocation(number, actor=cast.info, now=now, answers=signed(HANDED, cast.info, now))
    reopen(number, actor=cast.supervisor, now=now, reason="依法重新审核")
    do(number, "decide", actor=cast.reviewer, now=now)
    complete(number, actor=cast.reviewer, now=now, step=step_of(number, "issue"), outcome="approve")
    assert "deliver_revocation" not in offers(number, cast.info, now)
    revoke(number, actor=cast.town_head, now=now, ground="deceit", reason="冒用")
    assert "deliver_revocation" in offers(number, cast.info, now)
