"""Papers that carry an office's seal: signed once, kept, and the same bytes ever after."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.conf import settings

from weimin.cases.file import CaseFile
from weimin.documents.models import Paper
from weimin.documents.render import typesetter
from weimin.documents.store import path_of, store
from weimin.kernel import clock

SEALED = frozenset(("decision", "refusal", "certificate"))


@lru_cache(maxsize=1)
def _authority() -> Any:
    # Imported late: half a second that no page without a seal should wait for.
    from weimin.documents.seals import DemoAuthority

    return DemoAuthority(settings.KEYS / "seals")


def sealed(file: CaseFile, form: str, data: Callable[[], Mapping[str, Any]]) -> bytes:
    """The signed paper of a case: made on first demand, then read again.

    A paper of a round before a reopening is another one: the key is the case's last decision.
    """
    key = f"{form}:{file.row['decided_at'] or file.row['closed_at']}"
    kept = Paper.objects.filter(case_id=file.id, form=f"sealed {key}").select_related("file").first()
    if kept is not None and kept.file is not None:
        return path_of(kept.file.digest).read_bytes()
    said = data()
    printed = typesetter().typeset(form, said)
    pdf = printed.pdf
    for place in printed.seals[:1]:
        pdf = _authority().sign(pdf, office=said["organ"], reason=f"办件 {file.number}", place=place)
    row = store(pdf, name=f"{form}.pdf", media_type="application/pdf", now=clock.now(),
                account_id=None)
    Paper.objects.create(case_id=file.id, form=f"sealed {key}", made_at=clock.now(), data={},
                         file=row)
    return pdf


def case_of_paper(content: bytes) -> int | None:
    """The case of which these very bytes are a certificate; None for anything else."""
    found = Paper.objects.filter(
        file__digest=sha256(content).hexdigest(), form__startswith="sealed certificate"
    ).first()
    return found.case_id if found else None


def seal_of(content: bytes) -> Any:
    """What the signature in a PDF says: whole, by whom, when. Never raises."""
    from weimin.documents.seals import validate

    return validate(content, _authority().trust)
