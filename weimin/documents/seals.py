"""Seals: a signed picture on a PDF, and the check of one.

``Signer`` is the whole interface; a place's real seal service (GB/T 38540-2020,
SM2, run by the public-security and e-government bodies) becomes another class.
``DemoAuthority`` is its own root, trusted by nobody else, and says 「演示」 in the
picture and in the certificate: a demo seal must never pass for an office's.

The signature is PAdES-B-B (ETSI EN 319 142-1): CMS detached, the signer's
certificate bound by its hash, no timestamp, so ``signed_at`` is the signer's own
claim and the trail is what proves the time.

``sign`` and ``validate`` run an event loop of their own: call them from a worker
thread, never from a coroutine.
"""

from __future__ import annotations

import asyncio
import io
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Protocol
from uuid import uuid4

from asn1crypto import cms
from asn1crypto import keys as asn1_keys
from asn1crypto import parser as asn1_parser
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from weimin.documents.render import MissingGlyphs, SealPlace, Typesetter, typesetter

__all__ = ["DemoAuthority", "Seal", "SealPlace", "SealReport", "Signer", "validate"]

_DEMO = "演示 · 无法律效力"
_YEAR = timedelta(days=365)
#: Room for the CMS: one P-256 certificate and the signed attributes need about 1.5 KB.
_RESERVED = 8192


class Signer(Protocol):
    """Puts an office's seal on a PDF. A seal service of the place implements this."""

    def sign(self, pdf: bytes, *, office: str, reason: str, place: SealPlace) -> bytes: ...


class KeyExposed(PermissionError):
    """A private key that others on this machine can read is no longer a key."""


# -- the demo's own authority ----------------------------------------------------


@dataclass(frozen=True)
class _Identity:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


class DemoAuthority:
    """A root and one certificate per office, made when first needed, kept in a folder.

    Keys are files of mode 0600 in a folder of mode 0700, outside the database and
    its backups; losing them costs nothing but the trust in what they signed.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        typesetter: Callable[[], Typesetter] = typesetter,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder, self._clock, self._typesetter = folder, clock, typesetter
        self._root = self._kept("root", lambda: _make_root(clock()))
        self._offices: dict[str, tuple[SimpleSigner, bytes]] = {}
        self._lock = Lock()

    @property
    def trust(self) -> tuple[x509.Certificate, ...]:
        return (self._root.certificate,)

    def sign(self, pdf: bytes, *, office: str, reason: str, place: SealPlace) -> bytes:
        signer, picture = self._office(office)
        return asyncio.run(_sign(pdf, signer, picture, office, reason, place, self._clock()))

    def picture(self, office: str) -> bytes:
        """The seal as a one-page PDF of its own size, transparent around the ring."""
        missing = self._typesetter().coverage.missing(office)
        if missing:
            raise MissingGlyphs(frozenset(missing))
        return self._typesetter().draw("seal", {"office": office, "demo": True, "kind": ""})

    def _office(self, office: str) -> tuple[SimpleSigner, bytes]:
        with self._lock:
            if office not in self._offices:
                identity = self._identity(office)
                self._offices[office] = (_signer(identity), self.picture(office))
            return self._offices[office]

    def _identity(self, office: str) -> _Identity:
        name = f"office-{sha256(office.encode()).hexdigest()[:24]}"
        return self._kept(name, lambda: _make_office(self._root, office, self._clock()))

    def _kept(self, name: str, make: Callable[[], _Identity]) -> _Identity:
        path = self._folder / f"{name}.pem"
        if not path.exists():
            _write_once(path, _as_pem(make()))
        return _read(path)


def _write_once(path: Path, pem: bytes) -> None:
    """Of two processes that start together one wins, and both then read its file."""
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _as_pem(identity: _Identity) -> bytes:
    key = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key + identity.certificate.public_bytes(Encoding.PEM)


def _read(path: Path) -> _Identity:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyExposed(f"{path} can be read by others: chmod 600, then renew it")
    pem = path.read_bytes()
    key = load_pem_private_key(pem, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return _Identity(key, x509.load_pem_x509_certificate(pem))


def _make_root(now: datetime) -> _Identity:
    name = _name("Weimin", f"Weimin 演示签发机构（{_DEMO}）")
    key = ec.generate_private_key(ec.SECP256R1())
    draft = _draft(name, key, now, 20 * _YEAR)
    draft = draft.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    draft = draft.add_extension(_usage(authority=True), critical=True)
    return _Identity(key, draft.issuer_name(name).sign(key, hashes.SHA256()))


def _make_office(root: _Identity, office: str, now: datetime) -> _Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(office, f"演示印章 {sha256(office.encode()).hexdigest()[:12]}")
    draft = _draft(name, key, now, 10 * _YEAR)
    draft = draft.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    draft = draft.add_extension(_usage(authority=False), critical=True)
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key())
    draft = draft.add_extension(authority_key, critical=False)
    return _Identity(
        key, draft.issuer_name(root.certificate.subject).sign(root.key, hashes.SHA256())
    )


def _name(organ: str, common: str) -> x509.Name:
    """X.520 allows an organisation 64 characters: no office's name is longer."""
    parts = (
        (NameOID.COUNTRY_NAME, "CN"),
        (NameOID.ORGANIZATION_NAME, organ[:64]),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, _DEMO),
        (NameOID.COMMON_NAME, common[:64]),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _draft(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    """Valid from a day earlier, so that a clock a little behind still agrees."""
    draft = x509.CertificateBuilder().subject_name(subject).public_key(key.public_key())
    draft = draft.serial_number(x509.random_serial_number())
    draft = draft.not_valid_before(now - timedelta(days=1)).not_valid_after(now + life)
    own_key = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return draft.add_extension(own_key, critical=False)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


# -- signing -----------------------------------------------------------------------


class _Picture(PdfContent):
    """A one-page PDF held in memory, as the appearance of a signature."""

    def __init__(self, pdf: bytes) -> None:
        super().__init__()
        self._pdf = pdf

    def render(self) -> bytes:
        page = PdfFileReader(io.BytesIO(self._pdf))
        drawn = self._ensure_writer.import_page_as_xobject(page)
        self.resources.xobject["/Seal"] = drawn
        left, below, right, above = (float(edge) for edge in drawn.get_object()["/BBox"])
        self.box = BoxConstraints(width=right - left, height=above - below)
        return b"/Seal Do"


def _signer(identity: _Identity) -> SimpleSigner:
    """Only the office's certificate travels: the root is known to whoever trusts it."""
    key = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(identity.certificate.public_bytes(Encoding.DER)),
        signing_key=asn1_keys.PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
        embed_roots=False,
    )


