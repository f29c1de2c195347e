"""Files that come in pieces: where they go on, what is refused, and whose they are."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pypdf import PdfReader

from tests.cast import CARD, VILLAGE, Cast
from tests.pictures import HEIC, document, picture
from tests.web.doors import logged_in
from weimin.cases.models import Case, Material
from weimin.documents import uploads
from weimin.documents.models import File, PhoneDoor, Upload
from weimin.documents.store import LARGEST, path_of
from weimin.kernel import clock, vault

pytestmark = pytest.mark.django_db
PAGE = picture(1200, 900)


@pytest.fixture(autouse=True)
def at(now: datetime) -> Iterator[None]:
    with clock.rehearsed(now):
        yield


@pytest.fixture
def info(cast: Cast) -> Client:
    """村信息员小张's browser."""
    return logged_in(cast.info)


def announce(client: Client, content: bytes, at: str = "/uploads/", **changed: Any) -> Any:
    said = {"size": len(content), "sha256": sha256(content).hexdigest(), "name": "第一页.jpg"}
    return client.post(at, {**said, **changed})


def send(client: Client, upload: str, offset: int, piece: bytes, at: str = "/uploads/") -> Any:
    return client.generic("PATCH", f"{at}{upload}", piece, "application/octet-stream",
                          headers={"Upload-Offset": str(offset)})


def sent(client: Client, content: bytes, at: str = "/uploads/") -> str:
    """A whole file, sent in two pieces; its id."""
    key = str(announce(client, content, at).json()["id"])
    half = len(content) // 2
    send(client, key, 0, content[:half], at)
    assert send(client, key, half, content[half:], at).json()["done"]
    return key


def test_it_goes_on_where_the_line_broke(info: Client) -> None:
    made = announce(info, PAGE)
    assert made.status_code == 201 and made.json()["offset"] == 0
    key = made.json()["id"]
    assert send(info, key, 0, PAGE[:3000]).json()["offset"] == 3000
    assert info.get(f"/uploads/{key}").json()["offset"] == 3000  # asked after the break
    done = send(info, key, 3000, PAGE[3000:]).json()
    assert done["done"] and done["picture"]
    assert uploads.path_of(key).read_bytes() == PAGE


def test_the_same_file_chosen_again_after_a_reload_is_the_same_upload(info: Client) -> None:
    key = announce(info, PAGE).json()["id"]
    send(info, key, 0, PAGE[:1000])
    again = announce(info, PAGE).json()
    assert (again["id"], again["offset"]) == (key, 1000)


def test_a_piece_that_belongs_elsewhere_is_told_where_to_go_on(info: Client) -> None:
    key = announce(info, PAGE).json()["id"]
    send(info, key, 0, PAGE[:1000])
    for offset in (500, 2000):
        answer = send(info, key, offset, b"x" * 10)
        assert (answer.status_code, answer.json()["offset"]) == (409, 1000)
    assert send(info, key, 1000, PAGE[1000:]).json()["done"]


def test_bytes_that_were_lost_on_disk_are_sent_again(info: Client) -> None:
    key = announce(info, PAGE).json()["id"]
    send(info, key, 0, PAGE[:2000])
    uploads.path_of(key).write_bytes(PAGE[:800])
    assert send(info, key, 2000, PAGE[2000:]).json()["offset"] == 800
    assert send(info, key, 800, PAGE[800:]).json()["done"]


def test_the_last_piece_sent_twice_is_no_harm(info: Client) -> None:
    key = sent(info, PAGE)
    assert send(info, key, 3000, PAGE[3000:]).json()["done"]
    assert uploads.path_of(key).read_bytes() == PAGE


def test_a_file_that_is_not_what_was_announced_is_refused_and_may_be_sent_anew(info: Client) -> None:
    key = announce(info, PAGE).json()["id"]
    answer = send(info, key, 0, PAGE[:-1] + b"x")
    assert answer.status_code == 422 and "变了样" in answer.json()["message"]
    assert info.get(f"/uploads/{key}").json() | {"id": ""} == {
        "id": "", "offset": 0, "size": len(PAGE), "name": "第一页.jpg", "done": False, "picture": False}
    assert send(info, key, 0, PAGE).json()["done"]


@pytest.mark.parametrize("content", [b"MZ" + b"\0" * 200, b"<svg onload='x'/>" * 20, b"%!PS-Adobe-3.0 EPSF"])
def test_what_is_neither_picture_nor_pdf_is_refused_whatever_its_name(
    info: Client, content: bytes
) -> None:
    key = announce(info, content).json()["id"]
    answer = send(info, key, 0, content)
    assert answer.status_code == 422 and "不是能读的" in answer.json()["message"]
    assert not uploads.path_of(key).exists()


