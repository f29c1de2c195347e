"""令牌: what a neighbouring system may do with one, who gives it, and when it opens nothing."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client

from tests.cast import CITY, Cast, accepted, holder
from tests.web.doors import logged_in
from weimin.kernel import clock
from weimin.network.models import Account, Holding, Post, Token
from weimin.trail.models import Event

pytestmark = pytest.mark.django_db
SECRET = re.compile(r"weimin_[\w-]{43}")
LAST = "2026-12-31"


@pytest.fixture
def officer(cast: Cast, now: datetime) -> Iterator[Client]:
    """安全管理员 at the screen, on the day of the tests."""
    with clock.rehearsed(now):
        yield logged_in(holder(f"{CITY}.admin", "secadmin"))


@pytest.fixture
def program(officer: Client, cast: Cast) -> Account:
    """县医保系统, which took over the post of 镇经办."""
    officer.post("/admin/people/new", {"kind": "program", "username": "yibao", "name": "县医保系统"})
    account = Account.objects.get(username="yibao")
    officer.post(f"/admin/people/{account.pk}/post",
                 {"post": cast.reviewer.post_id, "first": clock.today(), "replace": "1"})
    return account


def given(officer: Client, program: Account, **changed: Any) -> Any:
    said = {"token-name": "正式环境", "token-last": LAST,
            "token-post": Holding.objects.filter(account=program).values_list("post", flat=True)[0]}
    return officer.post(f"/admin/people/{program.pk}/do/token", {**said, **changed})


@pytest.fixture
def secret(officer: Client, program: Account) -> str:
    found = SECRET.search(given(officer, program).content.decode())
    assert found
    return found[0]


def call(secret: str, path: str = "work", body: Any = None, **more: Any) -> Any:
    """The program, which knows of no cookies."""
    client, head = Client(enforce_csrf_checks=True), {"Authorization": f"Bearer {secret}", **more}
    if body is None:
        return client.get(f"/api/v1/{path}", headers=head)
    return client.post(f"/api/v1/{path}", body, content_type="application/json", headers=head)


def test_it_works_in_its_post_and_needs_no_csrf_token(
    secret: str, program: Account, cast: Cast, now: datetime
) -> None:
    number = accepted(cast, now)
    case = call(secret, f"cases/{number}").json()
    step = next(a for a in case["actions"] if a["verb"] == "complete")
    done = call(secret, f"cases/{number}/complete", {
        "params": {"step": step["step"], "outcome": "approve",
                   "answers": {"opinion": "材料属实"}}, "expect": step["step_version"]})
    assert done.status_code == 200, done.json()
    event = Event.objects.filter(subject_type="case", verb="complete").latest("recorded_at")
    assert (event.account_id, event.post_id) == (program.pk, cast.reviewer.post_id)


def test_what_its_post_may_not_see_is_not_there(
    officer: Client, program: Account, cast: Cast, now: datetime
) -> None:
    number = accepted(cast, now)
    officer.post(f"/admin/people/{program.pk}/post",
                 {"post": cast.health.post_id, "first": clock.today(), "replace": "1"})
    for post, status in ((cast.reviewer.post_id, 200), (cast.health.post_id, 404)):
        shown = SECRET.search(given(officer, program, **{"token-post": post}).content.decode())
        assert shown and call(shown[0], f"cases/{number}").status_code == status


def gone(how: str, officer: Client, program: Account) -> None:
    door = f"/admin/people/{program.pk}/do"
    if how == "revoked":
        token = Token.objects.get(account=program).pk
        assert officer.post(f"{door}/end-token", {"token": token}).status_code == 302
    elif how == "switched off":
        Account.objects.filter(pk=program.pk).update(is_active=False)
    else:
        Holding.objects.filter(account=program).delete()


@pytest.mark.parametrize("how", ["revoked", "switched off", "without its post"])
def test_it_opens_nothing_once_it_is(how: str, officer: Client, program: Account, secret: str) -> None:
    assert call(secret).status_code == 200
    gone(how, officer, program)
    answer = call(secret)
    assert answer.status_code == 401 and "令牌不对、已过期或已作废" in answer.json()["message"]


def test_it_ends_with_its_last_day(secret: str, now: datetime) -> None:
    last = now.replace(month=12, day=31, hour=23, minute=59)
    with clock.rehearsed(last):
        assert call(secret).status_code == 200
    with clock.rehearsed(last + timedelta(minutes=1)):
        assert call(secret).status_code == 401


def test_it_ends_with_the_last_day_in_its_post_even_where_the_program_holds_another(
    officer: Client, program: Account, secret: str, cast: Cast, now: datetime
) -> None:
    officer.post(f"/admin/people/{program.pk}/post",
                 {"post": cast.health.post_id, "first": clock.today(), "replace": "1"})
    today = clock.today()
    Holding.objects.filter(account=program, post=cast.reviewer.post_id).update(
        during=DateRange(today, today + timedelta(days=1)))
    assert call(secret).status_code == 200
    with clock.rehearsed(now + timedelta(days=1)):
        assert call(secret).status_code == 401


@pytest.mark.parametrize("header", ["Bearer weimin_nothing", "Bearer ", "Bearer 令牌".encode().decode("latin-1")])
def test_a_wrong_token_is_refused_even_beside_a_good_session(header: str, officer: Client, cast: Cast) -> None:
    answer = logged_in(cast.reviewer).get("/api/v1/work", headers={"Authorization": header})
    assert answer.status_code == 401


def test_it_opens_no_screen(secret: str) -> None:
    for path in ("/desk", "/admin", "/mine", "/uploads/"):
        answer = Client().get(path, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code in (302, 405), path


def test_the_secret_is_shown_once_and_kept_nowhere(officer: Client, program: Account, secret: str) -> None:
    page = officer.get(f"/admin/people/{program.pk}").content.decode()
    assert secret not in page and "正式环境" in page and "2026年12月31日" in page
    assert secret.encode() not in bytes(Token.objects.get(account=program).mark)
    event = Event.objects.filter(subject_type="account", verb="make_token").get()
    assert secret.encode() not in bytes(event.body) and "正式环境" in page


def test_its_last_use_is_known(officer: Client, program: Account, secret: str, now: datetime) -> None:
    assert "还没用过" in officer.get(f"/admin/people/{program.pk}").content.decode()
    call(secret)
    assert Token.objects.get(account=program).used_at - now < timedelta(minutes=1)  # type: ignore[operator]
    assert "还没用过" not in officer.get(f"/admin/people/{program.pk}").content.decode()


@pytest.mark.parametrize(("changed", "said"), [
    ({"token-name": " "}, "请写明用在哪里"),
    ({"token-last": "2026-01-01"}, "一年以内"),
    ({"token-last": "2028-01-01"}, "一年以内"),
    ({"token-post": "1"}, "请选它现在的一个岗位"),
])
def test_what_is_wrong_is_said_at_its_field(
    changed: dict[str, str], said: str, officer: Client, program: Account
) -> None:
    answer = given(officer, program, **changed)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Token.objects.exists()


def test_a_person_gets_no_token_and_a_program_no_password(officer: Client, program: Account, cast: Cast) -> None:
    person = Account.objects.get(pk=cast.clerk.account_id or 0)
    answer = given(officer, person)
    assert "这是人的账号" in answer.content.decode() and not Token.objects.exists()
    reset = officer.post(f"/admin/people/{program.pk}/do/password")
    assert "没有密码" in reset.content.decode()
    for password in ("", "!", "weimin-demo-2026"):
        login = Client().post("/login", {"username": "yibao", "password": password})
        assert login.status_code == 401


def test_a_program_is_no_administrator(officer: Client, program: Account) -> None:
    for role in ("sysadmin", "auditor"):
        post = Post.objects.get(office__code=f"{CITY}.admin", roles__contains=[role])
        answer = officer.post(f"/admin/people/{program.pk}/post",
                              {"post": post.pk, "first": clock.today(), "replace": "1"})
        assert answer.status_code == 422 and "只能由人担任" in answer.content.decode()


def test_nobody_but_the_security_administrator_gives_or_ends_one(
    officer: Client, program: Account, secret: str, cast: Cast
) -> None:
    token = Token.objects.get(account=program).pk
    for actor in (cast.sysadmin, cast.clerk, holder(f"{CITY}.admin", "auditor")):
        client = logged_in(actor)
        assert given(client, program).status_code == 403
        ended = client.post(f"/admin/people/{program.pk}/do/end-token", {"token": token})
        assert ended.status_code == 403
    assert Token.objects.count() == 1 and call(secret).status_code == 200


def test_a_token_of_another_account_is_not_ended_here(officer: Client, program: Account, secret: str) -> None:
    other = Account.objects.create(username="other", name="另一个系统", is_staff_member=True, is_program=True)
    token = Token.objects.get(account=program).pk
    assert officer.post(f"/admin/people/{other.pk}/do/end-token", {"token": token}).status_code == 404
    assert call(secret).status_code == 200