def _style(picture: bytes) -> StaticStampStyle:
    middle = SimpleBoxLayoutRule(
        x_align=AxisAlignment.ALIGN_MID,
        y_align=AxisAlignment.ALIGN_MID,
        margins=Margins(0, 0, 0, 0),
    )
    return StaticStampStyle(
        border_width=0, background=_Picture(picture), background_layout=middle, background_opacity=1
    )


def _field(place: SealPlace) -> SigFieldSpec:
    half = place.diameter / 2
    left, below = round(place.x - half), round(place.y - half)
    side = round(place.diameter)
    return SigFieldSpec(
        sig_field_name=f"Seal-{uuid4().hex[:12]}",
        on_page=place.page,
        box=(left, below, left + side, below + side),
    )


async def _sign(
    pdf: bytes,
    signer: SimpleSigner,
    picture: bytes,
    office: str,
    reason: str,
    place: SealPlace,
    now: datetime,
) -> bytes:
    """What ``PdfSigner.async_sign_pdf`` does, but at the time we are told."""
    field = _field(place)
    meta = PdfSignatureMetadata(
        field_name=field.sig_field_name,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        name=office,
        reason=reason,
    )
    pen = PdfSigner(meta, signer, stamp_style=_style(picture), new_field_spec=field)
    session = pen.init_signing_session(IncrementalPdfFileWriter(io.BytesIO(pdf)))
    session.system_time = now
    await session.perform_presign_validation()
    prepared = session.prepare_tbs_document(None, bytes_reserved=_RESERVED)
    output = io.BytesIO()
    digest, _ = prepared.digest_tbs_document(output=output)
    attributes = PdfCMSSignedAttributes(signing_time=now)
    done = await prepared.perform_signature(digest.document_digest, attributes)
    await done.post_signature_processing(output)
    return output.getvalue()


_NO_SEAL = "no seal in this file"

# -- checking ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Seal:
    """One signature: ``intact`` says the bytes it covers are unchanged, ``trusted`` by whom."""

    office: str
    reason: str
    signed_at: datetime | None  # the signer's claim
    intact: bool
    trusted: bool


@dataclass(frozen=True, kw_only=True)
class SealReport:
    """A document's seals in order. No seal, or one bad one, and it is not ``valid``."""

    seals: tuple[Seal, ...] = ()
    covers_whole_document: bool = False  # the last seal covers every byte of the file
    modified_after: bool = False  # something other than a further seal was added
    problem: str = ""  # why it could not be read as a sealed PDF

    @property
    def unsigned(self) -> bool:
        """A whole PDF that nobody sealed: nothing is wrong with it, and nothing vouches for it."""
        return self.problem == _NO_SEAL

    @property
    def intact(self) -> bool:
        return bool(self.seals) and all(seal.intact for seal in self.seals)

    @property
    def trusted(self) -> bool:
        return bool(self.seals) and all(seal.trusted for seal in self.seals)

    @property
    def valid(self) -> bool:
        whole = self.covers_whole_document and not self.modified_after
        return not self.problem and self.intact and self.trusted and whole

    @property
    def office(self) -> str:
        return "、".join(seal.office for seal in self.seals)

    @property
    def signed_at(self) -> datetime | None:
        return self.seals[-1].signed_at if self.seals else None