@pytest.mark.parametrize("size", [0, LARGEST + 1, -1])
def test_what_is_too_large_or_empty_is_refused_before_a_byte_is_sent(info: Client, size: int) -> None:
    assert announce(info, PAGE, size=size).status_code == 422


def test_a_piece_beyond_the_end_or_too_large_is_refused(info: Client) -> None:
    key = announce(info, PAGE).json()["id"]
    assert send(info, key, 0, PAGE + b"x").status_code == 422
    assert send(info, key, 0, b"x" * (uploads.LARGEST_PIECE + 1)).status_code == 422
    assert info.get(f"/uploads/{key}").json()["offset"] == 0


def test_one_account_does_not_fill_the_disk(
    info: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_WAITING", len(PAGE) + 10)
    sent(info, PAGE)
    assert announce(info, picture(mark=2)).status_code == 429


def test_nobody_else_sees_sends_or_uses_it(info: Client, cast: Cast) -> None:
    key = announce(info, PAGE).json()["id"]
    for other in (logged_in(cast.clerk), logged_in(cast.resident)):
        assert other.get(f"/uploads/{key}").status_code == 404
        assert send(other, key, 0, PAGE).status_code == 404
        other.delete(f"/uploads/{key}")
    nobody = Client()
    assert nobody.get(f"/uploads/{key}").status_code == 401
    assert announce(nobody, PAGE).status_code == 401
    assert send(info, key, 0, PAGE).json()["done"]
    assert logged_in(cast.clerk).get(f"/uploads/{key}/picture").status_code == 404
    assert info.get(f"/uploads/{key}/picture").headers["Content-Type"] == "image/jpeg"


def test_it_is_forgotten_after_a_day(info: Client, now: datetime) -> None:
    key = sent(info, PAGE)
    with clock.rehearsed(now + uploads.KEPT - timedelta(minutes=1)):
        assert info.get(f"/uploads/{key}").status_code == 200
        assert uploads.forget(clock.now()) == 0
    with clock.rehearsed(now + uploads.KEPT + timedelta(minutes=1)):
        assert not Upload.objects.filter(ends_at__gt=clock.now()).exists()
        assert uploads.forget(clock.now()) == 1
    assert not Upload.objects.filter(pk=key).exists()


def test_bytes_that_no_row_knows_go_with_the_nightly_job(info: Client, now: datetime) -> None:
    key = sent(info, PAGE)
    Upload.objects.filter(pk=key).delete()
    uploads.forget(clock.now() + timedelta(days=1000))
    assert not uploads.path_of(key).exists()


def test_a_page_that_was_dropped_is_gone(info: Client) -> None:
    key = sent(info, PAGE)
    assert info.delete(f"/uploads/{key}").status_code == 204
    assert info.get(f"/uploads/{key}").status_code == 404
    assert not uploads.path_of(key).exists()
    assert info.delete(f"/uploads/{key}").status_code == 204


# -- into the case -------------------------------------------------------------------------------


def form(cast: Cast, **more: Any) -> dict[str, Any]:
    return {"identity": vault.decrypt(cast.zhao.identity_cipher), "name": "赵大爷", "area": VILLAGE,
            "key": "k1", "who": "self", "f-photo_ready": "true", **more}


def receive(client: Client, cast: Cast, **more: Any) -> Any:
    return client.post(f"/desk/intake/{CARD}", form(cast, **more))


def scan_of(number: str, key: str = "id-card") -> PdfReader:
    file = File.objects.get(pk=Material.objects.get(case__number=number, key=key).file_id)
    return PdfReader(path_of(file.digest))


def test_pages_become_one_pdf_in_their_order_and_turned(info: Client, cast: Cast) -> None:
    first, second, third = sent(info, PAGE), sent(info, picture(mark=1)), sent(info, HEIC)
    answer = receive(info, cast, **{"have": "id-card", "upload-id-card": f"{second} {first}:90 {third}"})
    assert answer.status_code == 302, answer.content.decode()
    pages = scan_of(answer.headers["Location"].rsplit("/", 1)[1]).pages
    shapes = [tuple(round(float(n)) for n in page.mediabox[2:]) for page in pages]
    assert len(pages) == 3
    assert [w > h for w, h in shapes] == [True, False, True]


def test_a_form_that_is_sent_twice_takes_the_same_pages_twice(info: Client, cast: Cast) -> None:
    more = {"have": "id-card", "upload-id-card": f"{sent(info, PAGE)} {sent(info, HEIC)}"}
    first, second = receive(info, cast, **more), receive(info, cast, **more)
    assert first.headers["Location"] == second.headers["Location"]
    assert Case.objects.count() == 1


def test_somebody_elses_page_or_an_unfinished_one_is_refused_and_nothing_typed_is_lost(
    info: Client, cast: Cast
) -> None:
    other = sent(logged_in(cast.clerk), PAGE)
    unfinished = announce(info, picture(mark=3)).json()["id"]
    for key in (other, unfinished, "nothing"):
        answer = receive(info, cast, **{"have": "id-card", "upload-id-card": key})
        assert answer.status_code == 422
        text = answer.content.decode()
        assert "没有传完，或者已经过期" in text and 'value="赵大爷"' in text
    assert not Case.objects.exists()


def test_what_was_sent_stays_with_the_form_when_something_else_is_wrong(
    info: Client, cast: Cast
) -> None:
    key = sent(info, PAGE)
    answer = receive(info, cast, **{"identity": "1", "upload-id-card": key})
    assert answer.status_code == 422 and f'value="{key}"' in answer.content.decode()


def test_a_pdf_alone_stays_as_it_is_to_the_byte(info: Client, cast: Cast) -> None:
    pdf = b"%PDF-1.4 a scan"
    answer = receive(info, cast, **{"have": "id-card", "upload-id-card": sent(info, pdf)})
    number = answer.headers["Location"].rsplit("/", 1)[1]
    file = File.objects.get(pk=Material.objects.get(case__number=number, key="id-card").file_id)
    assert path_of(file.digest).read_bytes() == pdf


def widths(number: str) -> list[int]:
    return [round(float(page.mediabox.width)) for page in scan_of(number).pages]


def test_pdfs_and_pictures_become_one_in_their_order(info: Client, cast: Cast) -> None:
    two, one = document(500, 501), document(502)
    said = " ".join(sent(info, each) for each in (PAGE, two, picture(mark=1), HEIC, one))
    number = receive(info, cast, **{"have": "id-card", "upload-id-card": said}).headers[
        "Location"].rsplit("/", 1)[1]
    photo, *rest = widths(number)
    assert len(rest) == 5 and rest[:2] == [500, 501] and rest[-1] == 502 and photo < 500


def test_without_script_they_become_one_as_well(info: Client, cast: Cast) -> None:
    chosen = [SimpleUploadedFile("a.jpg", PAGE), SimpleUploadedFile("b.pdf", document(500, 501))]
    number = receive(info, cast, **{"have": "id-card", "scan-id-card": chosen}).headers[
        "Location"].rsplit("/", 1)[1]
    assert len(widths(number)) == 3 and widths(number)[1:] == [500, 501]


@pytest.mark.parametrize(("pdf", "said"), [
    (b"%PDF-1.4 cut off", "读不出来"),
    (document(500, password="1234"), "加了密码"),
    (document(*range(500, 540)), "一份材料最多 40 页"),
    (document(500, ballast=LARGEST - 10_000), "加起来超过 20 MB"),
], ids=["damaged", "with a password", "too many pages", "too large"])
def test_a_pdf_that_can_not_be_joined_is_named_with_what_to_do(
    info: Client, cast: Cast, pdf: bytes, said: str
) -> None:
    chosen = [SimpleUploadedFile("a.jpg", PAGE), SimpleUploadedFile("b.pdf", pdf),
              SimpleUploadedFile("c.pdf", document(500, ballast=20_000))]
    answer = receive(info, cast, **{"have": "id-card", "scan-id-card": chosen})
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Case.objects.exists()


def test_a_files_number_alone_attaches_it_to_no_case(info: Client, cast: Cast) -> None:
    from weimin.cases.verbs import notify_missing, supplement
    from weimin.kernel.errors import Invalid

    answer = receive(info, cast, **{"have": "id-card", "upload-id-card": sent(info, PAGE)})
    number = answer.headers["Location"].rsplit("/", 1)[1]
    file = Material.objects.get(case__number=number, key="id-card").file_id
    notify_missing(number, actor=cast.info, now=clock.now(), missing={"id-card": "看不清"})
    with pytest.raises(Invalid, match="没有收到这个文件"):
        supplement(number, actor=cast.resident, now=clock.now(), have={"id-card": file})
    supplement(number, actor=cast.info, now=clock.now(), have={"id-card": file})


# -- by phone ------------------------------------------------------------------------------------


@pytest.fixture
def door(info: Client) -> dict[str, Any]:
    """A door for the identity card, made on 小张's screen."""
    made = info.post("/phones/", {"label": "身份证"})
    assert made.status_code == 201
    said: dict[str, Any] = made.json()
    return {**said, "path": "/u/" + said["address"].rsplit("/", 1)[1]}


def test_a_phone_sends_pages_into_the_form(info: Client, cast: Cast, door: dict[str, Any]) -> None:
    phone = Client()
    assert "身份证" in phone.get(door["path"]).content.decode()
    assert phone.post(door["path"], {"enter": "1"}).status_code == 204
    sent(phone, PAGE, f"{door['path']}/uploads/")
    seen = info.get(f"/phones/{door['door']}").json()
    assert seen["entered"] and seen["open"] and len(seen["uploads"]) == 1
    key = seen["uploads"][0]["id"]
    assert info.get(f"/uploads/{key}/picture").status_code == 200
    assert "传好了" in phone.post(door["path"], {"done": "1"}).content.decode()
    assert not info.get(f"/phones/{door['door']}").json()["open"]
    answer = receive(info, cast, **{"have": "id-card", "upload-id-card": key})
    assert len(scan_of(answer.headers["Location"].rsplit("/", 1)[1]).pages) == 1


def test_without_script_a_phone_sends_plain_files(info: Client, door: dict[str, Any]) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    phone = Client()
    files = [SimpleUploadedFile("a.jpg", PAGE), SimpleUploadedFile("b.heic", HEIC)]
    assert "已经收到 2 页" in phone.post(door["path"], {"scan-page": files}).content.decode()
    assert len(info.get(f"/phones/{door['door']}").json()["uploads"]) == 2
    wrong = phone.post(door["path"], {"scan-page": SimpleUploadedFile("c.jpg", b"MZ")})
    assert wrong.status_code == 422 and "不是能读的" in wrong.content.decode()


def test_looking_at_the_link_does_not_use_it_up_going_in_does(door: dict[str, Any]) -> None:
    first, second = Client(), Client()
    assert first.get(door["path"]).status_code == second.get(door["path"]).status_code == 200
    assert first.post(door["path"], {"enter": "1"}).status_code == 204
    assert second.get(door["path"]).status_code == 404
    assert second.post(door["path"], {"enter": "1"}).status_code == 404
    assert announce(second, PAGE, f"{door['path']}/uploads/").status_code == 404
    assert first.post(door["path"], {"enter": "1"}).status_code == 204


def test_the_door_shuts_after_a_quarter_of_an_hour_or_when_the_clerk_shuts_it(
    info: Client, door: dict[str, Any], now: datetime
) -> None:
    phone = Client()
    phone.post(door["path"], {"enter": "1"})
    with clock.rehearsed(now + uploads.DOOR_OPEN + timedelta(minutes=1)):
        assert phone.get(door["path"]).status_code == 404
        assert announce(phone, PAGE, f"{door['path']}/uploads/").status_code == 404
    assert info.delete(f"/phones/{door['door']}").status_code == 204
    assert announce(phone, PAGE, f"{door['path']}/uploads/").status_code == 404


def test_a_phone_knows_only_what_it_sent_itself(info: Client, door: dict[str, Any]) -> None:
    phone = Client()
    phone.post(door["path"], {"enter": "1"})
    mine = sent(info, PAGE)
    assert phone.get(f"{door['path']}/uploads/{mine}").status_code == 404
    assert phone.get(f"{door['path']}/uploads/{mine}/picture").status_code == 404
    assert phone.get("/uploads/" + mine).status_code == 401


def test_nobody_else_looks_through_the_door(cast: Cast, door: dict[str, Any]) -> None:
    other = logged_in(cast.clerk)
    assert other.get(f"/phones/{door['door']}").status_code == 404
    assert other.delete(f"/phones/{door['door']}").status_code == 404
    assert Client().get(f"/phones/{door['door']}").status_code == 401


def test_the_address_holds_nothing_about_anybody_and_we_keep_no_token(door: dict[str, Any]) -> None:
    token = door["path"].removeprefix("/u/")
    assert len(token) == 22
    row = PhoneDoor.objects.values().get()
    assert token not in str(row) and bytes(row["token_hash"]) == sha256(token.encode()).digest()


def test_pages_may_ask_for_the_camera_and_for_nothing_else(info: Client) -> None:
    policy = info.get(f"/desk/intake/{CARD}").headers["Permissions-Policy"]
    assert "camera=(self)" in policy and "microphone=()" in policy
