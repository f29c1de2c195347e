"""What a resident is told: after the commit, once, without what identifies him."""

from collections.abc import Mapping
from datetime import datetime

import pytest
from django.db.models import QuerySet

from tests.cast import Cast, accepted, do, received
from weimin.cases.models import Case
from weimin.cases.verbs import notify_missing
from weimin.cases.verbs.receive import Party
from weimin.kernel import codes, vault
from weimin.outbox import ports
from weimin.outbox.delivery import deliver_due, read
from weimin.outbox.models import Message
from weimin.registry.models import Person


def told(number: str) -> list[str]:
    """The texts of a case, the first first."""
    return [read(row.payload)["text"] for row in messages(number)]


def messages(number: str) -> QuerySet[Message]:
    """The messages of a case."""
    case = Case.objects.get(number=number)
    return Message.objects.filter(subject_type="case", subject_id=case.pk).order_by("id")


def test_he_is_told_what_is_missing(cast: Cast, now: datetime) -> None:
    number = received(cast, now, have={"id-card": None})
    notify_missing(number, actor=cast.reviewer, now=now)
    assert len(told(number)) == 1
    assert "居民户口簿" in told(number)[0] and "高龄津贴" in told(number)[0]


def test_he_is_told_the_promised_day_and_the_result(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now)
    do(number, "decide", actor=cast.county, now=now)
    # Fifteen working days after Wednesday 10 June, the dragon boat holiday (19 June) left out.
    assert "2026年7月2日 周四" in told(number)[0]
    assert "已有结果" in told(number)[1]


def test_a_message_holds_nothing_that_identifies(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    text = "".join(told(number))
    assert cast.zhao.name not in text
    assert vault.decrypt(cast.zhao.identity_cipher) not in text
    assert vault.decrypt(cast.zhao.phone_cipher) not in text


def test_it_leaves_once_and_to_his_phone(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    assert deliver_due(now) >= 1
    assert {row.status for row in messages(number)} == {"sent"}
    assert deliver_due(now) == 0


def test_a_port_that_breaks_on_one_message_lets_the_others_leave(
    cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = accepted(cast, now), accepted(cast, now, another_is_meant=True)
    broken = messages(first).get().key

    def picky(key: str, payload: Mapping[str, str]) -> None:
        if key == broken:
            Person.objects.get(pk=-1)
        sent.append(key)

    sent: list[str] = []
    monkeypatch.setitem(ports._ports, "sms", picky)
    deliver_due(now)
    assert messages(second).get().status == "sent" and messages(second).get().key in sent
    waits = messages(first).get()
    assert (waits.status, waits.tries) == ("waiting", 1) and "DoesNotExist" in waits.error


def test_whom_no_sms_reaches_is_somebodys_to_call(cast: Cast, now: datetime) -> None:
    cast.zhao.phone_cipher = vault.encrypt("0734-8888888".replace("-", ""))
    cast.zhao.save(update_fields=["phone_cipher"])
    number = accepted(cast, now)
    deliver_due(now)
    row = messages(number).get()
    assert row.status == "dropped"
    assert "电话" in row.error


@pytest.mark.parametrize(
    ("his", "helpers", "told_to"),
    [
        ("19000001234", "19000005678", "zhao"),  # who can be reached himself hears it himself
        ("", "19000005678", "qian"),
        ("07348888888", "19000005678", "qian"),  # no SMS comes to a land line
        ("19000001234", "", "zhao"),
        ("", "", "zhao"),  # nobody: it is his name that stands on the list of calls
    ],
)
def test_of_applicant_and_helper_it_is_told_to_whoever_can_be_reached(
    cast: Cast, now: datetime, his: str, helpers: str, told_to: str
) -> None:
    for person, phone in ((cast.zhao, his), (cast.qian, helpers)):
        person.set_phone(phone) if phone else _without_phone(person)
        person.save()
    number = received(cast, now, have={}, parties=(
        Party(person_id=cast.zhao.pk, name="赵大爷", phone=his),
        Party(role="agent", person_id=cast.qian.pk, name="钱大妈", phone=helpers, paper="委托书")))
    notify_missing(number, actor=cast.reviewer, now=now)
    deliver_due(now)
    row = messages(number).get()
    assert read(row.payload)["person"] == str(getattr(cast, told_to).pk)
    assert row.status == ("sent" if codes.is_mobile(his) or codes.is_mobile(helpers) else "dropped")


def _without_phone(person: Person) -> None:
    person.phone_cipher, person.phone_hash, person.phone_mask = b"", None, ""
