"""Offices, lines and posts follow the templates: renamed, moved, ended, and never deleted."""

from datetime import datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateRange

from tests.cases.scenes import case_of, story
from tests.cast import TOWN, Cast, accepted, do, holder, received
from tests.packs.place import Place, everything, must_hold
from weimin.cases.succession import succeed_running
from weimin.cases.verbs import accept, reopen, withdraw
from weimin.documents.numbers import give_number
from weimin.network.models import Holding, Office, OfficeLine, Post
from weimin.network.staff import posts_of
from weimin.trail.models import Event

DAY = timedelta(days=1)
SOCIAL = 'key: social, name: "{area}社会事务办公室", lines: [civil-affairs, human-resources,'
REVIEWER = "{key: reviewer, title: 社会事务经办, roles: [reviewer, clerk], duty: true}"
HEAD = "{key: head, title: 社会事务办主任, roles: [head]}"


def office(code: str) -> Office:
    return Office.objects.get(code=code)


def spans(office: str, line: str) -> list[tuple[str, str]]:
    rows = OfficeLine.objects.filter(office__code=office, line=line).order_by("during")
    return [(str(r.during.lower), str(r.during.upper or "")) for r in rows]


def test_the_same_pack_twice_changes_nothing(cast: Cast, now: datetime, place: Place) -> None:
    accepted(cast, now)
    place.publish(now)
    before = everything()
    assert place.publish(now + DAY).parts == []
    assert everything() == before


def test_a_new_name_keeps_the_code(cast: Cast, now: datetime, place: Place) -> None:
    code = f"{TOWN}.social"
    before = office(code)
    place.edit("offices.yaml", "{area}社会事务办公室", "{area}民生事务办公室")
    said = place.diff(now).splitlines()
    assert len(said) == 5 and said[-1].startswith("　　……同类的还有")  # not 191 towns
    assert all("社会事务办公室 → " in line and len(line) < 80 for line in said[:4])
    place.publish(now)
    assert (office(code).pk, office(code).name) == (before.pk, "杉桥镇民生事务办公室")
    assert "没有变化" in place.diff(now)


def test_a_line_moves_to_another_office_and_running_cases_stay(
    cast: Cast, now: datetime, place: Place
) -> None:
    running = accepted(cast, now)
    place.edit("offices.yaml", SOCIAL, SOCIAL.replace("civil-affairs, ", ""))
    place.edit("offices.yaml", 'lines: [agriculture],', 'lines: [agriculture, civil-affairs],')
    said = place.diff(now + DAY)
    assert "不再承担“民政”，改由" in said and "农业农村办公室" in said
    place.publish(now + DAY)
    assert spans(f"{TOWN}.social", "civil-affairs") == [("2018-01-01", "2026-06-11")]
    assert spans(f"{TOWN}.agriculture", "civil-affairs") == [("2026-06-11", "")]
    do(running, "check", actor=cast.reviewer, now=now + DAY)
    new = received(cast, now + DAY, another_is_meant=True)
    assert case_of(new).office == office(f"{TOWN}.agriculture")
    accept(new, actor=holder(f"{TOWN}.agriculture", "reviewer"), now=now + DAY)
    must_hold(now + DAY)


def test_a_line_that_comes_back_the_same_day_leaves_no_trace(now: datetime, place: Place) -> None:
    text = (place.folder / "offices.yaml").read_text(encoding="utf-8")
    place.edit("offices.yaml", SOCIAL, SOCIAL.replace("civil-affairs, ", ""))
    place.edit("offices.yaml", 'lines: [agriculture],', 'lines: [agriculture, civil-affairs],')
    place.publish(now)
    (place.folder / "offices.yaml").write_text(text, encoding="utf-8")
    place.publish(now)
    assert spans(f"{TOWN}.agriculture", "civil-affairs") == []
    assert spans(f"{TOWN}.social", "civil-affairs")[-1] == ("2026-06-10", "")


def test_an_office_that_is_dissolved_hands_its_cases_to_who_has_its_line_now(
    cast: Cast, now: datetime, place: Place
) -> None:
    waiting, running = received(cast, now), accepted(cast, now, another_is_meant=True)
    template = next(line for line in (place.folder / "offices.yaml").read_text(encoding="utf-8")
                    .splitlines(keepends=True) if SOCIAL in line)
    lines = "civil-affairs, human-resources, medical-security, health, veterans, disabled"
    posts = f"\n   posts: [{REVIEWER}, {HEAD}]}}"
    place.edit("offices.yaml", template.rstrip("\n") + posts, "")
    place.edit("offices.yaml", 'lines: [agriculture],', f'lines: [agriculture, {lines}],')
    said = place.diff(now + DAY)
    assert "－ 单位 " in said and "农业农村办公室承接" in said
    done = place.publish(now + DAY)
    assert (done.succession.moved, done.succession.waiting) == (2, [])
    heir = office(f"{TOWN}.agriculture")
    assert office(f"{TOWN}.social").successor == heir
    for number in (waiting, running):
        assert (case_of(number).office, story(number)[-1]) == (heir, "succeed")
    assert case_of(running).lead_post == Post.objects.get(office=heir, key="reviewer")
    assert case_of(waiting).lead_post_id == cast.info.post_id  # he received it and still is there
    do(running, "check", actor=holder(heir.code, "reviewer"), now=now + DAY)
    must_hold(now + DAY)


