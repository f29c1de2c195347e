"""归档: one package per closed case, that proves itself without us."""

import io
import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.test import Client
from pypdf import PdfReader

from tests.cases.scenes import case_of
from tests.cast import HANDED, MATERIALS, Cast, accepted, do, received
from tests.web.doors import logged_in
from tests.web.test_verify import carded, paper
from weimin.cases.models import Case
from weimin.cases.verbs import close, erase, refuse, withdraw
from weimin.documents.models import Paper
from weimin.documents.store import store
from weimin.kernel import clock
from weimin.ops.filing import file_year
from weimin.trail.models import Reveal
from weimin.trail.roots import take_root
from weimin.web.sealed import seal_of


@pytest.fixture
def closed(cast: Cast, now: datetime) -> str:
    """A case that was refused on the matter, with one scan, closed an hour ago."""
    scan = store(b"%PDF-1.4 scan of a card", name="scan.pdf", media_type="application/pdf",
                 now=now, account_id=cast.info.account_id)
    number = accepted(cast, now, have={**MATERIALS, "id-card": scan.pk})
    do(number, "check", actor=cast.reviewer, now=now)
    do(number, "decide", "reject", actor=cast.county, now=now)
    with clock.rehearsed(now):
        logged_in(cast.county).get(f"/papers/{number}/decision.pdf")
    do(number, "deliver", actor=cast.info, now=now, **HANDED)
    close(number, actor=cast.reviewer, now=now)
    return number


def unpacked(content: bytes, folder: Path) -> Path:
    with ZipFile(io.BytesIO(content)) as found:
        found.extractall(folder)
    return folder


def fetched(client: Client, number: str, folder: Path) -> Path:
    answer = client.get(f"/desk/cases/{number}/dossier.zip")
    assert answer.status_code == 200, answer.status_code
    return unpacked(b"".join(answer), folder) / number


def check(folder: Path, *copies: Path) -> tuple[int, str]:
    """The package's own program, alone: no module of ours, no environment."""
    done = subprocess.run([sys.executable, "-I", str(folder / "check.py"), str(folder), *map(str, copies)],
                          capture_output=True, text=True, cwd=folder, env={})
    return done.returncode, done.stdout + done.stderr


def test_it_holds_all_papers_in_order_and_says_what_they_are(
    cast: Cast, closed: str, now: datetime, tmp_path: Path
) -> None:
    folder = fetched(logged_in(cast.reviewer), closed, tmp_path)
    names = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    assert [n for n in names if not n.startswith("scans/")] == [
        "README.txt", "SHA256SUMS", "application.txt", "check.py", "dossier.pdf",
        "papers/01-receipt.pdf", "papers/02-acceptance.pdf", "papers/03-decision.pdf",
        "papers/04-delivery.pdf", "proof/trail.json", "trail.txt",
    ]
    assert [n[-12:] for n in names if n.startswith("scans/")] == ["-id-card.pdf"]
    cover = "".join(page.extract_text() for page in PdfReader(folder / "dossier.pdf").pages)
    assert all(word in cover for word in ("卷内目录", "收件回执", "决定书", "10年（D10）", "2026"))
    story = (folder / "trail.txt").read_text()
    assert story.index("收件") < story.index("受理") < story.index("办结归档")
    assert Reveal.objects.filter(subject_id=case_of(closed).pk, what="dossier").count() == 1


def test_papers_of_one_day_stand_as_they_came_to_be_whichever_was_printed_first(
    cast: Cast, now: datetime, tmp_path: Path
) -> None:
    number = carded(cast, now)
    for form in ("certificate", "decision"):
        paper(cast, number, form)
    folder = fetched(logged_in(cast.info), number, tmp_path)
    assert [p.name[3:] for p in sorted((folder / "papers").iterdir())] == [
        "receipt.pdf", "acceptance.pdf", "decision.pdf", "certificate.pdf", "delivery.pdf"]


