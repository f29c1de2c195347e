"""Who may open which door: every address, every operation, every role, against docs/access.md.

The table is read by people: change it there first, then make the code agree.
"""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from tests.cases.test_deputies import standing_in
from tests.cast import ALLOWANCE, LEFT, MATERIALS, VILLAGE, Cast, accepted, received
from tests.pictures import picture
from tests.web.doors import (
    SIGN_IN,
    UNKNOWN,
    Door,
    addresses,
    draw,
    knock,
    logged_in,
    operations,
    roles,
    symbol,
    table,
)
from weimin.cases.models import Card, Case, Material
from weimin.cases.verb import VERBS
from weimin.cases.verbs import accept, close, complete, issue_cards
from weimin.catalogue.models import PackVersion
from weimin.catalogue.routes import routes_now
from weimin.catalogue.spec import item_version
from weimin.documents import uploads
from weimin.documents.models import File
from weimin.documents.uploads import Owner
from weimin.flow.kinds import kind_of
from weimin.kernel import clock, vault
from weimin.network.actor import SYSTEM, Actor
from weimin.worktime.models import Decree

# How often anybody may try is tested elsewhere; here the door itself is.
pytestmark = pytest.mark.django_db


@pytest.fixture
def number(cast: Cast, now: datetime) -> str:
    """A case that the town has accepted this morning, with one scanned material."""
    with clock.rehearsed(now):
        content = b"%PDF-1.4 a scan"
        folder = settings.FILES / "ab"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ("ab" * 32)).write_bytes(content)
        file = File.objects.create(digest="ab" * 32, name="证件.pdf", media_type="application/pdf",
                                   size=len(content), stored_at=now,
                                   stored_by=cast.info.account_id)
        return accepted(cast, now, have={**MATERIALS, "id-card": file.pk})


def given(cast: Cast, number: str) -> dict[str, Any]:
    """A value for every parameter that an address has."""
    case = Case.objects.get(number=number)
    return {
        "number": number, "code": ALLOWANCE, "form": "receipt", "person": cast.zhao.pk,
        "file": Material.objects.get(case=case, key="id-card").file_id, "kind": "open",
        "office": case.office_id, "message": 0, "verb": "nudge", "job": 0, "row": 0,
        "question": "area",
        "post": cast.clerk.post_id, "account": cast.clerk.account_id, "version": PackVersion.objects.latest("id").pk,
        "decree": Decree.objects.latest("id").pk, "year": 2026, **sent(cast, case),
    }


def sent(cast: Cast, case: Case) -> dict[str, Any]:
    """A page that 村信息员 has sent for a form, and a door for his phone."""
    content = picture()
    owner = Owner(account_id=cast.info.account_id or 0)
    page = uploads.keep_whole(owner, content=content, name="第一页.jpg", now=clock.now())
    door, token = uploads.open_door(owner.account_id, "身份证", clock.now())
    return {"upload": page.pk, "door": door.pk, "token": token}


def bodies(cast: Cast, number: str) -> dict[str, dict[str, Any]]:
    """What is sent to the doors that look at it before they look at the actor or the case."""
    party = {"identity": vault.decrypt(cast.zhao.identity_cipher), "name": "赵大爷"}
    return {
        "POST /desk/search": {"q": "赵大爷"},
        "GET /desk/excel": {"of": "search"},
        "GET /desk/areas": {"q": "杉桥"},
        "GET /api/v1/cases": {"q": "赵大爷"},
        "POST /api/v1/ratings": {"number": number, "contact": 99, "level": 5},
        "POST /api/v1/search": {"q": "赵大爷"},
        "POST /uploads/": {"size": "100", "sha256": "0" * 64, "name": "a.jpg"},
        "POST /follow": {"number": number, "four": "1234"},
        "POST /check/receipt": {"receipt": "1"},
        "POST /check/certificate": {"number": "1", "code": "1"},
        "POST /sign-in": {"phone": "1"},
        "POST /mine/information": {"do": "look"},
        "POST /mine/{number}/rate": {"level": "9", "contact": "1"},
        "GET /admin/offices/new": {"area": VILLAGE},
        "POST /admin/offices/new": {"area": VILLAGE},
        "GET /admin/packs/check": {"source": "installed:hengyang"},
        "POST /admin/packs/publish": {"source": "installed:hengyang"},
        "POST /admin/jobs/run": {"task": "weimin.trail.tasks.root"},
        "POST /admin/people/new": {"name": "新人", "username": "xinren"},
        "POST /admin/people/{account}/post": {"post": cast.clerk.post_id, "first": "2026-06-10"},
        "POST /desk/batch": {"case": f"{number}:999999999:0"},
        "POST /api/v1/cases": {"item": ALLOWANCE, "area": VILLAGE, "parties": [party]},
        "POST /api/v1/cases/{number}/{verb}": {"params": {}},
    }


