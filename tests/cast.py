"""The cast of the tests: everybody has a post in the demo place, and nobody exists."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from weimin.cases.file import CaseFile
from weimin.cases.models import Case
from weimin.cases.verb import Answer
from weimin.cases.verbs import accept, complete, receive
from weimin.cases.verbs.receive import Intake, Party
from weimin.documents import signature
from weimin.documents.store import store
from weimin.network.actor import Actor
from weimin.network.models import Account, Holding
from weimin.network.staff import acting
from weimin.ops.people import person_of
from weimin.registry.models import Person

VILLAGE = "430421103200"  # 衡阳县杉桥镇杉桥村
TOWN, COUNTY, CITY = VILLAGE[:9], VILLAGE[:6], VILLAGE[:4]
OTHER_TOWN = "430422103"  # a town of another county
DAY = date(2026, 6, 10)


def holder(office: str, post: str, day: date = DAY) -> Actor:
    """Whoever holds a post."""
    found = Holding.objects.get(post__office__code=office, post__key=post, deputy=False)
    return acting(found.account_id, on=day)


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who plays in the tests."""

    info: Actor  # 村信息员小张: the village's information officer
    clerk: Actor  # 窗口小李: the clerk at the town's counter
    reviewer: Actor  # 社会事务经办小刘 of the town
    town_head: Actor  # 社会事务办主任
    county: Actor  # 县民政局审核岗
    county_head: Actor  # 县民政局分管负责人
    health: Actor  # 县卫健局审核岗: another department
    other_clerk: Actor  # 外镇小王: the clerk of another county's town
    supervisor: Actor  # 督查老陈 of the county
    government: Actor  # 县政府分管负责人
    sysadmin: Actor
    resident: Actor  # 居民赵大爷
    neighbour: Actor  # 邻居钱大妈: a resident with nothing to do with it
    zhao: Person
    qian: Person


def assemble() -> Cast:
    """The cast, with residents made anew."""
    rng = random.Random(7)
    zhao = person_of(rng, name="赵大爷", born=date(1899, 5, 4), household=VILLAGE)
    qian = person_of(rng, name="钱大妈", born=date(1901, 3, 2), household=VILLAGE)
    return Cast(
        info=holder(f"{VILLAGE}.service", "info"),
        clerk=holder(f"{TOWN}.service", "clerk"),
        reviewer=holder(f"{TOWN}.social", "reviewer"),
        town_head=holder(f"{TOWN}.social", "head"),
        county=holder(f"{COUNTY}.civil-affairs", "reviewer"),
        county_head=holder(f"{COUNTY}.civil-affairs", "approver"),
        health=holder(f"{COUNTY}.health", "reviewer"),
        other_clerk=holder(f"{OTHER_TOWN}.service", "clerk"),
        supervisor=holder(f"{COUNTY}.government", "supervisor"),
        government=holder(f"{COUNTY}.government", "head"),
        sysadmin=holder(f"{CITY}.admin", "sysadmin"),
        resident=resident_of(zhao),
        neighbour=resident_of(qian),
        zhao=zhao,
        qian=qian,
    )


def resident_of(person: Person) -> Actor:
    """The person, logged in."""
    account = Account.objects.create(username=f"resident-{person.pk}", name=person.name)
    person.account = account
    person.save(update_fields=["account"])
    return Actor(account_id=account.pk, name=person.name, person_id=person.pk)


ALLOWANCE = "HY-ELD-02"  # 高龄津贴: reviewed in the town, decided in the county
CARD = "HY-ELD-01"  # 老年人优待证: decided at once in the town
ANSWERS = {"low_income": True, "household_area": VILLAGE, "birth": "1899-05-04",
           "account": "6200000000000000000"}
CARD_ANSWERS = {"residence_area": VILLAGE, "birth": "1899-05-04", "local": True}
MATERIALS = {"id-card": None, "household-register": None, "bank-account": None, "apply": None}


def intake(person: Person, item: str = ALLOWANCE, **changes: Any) -> Intake:
    """A complete application for the old-age allowance, or whatever is changed."""
    given: dict[str, Any] = {
        "item": item,
        "area": VILLAGE,
        "parties": (Party(person_id=person.pk, name=person.name, phone="19000001234"),),
        "answers": {"name": person.name, **(ANSWERS if item == ALLOWANCE else CARD_ANSWERS)},
        "have": MATERIALS if item == ALLOWANCE else {},
        "channel": "village",
    }
    return Intake(**{**given, **changes})


def received(cast: Cast, now: datetime, **changes: Any) -> str:
    """A case that 村信息员小张 has just received; its number."""
    return receive(intake(cast.zhao, **changes), actor=cast.info, now=now).number


def accepted(cast: Cast, now: datetime, **changes: Any) -> str:
    """A case that the town has accepted; its number."""
    number = received(cast, now, **changes)
    accept(number, actor=cast.reviewer, now=now + timedelta(minutes=30))
    return number


def scans(actor: Actor, keys: Iterable[str], now: datetime) -> dict[str, int | None]:
    """A scan of each material, as that actor sends it."""
    return {key: store(f"%PDF-1.4 {key}".encode(), name="scan.pdf", media_type="application/pdf",
                       now=now, account_id=actor.account_id).pk for key in keys}


def step_of(number: str, key: str) -> int:
    """The id of the open step of that key."""
    case = Case.objects.get(number=number)
    return int(case.step_set.get(key=key, state="open").pk)


STROKES = "[[[10,10],[40,60],[80,20],[120,70]],[[150,10],[160,80],[200,90],[240,20]]]"
# What proves that a result was handed over at the counter: :func:`do` lets him sign.
HANDED = {"way": "direct", "received_by": "赵大爷", "relation": "self", "signature": STROKES}
# What proves it where nobody signs.
LEFT = {"way": "left", "refusal": "拒收", "place": "家中", "recording": "全程录像，存村委会"}


def do(number: str, key: str, outcome: str = "approve", *, actor: Actor, now: datetime,
       **answers: Any) -> Answer:
    """Complete the open step of that key."""
    said = answers or ({"opinion": "同意"} if outcome == "approve" else
                       {"opinion": "不同意", "reason": "不符合条件"})
    return complete(number, actor=actor, now=now, step=step_of(number, key), outcome=outcome,
                    answers=signed(said, actor, now))


def signed(answers: dict[str, Any], actor: Actor, now: datetime) -> dict[str, Any]:
    """The same with the signature kept, as the screen of that officer does."""
    if answers.get("signature") != STROKES:
        return answers
    return {**answers, "signature": signature.keep(STROKES, now=now, account_id=actor.account_id).pk}


def look(number: str, actor: Actor, now: datetime) -> CaseFile:
    """The case as that actor sees it."""
    return CaseFile.load(number, actor=actor, now=now, lock=False, sealed=True)
