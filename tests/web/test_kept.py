"""我的信息: a resident reads and takes along what is kept about him, and nothing about anybody else.

个人信息保护法 art. 45.
"""

import json
import re
from datetime import datetime

import pytest
from django.test import Client

from tests.cast import ANSWERS, Cast, accepted, received
from tests.web.doors import logged_in
from weimin.cases.verbs import restrict, withdraw
from weimin.cases.verbs.receive import Party
from weimin.kernel import vault
from weimin.kernel.text import mask_code
from weimin.trail.models import Reveal

INFORMATION = "/mine/information"


def code_for(client: Client) -> str:
    """A fresh code; the demo shows it on the screen."""
    shown = re.search(r"验证码是 (\d{6})", client.post(INFORMATION, {"do": "code"}).content.decode())
    assert shown
    return shown[1]


@pytest.fixture(autouse=True)
def on_screen(settings) -> None:
    settings.DEMO = True


def copy_of(client: Client) -> dict:
    answer = client.post(INFORMATION, {"do": "take", "code": code_for(client)})
    assert answer["Content-Disposition"].startswith("attachment")
    return json.loads(answer.content)


def test_he_takes_his_own_data_along_unmasked(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now, answers={**ANSWERS, "name": "赵大爷"})
    said = copy_of(logged_in(cast.resident))
    assert said["本人"]["证件号"] == vault.decrypt(cast.zhao.identity_cipher)
    assert said["本人"]["电话"] == vault.decrypt(cast.zhao.phone_cipher)
    (case,) = said["办件"]
    assert case["编号"] == number and case["当事人"][0]["姓名"] == "赵大爷"
    assert "赵大爷" in case["填写的内容"].values()
    assert [event["何事"] for event in case["经过"]] == ["收件", "受理"]


def test_to_take_it_along_needs_a_fresh_code(cast: Cast, now: datetime) -> None:
    accepted(cast, now)
    client = logged_in(cast.resident)
    whole = vault.decrypt(cast.zhao.identity_cipher)
    for code in ("", "000000"):
        answer = client.post(INFORMATION, {"do": "take", "code": code})
        assert answer.status_code == 422 and whole not in answer.content.decode()
    good = code_for(client)
    assert client.post(INFORMATION, {"do": "take", "code": good}).status_code == 200
    assert client.post(INFORMATION, {"do": "take", "code": good}).status_code == 422  # used up
    assert [r.what for r in Reveal.objects.all()] == ["复制"]


def test_he_reads_them_when_he_asks_and_it_is_noted(cast: Cast, now: datetime) -> None:
    accepted(cast, now)
    client, whole = logged_in(cast.resident), vault.decrypt(cast.zhao.identity_cipher)
    assert whole not in client.get(INFORMATION).content.decode()
    assert not Reveal.objects.exists()
    answer = client.post(INFORMATION, {"do": "look"})
    assert whole in answer.content.decode() and answer["Cache-Control"] == "no-store"
    seen = Reveal.objects.get()
    assert (seen.account_id, seen.subject_type, seen.subject_id, seen.what) == (
        cast.resident.account_id, "person", cast.zhao.pk, "查阅")
    assert "本人查阅" in seen.purpose


def test_whoever_acts_for_him_stays_masked_and_he_to_him(cast: Cast, now: datetime) -> None:
    both = (Party(person_id=cast.zhao.pk, name="赵大爷", phone="19000001234"),
            Party(role="agent", person_id=cast.qian.pk, name="钱大妈", paper="委托书"))
    received(cast, now, parties=both)
    his = json.dumps(copy_of(logged_in(cast.resident)), ensure_ascii=False)
    hers = json.dumps(copy_of(logged_in(cast.neighbour)), ensure_ascii=False)
    numbers = [vault.decrypt(p.identity_cipher) for p in (cast.zhao, cast.qian)]
    assert "赵大爷" in his and "钱大妈" not in his and "钱**" in his
    assert "钱大妈" in hers and "赵大爷" not in hers and "赵**" in hers
    assert [number in his for number in numbers] == [True, False]
    assert [number in hers for number in numbers] == [False, True]
    assert mask_code(numbers[1]) in his


def test_his_family_stays_masked(cast: Cast, now: datetime) -> None:
    family = (Party(person_id=cast.zhao.pk, name="赵大爷", phone="19000001234"),
              Party(role="member", person_id=cast.qian.pk, name="钱大妈", relation="配偶"))
    received(cast, now, parties=family)
    said = copy_of(logged_in(cast.resident))["办件"][0]
    assert [p["姓名"] for p in said["当事人"]] == ["赵大爷", "钱**"]


def test_what_is_restricted_is_named_and_not_shown(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    withdraw(number, actor=cast.resident, now=now)
    restrict(number, actor=cast.supervisor, now=now, basis="consent", reason="撤回同意")
    (case,) = copy_of(logged_in(cast.resident))["办件"]
    assert case["编号"] == number and set(case) == {"编号", "事项", "状态", "说明"}


def test_the_neighbour_finds_himself_only(cast: Cast, now: datetime) -> None:
    accepted(cast, now)
    said = copy_of(logged_in(cast.neighbour))
    assert said["办件"] == [] and "赵大爷" not in json.dumps(said, ensure_ascii=False)
