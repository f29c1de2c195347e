"""How often what is public may be tried: then it waits, for that address or phone, and says how long."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast, accepted
from tests.web.doors import logged_in
from weimin.kernel import clock
from weimin.kernel.codes import is_case_number
from weimin.outbox.models import Message
from weimin.web.login import MOST_TRIES

pytestmark = pytest.mark.django_db

GUESSES = [n for n in map(str, range(26000000000, 26000001000)) if is_case_number(n)]
RECEIPT = f"{GUESSES[0]}-1-ABCDEFGHIJKLMNOP"

# address, what is sent the n-th time, how often, for how many minutes it waits then
PUBLIC: list[tuple[str, Any, int, int]] = [
    ("/follow", lambda n: {"number": GUESSES[n], "four": "1234"}, 20, 10),  # a number a time
    ("/follow", lambda n: {"number": GUESSES[0], "four": f"{n:04d}"}, 10, 60),  # one number's phone
    ("/check/receipt", lambda n: {"receipt": RECEIPT}, 30, 10),
    ("/check/certificate", lambda n: {"number": f"演{n}", "code": "AAAAAAAA"}, 30, 10),
]


@pytest.mark.parametrize(("path", "said", "most", "minutes"), PUBLIC)
def test_whoever_guesses_waits_and_nobody_else_does(
    path: str, said: Any, most: int, minutes: int, now: datetime
) -> None:
    guesser = Client(REMOTE_ADDR="192.0.2.7")
    with clock.rehearsed(now):
        assert {guesser.post(path, said(n)).status_code for n in range(most)} <= {404, 422}
        waits = guesser.post(path, said(most))
        assert waits.status_code == 429 and f"请 {minutes} 分钟后再试" in waits.content.decode()
        assert Client().post(path, said(most)).status_code != 429
    with clock.rehearsed(now + timedelta(minutes=minutes, seconds=30)):
        assert guesser.post(path, said(most)).status_code != 429


def test_behind_a_proxy_nobody_gains_tries_by_naming_another_address(settings: Any, now: datetime) -> None:
    settings.TLS_PROXY = True
    with clock.rehearsed(now):
        found = [Client().post("/check/receipt", {"receipt": RECEIPT},
                               headers={"X-Forwarded-For": f"198.51.100.{n}, 192.0.2.7"}).status_code
                 for n in range(31)]
    assert found[-1] == 429 and 429 not in found[:-1]


def test_without_a_declared_proxy_its_header_is_anybodys_words(now: datetime) -> None:
    with clock.rehearsed(now):
        found = [Client().post("/check/receipt", {"receipt": RECEIPT},
                               headers={"X-Forwarded-For": f"198.51.100.{n}"}).status_code
                 for n in range(31)]
    assert found[-1] == 429


def test_a_phone_gets_five_codes_in_half_an_hour(now: datetime) -> None:
    with clock.rehearsed(now):
        answers = [Client().post("/sign-in", {"phone": "19000004321"}).status_code for _ in range(6)]
        assert answers == [200] * 5 + [429] and Message.objects.filter(port="sms").count() == 5
        assert Client().post("/sign-in", {"phone": "19000004322"}).status_code == 200
    with clock.rehearsed(now + timedelta(minutes=31)):
        assert Client().post("/sign-in", {"phone": "19000004321"}).status_code == 200


def test_a_code_may_be_guessed_five_times_and_not_even_the_right_one_helps_then(
    settings: Any, now: datetime
) -> None:
    settings.DEMO = True
    client, who = Client(), {"phone": "19000004321", "name": "赵"}
    with clock.rehearsed(now):
        shown = client.post("/sign-in", who).content.decode().split("验证码是 ")[1][:6]
        wrong = "000000" if shown != "000000" else "111111"
        for _ in range(MOST_TRIES):
            assert client.post("/sign-in", {**who, "code": wrong}).status_code == 422
        late = client.post("/sign-in", {**who, "code": shown})
        assert late.status_code == 422 and "验证码已失效" in late.content.decode()


def test_a_code_is_good_for_five_minutes_and_once(settings: Any, now: datetime) -> None:
    settings.DEMO = True
    client, who = Client(), {"phone": "19000004321", "name": "赵"}
    with clock.rehearsed(now):
        shown = client.post("/sign-in", who).content.decode().split("验证码是 ")[1][:6]
    with clock.rehearsed(now + timedelta(minutes=5, seconds=1)):
        assert client.post("/sign-in", {**who, "code": shown}).status_code == 422
    with clock.rehearsed(now + timedelta(minutes=4)):
        assert client.post("/sign-in", {**who, "code": shown}).status_code == 302
        assert Client().post("/sign-in", {**who, "code": shown}).status_code == 422


def test_a_stolen_session_does_not_try_out_the_password(cast: Cast, now: datetime) -> None:
    accepted(cast, now)
    thief, said = logged_in(cast.reviewer), {"old": "x", "new": "Sehr-lang-7788", "again": "Sehr-lang-7788"}
    assert [thief.post("/login/password", said).status_code for _ in range(11)] == [422] * 10 + [429]