def differences(seen: dict[str, dict[str, str]], title: str) -> list[str]:
    wanted = table(title)
    found = [f"{row}: {role} {wanted[row][role]} is {is_}"
             for row, cells in seen.items() if row in wanted
             for role, is_ in cells.items() if wanted[row].get(role) != is_]
    new = {row: cells for row, cells in seen.items() if row not in wanted}
    if new:
        found.append("docs/access.md has no row for these; if they are right, add them:\n"
                     + draw(new, "地址"))
    return found + [f"{row} stands in docs/access.md and is gone" for row in wanted.keys() - seen.keys()]


def test_every_address_opens_for_whom_the_table_says_and_for_nobody_else(
    cast: Cast, number: str, now: datetime
) -> None:
    values, sent = given(cast, number), bodies(cast, number)
    seen: dict[str, dict[str, str]] = {}
    doors = [Door(method, path) for path in addresses() for method in ("GET", "POST")]
    with clock.rehearsed(now + timedelta(hours=1)):
        clients = {role: logged_in(actor) for role, actor in roles(cast).items()}
        for door in [*doors, *operations()]:
            if door.path.startswith("/api/v1/cases/{number}/{verb}"):
                continue  # each verb by itself, below
            row = {}
            for role, client in clients.items():
                body = sent.get(str(door), {})
                if str(door) == "POST /api/v1/cases" and role in ("申请人", "邻居"):
                    body = {**body, "parties": [{}]}  # a resident can only name himself
                response = knock(client, door, door.url(values), body)
                row[role] = symbol(response, number)
                if row[role] in (UNKNOWN, SIGN_IN) and role != "申请人":
                    assert "赵大爷" not in response.content.decode(), f"{door} tells {role} a name"
            if set(row.values()) != {"405"}:
                seen[str(door)] = row
    assert not differences(seen, "地址"), "\n".join(differences(seen, "地址"))


def test_a_deputy_opens_of_the_case_what_the_absent_one_opens_and_after_his_last_day_nothing(
    db: None, cast: Cast, number: str, now: datetime
) -> None:
    """县卫健局 has nothing to do with the case; until 14 June it stands in for the town's officer."""
    standing_in(cast.health, cast.reviewer, last=date(2026, 6, 15))
    values, sent = given(cast, number), bodies(cast, number)
    doors = [Door(method, path) for path in addresses() for method in ("GET", "POST")]
    doors = [door for door in (*doors, *operations()) if "{number}" in door.path and "{verb}" not in door.path]

    def seen(days: int, actor: Actor) -> dict[str, str]:
        with clock.rehearsed(now + timedelta(days=days)):
            client = logged_in(actor)
            return {str(door): symbol(knock(client, door, door.url(values), sent.get(str(door), {})), number)
                    for door in doors}

    absent, deputy, outsider = seen(4, cast.reviewer), seen(4, cast.health), seen(5, cast.health)
    assert "✓" in absent.values() and deputy == absent
    wanted = table("地址")
    assert outsider == {door: wanted[door]["外部门"] for door in outsider if door in wanted} | {
        door: "405" for door in outsider if door not in wanted}


