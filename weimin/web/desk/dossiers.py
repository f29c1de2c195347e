"""归档: the package of one closed case, and all of an office and a year."""

import io
import tempfile
from collections.abc import Iterator
from zipfile import ZipFile

from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from weimin.cases import reading
from weimin.cases.file import CaseFile
from weimin.kernel import clock
from weimin.kernel.errors import NotAllowed, WeiminError
from weimin.network.actor import Actor
from weimin.trail.models import Reveal
from weimin.web import dossier
from weimin.web.page import in_role, page, staff


@require_GET
def one(request: HttpRequest, number: str) -> HttpResponseBase:
    """The package of one closed case, for the office that answers for it; who took it is noted."""
    actor = staff(request)
    file = CaseFile.load(number, actor=actor, now=clock.now(), lock=False)
    if not file.relations() & {"lead", "competent"}:
        raise NotAllowed(_("案卷由受理单位归档"), _("请联系受理单位"))
    whole = tempfile.SpooledTemporaryFile(max_size=2**24)  # noqa: SIM115  the response closes it
    with ZipFile(whole, "w") as out:
        dossier.write(out, file, request)
    whole.seek(0)
    _note(actor, file)
    return FileResponse(whole, as_attachment=True, filename=f"{number}.zip",
                        content_type="application/zip")


def _note(actor: Actor, file: CaseFile) -> None:
    Reveal.objects.create(account_id=actor.account_id, post_id=actor.post_id, subject_type="case",
                          subject_id=file.id, what="dossier", purpose="归档")


@require_GET
def years(request: HttpRequest) -> HttpResponse:
    """How many closed cases of the office each year has, and the way to take them."""
    actor = in_role(request, "head")
    return page(request, "desk/dossiers.jinja", years=reading.closed_years(actor.office_id or 0))


@require_GET
def year(request: HttpRequest, year: int) -> HttpResponseBase:
    """All closed cases of the office that were closed in that year, one folder each, streamed."""
    actor = in_role(request, "head")
    numbers = reading.closed_in(actor.office_id or 0, year)
    response = StreamingHttpResponse(_stream(numbers, actor, request), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="dossiers-{year}.zip"'
    return response


class _Pipe(io.RawIOBase):
    """Where the zip is written: what was written is taken away at once."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """What came since the last time."""
        parts, self.parts = self.parts, []
        return b"".join(parts)


def _stream(numbers: list[str], actor: Actor, request: HttpRequest) -> Iterator[bytes]:
    """One case in memory at a time. What can't be filed is named in the package, not left out."""
    pipe, skipped = _Pipe(), []
    with ZipFile(pipe, "w") as out:
        for number in numbers:
            try:
                file = CaseFile.load(number, actor=actor, now=clock.now(), lock=False)
                dossier.write(out, file, request)
                _note(actor, file)
            except WeiminError as error:
                skipped.append(f"{number}\t{error.message}")
            yield pipe.take()
        out.writestr("index.txt", "\n".join([f"{len(numbers) - len(skipped)} 卷", *skipped]) + "\n")
    yield pipe.take()
