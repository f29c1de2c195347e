"""办事大厅: what residents see, on a phone first."""

import uuid
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from weimin.cases import materials, reading
from weimin.cases.file import CaseFile
from weimin.cases.models import Case
from weimin.cases.verb import VERBS
from weimin.catalogue.finding import find, listed
from weimin.catalogue.routes import routes_now
from weimin.kernel import clock
from weimin.kernel.clock import say_date
from weimin.kernel.errors import Invalid, NotFound, WeiminError
from weimin.kernel.text import code_text, tidy
from weimin.network.models import Area, living
from weimin.registry.models import Certificate
from weimin.trail import receipts
from weimin.trail.models import Event
from weimin.voice.rate import LEVELS, rate, rateable
from weimin.web import drafts
from weimin.web.desk.case import graph_of
from weimin.web.desk.forms import forms_of, params_of
from weimin.web.limits import address, limited
from weimin.web.page import page, page_number, resident
from weimin.web.portal.guide import guide_of
from weimin.web.uploads import scans_of
from weimin.web.words import plain_name, state_of

PER_PAGE = 20


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Search first, then what most people come for."""
    text = request.GET.get("q", "")
    found = find(text) if text.strip() else []
    frequent = [f for f in listed() if f.item.data.get("frequent")]
    return page(request, "portal/home.jinja", text=text, found=found, frequent=frequent,
                everything=listed() if request.GET.get("all") else [])


@require_GET
def guide(request: HttpRequest, code: str) -> HttpResponse:
    """What it is, who may, what to bring, how long, where it can be finished."""
    item = routes_now().item(code)
    area = request.GET.get("area", "")
    return page(request, "portal/guide.jinja", item=item, area=area,
                guide=guide_of(item, area) if area else None, areas=_areas(request))


def _areas(request: HttpRequest) -> list[tuple[str, str]]:
    text = request.GET.get("place", "").strip()
    if not text:
        return []
    rows = Area.objects.filter(living(clock.today()), full_name__contains=text, level="village")
    return list(rows.order_by("sort_key").values_list("code", "full_name")[:30])


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """What I have not sent yet, then my cases, the newest first."""
    actor, number = resident(request), page_number(request)
    rows = reading.seen(actor, page=number, size=PER_PAGE + 1)
    items = {f.item.code: f.item for f in listed()}
    unsent = [{"item": items[d.item], "touched": d.touched_at, "ends": d.ends_at}
              for d in drafts.waiting(actor, clock.now()) if d.item in items]
    return page(request, "portal/mine.jinja", number=number, more=len(rows) > PER_PAGE,
                unsent=unsent, rows=[
        {"row": row, "name": plain_name(row.item.name), "state": state_of(row.state, row.outcome)}
        for row in rows[:PER_PAGE]
    ])


@require_GET
def one(request: HttpRequest, number: str) -> HttpResponse:
    """Progress with the promised day and the accountable office; what I can do; rate a contact."""
    actor, now = resident(request), clock.now()
    file = CaseFile.load(number, actor=actor, now=now, lock=False)
    return _one(request, file)


def _one(request: HttpRequest, file: CaseFile, error: WeiminError | None = None) -> HttpResponse:
    forms = forms_of(file)
    promise = file.clocks.get("promise") or file.clocks.get("decision")
    absent = [spec for spec in materials.wanted(file)
              if file.materials.get(spec.key) in ("missing", "promised")]
    notice = file.clocks.get("notice")
    return page(
        request, "portal/one.jinja", status=error.status if error else 200, file=file, error=error,
        state=state_of(file.state, file.outcome, bool(file.open_pause)), graph=graph_of(file),
        office=file.routes.office_names[file.office_id],
        phone=file.item.data["phone"]["consult"], absent=absent,
        verbs={form.action.verb for form in forms}, key=uuid.uuid4().hex,
        mine=[form for form in forms if form.action.verb == "complete"], typed=request.POST,
        promised=promise.due_on if promise else None,
        foreseen=bool(promise and promise.due_on and file.calendar.is_foreseen(promise.due_on)),
        notice=notice.due_on if notice and not notice.met_at else None,
        events=[{"at": say_date(h.at.date()), "what": h.title, "who": h.office or _("系统"),
                 "said": h.data.get("reason") or ("缺：" + "、".join(h.data["missing"])
                                                   if h.data.get("missing") else None),
                 "proof": h.mark, "tone": "calm", "icon": None}
                for h in reading.happenings(file.id)],
        rateable=rateable(file.id), levels=LEVELS, thanks=request.GET.get("thanks"),
        certificate=Certificate.objects.filter(case_id=file.id, revoked_at=None).first(),
    )


_RESIDENT_VERBS = {"supplement", "withdraw", "nudge", "complete"}


@require_POST
def do(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Supplement, withdraw, nudge, or do the step that is the applicant's own."""
    actor = resident(request)
    if verb not in _RESIDENT_VERBS:
        raise NotFound(_("没有这个操作"))
    params: dict[str, Any] = {}
    if verb == "supplement":
        params["have"] = {**dict.fromkeys(request.POST.getlist("have")),
                          **scans_of(request, actor)}
    elif verb == "complete":
        params = params_of(verb, request.POST)
    elif verb == "withdraw":
        params["reason"] = tidy(request.POST.get("reason", ""))
    else:
        params["words"] = tidy(request.POST.get("words", ""))
    try:
        VERBS[verb](number, actor=actor, now=clock.now(), key=request.POST.get("key", ""), **params)
    except WeiminError as error:
        if error.status == 404:
            raise
        file = CaseFile.load(number, actor=actor, now=clock.now(), lock=False)
        return _one(request, file, error)
    return redirect("mine-one", number)


