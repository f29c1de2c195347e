"""Scans that came with a form, per material.

Without script as files of the form (``scan-<material>``); with script they were sent before, in
pieces, and the form names them (``upload-<material>``).
"""

from typing import Any

from django.http import HttpRequest

from weimin.documents.store import Page, store_scan
from weimin.documents.uploads import take
from weimin.kernel import clock
from weimin.network.actor import Actor

FILE, SENT = "scan-", "upload-"


def scans_of(request: HttpRequest, actor: Actor) -> dict[str, int]:
    """Material → file, for every material that came with a scan.

    Raises Invalid for bad files, NotFound for an upload that is not this actor's or has expired.
    """
    pages: dict[str, list[Page]] = {}
    for field, said in request.POST.items():
        if field.startswith(SENT) and str(said).strip() and actor.account_id is not None:
            sent = take(actor.account_id, str(said), clock.now())
            pages.setdefault(field.removeprefix(SENT), []).extend(sent)
    for field in request.FILES:
        if field.startswith(FILE):
            pages.setdefault(field.removeprefix(FILE), []).extend(
                Page(name=f.name or "", content=_whole(f)) for f in request.FILES.getlist(field))
    return {key: store_scan(mine, now=clock.now(), account_id=actor.account_id).pk
            for key, mine in pages.items()}


def _whole(file: Any) -> bytes:
    file.seek(0)  # a verb that is done again reads it again
    found: bytes = file.read()
    return found
