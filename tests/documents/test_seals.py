"""Seals: put on here, checked by pyhanko, OpenSSL and (if present) poppler."""

import io
import logging
import random
import shutil
import stat
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pypdf import PdfReader, PdfWriter

from weimin.documents.render import MissingGlyphs, typesetter
from weimin.documents.sample_data import SAMPLES
from weimin.documents.seals import DemoAuthority, KeyExposed, SealPlace, validate

OFFICE = "清禾县民政局"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """pyhanko logs a traceback for each of the files we break."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> DemoAuthority:
    return DemoAuthority(tmp_path_factory.mktemp("keys"), clock=lambda: NOW)


@pytest.fixture(scope="module")
def sealed(authority: DemoAuthority) -> bytes:
    printed = typesetter().typeset("acceptance", SAMPLES["acceptance"])
    return authority.sign(printed.pdf, office=OFFICE, reason="受理通知", place=printed.seals[0])


def byte_range(pdf: bytes) -> tuple[int, int, int, int]:
    (found,) = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
    a, b, c, d = (int(n) for n in found.byte_range)
    return a, b, c, d


def test_a_sealed_document_is_valid(authority: DemoAuthority, sealed: bytes) -> None:
    report = validate(sealed, authority.trust)
    assert report.valid and report.intact and report.trusted and report.covers_whole_document
    assert not report.modified_after
    assert report.office == OFFICE
    assert report.seals[0].reason == "受理通知"
    assert report.signed_at == NOW


@pytest.mark.parametrize("form", [form for form in SAMPLES if form not in ("slip", "dossier", "consent")])
def test_every_form_takes_its_seal(authority: DemoAuthority, form: str) -> None:
    printed = typesetter().typeset(form, SAMPLES[form])
    (place,) = printed.seals
    signed = authority.sign(printed.pdf, office=place.office, reason="出具", place=place)
    assert validate(signed, authority.trust).valid
    annotation = list(PdfReader(io.BytesIO(signed)).pages[place.page].annotations or ())[-1]
    left, below, right, above = (float(n) for n in annotation.get_object()["/Rect"])
    assert abs((left + right) / 2 - place.x) < 1.5 and abs((below + above) / 2 - place.y) < 1.5


def test_the_picture_says_that_it_is_a_demo(authority: DemoAuthority) -> None:
    (page,) = PdfReader(io.BytesIO(authority.picture(OFFICE))).pages
    text = page.extract_text().replace("\n", "")
    assert "演示" in text and "无法律效力" in text
    assert all(letter in text for letter in OFFICE)


def test_so_does_the_certificate(authority: DemoAuthority, sealed: bytes) -> None:
    (found,) = PdfFileReader(io.BytesIO(sealed)).embedded_regular_signatures
    assert found.signer_cert.subject.native["organizational_unit_name"] == "演示 · 无法律效力"
    assert found.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"


def test_changing_any_one_byte_is_found(authority: DemoAuthority, sealed: bytes) -> None:
    """Everywhere at random, and each place around and inside the CMS where readers look away."""
    _, before, after, _ = byte_range(sealed)
    dice = random.Random(20261121)
    places = dice.sample(range(len(sealed)), 60)
    places += range(before - 2, before + 40)
    places += dice.sample(range(before + 40, after), 30)
    for place in places:
        broken = bytearray(sealed)
        broken[place] ^= dice.choice((1, 2, 0x20))
        assert not validate(bytes(broken), authority.trust).valid, place


def test_bytes_added_or_cut_are_found(authority: DemoAuthority, sealed: bytes) -> None:
    for broken in (sealed + b"\n%", sealed[:-1], sealed[: len(sealed) // 2], b"", b"not a pdf"):
        assert not validate(broken, authority.trust).valid


def test_a_change_saved_after_the_seal_is_modified_after(
    authority: DemoAuthority, sealed: bytes
) -> None:
    writer = PdfWriter(io.BytesIO(sealed), incremental=True)
    writer.pages[0].rotate(90)
    out = io.BytesIO()
    writer.write(out)
    report = validate(out.getvalue(), authority.trust)
    assert report.modified_after and not report.covers_whole_document and not report.valid


def test_two_offices_may_seal_one_document(authority: DemoAuthority, sealed: bytes) -> None:
    place = SealPlace(page=0, x=200, y=200)
    both = authority.sign(sealed, office="清禾县公安局", reason="会签", place=place)
    report = validate(both, authority.trust)
    assert report.valid and [seal.office for seal in report.seals] == [OFFICE, "清禾县公安局"]


def test_no_seal_is_not_valid(authority: DemoAuthority) -> None:
    report = validate(typesetter().typeset("slip", SAMPLES["slip"]).pdf, authority.trust)
    assert not report.valid and not report.intact and report.problem == "no seal in this file"


def test_another_authority_is_intact_but_not_trusted(sealed: bytes, tmp_path: Path) -> None:
    report = validate(sealed, DemoAuthority(tmp_path / "other").trust)
    assert report.intact and not report.trusted and not report.valid


def test_an_expired_certificate_is_not_trusted(authority: DemoAuthority, sealed: bytes) -> None:
    later = NOW + timedelta(days=365 * 11)
    assert not validate(sealed, authority.trust, at=later).trusted


def test_keys_are_private_and_reused(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    first = DemoAuthority(folder)
    first.sign(*sample_args(), office=OFFICE, reason="一", place=SealPlace(page=0, x=200, y=200))
    kept = {file.name: file.read_bytes() for file in folder.iterdir()}
    again = DemoAuthority(folder)
    again.sign(*sample_args(), office=OFFICE, reason="二", place=SealPlace(page=0, x=200, y=200))
    assert len(kept) == 2
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == kept
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def sample_args() -> tuple[bytes]:
    return (typesetter().typeset("slip", SAMPLES["slip"]).pdf,)


def test_an_exposed_key_is_refused(tmp_path: Path) -> None:
    DemoAuthority(tmp_path / "keys")
    (tmp_path / "keys" / "root.pem").chmod(0o644)
    with pytest.raises(KeyExposed):
        DemoAuthority(tmp_path / "keys")


def test_many_starting_together_share_one_root(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: DemoAuthority(tmp_path / "keys").trust[0], range(16)))
    assert len({root.serial_number for root in made}) == 1
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["root.pem"]


def test_an_office_whose_name_cannot_be_drawn_gets_no_seal(authority: DemoAuthority) -> None:
    with pytest.raises(MissingGlyphs):
        authority.picture("\U00020bb7县民政局")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_openssl_agrees(authority: DemoAuthority, sealed: bytes, tmp_path: Path) -> None:
    """An independent check: the CMS over the byte range, by another library."""
    _, before, after, rest = byte_range(sealed)
    der = bytes.fromhex(sealed[before + 1 : after - 1].decode())
    content = sealed[:before] + sealed[after : after + rest]
    (tmp_path / "cms.der").write_bytes(der)
    (tmp_path / "root.pem").write_bytes(authority.trust[0].public_bytes(Encoding.PEM))

    def verify(data: bytes) -> int:
        (tmp_path / "content").write_bytes(data)
        files = ["-in", "cms.der", "-content", "content", "-CAfile", "root.pem"]
        command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any"]
        done = subprocess.run([*command, *files], cwd=tmp_path, capture_output=True, check=False)
        return done.returncode

    assert verify(content) == 0
    assert verify(content[:-1] + b"x") != 0


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="no poppler-utils here")
def test_poppler_agrees(sealed: bytes, tmp_path: Path) -> None:
    (tmp_path / "sealed.pdf").write_bytes(sealed)
    command = ["pdfsig", "-nocert", "sealed.pdf"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert b"Signature is Valid" in done.stdout and b"Total document signed" in done.stdout
