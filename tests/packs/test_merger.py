"""A village, a town is merged into another: codes, heirs, and every running case with them."""

import random
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client

from tests.cases.scenes import HOUSING, case_of, story, told, town_building, under_way
from tests.cast import (
    ALLOWANCE,
    COUNTY,
    HANDED,
    MATERIALS,
    TOWN,
    VILLAGE,
    Cast,
    accepted,
    do,
    holder,
    look,
    received,
)
from tests.packs.place import Place, everything, must_hold
from weimin.cases.models import Step
from weimin.cases.succession import succeed_running
from weimin.cases.verbs import accept, notify_missing, supplement, withdraw
from weimin.kernel import clock
from weimin.kernel.errors import Invalid
from weimin.network.models import Area, Holding, Office, Post
from weimin.network.staff import acting, posts_of
from weimin.ops.people import fill_posts
from weimin.outbox.delivery import read
from weimin.outbox.models import Message
from weimin.registry.people import home_of
from weimin.trail.models import Event

DAY = timedelta(days=1)
NEXT = f"{TOWN}204"  # 白石园村
NEXT_TOWN = "430421101"  # 集兵镇


def cases_in_many_states(cast: Cast, now: datetime) -> dict[str, str]:
    """Cases of the village, one in each state."""
    more = {"another_is_meant": True}
    found = {
        "received": received(cast, now),
        "noticed": received(cast, now, have={}, **more),
        "accepted": accepted(cast, now, **more),
        "in the county": accepted(cast, now, **more),
        "decided": accepted(cast, now, **more),
        "closed": accepted(cast, now, **more),
        "at another desk": under_way(cast, now, HOUSING),
    }
    notify_missing(found["noticed"], actor=cast.reviewer, now=now)
    for name in ("in the county", "decided"):
        do(found[name], "check", actor=cast.reviewer, now=now)
    do(found["decided"], "decide", "reject", actor=cast.county, now=now)
    withdraw(found["closed"], actor=cast.resident, now=now)
    return found


def merge_villages(place: Place, on: str) -> None:
    place.area(VILLAGE, valid_to=on, successor=NEXT)


def test_a_village_is_merged_and_its_cases_go_along(
    cast: Cast, now: datetime, place: Place
) -> None:
    cases = cases_in_many_states(cast, now)
    merge_villages(place, "2026-06-11")
    said = place.diff(now + DAY).splitlines()
    assert f"－ 区划 {VILLAGE} 杉桥村委会 自 2026-06-11 起撤销，并入 {NEXT} 白石园村委会" in said
    assert (f"－ 单位 {VILLAGE}.service 杉桥村委会便民服务站 自 2026-06-11 起撤销，"
            "由白石园村委会便民服务站承接，5 件在办件移过去") in said
    done = place.publish(now + DAY)
    assert (done.succession.moved, done.succession.waiting) == (5, [])
    heir = Office.objects.get(code=f"{NEXT}.service")
    for name in ("received", "noticed", "accepted", "in the county", "decided"):
        assert (case_of(cases[name]).receiver, story(cases[name])[-1]) == (heir, "succeed"), name
    assert "succeed" not in story(cases["closed"]) + story(cases["at another desk"])
    must_hold(now + DAY)


def test_whoever_received_it_answers_until_then_and_the_heir_from_then_on(
    cast: Cast, now: datetime, place: Place
) -> None:
    number = received(cast, now)
    merge_villages(place, "2026-06-11")
    place.publish(now + DAY)
    heir = holder(f"{NEXT}.service", "info")
    case = case_of(number)
    assert (case.lead_post_id, case.first_contact_id) == (heir.post_id, heir.post_id)
    assert told(number)["lead"] == [cast.info.post_id, heir.post_id]
    assert told(number)["note"] == "杉桥村委会便民服务站已撤销，由白石园村委会便民服务站承接"
    assert posts_of(cast.info.account_id or 0, on=(now + DAY).date()) == []
    assert Event.objects.filter(verb="vacate", subject_id=cast.info.account_id).exists()
    accept(number, actor=cast.reviewer, now=now + DAY)


def test_the_result_is_delivered_where_the_village_is_now(
    cast: Cast, now: datetime, place: Place
) -> None:
    cases = cases_in_many_states(cast, now)
    merge_villages(place, "2026-06-11")
    place.publish(now + DAY)
    heir = holder(f"{NEXT}.service", "info")
    do(cases["decided"], "deliver", actor=heir, now=now + DAY, **HANDED)
    # A step that opens later finds the heir, too.
    do(cases["in the county"], "decide", "reject", actor=cast.county, now=now + DAY)
    opened = Step.objects.get(case__number=cases["in the county"], key="deliver")
    assert opened.office_id == heir.office_id


