"""Papers that carry an office's seal: signed once, kept, and the same bytes ever after."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from weimin.cases.file import CaseFile
from weimin.documents.models import Paper
from weimin.documents.render import typesetter
from weimin.documents.store import path_of, store
from weimin.kernel import clock

SEALED = frozenset(("decision", "refusal", "certificate", "revocation"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """What a sealed paper prints, and what of it anybody may be told who checks it."""

    printed: Mapping[str, Any]
    public: Mapping[str, Any]  # names masked
    code: str  # stands on the paper


@lru_cache(maxsize=1)
def _authority() -> Any:
    # Imported late: half a second that no page without a seal should wait for.
    from weimin.documents.seals import DemoAuthority

    return DemoAuthority(settings.KEYS / "seals")


def round_of(case: Mapping[str, Any]) -> str:
    """Which result of a case: a paper of the round before a reopening is another one."""
    return str(case["decided_at"] or case["closed_at"])


def sealed(file: CaseFile, form: str, round_: str, content: Callable[[], Content]) -> bytes:
    """The signed paper of a case: made on first demand, then read again."""
    key = f"sealed {form}:{round_}"
    return _kept(file, key) or _make(file, form, key, content)


def _kept(file: CaseFile, key: str) -> bytes | None:
    kept = Paper.objects.filter(case_id=file.id, form=key).select_related("file").first()
    return path_of(kept.file.digest).read_bytes() if kept and kept.file else None


@transaction.atomic
def _make(file: CaseFile, form: str, key: str, content: Callable[[], Content]) -> bytes:
    """Seal it, once: of two who ask for the first time, the second waits for the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{file.id} {key}"])
    if (pdf := _kept(file, key)) is not None:
        return pdf
    said = content()
    printed = typesetter().typeset(form, said.printed)
    pdf = printed.pdf
    for place in printed.seals[:1]:
        pdf = _authority().sign(pdf, office=said.printed["organ"], reason=f"办件 {file.number}", place=place)
    row = store(pdf, name=f"{form}.pdf", media_type="application/pdf", now=clock.now(),
                account_id=None)
    Paper.objects.create(case_id=file.id, form=key, number=said.printed["number"], code=said.code,
                         made_at=clock.now(), data=dict(said.public), file=row)
    return pdf


def paper_of(content: bytes) -> Paper | None:
    """The sealed paper that consists of these very bytes."""
    return Paper.objects.filter(
        file__digest=sha256(content).hexdigest(), form__startswith="sealed "
    ).first()


def paper_numbered(number: str, code: str) -> Paper | None:
    """The sealed decision or refusal with this number and code on it."""
    return Paper.objects.filter(number=number, code=code, form__startswith="sealed ").exclude(
        code="").first()


def seal_of(content: bytes) -> Any:
    """What the signature in a PDF says: whole, by whom, when. Never raises."""
    from weimin.documents.seals import validate

    return validate(content, _authority().trust)