def test_a_post_is_added_and_another_gets_a_new_title(now: datetime, place: Place) -> None:
    place.edit("offices.yaml", HEAD, "{key: head, title: 主任, roles: [head, reviewer]}, "
               "{key: second, title: 第二经办, roles: [reviewer]}")
    said = place.diff(now)
    assert "＋ 岗位 " in said and "第二经办" in said
    assert "改名：社会事务办主任 → 主任" in said and "角色：head → head、reviewer" in said
    place.publish(now)
    posts = {p.key: p for p in Post.objects.filter(office__code=f"{TOWN}.social")}
    assert posts["second"].roles == ["reviewer"]
    assert (posts["head"].title, posts["head"].roles) == ("主任", ["head", "reviewer"])


def test_a_post_that_ends_hands_its_cases_to_the_post_on_duty(
    cast: Cast, now: datetime, place: Place
) -> None:
    number = accepted(cast, now)
    assert case_of(number).lead_post_id == cast.reviewer.post_id
    place.edit("offices.yaml", f"{REVIEWER}, {HEAD}",
               "{key: head, title: 社会事务办主任, roles: [head, reviewer], duty: true}")
    said = place.diff(now + DAY)
    assert "－ 岗位 " in said and "撤销" in said
    done = place.publish(now + DAY)
    assert done.succession.moved == 1 and done.succession.left > 0
    post = Post.objects.get(pk=cast.reviewer.post_id)
    assert str(post.valid_to) == "2026-06-11"
    assert case_of(number).lead_post_id == cast.town_head.post_id
    assert posts_of(cast.reviewer.account_id or 0, on=(now + DAY).date()) == []
    do(number, "check", actor=holder(f"{TOWN}.social", "head"), now=now + DAY)
    must_hold(now + DAY)


def test_nobody_leaves_before_somebody_is_there(cast: Cast, now: datetime, place: Place) -> None:
    """The new post on duty has no holder yet: whoever answers goes on answering."""
    number = accepted(cast, now)
    place.edit("offices.yaml", REVIEWER, REVIEWER.replace("key: reviewer", "key: officer"))
    assert "值班岗位还没有人" in place.diff(now + DAY)
    done = place.publish(now + DAY)
    assert done.succession.waiting == [number]
    assert case_of(number).lead_post_id == cast.reviewer.post_id
    do(number, "check", actor=cast.reviewer, now=now + DAY)
    must_hold(now + DAY)
    officer = Post.objects.get(office__code=f"{TOWN}.social", key="officer")
    Holding.objects.create(post=officer, account_id=cast.clerk.account_id,
                           during=DateRange((now + DAY).date(), None))
    assert succeed_running(now=now + DAY).moved == 1
    assert case_of(number).lead_post == officer
    must_hold(now + DAY)


def test_what_the_administration_added_is_left_alone(now: datetime, place: Place) -> None:
    own = Post.objects.create(office=office(f"{TOWN}.social"), key="own", title="临时岗", roles=[])
    assert place.diff(now) == "没有变化"
    place.publish(now)
    own.refresh_from_db()
    assert own.valid_to is None


def test_a_closed_case_is_found_and_reopened_by_the_heir(
    cast: Cast, now: datetime, place: Place
) -> None:
    number = accepted(cast, now)
    withdraw(number, actor=cast.resident, now=now)
    place.edit("offices.yaml", REVIEWER, REVIEWER.replace("key: reviewer", "key: officer"))
    place.publish(now + DAY)
    heir = Post.objects.get(office__code=f"{TOWN}.social", key="officer")
    Holding.objects.create(post=heir, account_id=cast.clerk.account_id,
                           during=DateRange((now + DAY).date(), None))
    reopen(number, actor=cast.town_head, now=now + DAY, reason="并非本人撤回")
    assert case_of(number).lead_post == heir
    must_hold(now + DAY)


def test_windows_open_and_close(now: datetime, place: Place) -> None:
    place.edit("offices.yaml", "windows: 6", "windows: 4")
    assert "6 个 → 4 个" in place.diff(now)
    place.publish(now)
    assert office(f"{TOWN[:6]}.service").windows.count() == 4


def test_the_event_names_the_parts_that_changed(now: datetime, place: Place) -> None:
    place.edit("offices.yaml", "windows: 6", "windows: 4")
    place.publish(now)
    event = Event.objects.filter(verb="publish").latest("recorded_at")
    assert '"parts":["窗口"]'.encode() in bytes(event.body)


def test_a_word_for_the_numbers_is_named_in_the_diff_and_what_is_numbered_keeps_its_own(
    cast: Cast, now: datetime, place: Place
) -> None:
    code = "430421.civil-affairs"
    before = give_number(office(code).pk, "decision", now.date())
    place.edit("pack.yaml", "short: 蒸}", "short: 阳}")
    said = place.diff(now + DAY)
    assert f"～ 单位 {code} 机关代字：蒸民 → 阳民" in said and said.count("阳民") == 1
    place.publish(now + DAY)
    assert before == "蒸民决〔2026〕1号"
    assert give_number(office(code).pk, "decision", now.date()) == "阳民决〔2026〕1号"


def test_a_single_office_has_a_word_of_its_own(cast: Cast, now: datetime, place: Place) -> None:
    said = f"- {{office: {TOWN}.social, document_word: 杉民政}}\n"
    (place.folder / "exceptions.yaml").write_text(said, encoding="utf-8")
    assert not place.faults()
    place.publish(now)
    assert office(f"{TOWN}.social").document_word == "杉民政"
    assert "没有变化" in place.diff(now)