STATES = {"received": "已收件", "accepted": "办理中", "decided": "已决定", "closed": "已办结"}


def case_in(state: str, cast: Cast, now: datetime) -> str:
    if state == "received":
        return received(cast, now)
    if state == "accepted":  # it lay in the town for too long: there is a card to talk about
        long_ago = now - timedelta(days=20)
        number = received(cast, long_ago)
        accept(number, actor=cast.reviewer, now=long_ago)
        issue_cards(number, actor=SYSTEM, now=now)
        return number
    number = received(cast, now)
    accept(number, actor=cast.reviewer, now=now)
    everybody = (cast.reviewer, cast.county, cast.county_head, cast.clerk, cast.info)
    while (case := Case.objects.get(number=number)).state not in (state, "closed"):
        step = case.step_set.filter(state="open").order_by("id").first()
        if step is None:
            close(number, actor=cast.reviewer, now=now)
            break
        actor = next(a for a in everybody if step.office_id in a.offices)
        complete(number, actor=actor, now=now, step=step.pk, outcome="approve",
                 answers=answers_to(case, step.key, now))
    assert Case.objects.get(number=number).state == state
    return number


def answers_to(case: Case, key: str, now: datetime) -> dict[str, Any]:
    """What the step asks for, of the right type."""
    kind = item_version(case.item_version_id).flow.steps[key].kind
    if kind_of(kind).delivers:
        return LEFT
    return {
        ask.key: {"date": f"{now:%Y-%m-%d}", "bool": True, "number": 1}.get(
            ask.type, ask.options[0][0] if ask.options else "同意")
        for ask in kind_of(kind).asks if ask.required and "approve" in ask.when
    }


def said(verb: str, number: str, cast: Cast) -> dict[str, Any]:
    """The parameters of a verb, good enough to pass its door."""
    step = Case.objects.get(number=number).step_set.filter(state="open").order_by("id").first()
    found: dict[str, Any] = {"reason": "说明"}
    if verb in ("complete", "done_outside", "return_to", "reassign"):
        found["step"] = step.pk if step else 0
    if verb.startswith("notify"):
        found["missing"] = "id-card"
    if verb == "transfer":
        found["office"] = next(iter(routes_now().office_names))
    if verb.endswith("_card"):
        card = Card.objects.filter(case__number=number).order_by("id").first()
        found["card"] = card.pk if card else 0
    if verb == "rename":
        found["person"] = cast.zhao.pk
    if verb == "hand_over":
        found["post"] = cast.clerk.post_id
    return found


@pytest.mark.parametrize("state", STATES)
def test_every_verb_obeys_whom_the_table_says_and_nobody_else(
    state: str, cast: Cast, now: datetime
) -> None:
    with clock.rehearsed(now):
        number = case_in(state, cast, now)
    seen: dict[str, dict[str, str]] = {}
    with clock.rehearsed(now + timedelta(hours=1)):
        clients = {role: logged_in(actor) for role, actor in roles(cast).items()}
        for verb in sorted(VERBS):
            body = said(verb, number, cast)
            door = Door("POST", f"/desk/cases/{number}/do/{verb}")
            through_api = Door("POST", f"/api/v1/cases/{number}/{verb}")
            seen[verb] = {}
            for role, client in clients.items():
                if role in ("无人", "申请人", "邻居"):
                    reason = {} if verb not in ("withdraw",) else {"reason": "说明"}
                    response = knock(client, through_api, through_api.path, {"params": reason})
                else:
                    response = knock(client, door, door.path, body)
                seen[verb][role] = allowed(response.status_code)
    assert not differences(seen, STATES[state]), "\n".join(differences(seen, STATES[state]))


def allowed(status: int) -> str:
    """Refused by the table of actions is 403 or 409; to be asked for more (422) is to be let in."""
    return {200: "✓", 302: "✓", 422: "✓", 401: "登录", 403: "✗", 409: "✗", 404: "—"}.get(
        status, str(status))
