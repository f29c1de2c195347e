"""Scans that came with a form: ``scan-<material>``, one or several files each."""

from django.http import HttpRequest

from weimin.documents.store import store_scan
from weimin.kernel import clock
from weimin.network.actor import Actor

PREFIX = "scan-"


def scans_of(request: HttpRequest, actor: Actor) -> dict[str, int]:
    """Material → file, for every material that came with a scan. Raises Invalid for bad files."""
    found = {}
    for field in request.FILES:
        if not field.startswith(PREFIX):
            continue
        pages = [(f.name or "", f.read()) for f in request.FILES.getlist(field)]
        file = store_scan(pages, now=clock.now(), account_id=actor.account_id)
        found[field.removeprefix(PREFIX)] = file.pk
    return found
