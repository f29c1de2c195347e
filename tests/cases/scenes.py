"""What the tests of the verbs begin with and look at: whole applications, the trail, the clocks."""

import json
import random
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from tests.cast import COUNTY, TOWN, VILLAGE, Cast, holder
from weimin.cases.facts import checked
from weimin.cases.models import Case, Clock, Step
from weimin.cases.verbs import accept, receive
from weimin.cases.verbs.receive import Intake, Party
from weimin.catalogue.models import Item, ItemVersion
from weimin.catalogue.spec import Field, ItemSpec, Scenario, item_version
from weimin.network.actor import Actor
from weimin.network.models import Holding
from weimin.network.staff import acting
from weimin.ops.people import identity_of
from weimin.registry.models import Person
from weimin.trail import chain
from weimin.trail.models import Event
from weimin.trail.verify import verify

HOUSING = "HY-BLD-01"  # 公租房: three departments of the county review it side by side
ROAD = "HY-BLD-03"  # 挖掘道路: a permit, reviewed in the county, where a pipe may need an expert
LICENCE = "HY-EMP-05"  # 个体工商户登记: a permit decided on the same day
PLANTING = "HY-SUB-01"  # 耕地地力保护补贴: one branch per plot
SUBSIDY = "HY-SUB-02"  # 购机补贴: the invoice may follow (容缺)

_IDENTITY = identity_of(random.Random(45), date(1951, 3, 8))


def item_of(code: str) -> ItemSpec:
    """The item as it is published now."""
    return item_version(Item.objects.values_list("current_id", flat=True).get(code=code))


def application(person: Person, code: str, *, yes: bool = True, **answers: Any) -> Intake:
    """A complete application: every question answered, every material there.

    ``yes`` takes the first choice and 是 everywhere, otherwise the last choice and 否.
    """
    item = item_of(code)
    said = {field.key: _answer(field, yes) for field in item.form}
    said |= {scenario.key: _choice(scenario, yes) for scenario in item.scenarios}
    said |= answers
    return Intake(
        item=code, area=VILLAGE, channel="window", answers=said,
        parties=(Party(person_id=person.pk, name=person.name, phone="19000001234"),),
        have=dict.fromkeys(m.key for m in item.materials_for(checked(item, said))),
    )


def _choice(scenario: Scenario, yes: bool) -> str:
    return str(scenario.options[0 if yes else -1]["value"])


def _answer(field: Field, yes: bool) -> Any:
    if field.type == "choice":
        return field.options[0 if yes else -1][0]
    if field.type == "table":
        return [{column.key: _answer(column, yes) for column in field.columns} for _ in range(2)]
    return {
        "bool": yes, "number": field.min or 1, "money": field.min or 1, "date": "2026-06-01",
        "area": VILLAGE, "id-number": _IDENTITY, "phone": "19000001234",
        "bank-account": "6200000000000000000",
    }.get(field.type, "某某")


def town_building() -> Actor:
    """规划建设经办 of the town: accepts what concerns houses and roads."""
    return holder(f"{TOWN}.building", "reviewer")


def town_building_head() -> Actor:
    """规划建设办主任."""
    return holder(f"{TOWN}.building", "head")


def county_building_head() -> Actor:
    """县住建局分管负责人: decides what the town accepts for the county."""
    return of_county("housing", "approver")


def of_county(line: str, post: str = "reviewer") -> Actor:
    """Somebody of a department of the county."""
    return holder(f"{COUNTY}.{line}", post)


def under_way(cast: Cast, now: datetime, code: str, **answers: Any) -> str:
    """A case of that item that the competent office accepted; its number."""
    number = receive(application(cast.zhao, code, **answers), actor=cast.clerk, now=now).number
    accept(number, actor=someone_of(case_of(number).office_id), now=now + timedelta(minutes=10))
    return number


def someone_of(
    office_id: int | None, day: date = date(2026, 6, 10), *, but: Iterable[int | None] = ()
) -> Actor:
    """The first post of an office that does its work, held by none of the accounts ``but``."""
    held = Holding.objects.filter(post__office_id=office_id, deputy=False).exclude(
        account_id__in=[account for account in but if account]
    ).order_by("-post__on_duty", "post_id")
    return acting(held[0].account_id, on=day)


def case_of(number: str) -> Case:
    """The row of the case."""
    return Case.objects.get(number=number)


def clock_of(number: str, kind: str) -> Clock:
    """One of its clocks."""
    return Clock.objects.get(case__number=number, kind=kind)


def due(number: str, kind: str = "decision") -> str:
    """The day on which that clock ends."""
    return str(clock_of(number, kind).due_on)


def steps_of(number: str, state: str = "open") -> list[str]:
    """The keys of its steps in that state."""
    found = Step.objects.filter(case__number=number, state=state).order_by("id")
    return list(found.values_list("key", flat=True))


def story(number: str) -> list[str]:
    """The verbs of its trail, in order."""
    events = Event.objects.filter(subject_type="case", subject_id=case_of(number).pk)
    return list(events.order_by("seq").values_list("verb", flat=True))


def told(number: str) -> Mapping[str, Any]:
    """What the last event says."""
    events = Event.objects.filter(subject_type="case", subject_id=case_of(number).pk)
    data: Mapping[str, Any] = json.loads(bytes(events.latest("seq").body)).get("d", {})
    return data


def offers(number: str, actor: Actor, now: datetime) -> set[str]:
    """The verbs that the server offers to that actor."""
    from tests.cast import look

    return {action.verb for action in look(number, actor, now).actions()}


def chain_faults(case_id: int) -> list[int]:
    """The places in the trail that do not follow from what stands before them."""
    events = Event.objects.filter(subject_type="case", subject_id=case_id).order_by("seq")
    faults, previous = [], chain.GENESIS
    for place, event in enumerate(events, start=1):
        columns = chain.head_of(
            chain.Subject("case", case_id), event.seq, event.verb, event.account_id,
            event.post_id, event.occurred_at, event.recorded_at,
        )
        expected = chain.digest(event.algorithm, previous, columns, bytes(event.body))
        if event.seq != place or bytes(event.hash) != expected:
            faults.append(place)
        previous = bytes(event.hash)
    return faults


def proof_faults(number: str) -> list[str]:
    """Where the rows of the case, or its chain, are not what the chain says."""
    report = verify(keys=settings.KEYS, subject=("case", case_of(number).pk))
    assert report.chains == 1
    return [str(broken) for broken in report.broken]


def publish_variant(code: str, **changes: Any) -> None:
    """Publish a version of an item that differs in a few points, for this test only.

    What the process keeps of the network is forgotten: the epoch goes back with the test.
    """
    item = Item.objects.select_related("current").get(code=code)
    assert item.current is not None
    version = ItemVersion.objects.create(
        item=item, pack_version_id=item.current.pack_version_id, number=item.current.number + 1,
        name=item.current.name, digest="", data={**item.current.data, **changes},
    )
    item.current = version
    item.save(update_fields=["current"])