def validate(
    pdf: bytes, trust: Sequence[x509.Certificate], *, at: datetime | None = None
) -> SealReport:
    """Who sealed this and whether a byte has changed since; never raises on a bad file.

    A file that was tampered with may no longer parse at all, in any of many places:
    whatever the parser says then, the answer is "not valid", with its words.
    """
    try:
        return _report(pdf, trust, at or datetime.now(UTC))
    except Exception as error:  # hostile input: see the docstring
        return SealReport(problem=f"{type(error).__name__}: {error}")


def _report(pdf: bytes, trust: Sequence[x509.Certificate], at: datetime) -> SealReport:
    signatures = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
    if not signatures:
        return SealReport(problem=_NO_SEAL)
    checked = [(found, _status(found, trust, at)) for found in signatures]
    last = checked[-1][1]
    return SealReport(
        seals=tuple(_seal(pdf, found, status) for found, status in checked),
        covers_whole_document=last.coverage == SignatureCoverageLevel.ENTIRE_FILE,
        modified_after=any(_was_modified(status) for _, status in checked),
    )


def _status(
    found: EmbeddedPdfSignature, trust: Sequence[x509.Certificate], at: datetime
) -> PdfSignatureStatus:
    """A context per signature: pyhanko keeps state in it."""
    roots = [asn1_x509.Certificate.load(c.public_bytes(Encoding.DER)) for c in trust]
    context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=at)
    return validate_pdf_signature(found, context)


def _seal(pdf: bytes, found: EmbeddedPdfSignature, status: PdfSignatureStatus) -> Seal:
    subject = found.signer_cert.subject.native if found.signer_cert else {}
    clean = _nothing_hidden(pdf, found)
    return Seal(
        office=str(subject.get("organization_name", "")),
        reason=str(found.sig_object.get("/Reason", "")),
        signed_at=status.signer_reported_dt,
        intact=bool(status.intact and status.valid and clean),
        trusted=bool(status.trusted),
    )


def _was_modified(status: PdfSignatureStatus) -> bool:
    """Adding a second office's seal is form filling; anything more is a change."""
    if status.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return False
    level = status.modification_level
    return level is None or level > ModificationLevel.FORM_FILLING


def _nothing_hidden(pdf: bytes, found: EmbeddedPdfSignature) -> bool:
    """The one gap a signature leaves holds its own CMS and zeros, and nothing else.

    The byte range skips ``/Contents``; readers ignore what follows the CMS in it, so
    bytes could be changed there unseen.
    """
    first_start, first_length, second_start, _ = (int(n) for n in found.byte_range)
    gap = pdf[first_start + first_length : second_start]
    raw = bytes.fromhex(gap[1:-1].decode("ascii"))
    *_, header, content, trailer = asn1_parser.parse(raw)
    used = len(header) + len(content) + len(trailer)
    tidy = gap == b"<" + raw.hex().upper().encode() + b">"
    return first_start == 0 and tidy and not any(raw[used:]) and _canonical(raw[:used])


def _canonical(der: bytes) -> bool:
    """The parts of the CMS that no signature covers are as our signers write them.

    Counting the parts on each level (RFC 5652, 3, 5.1 and 5.3) finds a length that
    was stretched over the padding.
    """
    signed = cms.ContentInfo.load(der)["content"]
    signer = signed["signer_infos"][0]
    plain = signed["version"].native == signer["version"].native == "v1"
    same = signed["digest_algorithms"][0].native == signer["digest_algorithm"].native
    outer = _parts(der)
    (body,) = _parts(outer[1])
    inside = _parts(body)
    counts = [len(outer), len(inside), *(len(_parts(part)) for part in inside[1:])]
    one_signer = len(_parts(_parts(inside[-1])[0])) == 6
    return plain and same and one_signer and counts == [2, 5, 1, 1, 1, 1]


def _parts(der: bytes) -> list[bytes]:
    """What a constructed value is made of."""
    parts: list[bytes] = []
    *_, content, _ = asn1_parser.parse(der)
    while content:
        size = asn1_parser.peek(content)
        parts.append(content[:size])
        content = content[size:]
    return parts
