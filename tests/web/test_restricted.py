"""限制处理: no door of the screens or the API shows anything of it, to anybody."""

import json
from datetime import datetime, timedelta

import pytest
from django.test import Client

from tests.cast import HANDED, MATERIALS, Cast, accepted, do, scans
from tests.web.doors import Door, addresses, logged_in, operations, read, roles
from tests.web.test_access import bodies, given
from weimin.cases.models import Case
from weimin.cases.verbs import close, restrict
from weimin.kernel import clock, vault
from weimin.ops.filing import file_year

SECRET = "家住村口第三户"


@pytest.fixture
def number(cast: Cast, now: datetime) -> str:
    """A closed case with a scan, opinions, red cards, and a decision that was handed over."""
    with clock.rehearsed(now):
        have = {**MATERIALS, **scans(cast.info, ["id-card"], now)}
        found = accepted(cast, now - timedelta(days=60), have=have)
        do(found, "check", actor=cast.reviewer, now=now, opinion=SECRET)
        do(found, "decide", "reject", actor=cast.county, now=now)
        do(found, "deliver", actor=cast.info, now=now, **HANDED)
        close(found, actor=cast.reviewer, now=now)
    return found


def withhold(number: str, cast: Cast, now: datetime) -> None:
    restrict(number, actor=cast.supervisor, now=now, basis="consent", reason="撤回同意")


def show(client: Client, door: Door, values: dict[str, object], sent: dict[str, object]) -> str:
    """What is behind a door; a picture or a PDF counts as everything, alone or in a package."""
    try:
        response = client.get(door.url(values), sent)
        said = read(response)
    except UnicodeDecodeError:
        return SECRET
    if response.headers.get("Content-Type", "").startswith("application/json"):
        return json.dumps(json.loads(said), ensure_ascii=False)
    return said if type(said) is str else SECRET


def test_no_door_shows_whose_it_is_or_what_was_said(
    cast: Cast, number: str, now: datetime
) -> None:
    values, sent = given(cast, number), bodies(cast, number)
    asked = [Door("GET", path) for path in addresses()] + [d for d in operations() if d.method == "GET"]
    who = ("申请人", "邻居", "村信息员", "镇经办", "县审核", "督查", "镇领导", "审计")
    whole = vault.decrypt(cast.zhao.identity_cipher)

    def leaks() -> set[str]:
        found = set()
        for role in who:
            client = logged_in(roles(cast)[role])
            # His own name stands in the head of each of his pages.
            words = {SECRET, whole} | (set() if role == "申请人" else {"赵大爷", "赵**"})
            for door in asked:
                if "uploads" in door.path or "/u/" in door.path:
                    continue  # pages on their way, of no case
                if door.path.startswith("/admin") and role != "审计":
                    continue
                said = show(client, door, values, sent.get(str(door), {}))
                if any(word in said for word in words):
                    found.add(str(door))
        return found

    with clock.rehearsed(now + timedelta(hours=1)):
        assert {"GET /desk/cases/{number}", "GET /papers/{number}/{form}.pdf",
                "GET /files/{file}", "GET /api/v1/cases", "GET /desk/cards"} <= leaks()
        withhold(number, cast, now)
        assert not leaks()


def test_the_page_says_what_it_is_and_offers_to_lift_it(
    cast: Cast, number: str, now: datetime
) -> None:
    withhold(number, cast, now)
    page = logged_in(cast.supervisor).get(f"/desk/cases/{number}").content.decode()
    assert "个人信息限制处理" in page and "撤回同意" in page and "（限制处理）" in page
    assert "解除限制处理" in page and "打印" not in page.split("办到哪一步")[0].split("限制处理：")[0]
    assert "解除限制处理" not in logged_in(cast.reviewer).get(f"/desk/cases/{number}").content.decode()
    mine = logged_in(cast.resident)
    assert mine.get(f"/mine/{number}").status_code == 409
    assert "限制处理" in mine.get("/mine").content.decode()


def test_the_supervisor_restricts_and_lifts_from_the_page(
    cast: Cast, number: str, now: datetime
) -> None:
    client, case = logged_in(cast.supervisor), f"/desk/cases/{number}"
    said = {"basis": "unlawful", "reason": "超出必要范围收集", "key": "k"}
    assert client.post(f"{case}/do/restrict", said).status_code == 302
    assert client.post(f"{case}/do/lift", {"reason": "已更正", "key": "l"}).status_code == 302
    assert "赵大爷" in client.get(case).content.decode()
    told = logged_in(cast.supervisor).get(f"/api/v1/cases/{number}").json()
    assert "restrict" in [action["verb"] for action in told["actions"]]


def test_a_year_is_filed_without_it_and_names_it(
    cast: Cast, number: str, now: datetime, tmp_path
) -> None:
    withhold(number, cast, now)
    said: list[str] = []
    office = Case.objects.get(number=number).office.code
    file_year(tmp_path / "y.zip", office, 2026, said.append)
    assert "0 卷" in said[0] and number in said[1] and "限制处理" in said[1]
    assert logged_in(cast.reviewer).get(f"/desk/cases/{number}/dossier.zip").status_code == 409
