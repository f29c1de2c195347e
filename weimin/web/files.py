"""Files of cases: scans, signatures, confirmations. Shown to whoever may see their case."""

from django.conf import settings
from django.db import connection
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_GET

from weimin.cases.file import CaseFile
from weimin.documents.models import File
from weimin.kernel import clock
from weimin.kernel.errors import NotFound, WeiminError
from weimin.web.page import anyone


@require_GET
def show(request: HttpRequest, file: int) -> HttpResponseBase:
    """One file, if the actor may see a case that has it. Raises NotFound otherwise."""
    anyone(request)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.number FROM cases_material m JOIN cases_case c ON c.id = m.case_id"
            " WHERE m.file_id = %s UNION SELECT c.number FROM documents_paper p"
            " JOIN cases_case c ON c.id = p.case_id WHERE p.file_id = %s AND p.form IN ('signature', 'signed', 'consent')",
            [file, file],
        )
        numbers = [number for (number,) in cursor.fetchall()]
    if not any(_may_see(request, number) for number in numbers):
        raise NotFound("没有这个文件")
    row = File.objects.get(pk=file)
    path = settings.FILES / row.digest[:2] / row.digest
    response = FileResponse(path.open("rb"), content_type=row.media_type)
    response["Content-Disposition"] = "inline"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _may_see(request: HttpRequest, number: str) -> bool:
    try:
        CaseFile.load(number, actor=anyone(request), now=clock.now(), lock=False)
    except WeiminError:  # not his, or kept and not used
        return False
    return True