def test_a_decision_that_nobody_printed_is_sealed_when_it_is_filed(
    cast: Cast, now: datetime, tmp_path: Path
) -> None:
    number = accepted(cast, now)
    do(number, "check", actor=cast.reviewer, now=now)
    do(number, "decide", "reject", actor=cast.county, now=now)
    do(number, "deliver", actor=cast.info, now=now, **HANDED)
    close(number, actor=cast.reviewer, now=now)
    assert not Paper.objects.exclude(form="signature").exists()
    with clock.rehearsed(now + timedelta(days=30)):
        folder = fetched(logged_in(cast.reviewer), number, tmp_path)
        again = fetched(logged_in(cast.reviewer), number, tmp_path / "again")
        printed = logged_in(cast.county).get(f"/papers/{number}/decision.pdf").content
    kept = (folder / "papers/03-decision.pdf").read_bytes()
    assert kept == printed == (again / "papers/03-decision.pdf").read_bytes()
    report = seal_of(kept)
    assert report.valid and report.office == "衡阳县民政局"
    assert report.signed_at > now + timedelta(days=30)  # by the clock on the wall: a seal does not lie
    cover = "".join(page.extract_text() for page in PdfReader(folder / "dossier.pdf").pages)
    assert "〔2026〕1号" in cover and "不予行政给付决定书" in cover and "2026年7月10日" not in cover
    assert check(folder)[0] == 0


def test_a_refusal_is_filed_with_the_proof_of_its_delivery(
    cast: Cast, now: datetime, tmp_path: Path
) -> None:
    number = received(cast, now)
    refuse(number, actor=cast.reviewer, now=now, reason="不属于受理范围")
    assert logged_in(cast.reviewer).get(f"/desk/cases/{number}/dossier.zip").status_code == 409
    do(number, "deliver", actor=cast.info, now=now, **HANDED)
    close(number, actor=cast.reviewer, now=now)
    folder = fetched(logged_in(cast.reviewer), number, tmp_path)
    assert sorted(p.name for p in (folder / "papers").iterdir()) == [
        "01-receipt.pdf", "02-refusal.pdf", "03-delivery.pdf"]


def test_it_proves_itself_offline_with_the_root_that_was_kept_elsewhere(
    cast: Cast, closed: str, now: datetime, tmp_path: Path
) -> None:
    take_root(now, keys=settings.KEYS, folder=tmp_path / "roots")
    (copy,) = (tmp_path / "roots").glob("*.json")
    folder = fetched(logged_in(cast.reviewer), closed, tmp_path)
    assert check(folder, copy)[0] == 0, check(folder, copy)
    other = json.loads(copy.read_text())
    copy.write_text(json.dumps({**other, "digest": "00" * 32}))
    code, said = check(folder, copy)
    assert (code, "与系统外保存的根不符" in said) == (1, True)


def test_what_no_root_covers_yet_is_said(cast: Cast, closed: str, tmp_path: Path) -> None:
    code, said = check(fetched(logged_in(cast.reviewer), closed, tmp_path))
    assert (code, "归档时还没有签名的根" in said) == (0, True)