@require_POST
def rate_contact(request: HttpRequest, number: str) -> HttpResponse:
    """One tap; words optional; never forced."""
    actor = resident(request)
    level, contact = request.POST.get("level", ""), request.POST.get("contact", "")
    if not (level.isdigit() and contact.isdigit()):
        raise Invalid(_("请选一个评价"))
    rate(number, actor=actor, now=clock.now(), contact=int(contact), level=int(level),
         words=tidy(request.POST.get("words", ""))[:500], channel="web")
    return redirect(f"{reverse('mine-one', args=[number])}?thanks=1")


# -- without an account --------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """By number and the last four digits of the phone: the state, and nothing else."""
    number = code_text(request.POST.get("number") or request.GET.get("number", ""))
    found, error = None, ""
    if request.method == "POST":
        limited("follow", address(request), most=20, within=timedelta(minutes=10))
        limited("follow-case", number, most=10, within=timedelta(hours=1))
        four = code_text(request.POST.get("four", ""))
        found = reading.follow(number, four)
        error = "" if found else _("没有查到。请核对编号和手机号后四位")
    return page(request, "portal/follow.jinja", number=number, found=found, error=error,
                status=404 if error else 200)


@require_http_methods(["GET", "POST"])
def check_receipt(request: HttpRequest) -> HttpResponse:
    """Whether the record still is what a receipt was given for."""
    text, result = request.POST.get("receipt", ""), None
    if request.method == "POST":
        limited("receipt", address(request), most=30, within=timedelta(minutes=10))
        try:
            wanted = receipts.parse(text)
        except ValueError as error:
            return page(request, "portal/check_receipt.jinja", text=text, result=None,
                        error=str(error), status=422)
        mark = Event.objects.filter(
            subject_type="case", seq=wanted.seq,
            subject_id__in=Case.objects.filter(number=wanted.number).values("pk"),
        ).values_list("hash", flat=True).first()
        result = mark is not None and receipts.matches(wanted, bytes(mark))
    return page(request, "portal/check_receipt.jinja", text=text, result=result, error="")
