"""Official papers of a case, as PDF: made from the case when they are asked for."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from weimin.cases import reading
from weimin.cases.circumstances import standing, taken_back, untold
from weimin.cases.file import CaseFile
from weimin.cases.verbs.revoke import GROUNDS
from weimin.cases.written import ERASED
from weimin.documents.render import typesetter
from weimin.kernel import clock
from weimin.kernel.codes import verification_code
from weimin.kernel.errors import NotFound
from weimin.kernel.text import mask_name
from weimin.web.desk.delivery import last as last_delivery
from weimin.web.desk.delivery import waits
from weimin.web.page import anyone
from weimin.web.printed import MAKERS, SINGLE, printed, told_by, unsealed, valid_certificate
from weimin.web.sealed import SEALED, Content, round_of, sealed


def results(file: CaseFile) -> list[str]:
    """The sealed papers in which this case has ended, whether anybody has asked for them or not."""
    found = {"refused": ["refusal"], "granted": ["decision"], "denied": ["decision"]}.get(
        file.outcome, [])
    if standing(file):
        found.append("certificate")
    if taken_back(file):
        found.append("revocation")
    return found


def made(request: HttpRequest, file: CaseFile, form: str, seq: int | None = None) -> bytes:
    """One paper as PDF; what is sealed is made once. Raises NotFound for what there is not."""
    if form == "certificate":
        valid_certificate(file)  # a revoked one is kept, and not handed out any more
    elif form in SEALED and form not in results(file):
        raise NotFound("这个办件没有这份文书")
    if form in SEALED:
        return sealed(file, form, _round(file, form), lambda: _content(request, file, form))
    return typesetter().typeset(_TEMPLATES.get(form, form), printed(request, file, form, seq)).pdf


_TEMPLATES = {"revocation-delivery": "delivery"}  # papers of one shape


def _round(file: CaseFile, form: str) -> str:
    """Of which result the paper speaks, or of which revocation."""
    return str(told_by(file, form).seq) if form == "revocation" else round_of(file.row)


def _content(request: HttpRequest, file: CaseFile, form: str) -> Content:
    """A sealed paper, and what whoever checks it is told: who is in it stays masked."""
    data = printed(request, file, form)
    applicant = next(p for p in reading.parties(file.id) if p.role == "applicant")
    if (code := data.get("verify_code")) is None:
        code = verification_code()
        data["note"] = (f"核验码 {code}。凭文号和核验码，或凭本文件，可在 "
                           f"{request.get_host()}/check/certificate 核验")
    title = {"refusal": "不予受理决定书", "decision":
             f"{'准予' if data.get('granted') else '不予'}{data.get('kind')}决定书"}
    return Content(printed=data, code=code, public={
        "title": title.get(form) or data["title"], "item": file.item.name, "organ": data["organ"],
        "on": data["issued_on"].isoformat(),
        "to": mask_name(applicant.name) if applicant.person_id else applicant.name,
    })


def printable(file: CaseFile) -> list[tuple[str, str]]:
    """The papers that there are of this case now: form and title."""
    told = file.state == "noticed" or "acceptance" in file.clocks
    revoked = taken_back(file)
    ground = revoked.answers["revoked"] if revoked and revoked.answers else ""
    found = [
        ("receipt", _("收件回执"), True),
        ("notice", _("一次性告知书"), told),
        ("acceptance", _("受理通知书"), file.row["accepted_at"] is not None
         and bool(file.clocks.keys() & {"decision", "promise"})),
        ("extension", _("延期通知书"), any(clock_row.extension for clock_row in file.clocks.values())),
        ("refusal", _("不予受理决定书"), file.outcome == "refused"),
        ("decision", _("决定书"), file.outcome in ("granted", "denied")),
        ("certificate", _("证照"), bool(standing(file))),
        ("revocation", _("{}决定书").format(GROUNDS[ground].kind) if ground else "", bool(ground)),
        ("delivery", _("送达回证") if last_delivery(file) else _("空白的送达回证"),
         bool(last_delivery(file)) or waits(file)),
        ("revocation-delivery", (_("空白的{}决定书送达回证") if untold(file) else _("{}决定书的送达回证")).format(
            GROUNDS[ground].kind) if ground else "", bool(ground)),
        ("consent", _("空白的电子送达确认书"), waits(file)),
    ]
    return [(form, title) for form, title, there in found if there]


def earlier(happened: list[reading.Happening]) -> list[tuple[str, reading.Happening]]:
    """The papers in whose place a later one of their sort stands: they can still be printed."""
    newest: set[str] = set()
    found = []
    for form, happening in unsealed(happened):
        if form in newest:
            found.append((form, happening))
        newest.add(form)
    return found


@require_GET
def paper(request: HttpRequest, number: str, form: str) -> HttpResponse:
    """One paper of a case, for whoever may see the case; ``?seq=`` asks for one that has a successor."""
    if form not in MAKERS and form not in SINGLE:
        raise NotFound("没有这种文书")
    file = CaseFile.load(number, actor=anyone(request), now=clock.now(), lock=False)
    if file.applicant == ERASED:
        raise NotFound("这个办件的个人信息已依法删除，不能再出文书")
    if form not in dict(printable(file)):
        raise NotFound("这个办件现在没有这份文书", "请回到办件页，看看“打印”里有哪些")
    asked = request.GET.get("seq", "")
    content = made(request, file, form, int(asked) if asked.isdecimal() else None)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{form}-{number}.pdf"'
    return response
