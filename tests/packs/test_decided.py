"""What the administration decides on the screen, beside what the pack says: who has the last word."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import IntegrityError, connection, transaction

from tests.cases.scenes import case_of, story
from tests.cast import TOWN, Cast, accepted, do, holder, received
from tests.packs.place import Place, must_hold
from weimin.cases.ending import close_post, end_office, reopen_post, restore_office
from weimin.cases.staffing import appoint, change_end
from weimin.cases.verbs import accept, hand_over, take_over
from weimin.catalogue.models import PackArchive, PackVersion
from weimin.kernel import clock
from weimin.kernel.errors import Invalid, NotFound, WrongState
from weimin.network import offices, posts
from weimin.network.models import Holding, Office, OfficeLine, Post
from weimin.network.staff import acting
from weimin.packs import decided, shelf
from weimin.packs.diff import diff
from weimin.packs.lint import lint
from weimin.packs.publish import publish
from weimin.packs.read import read_pack
from weimin.trail.models import Event

DAY = timedelta(days=1)
SOCIAL = 'key: social, name: "{area}社会事务办公室"'
REVIEWER = "{key: reviewer, title: 社会事务经办, roles: [reviewer, clerk], duty: true}"
Make = Callable[..., Office]


def office(key: str) -> Office:
    return Office.objects.get(code=f"{TOWN}.{key}")


def post(key: str, of: str = "social") -> Post:
    return Post.objects.get(office__code=f"{TOWN}.{of}", key=key)


def works_for(key: str, line: str = "civil-affairs") -> list[tuple[str, str]]:
    rows = OfficeLine.objects.filter(office=office(key), line=line).order_by("during")
    return [(str(r.during.lower), str(r.during.upper or "")) for r in rows]


@pytest.fixture
def make(cast: Cast, place: Place, now: datetime) -> Make:
    """系统管理员 makes an office in 杉桥镇 that takes 民政 from the office that has it."""

    def made(**changed: object) -> Office:
        said = {"area": TOWN, "name": "杉桥镇民政办公室", "kind": "office", "lines": ["civil-affairs"],
                "take_over": True, "first": now.date(), "phone": "0734-6812345", "address": "一号楼",
                "windows": "2", "post": "民政经办", "roles": ["reviewer", "clerk"], **changed}
        return offices.make(**said, actor=cast.sysadmin, now=now)  # type: ignore[arg-type]

    return made


def hold(key: str, who: Cast, now: datetime, of: str) -> Post:
    """外镇小王 gets a second post."""
    found = post(key, of)
    appoint(account_id=who.other_clerk.account_id or 0, post_id=found.pk, first=now.date(),
            actor=holder("4304.admin", "secadmin"), now=now)
    return found


# -- a new office ---------------------------------------------------------------------------------


def test_a_new_office_takes_over_a_line_and_what_comes_in_goes_there(
    cast: Cast, now: datetime, make: Make
) -> None:
    running = accepted(cast, now)
    made = make()
    assert (made.code, made.level, made.pack) == (f"{TOWN}.own-sqzmzbgs", "town", "")
    assert works_for("social") == [("2018-01-01", "2026-06-10")]
    assert works_for("own-sqzmzbgs") == [("2026-06-10", "")]
    assert [w.title for w in made.windows.order_by("number")] == ["1号综合窗口", "2号综合窗口"]
    assert post("own-mzjb", "own-sqzmzbgs").on_duty
    held = hold("own-mzjb", cast, now, "own-sqzmzbgs")
    new = received(cast, now, another_is_meant=True)
    assert case_of(new).office == made
    accept(new, actor=acting(cast.other_clerk.account_id or 0, on=now.date(), post_id=held.pk), now=now)
    do(running, "check", actor=cast.reviewer, now=now)  # what ran stays where it was
    must_hold(now)
    told = Event.objects.filter(subject_type="office").order_by("recorded_at").values_list("verb", flat=True)
    assert set(told) == {"make_office", "hand_on_lines"}


@pytest.mark.parametrize(("changed", "field"), [
    ({"take_over": False}, "lines"), ({"name": " "}, "name"), ({"name": "杉桥镇社会事务办公室"}, "name"),
    ({"area": "430421999"}, "area"), ({"kind": "x"}, "kind"), ({"lines": ["x"]}, "lines"),
    ({"first": None}, "first"), ({"phone": "12"}, "phone"), ({"windows": "-1"}, "windows"),
    ({"windows": "１"}, "windows"), ({"post": ""}, "post"), ({"roles": []}, "roles"),
    ({"roles": ["sysadmin", "clerk"]}, "roles"),
])
def test_an_office_that_can_not_be_is_refused_at_its_field(
    make: Make, changed: dict[str, object], field: str
) -> None:
    before = Office.objects.count()
    with pytest.raises(Invalid) as refused:
        make(**changed)
    assert list(refused.value.fields) == [field]
    assert Office.objects.count() == before
    assert works_for("social") == [("2018-01-01", "")]


def test_a_line_that_is_held_is_refused_by_the_name_of_its_holder(make: Make) -> None:
    with pytest.raises(Invalid, match="“民政”在这里由杉桥镇社会事务办公室承担"):
        make(take_over=False)


def test_a_line_is_not_promised_twice(make: Make, now: datetime) -> None:
    make(first=(now + 30 * DAY).date())
    with pytest.raises(Invalid, match="从2026年7月10日 周五起已交给杉桥镇民政办公室"):
        make(name="第二民政办")


def test_the_database_has_the_last_word_on_who_has_a_line(make: Make) -> None:
    made = make()
    with pytest.raises(Invalid) as refused:
        offices.save_lines([OfficeLine(office=office("social"), line_id="civil-affairs",
                                       area_id=TOWN, during=OfficeLine.objects.get(office=made).during)])
    assert "lines" in refused.value.fields


# -- the next publication -------------------------------------------------------------------------


def test_what_a_screen_made_survives_the_next_publication_which_says_so(
    now: datetime, place: Place, make: Make, cast: Cast
) -> None:
    made = make()
    offices.edit(office("service").pk, name="杉桥镇党群服务中心", phone="", address="", actor=cast.sysadmin,
                 now=now)
    posts.retitle(post("head").pk, title="民生办主任", actor=cast.sysadmin, now=now)
    posts.make(office("social").pk, title="第二经办", roles=["reviewer"], actor=cast.sysadmin, now=now)
    said = place.diff(now + DAY).splitlines()
    assert said[0] == "没有变化"
    assert [line for line in said if "社会事务办公室 不接“民政”：管理界面已交给杉桥镇民政办公室" in line]
    assert [line for line in said if "党群服务中心 改名以管理界面的为准（包里是杉桥镇便民服务中心）" in line]
    assert [line for line in said if "民生办主任 名称以管理界面的为准（包里是社会事务办主任）" in line]
    assert place.publish(now + DAY).parts == []
    place.edit("offices.yaml", SOCIAL, SOCIAL.replace("社会事务", "民生"))  # the rest follows the pack
    place.publish(now + DAY)
    made.refresh_from_db()
    assert (made.valid_to, office("social").name) == (None, "杉桥镇民生办公室")
    assert office("service").name == "杉桥镇党群服务中心"
    assert (post("head").title, post("own-dejb").valid_to) == ("民生办主任", None)
    assert works_for("own-sqzmzbgs") == [("2026-06-10", "")]


def test_what_is_given_back_follows_the_pack_again(cast: Cast, now: datetime, place: Place) -> None:
    admin, head, service = cast.sysadmin, post("head").pk, office("service").pk
    posts.retitle(head, title="民生办主任", actor=admin, now=now)
    offices.edit(service, name="党群中心", phone="", address="", actor=admin, now=now)
    posts.give_back(head, actor=admin, now=now)
    offices.give_back(service, actor=admin, now=now)
    said = place.diff(now)
    assert "改名：民生办主任 → 社会事务办主任" in said and "改名：党群中心 → 杉桥镇便民服务中心" in said
    place.publish(now)
    assert (post("head").title, office("service").name) == ("社会事务办主任", "杉桥镇便民服务中心")


def test_a_merger_ends_an_office_that_a_screen_made_as_any_other(
    cast: Cast, now: datetime, place: Place, make: Make
) -> None:
    into = "430421100"
    assert Office.objects.filter(code=f"{into}.social").exists()
    make()
    place.merge_town(TOWN, into, "2026-07-01")
    place.publish(now)
    made = office("own-sqzmzbgs")
    assert (str(made.valid_to), made.successor) == ("2026-07-01", Office.objects.get(code=f"{into}.social"))
    assert works_for("own-sqzmzbgs") == [("2026-06-10", "2026-07-01")]


# -- an office ends -------------------------------------------------------------------------------


def test_an_office_ends_with_an_heir_who_gets_its_lines_and_its_cases(
    cast: Cast, now: datetime, place: Place
) -> None:
    number = accepted(cast, now)
    heir = office("agriculture")
    done = end_office(office("social").pk, on=now.date(), successor=heir.pk, lapse=False,
                      actor=cast.sysadmin, now=now)
    assert (done.moved, done.waiting) == (1, [])
    assert (case_of(number).office, story(number)[-1]) == (heir, "succeed")
    assert case_of(number).lead_post == post("reviewer", "agriculture")
    assert works_for("agriculture") == [("2026-06-10", "")]
    must_hold(now)
    said = place.diff(now + DAY)
    assert "在管理界面定于 2026-06-10 撤销，包里仍有它：不恢复" in said and said.startswith("没有变化")
    assert place.publish(now + DAY).parts == []
    assert str(office("social").valid_to) == "2026-06-10"
    assert works_for("agriculture") == [("2026-06-10", "")]


def test_an_ending_that_has_not_come_yet_can_be_taken_back(
    cast: Cast, now: datetime, place: Place
) -> None:
    social, on = office("social"), (now + 20 * DAY).date()
    before = works_for("social")
    end_office(social.pk, on=on, successor=office("agriculture").pk, lapse=False, actor=cast.sysadmin, now=now)
    assert works_for("social") == [("2018-01-01", "2026-06-30")]
    assert works_for("agriculture") == [("2026-06-30", "")]
    with pytest.raises(WrongState, match="已经定于"):
        end_office(social.pk, on=on, successor=office("agriculture").pk, lapse=False,
                   actor=cast.sysadmin, now=now)
    restore_office(social.pk, actor=cast.sysadmin, now=now)
    assert (works_for("social"), works_for("agriculture")) == (before, [])
    assert place.diff(now) == "没有变化"
    with pytest.raises(WrongState):
        restore_office(social.pk, actor=cast.sysadmin, now=now)


def test_lines_that_nobody_takes_lapse_only_if_that_is_meant(cast: Cast, now: datetime, place: Place) -> None:
    social, county = office("social").pk, Office.objects.get(code="430421.civil-affairs").pk
    with pytest.raises(Invalid) as refused:
        end_office(social, on=now.date(), successor=county, lapse=False, actor=cast.sysadmin, now=now)
    assert "民政" in refused.value.fields["lapse"]
    end_office(social, on=now.date(), successor=county, lapse=True, actor=cast.sysadmin, now=now)
    assert works_for("social") == [("2018-01-01", "2026-06-10")]


@pytest.mark.parametrize(("said", "field"), [
    ({"on": None}, "on"), ({"on": "yesterday"}, "on"), ({"successor": None}, "successor"),
    ({"successor": "itself"}, "successor"),
])
def test_an_office_does_not_end_yesterday_or_without_an_heir(
    cast: Cast, now: datetime, place: Place, said: dict[str, object], field: str
) -> None:
    values = {"on": now.date(), "successor": office("agriculture").pk, **said}
    if values["on"] == "yesterday":
        values["on"] = (now - DAY).date()
    if values["successor"] == "itself":
        values["successor"] = office("social").pk
    with pytest.raises(Invalid) as refused:
        end_office(office("social").pk, lapse=False, actor=cast.sysadmin, now=now, **values)  # type: ignore[arg-type]
    assert list(refused.value.fields) == [field]


def test_an_office_with_cases_needs_an_heir_with_somebody_on_duty(
    cast: Cast, now: datetime, place: Place
) -> None:
    accepted(cast, now)
    heir = office("agriculture")
    Holding.objects.filter(post__office=heir).delete()
    with pytest.raises(Invalid, match="值班岗位还没有人接"):
        end_office(office("social").pk, on=now.date(), successor=heir.pk, lapse=False,
                   actor=cast.sysadmin, now=now)


def test_the_office_of_the_administrators_does_not_end_under_them(
    cast: Cast, now: datetime, place: Place
) -> None:
    with pytest.raises(WrongState, match="还有“系统管理员”在任"):
        end_office(Office.objects.get(code="4304.admin").pk, on=now.date(),
                   successor=Office.objects.get(code="4304.government").pk, lapse=True,
                   actor=cast.sysadmin, now=now)


# -- posts ----------------------------------------------------------------------------------------


def test_a_post_with_running_cases_is_not_closed_until_they_are_handed_over(
    cast: Cast, now: datetime, place: Place
) -> None:
    number, secadmin = accepted(cast, now), holder("4304.admin", "secadmin")
    reviewer, head = post("reviewer"), post("head")
    with pytest.raises(WrongState, match="还主办着 1 件"):
        close_post(reviewer.pk, actor=cast.sysadmin, now=now)
    hand_over(number, actor=cast.reviewer, now=now, post=head.pk, reason="岗位要撤")
    take_over(number, actor=cast.town_head, now=now)
    with pytest.raises(WrongState, match=f"还有{cast.reviewer.name}"):
        close_post(reviewer.pk, actor=cast.sysadmin, now=now)
    held = Holding.objects.get(post=reviewer, deputy=False)
    change_end(held.pk, last=(now - DAY).date(), actor=secadmin, now=now)
    with pytest.raises(WrongState, match="是杉桥镇社会事务办公室的值班岗位"):
        close_post(reviewer.pk, actor=cast.sysadmin, now=now)
    posts.put_on_duty(head.pk, actor=cast.sysadmin, now=now)
    close_post(reviewer.pk, actor=cast.sysadmin, now=now)
    assert (str(post("reviewer").valid_to), post("head").on_duty) == ("2026-06-10", True)
    must_hold(now)
    said = place.diff(now + DAY)
    assert "已在管理界面撤销，包里仍有它：不恢复" in said and "是否值班以管理界面的为准" in said
    assert place.publish(now + DAY).parts == []
    assert str(post("reviewer").valid_to) == "2026-06-10"
    with pytest.raises(Invalid, match="已撤销"):
        appoint(account_id=cast.reviewer.account_id or 0, post_id=reviewer.pk, first=now.date(),
                actor=secadmin, now=now)
    reopen_post(reviewer.pk, actor=cast.sysadmin, now=now)
    assert post("reviewer").valid_to is None


def test_nobody_is_put_on_duty_who_is_not_there(cast: Cast, now: datetime, place: Place) -> None:
    made = posts.make(office("social").pk, title="第二经办", roles=["reviewer"], actor=cast.sysadmin, now=now)
    with pytest.raises(WrongState, match="还没有人"):
        posts.put_on_duty(made.pk, actor=cast.sysadmin, now=now)


@pytest.mark.parametrize(("title", "roles", "field"), [
    ("", ["clerk"], "title"), ("社会事务经办", ["clerk"], "title"), ("长" * 31, ["clerk"], "title"),
    ("新岗", [], "roles"), ("新岗", ["king"], "roles"), ("新岗", ["auditor", "head"], "roles"),
])
def test_a_post_that_can_not_be_is_refused(
    cast: Cast, now: datetime, place: Place, title: str, roles: list[str], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        posts.make(office("social").pk, title=title, roles=roles, actor=cast.sysadmin, now=now)
    assert list(refused.value.fields) == [field]


def test_a_title_is_not_given_twice_in_an_office(cast: Cast, now: datetime, place: Place) -> None:
    with pytest.raises(Invalid, match="已经有“社会事务经办”"):
        posts.retitle(post("head").pk, title="社会事务经办", actor=cast.sysadmin, now=now)


def test_a_pack_does_not_give_its_holder_another_administration(
    now: datetime, place: Place
) -> None:
    """Who publishes packs would otherwise make himself the security administrator."""
    place.edit("offices.yaml", "{key: sysadmin, title: 系统管理员, roles: [sysadmin]}, {key: secadmin",
               "{key: sysadmin, title: 系统管理员, roles: [secadmin]}, {key: secadmin")
    assert "角色里的管理员不能增减" in place.diff(now)
    with pytest.raises(Invalid, match="角色里的管理员不能增减"):
        place.publish(now)
    place.edit("offices.yaml", "title: 系统管理员, roles: [secadmin]}, {key: secadmin",
               "title: 系统管理员, roles: [sysadmin, secadmin]}, {key: secadmin")
    assert "各设各的岗位，不兼别的角色" in place.faults()


@pytest.mark.parametrize(("roles", "rule"), [
    ("{secadmin}", "a_held_post_keeps_its_administration"),
    ("{sysadmin,clerk}", "administrators_stand_alone"),
])
def test_the_database_keeps_the_administrators_apart(
    cast: Cast, now: datetime, place: Place, roles: str, rule: str
) -> None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE network_post SET roles = %s WHERE id = %s", [roles, cast.sysadmin.post_id])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert refused.value.__cause__.diag.constraint_name == rule  # type: ignore[union-attr]


# -- the pack as it is now ------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, settings: LazySettings) -> Path:
    settings.HOME = tmp_path / "home"
    return tmp_path


def test_a_published_version_comes_back_as_it_was(now: datetime, place: Place, home: Path) -> None:
    place.append("words.yaml", "- {say: 试一试, means: 试, old: false}")
    number = place.publish(now).version
    version = PackVersion.objects.get(pack="hengyang", number=number)
    name, content = decided.published(version.pk)
    assert name == f"hengyang-{number}.zip"
    found = shelf.check(shelf.bring(content))
    assert (found.faults, found.changes) == ([], ["没有变化"])
    assert found.pack is not None and found.pack.digest == version.digest
    with pytest.raises(NotFound), connection.cursor() as cursor:
        cursor.execute("SELECT max(id) + 1 FROM catalogue_pack_version")
        decided.published(cursor.fetchone()[0])


def test_the_pack_as_it_is_now_holds_what_screens_decided_and_changes_nothing_here(
    cast: Cast, now: datetime, place: Place, home: Path, make: Make
) -> None:
    admin = cast.sysadmin
    make()
    make(name="杉桥镇以后的办公室", lines=["health"], first=(now + 30 * DAY).date(), phone="", windows="")
    offices.edit(office("service").pk, name="党群中心", phone="0734-6812340", address="x", actor=admin, now=now)
    posts.retitle(post("head").pk, title="民生办主任", actor=admin, now=now)
    closed = posts.make(office("social").pk, title="第二经办", roles=["reviewer"], actor=admin, now=now)
    posts.make(office("social").pk, title="第三经办", roles=["reviewer", "clerk"], actor=admin, now=now)
    close_post(closed.pk, actor=admin, now=now)
    end_office(office("market").pk, on=(now + 9 * DAY).date(), successor=office("building").pk,
               lapse=False, actor=admin, now=now)
    place.publish(now)
    with clock.rehearsed(now):
        found = shelf.check(shelf.bring(decided.current(now.date())[1]))
    assert (found.faults, found.changes) == ([], ["没有变化"])
    assert found.pack is not None
    said = {each["office"]: each for each in found.pack.exceptions}
    assert set(said) == {f"{TOWN}.{key}" for key in (
        "service", "social", "market", "building", "own-sqzmzbgs", "own-sqzyhdbgs")}
    assert {p["key"] for p in said[f"{TOWN}.social"]["posts"]} == {"head", "own-dsjb"}
    assert said[f"{TOWN}.building"]["lines"][-1] == "transport"
    assert {"line": "market", "from": "2026-06-19"} in said[f"{TOWN}.building"]["lines"]


def test_a_place_made_from_that_pack_is_the_same_place(
    cast: Cast, now: datetime, place: Place, home: Path, make: Make
) -> None:
    make()
    posts.retitle(post("head").pk, title="民生办主任", actor=cast.sysadmin, now=now)
    place.publish(now)
    with clock.rehearsed(now):
        folder = shelf.folder_of(shelf.bring(decided.current(now.date())[1]))
    for table in ("holding", "window", "post", "office_line", "office"):  # elsewhere: nothing there yet
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM network_{table} WHERE true" if table != "office" else
                           f"DELETE FROM network_office WHERE code LIKE '{TOWN}.%'")
    with clock.rehearsed(now):
        pack = read_pack(folder)
        assert lint(pack) == []
        publish(pack, now=now)
    made = office("own-sqzmzbgs")
    assert (made.name, made.phone, made.pack) == ("杉桥镇民政办公室", "07346812345", "hengyang")
    assert made.windows.count() == 2 and post("own-mzjb", "own-sqzmzbgs").on_duty
    assert post("head").title == "民生办主任"
    assert works_for("own-sqzmzbgs") == [("2026-06-10", "")] and works_for("social") == []


def test_a_version_from_before_files_were_kept_gets_them_with_the_same_pack(
    now: datetime, place: Place
) -> None:
    last = PackVersion.objects.order_by("-id").first()
    assert last is not None
    old = PackVersion.objects.create(pack="hengyang", number=last.number + 1, published_at=now,
                                     digest=read_pack(place.folder).digest)
    with pytest.raises(NotFound):
        decided.published(old.pk)
    assert place.publish(now).parts == []
    assert PackArchive.objects.filter(pk=old.pk).exists()


@pytest.mark.parametrize(("line", "said"), [
    ("- {office: 430421999.x, name: x}", "单位编码 430421999.x 不对"),
    (f"- {{office: {TOWN}.new}}", "这里也没有写全"),
    (f"- {{office: {TOWN}.social, lines: [x]}}", "条线 x 不存在"),
    (f"- {{office: {TOWN}.social, until: soon}}", "不是日期：soon"),
    (f"- {{office: {TOWN}.social, until: 2026-07-01, successor: {TOWN}.x}}", "承接单位"),
    (f"- {{office: {TOWN}.social, posts: [{{key: own, title: x}}]}}", "没有写全"),
    (f"- {{office: {TOWN}.social, posts: [{{key: reviewer, closed: true}}]}}", "没有值班岗位"),
    (f"- {{office: {TOWN}.agriculture, lines: [agriculture, health]}}", "由两个单位承担"),
    (f"- {{office: {TOWN}.social}}\n- {{office: {TOWN}.social}}", "写了两次"),
])
def test_a_single_office_that_can_not_be_is_a_fault(place: Place, line: str, said: str) -> None:
    (place.folder / "exceptions.yaml").write_text(line + "\n", encoding="utf-8")
    faults = place.faults()
    assert said in faults and "exceptions.yaml:" in faults


def test_diff_of_a_pack_with_an_exception_names_it(now: datetime, place: Place) -> None:
    (place.folder / "exceptions.yaml").write_text(
        f"- {{office: {TOWN}.social, name: 民生办, posts: [{{key: second, title: 第二经办, roles: [clerk]}}]}}\n",
        encoding="utf-8")
    with clock.rehearsed(now):
        said = list(diff(read_pack(place.folder)))
    assert said == [f"～ 单位 {TOWN}.social 改名：杉桥镇社会事务办公室 → 民生办", "＋ 岗位 民生办 第二经办"]
