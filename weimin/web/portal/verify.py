"""核验: anybody checks a certificate, a decision or a refusal, by number and code or by the file.

Whoever asks learns what the paper itself says, with names masked, and whether it still stands.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from weimin.cases.models import Case
from weimin.documents.models import Paper
from weimin.documents.store import LARGEST
from weimin.kernel import clock
from weimin.kernel.clock import local, say_date
from weimin.kernel.text import code_text
from weimin.registry.models import Certificate
from weimin.web.limits import address, limited
from weimin.web.page import page
from weimin.web.sealed import paper_numbered, paper_of, round_of, seal_of

_BRACKETS = str.maketrans("[](){}【】〖〗「」<>《》", "〔〕" * 8)


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What is known of a paper: whether it stands, in words, and what it says."""

    tone: str  # ok | warn | bad
    title: str
    text: str
    rows: list[dict[str, str]]


@require_http_methods(["GET", "POST"])
def check_certificate(request: HttpRequest) -> HttpResponse:
    """By number and code, or by the file itself; what was revoked is shown as revoked.

    The code on a certificate leads here with both in its address: who scans it sees the answer.
    """
    asked = request.POST if request.method == "POST" else request.GET
    number, code = asked.get("number", ""), asked.get("code", "")
    found, error, seal = None, "", None
    content, wrong = _handed_in(request)
    if not wrong and (request.method == "POST" or (number and code)):
        limited("certificate", address(request), most=30, within=timedelta(minutes=10))
        if content:
            seal = seal_of(content)
            found = _of_file(content)
            error = "" if found else _("这个文件不是本平台发出的证照或决定书，或已被改动")
        else:
            found = _of_number(_as_printed(number), code_text(code))
            error = "" if found else _("没有查到。请核对编号（文号）和核验码")
    return page(request, "portal/check_certificate.jinja", number=number, code=code, found=found,
                error=error, seal=seal, wrong=wrong,
                errors=[{"href": f"#{name}", "text": said} for name, said in wrong.items()],
                status=422 if wrong else 404 if error else 200)


def _handed_in(request: HttpRequest) -> tuple[bytes, dict[str, str]]:
    """The file, if that was the form; and what there is nothing to look up for, by field."""
    if request.method != "POST":
        return b"", {}
    if "number" in request.POST:
        asked = {"number": _("请填写证照编号或文号"), "code": _("请填写核验码")}
        return b"", {name: said for name, said in asked.items() if not request.POST.get(name, "").strip()}
    upload = request.FILES.get("file")
    content = upload.read(LARGEST + 1) if upload is not None else b""
    if not content:
        return b"", {"file": _("请先选一个文件")}
    if b"%PDF-" not in content[:1024]:  # a photograph of a certificate is nothing that could be judged
        return b"", {"file": _("这不是 PDF 原件。照片、截图、打印件请照着纸上的编号和核验码查")}
    return content, {}


def _as_printed(number: str) -> str:
    """A number as our papers write it: whatever brackets, digits and spaces it was typed with."""
    plain = unicodedata.normalize("NFKC", number).translate(_BRACKETS)
    return re.sub(r"\s", "", plain)


def _of_number(number: str, code: str) -> Standing | None:
    if not (number and code):
        return None
    certificates = Certificate.objects.select_related("office", "holder_person", "holder_organisation")
    if certificate := certificates.filter(number=number, code=code).first():
        return of_certificate(certificate, clock.today())
    paper = paper_numbered(number, code)
    return _of_paper(paper) if paper else None


def _of_file(content: bytes) -> Standing | None:
    paper = paper_of(content)
    return _of_paper(paper) if paper else None


def _of_paper(paper: Paper) -> Standing | None:
    if paper.form.startswith("sealed certificate"):
        found = Certificate.objects.select_related("office", "holder_person", "holder_organisation")
        certificate = found.filter(number=paper.number).first()
        return of_certificate(certificate, clock.today()) if certificate else None
    return of_decision(paper, Case.objects.get(pk=paper.case_id))


def of_certificate(found: Certificate, today: date) -> Standing:
    """Revoked, expired, or valid."""
    tone, title, text = "ok", _("这个证照有效"), ""
    if found.revoked_at is not None:
        # Why in the officer's own words is the holder's to read, not everybody's.
        tone, text = "bad", _("{}失效。{}").format(_day(found.revoked_at), found.revoked_ground)
        title = _("这个证照已经注销") if found.revoked_why.startswith("注销") else _("这个证照已经撤销")
    elif found.valid_to is not None and found.valid_to < today:
        tone, title = "warn", _("这个证照已经过期")
    holder = found.holder_person.masked if found.holder_person else (
        found.holder_organisation.name if found.holder_organisation else "")
    return Standing(tone=tone, title=title, text=text, rows=[
        {"label": _("证照"), "value": found.name}, {"label": _("编号"), "value": found.number},
        {"label": _("持证人"), "value": holder}, {"label": _("发证单位"), "value": found.office.name},
        {"label": _("发证日期"), "value": say_date(found.issued_on)},
        {"label": _("有效期至"), "value": say_date(found.valid_to) if found.valid_to else _("长期")},
    ])


def of_decision(paper: Paper, case: Case) -> Standing:
    """A decision stands until its case is opened again, or what it granted is taken back.

    The decision that takes it back stands whatever becomes of the case.
    """
    text = "" if paper.form.startswith("sealed revocation") else _void(paper, case)
    said = paper.data
    return Standing(
        tone="bad" if text else "ok",
        title=_("这份文书已经失效") if text else _("这份文书是本平台发出的，现在有效"), text=text,
        rows=[
            {"label": _("文书"), "value": said["title"]}, {"label": _("文号"), "value": paper.number},
            {"label": _("事项"), "value": said["item"]}, {"label": _("送达对象"), "value": said["to"]},
            {"label": _("作出单位"), "value": said["organ"]},
            {"label": _("日期"), "value": say_date(date.fromisoformat(said["on"]))},
        ],
    )


def _void(paper: Paper, case: Case) -> str:
    """Why a decision does not stand any more; empty if it does."""
    now = round_of({"decided_at": case.decided_at, "closed_at": case.closed_at})
    if case.state not in ("decided", "closed") or not paper.form.endswith(f":{now}"):
        return _("办件已经退回或重新办理，以新的决定为准。")
    if case.decided_at is None:
        return ""
    # What was revoked before this decision belongs to the one before it.
    for revoked in Certificate.objects.filter(case_id=case.pk, revoked_at__gt=case.decided_at):
        return _("{}失效。{}").format(
            _day(revoked.revoked_at or case.decided_at), revoked.revoked_ground)
    return ""


def _day(moment: datetime) -> str:
    return say_date(local(moment).date())