def test_the_archive_is_open_to_the_heir(cast: Cast, now: datetime, place: Place) -> None:
    cases = cases_in_many_states(cast, now)
    merge_villages(place, "2026-06-11")
    place.publish(now + DAY)
    heir = Holding.objects.get(post__office__code=f"{NEXT}.service", deputy=False).account_id
    actor = acting(heir, on=(now + DAY).date())
    assert look(cases["closed"], actor, now + DAY).row["state"] == "closed"
    assert actor.office_name == "白石园村委会便民服务站"


def test_nothing_moves_before_the_day(cast: Cast, now: datetime, place: Place) -> None:
    cases = cases_in_many_states(cast, now)
    merge_villages(place, "2026-06-20")
    done = place.publish(now + DAY)
    assert done.succession.moved == 0
    assert received(cast, now + DAY, another_is_meant=True)
    before = everything()
    place.publish(now + 2 * DAY)
    assert everything() == before
    assert succeed_running(now=now + 9 * DAY).moved == 0
    the_day = now.replace(day=20, hour=0, minute=5)
    assert succeed_running(now=the_day).moved == 6
    assert succeed_running(now=the_day).moved == 0
    assert story(cases["received"])[-1] == "succeed"
    must_hold(the_day)


def test_a_merger_can_be_called_off_before_its_day(now: datetime, place: Place) -> None:
    merge_villages(place, "2026-06-20")
    place.publish(now)
    place.area(VILLAGE, valid_to="", successor="")
    assert f"～ 区划 {VILLAGE} 杉桥村委会 不再撤销" in place.diff(now + DAY)
    place.publish(now + DAY)
    office = Office.objects.get(code=f"{VILLAGE}.service")
    assert (office.valid_to, office.successor) == (None, None)


def test_residents_find_their_new_village(cast: Cast, now: datetime, place: Place) -> None:
    merge_villages(place, "2026-06-11")
    place.publish(now)
    assert home_of(cast.zhao, now.date()) == VILLAGE
    assert home_of(cast.zhao, (now + DAY).date()) == NEXT
    with pytest.raises(Invalid, match="杉桥村委会已并入衡阳县杉桥镇白石园村委会，请改选它"):
        received(cast, now + DAY, area=VILLAGE)
    number = received(cast, now + DAY, area=NEXT)
    assert case_of(number).area_id == NEXT


def test_the_portal_offers_the_villages_of_today(
    cast: Cast, now: datetime, place: Place
) -> None:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    merge_villages(place, "2026-06-11")
    place.publish(now)
    for on, offered in ((now, True), (now + DAY, False)):
        with clock.rehearsed(on):
            found = Client().get(f"/items/{ALLOWANCE}", {"place": "杉桥村"}).content.decode()
            old = Client().get(f"/items/{ALLOWANCE}", {"area": VILLAGE}).content.decode()
        assert (f"area={VILLAGE}" in found) is offered
        assert ("白石园村委会便民服务站" in old) is not offered  # an old address finds the heir


def test_a_village_that_begins_later_can_be_chosen_from_its_day_on(
    cast: Cast, now: datetime, place: Place
) -> None:
    new = f"{TOWN}300"
    place.area(new, name="新桥村委会", valid_from="2026-06-15")
    assert f"＋ 区划 {new} 新桥村委会，自 2026-06-15 起" in place.diff(now)
    place.publish(now)
    with pytest.raises(Invalid, match="没有这个地方"):
        received(cast, now, area=new)
    assert received(cast, now + 5 * DAY, area=new)


def test_a_town_is_merged_with_all_its_villages(cast: Cast, now: datetime, place: Place) -> None:
    cases = cases_in_many_states(cast, now)
    place.merge_town(TOWN, NEXT_TOWN, "2026-06-11")
    said = place.diff(now + DAY)
    assert f"－ 区划 {TOWN} 杉桥镇 自 2026-06-11 起撤销，并入 {NEXT_TOWN} 集兵镇" in said
    assert "由集兵镇社会事务办公室承接，5 件在办件移过去" in said
    assert "值班岗位还没有人" in said
    done = place.publish(now + DAY)
    # The new village has no information officer yet: what was received in the old one waits.
    assert set(done.succession.waiting) == set(cases.values()) - {
        cases["closed"], cases["at another desk"]}
    assert case_of(cases["at another desk"]).office.code == f"{NEXT_TOWN}.building"
    fill_posts(random.Random(1), since=now.date())
    again = succeed_running(now=now + DAY)
    assert (again.moved, again.waiting) == (5, [])
    social = Office.objects.get(code=f"{NEXT_TOWN}.social")
    for name in ("received", "noticed", "accepted", "in the county", "decided"):
        case = case_of(cases[name])
        assert (case.office, case.receiver.area_id) == (social, f"{NEXT_TOWN}902"), name
        assert case.area_id == VILLAGE  # where it was, on the day it was asked
    must_hold(now + DAY)
    there = holder(f"{NEXT_TOWN}.social", "reviewer")
    do(cases["accepted"], "check", actor=there, now=now + DAY)
    supplement(cases["noticed"], actor=there, now=now + DAY, have=MATERIALS)
    accept(cases["noticed"], actor=there, now=now + DAY)
    do(cases["accepted"], "decide", actor=cast.county, now=now + DAY)
    must_hold(now + DAY)