@pytest.mark.parametrize(("name", "said"), [
    ("papers/03-decision.pdf", "文件被改动"), ("trail.txt", "文件被改动"),
])
def test_a_changed_file_is_found(
    cast: Cast, closed: str, tmp_path: Path, name: str, said: str
) -> None:
    folder = fetched(logged_in(cast.reviewer), closed, tmp_path)
    (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    assert said in check(folder)[1]


def test_a_changed_record_is_found_even_with_its_checksum_made_anew(
    cast: Cast, closed: str, tmp_path: Path
) -> None:
    import hashlib

    folder = fetched(logged_in(cast.reviewer), closed, tmp_path)
    proof, sums = folder / "proof/trail.json", folder / "SHA256SUMS"
    record = json.loads(proof.read_text())
    for change in ({"at": "2026-06-01T00:00:00.000000Z"}, {"private": {"parties": []}},
                   {"body": record["events"][0]["body"].replace("village", "web")}):
        forged = {**record, "events": [{**record["events"][0], **change}, *record["events"][1:]]}
        before = hashlib.sha256(proof.read_bytes()).hexdigest()
        proof.write_text(json.dumps(forged))
        sums.write_text(sums.read_text().replace(before, hashlib.sha256(proof.read_bytes()).hexdigest()))
        code, said = check(folder)
        assert (code, "第 1 条" in said, "文件被改动" in said) == (1, True, False), said


def test_a_running_case_and_an_erased_one_are_not_filed(
    cast: Cast, closed: str, now: datetime
) -> None:
    client = logged_in(cast.reviewer)
    running = accepted(cast, now, another_is_meant=True)
    assert client.get(f"/desk/cases/{running}/dossier.zip").status_code == 409
    erase(closed, actor=cast.supervisor, now=now, basis="order", document="1号", reason="复议", sure=True,
          exempt="某法第九条")
    assert client.get(f"/desk/cases/{closed}/dossier.zip").status_code == 409
    shown = client.get(f"/desk/cases/{closed}").content.decode()
    assert "归档包" not in shown and "依法删除个人信息" in shown
    assert "（已删除姓名）" in shown and "某单位" not in shown
    assert client.get(f"/papers/{closed}/receipt.pdf").status_code == 404


def test_whoever_sees_the_case_for_another_reason_does_not_take_the_file(
    cast: Cast, closed: str
) -> None:
    for actor in (cast.info, cast.supervisor):
        assert logged_in(actor).get(f"/desk/cases/{closed}/dossier.zip").status_code == 403
    assert logged_in(cast.clerk).get(f"/desk/cases/{closed}/dossier.zip").status_code == 404


def test_the_head_takes_a_whole_year_of_the_office(
    cast: Cast, closed: str, now: datetime, tmp_path: Path
) -> None:
    other = accepted(cast, now, another_is_meant=True)
    withdraw(other, actor=cast.resident, now=now)
    Case.objects.filter(number=other).update(closed_at=now - timedelta(days=365))
    head = logged_in(cast.town_head)
    assert "2026 年，1 件" in head.get("/desk/dossiers").content.decode()
    folder = unpacked(b"".join(head.get("/desk/dossiers/2026.zip")), tmp_path)
    assert {p.name for p in folder.iterdir()} == {closed, "index.txt"}
    assert check(folder / closed)[0] == 0
    assert logged_in(cast.reviewer).get("/desk/dossiers/2026.zip").status_code == 403


def test_the_operator_takes_it_by_command(
    cast: Cast, closed: str, tmp_path: Path
) -> None:
    said: list[str] = []
    office = case_of(closed).office.code
    file_year(tmp_path / "y.zip", office, 2026, said.append)
    assert "1 卷" in said[0]
    folder = unpacked((tmp_path / "y.zip").read_bytes(), tmp_path / "out")
    assert check(folder / closed)[0] == 0


def test_the_supervisor_erases_from_the_case_page(cast: Cast, closed: str, now: datetime) -> None:
    client = logged_in(cast.supervisor)
    shown = client.get(f"/desk/cases/{closed}").content.decode()
    assert "知道删除后任何人都不能恢复" in shown and "保管期限到 2036年12月31日" in shown
    asked = {"basis": "order", "document": "衡县复决〔2026〕1号", "reason": "复议决定", "key": "k"}
    refused = client.post(f"/desk/cases/{closed}/do/erase", asked)
    assert refused.status_code == 422 and "删除后不能恢复" in refused.content.decode()
    asked |= {"sure": "1"}
    refused = client.post(f"/desk/cases/{closed}/do/erase", asked)
    assert refused.status_code == 409 and "请先限制处理" in refused.content.decode()
    assert client.post(f"/desk/cases/{closed}/do/erase", {**asked, "exempt": "某法第九条"}).status_code == 302
    assert case_of(closed).applicant == "已删除"
