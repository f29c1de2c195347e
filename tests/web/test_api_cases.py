"""The API says of a case what the screen says: late, what it waits for, and when, in +08:00."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.cases.scenes import HOUSING, under_way
from tests.cast import Cast, accepted, do, received
from tests.pictures import document, picture
from tests.web.doors import logged_in
from weimin.cases import reading
from weimin.cases.models import Material
from weimin.cases.verbs import notify_missing
from weimin.kernel import clock, vault

pytestmark = pytest.mark.django_db


def get(actor: Any, path: str) -> Any:
    return logged_in(actor).get(f"/api/v1/{path}").json()


def test_an_open_case_past_its_day_is_late_in_the_list_and_alone(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    for days, late in ((0, False), (60, True)):
        with clock.rehearsed(now + timedelta(days=days)):
            assert get(cast.reviewer, f"cases/{number}")["late"] is late
            assert [row["late"] for row in get(cast.reviewer, "cases")] == [late]


def test_it_waits_for_the_same_in_the_list_and_alone(cast: Cast, now: datetime) -> None:
    number = under_way(cast, now, HOUSING)
    do(number, "check", actor=_of(number), now=now + timedelta(hours=1))
    with clock.rehearsed(now + timedelta(hours=2)):
        alone = get(cast.supervisor, f"cases/{number}")
        listed = next(row for row in get(cast.supervisor, "cases") if row["number"] == number)
    assert alone["waits_for"] == listed["waits_for"]
    assert alone["waits_for"].count("核对") == 3  # three departments side by side


def test_every_moment_is_of_shanghai(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    with clock.rehearsed(now):
        alone = get(cast.reviewer, f"cases/{number}")
    for moment in (alone["due_at"], *(step["due_at"] for step in alone["steps"])):
        assert moment.endswith("+08:00")


def test_an_item_says_what_it_asks_for() -> None:
    asked = Client().get("/api/v1/items/HY-ELD-02").json()
    assert {field["key"] for field in asked["form"] if field["required"]} >= {"account", "low_income"}
    assert "id-card" in {material["key"] for material in asked["materials"]}
    assert Client().get("/api/v1/items/NOPE").json()["code"] == "not_found"


def test_a_full_page_leads_to_the_next(cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted(cast, now)
    monkeypatch.setattr(reading, "PAGE", 1)  # a page is full with one line
    answer = logged_in(cast.reviewer).get("/api/v1/cases?q=高龄&page=1")
    assert "Link" not in answer.headers  # found nothing
    answer = logged_in(cast.reviewer).get("/api/v1/cases")
    assert answer.headers["Link"] == '</api/v1/cases?page=2>; rel="next"'


def test_a_missing_token_is_called_by_its_name(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = logged_in(cast.reviewer).cookies
    answer = client.post("/api/v1/cases", {}, content_type="application/json")
    assert answer.status_code == 403 and answer.json()["code"] == "csrf"
    assert "X-CSRFToken" in answer.content.decode()


def test_what_is_wrong_with_a_request_is_said_by_field_in_words(cast: Cast) -> None:
    answer = logged_in(cast.reviewer).post(
        "/api/v1/cases", {"item": "HY-ELD-02"}, content_type="application/json")
    assert answer.json()["fields"] == {"area": "必填", "parties": "必填"}


def _of(number: str) -> Any:
    from tests.cases.scenes import someone_of
    from weimin.cases.models import Step

    return someone_of(Step.objects.get(case__number=number, state="open").office_id)


def test_an_action_says_what_it_asks_for(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    with clock.rehearsed(now):
        case = get(cast.reviewer, f"cases/{number}")
    said = next(a for a in case["actions"] if a["verb"] == "complete")["params"]["properties"]
    assert said["outcome"]["enum"] == ["approve", "reject"]
    assert said["answers"]["required"] == ["opinion"]
    assert "reject" in said["answers"]["properties"]["reason"]["description"]
    assert {m["state"] for m in case["materials"]} == {"have"}
    transfer = next(a for a in case["actions"] if a["verb"] == "transfer")["params"]["properties"]["office"]
    assert str(transfer["enum"][0]) in transfer["description"]


def test_the_description_names_every_verb_with_its_parameters() -> None:
    told = Client().get("/api/v1/openapi.json").json()["paths"]["/api/v1/cases/{number}/{verb}"]
    assert "`complete(step, outcome, answers?)`" in told["post"]["description"]


def test_who_comes_without_anything_is_asked_to_log_in_and_not_for_csrf() -> None:
    answer = Client(enforce_csrf_checks=True).post("/api/v1/cases", {}, content_type="application/json")
    assert answer.status_code == 401 and "令牌" in answer.json()["remedy"]


def test_what_identifies_somebody_is_looked_for_outside_the_address(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    asked = {"q": vault.decrypt(cast.zhao.identity_cipher)}
    for actor, found in ((cast.reviewer, [number]), (cast.health, [])):
        answer = logged_in(actor).post("/api/v1/search", asked, content_type="application/json")
        assert [row["number"] for row in answer.json()] == found


@pytest.mark.parametrize(("method", "path", "status"), [
    ("PUT", "/api/v1/cases", 405), ("GET", "/api/v1/nothing", 404), ("GET", "/api/v1/items/NOPE", 404),
])
def test_every_error_is_json_with_what_to_do(method: str, path: str, status: int, cast: Cast) -> None:
    answer = logged_in(cast.reviewer).generic(method, path)
    assert answer.status_code == status and answer.json()["remedy"]


def test_too_much_at_once_is_said_in_words(cast: Cast, settings: object) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000  # type: ignore[attr-defined]
    answer = logged_in(cast.reviewer).post("/api/v1/cases", {"item": "x" * 2000}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    page = logged_in(cast.reviewer).post("/desk/batch", {"case": "x" * 2000})
    assert page.status_code == 413 and "请分几次提交" in page.content.decode()


def test_a_wrong_field_comes_with_a_remedy(cast: Cast) -> None:
    party = {"identity": "1", "name": "赵"}
    answer = logged_in(cast.clerk).post("/api/v1/cases", {"item": "HY-ELD-02", "area": "430421103200",
                                                          "parties": [party]}, content_type="application/json")
    assert answer.status_code == 422 and answer.json()["remedy"] and answer.json()["fields"]


def sent(client: Client, content: bytes, name: str = "a.jpg") -> Any:
    return client.post("/api/v1/uploads", {"file": SimpleUploadedFile(name, content)})


def test_scans_come_in_as_uploads_and_stay_whose_they_are(cast: Cast, now: datetime) -> None:
    with clock.rehearsed(now):
        mine, other = logged_in(cast.reviewer), logged_in(cast.clerk)
        number = received(cast, now, have={"apply": None})
        notify_missing(number, actor=cast.reviewer, now=now)
        ids = [sent(mine, each).json()["id"] for each in (picture(), document(500, 501))]
        path, body = f"/api/v1/cases/{number}/supplement", {"params": {"have": {"id-card": " ".join(ids)}}}
        stolen = other.post(path, body, content_type="application/json")
        assert stolen.status_code == 422 and "扫描件没有传完" in stolen.json()["message"]
        assert mine.post(path, body, content_type="application/json").status_code == 200
        case = mine.get(f"/api/v1/cases/{number}").json()
    assert next(m["state"] for m in case["materials"] if m["key"] == "id-card") == "have"
    assert Material.objects.get(case__number=number, key="id-card").file_id


def test_what_is_no_scan_is_refused_in_words(cast: Cast) -> None:
    answer = sent(logged_in(cast.clerk), b"MZ not a picture", "a.jpg")
    assert answer.status_code == 422 and "不是能读的图片或 PDF" in answer.json()["message"]
    assert sent(logged_in(cast.clerk), b"").status_code == 422


def test_the_papers_of_a_case_are_named_and_fetched(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    case = get(cast.reviewer, f"cases/{number}")
    assert "acceptance" in [paper["form"] for paper in case["papers"]]
    paper = logged_in(cast.reviewer).get(f"/api/v1/cases/{number}/papers/acceptance")
    assert paper.content.startswith(b"%PDF-")
    assert logged_in(cast.health).get(f"/api/v1/cases/{number}/papers/acceptance").status_code == 404
    assert logged_in(cast.reviewer).get(f"/api/v1/cases/{number}/papers/certificate").status_code == 404


def test_the_applicant_rates_a_contact_once_and_nobody_else_does(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    contact = get(cast.resident, f"cases/{number}")["contacts"][0]["contact"]
    body = {"number": number, "contact": contact, "level": 5, "words": "小刘很耐心"}
    for actor, status in ((cast.reviewer, 403), (cast.neighbour, 404), (cast.resident, 204), (cast.resident, 422)):
        assert logged_in(actor).post("/api/v1/ratings", body, content_type="application/json"
                                     ).status_code == status
    assert get(cast.reviewer, f"cases/{number}")["contacts"] == []


def test_a_program_is_told_whom_it_may_call_otherwise_and_no_whole_name(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    rename = next(a for a in get(cast.info, f"cases/{number}")["actions"] if a["verb"] == "rename")
    person = rename["params"]["properties"]["person"]
    assert person["enum"] == [cast.zhao.pk]
    assert "赵** 990***" in person["description"] and "赵大爷" not in person["description"]
    said = {"person": person["enum"][0], "name": "孙大爷", "ground": "mistake", "reason": "看了身份证"}
    assert logged_in(cast.info).post(f"/api/v1/cases/{number}/rename", {"params": said},
                                     content_type="application/json").status_code == 200
    assert get(cast.info, f"cases/{number}")["applicant"] == "孙**"


def test_which_materials_are_asked_for_follows_from_the_answers() -> None:
    def asked(answers: dict[str, Any]) -> set[str]:
        found = Client().post("/api/v1/items/HY-ELD-03/materials", {"answers": answers},
                              content_type="application/json")
        assert found.status_code == 200, found.json()
        return {material["key"] for material in found.json()}

    assert asked({"minimum": True}) - asked({"minimum": False}) == {"minimum"}
    wrong = Client().post("/api/v1/items/HY-ELD-03/materials", {"answers": {"nothing": 1}},
                          content_type="application/json")
    assert wrong.status_code == 422 and wrong.json()["fields"]