def test_the_ended_offices_are_empty_in_the_end(cast: Cast, now: datetime, place: Place) -> None:
    place.merge_town(TOWN, NEXT_TOWN, "2026-06-11")
    done = place.publish(now + DAY)
    assert done.succession.left > 20
    assert not Holding.objects.filter(
        post__office__area__path__contains=TOWN, during__contains=(now + DAY).date()).exists()
    building = Post.objects.get(pk=town_building().post_id)
    assert building.valid_to is None  # it ended with its office


def test_an_office_without_an_heir_keeps_the_pack_from_being_published(
    cast: Cast, now: datetime, place: Place
) -> None:
    number = received(cast, now)
    place.area(VILLAGE, valid_to="2026-06-11", note="整体撤销")
    assert place.faults() == ""
    with pytest.raises(Invalid, match="撤销后没有承接单位，还有 1 件在办"):
        place.publish(now + DAY)
    withdraw(number, actor=cast.resident, now=now)
    place.publish(now + DAY)


def test_a_code_that_ended_never_lives_again(now: datetime, place: Place) -> None:
    merge_villages(place, "2026-06-11")
    place.publish(now + DAY)
    place.area(VILLAGE, valid_to="", successor="")
    assert "✗ areas.csv" in place.diff(now + 2 * DAY)
    with pytest.raises(Invalid, match="代码不能再用"):
        place.publish(now + 2 * DAY)


def test_an_area_is_not_forgotten(now: datetime, place: Place) -> None:
    place.edit("areas.csv", "430421103200,杉桥村委会,ordinary,2018-01-01,,,\n", "")
    with pytest.raises(Invalid, match="不在包里"):
        place.publish(now)
    assert Area.objects.filter(code=VILLAGE, valid_to=None).exists()


def test_a_town_that_is_forgotten_is_missed_once_with_its_villages(now: datetime, place: Place) -> None:
    path = place.folder / "areas.csv"
    kept = [row for row in path.read_text(encoding="utf-8").splitlines(keepends=True)
            if not row.startswith("430421104")]  # of which nothing else in the pack speaks
    path.write_text("".join(kept), encoding="utf-8")
    said = [line for line in place.diff(now).splitlines() if "不在包里" in line]
    assert len(said) == 1 and "连同它下面的" in said[0]


def test_a_chain_of_mergers_leads_to_the_last_heir(cast: Cast, now: datetime, place: Place) -> None:
    number, last = received(cast, now), f"{TOWN}206"
    merge_villages(place, "2026-06-11")
    place.area(NEXT, valid_to="2026-06-12", successor=last)
    assert place.faults() == ""
    place.publish(now + 3 * DAY)
    assert case_of(number).receiver.code == f"{last}.service"
    assert home_of(cast.zhao, (now + 3 * DAY).date()) == last
    must_hold(now + 3 * DAY)


def test_cases_are_moved_in_batches(
    cast: Cast, now: datetime, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small batches do the same as one: none is left out, none comes twice."""
    monkeypatch.setattr("weimin.cases.succession._BATCH", 2)
    for _ in range(5):
        received(cast, now, another_is_meant=True)
    merge_villages(place, "2026-06-11")
    assert place.publish(now + DAY).succession.moved == 5
    must_hold(now + DAY)


def test_the_resident_is_told_when_another_office_has_his_case(
    cast: Cast, now: datetime, place: Place
) -> None:
    number = accepted(cast, now)
    place.merge_town(TOWN, NEXT_TOWN, "2026-06-11")
    place.publish(now)
    fill_posts(random.Random(1), since=now.date())
    succeed_running(now=now + DAY)
    text = read(Message.objects.latest("id").payload)["text"]
    assert "因机构调整，现由集兵镇社会事务办公室办理，期限不变" in text
    assert case_of(number).office.area.path.startswith(f"/4304/{COUNTY}/")
