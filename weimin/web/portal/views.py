"""办事大厅: what residents see, on a phone first."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from weimin.cases import reading
from weimin.cases.file import CaseFile
from weimin.cases.models import Case
from weimin.cases.verb import VERBS
from weimin.catalogue.finding import Found, find, listed
from weimin.catalogue.routes import area_name, routes_now
from weimin.kernel import clock
from weimin.kernel.codes import CASE_NUMBER_LENGTH, group_case_number, is_case_number
from weimin.kernel.errors import Invalid, NotFound, WeiminError
from weimin.kernel.text import code_text, tidy, whole_number
from weimin.network.models import Area, living
from weimin.trail import receipts
from weimin.trail.models import Event
from weimin.voice.rate import add_words, rate
from weimin.web import asking, drafts
from weimin.web.desk.params import params_of
from weimin.web.limits import address, limited
from weimin.web.page import page, page_number, resident
from weimin.web.portal.guide import asked_if, fee_of, guide_of
from weimin.web.portal.one import show
from weimin.web.uploads import scans_of
from weimin.web.words import plain_name, state_of

PER_PAGE = 20


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Search first, then what most people come for."""
    text = request.GET.get("q", "")
    found = find(text) if text.strip() else []
    frequent = [f for f in listed() if f.item.data.get("frequent")]
    everything = bool(request.GET.get("all")) or (bool(text.strip()) and not found)
    return page(request, "portal/home.jinja", text=text, found=found, frequent=frequent,
                fields=_by_field() if everything else [],
                phone=routes_now().centre_phone() if everything else "")


# The fields of an item, in the order in which residents ask for them.
FIELDS = {
    "social-assistance": "困难救助、残疾人", "elderly-care": "老人", "medical-insurance": "看病、生育",
    "social-insurance": "养老", "employment": "找工作、开店", "building": "房子、道路",
    "farm-subsidy": "种田补贴", "farmland": "建房、用地",
}


def _by_field() -> list[tuple[str, list[Found]]]:
    """All items, by field; one of a field of its own stands last."""
    groups: dict[str, list[Found]] = {title: [] for title in FIELDS.values()}
    for found in listed():
        groups.setdefault(FIELDS.get(found.item.data.get("field", ""), _("其他")), []).append(found)
    return [(title, mine) for title, mine in groups.items() if mine]


@require_GET
def guide(request: HttpRequest, code: str) -> HttpResponse:
    """What it is, what to bring and where to; then how long, and what else there is to know."""
    item = routes_now().item(code)
    area, place = request.GET.get("area", ""), request.GET.get("place", "").strip()
    answers, unknown = None, None
    try:
        answers = guide_of(item, area) if area else None
    except NotFound as error:
        unknown = error
    areas = _areas(place)
    if place and not areas:
        unknown = NotFound(_("没有找到“{}”").format(place), _("换个字试试，只写村（社区）的名字就行"))
    return page(request, "portal/guide.jinja", item=item, area=area_name(area) if answers else "",
                guide=answers, fee=fee_of(item), asked_if=asked_if, areas=areas, sought=place, unknown=unknown,
                status=unknown.status if unknown else 200)


def _areas(text: str) -> list[tuple[str, str]]:
    if not text:
        return []
    rows = Area.objects.filter(living(clock.today()), full_name__contains=text, level="village")
    return list(rows.order_by("sort_key").values_list("code", "full_name")[:30])


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """What I have not sent yet, then my cases, the newest first."""
    actor, number = resident(request), page_number(request)
    rows = reading.seen(actor, page=number, size=PER_PAGE, ahead=1)
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
    return show(request, CaseFile.load(number, actor=actor, now=now, lock=False))


_RESIDENT_VERBS = {"supplement", "withdraw", "nudge", "complete"}


@require_POST
def do(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Supplement, withdraw, nudge, or do the step that is the applicant's own."""
    actor = resident(request)
    if verb not in _RESIDENT_VERBS:
        raise NotFound(_("没有这个操作"))
    params: dict[str, Any] = {}
    if verb == "supplement":
        file = CaseFile.load(number, actor=actor, now=clock.now(), lock=False)
        params = {"have": scans_of(request, actor),
                  "facts": asking.answers_in(request.POST, file.item.form)}
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
        return show(request, CaseFile.load(number, actor=actor, now=clock.now(), lock=False), error)
    back = reverse("mine-one", args=[number])
    said = {"nudge": "?nudged=1", "supplement": "?handed=1", "complete": "?handed=1"}
    return redirect(back + said.get(verb, ""))


@require_POST
def rate_contact(request: HttpRequest, number: str) -> HttpResponse:
    """One tap; words may follow, on the page that thanks; never forced."""
    actor = resident(request)
    level, contact = (whole_number(request.POST.get(name, "")) for name in ("level", "contact"))
    words = tidy(request.POST.get("words", ""))
    if contact is None or not (level is not None or words):
        raise Invalid(_("请选一个评价"))
    now = clock.now()
    if level is not None:
        rate(number, actor=actor, now=now, contact=contact, level=level, words=words,
             channel="web")
    else:
        add_words(number, actor=actor, now=now, contact=contact, words=words)
    return redirect(f"{reverse('mine-one', args=[number])}?thanks={contact}")


# -- without an account --------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """By number and the last four digits of the phone: the state, and nothing else."""
    number = code_text(request.POST.get("number") or request.GET.get("number", ""))
    four, wrong, found = code_text(request.POST.get("four", "")), {}, None
    if request.method == "POST":
        wrong = _unlike(number, four)
        if not wrong:
            here = address(request)
            limited("follow", here, most=20, within=timedelta(minutes=10))
            # By address as well: whoever guesses elsewhere does not lock the owner out.
            limited("follow-case", f"{here} {number}", most=10, within=timedelta(hours=1))
            found = reading.follow(number, four)
            wrong = {} if found else {
                "number": _("没有查到：编号和手机号后四位对不上，请对照回执再输一次")}
    return page(request, "portal/follow.jinja", number=number, four=four, found=found, wrong=wrong,
                errors=[{"href": f"#{name}", "text": said} for name, said in wrong.items()],
                status=422 if wrong else 200)


def _unlike(number: str, four: str) -> dict[str, str]:
    """What can't be right before anything is looked up, by field."""
    wrong = {}
    if not number:
        wrong["number"] = _("请填写办件编号")
    elif len(number) != CASE_NUMBER_LENGTH or not number.isdigit():
        wrong["number"] = _("办件编号是 11 位数字，现在是 {} 位").format(len(number))
    elif not is_case_number(number):
        wrong["number"] = _("办件编号有一位不对，请对照回执再输一次")
    if not (len(four) == 4 and four.isdigit()):
        wrong["four"] = _("请填写手机号的最后四位数字")
    return wrong


@require_http_methods(["GET", "POST"])
def check_receipt(request: HttpRequest) -> HttpResponse:
    """Whether the record still is what a receipt was given for."""
    text, error, verdict = request.POST.get("receipt", ""), "", None
    if request.method == "POST":
        limited("receipt", address(request), most=30, within=timedelta(minutes=10))
        try:
            verdict = _verdict(receipts.parse(text))
        except ValueError as wrong:
            error = str(wrong)
    return page(request, "portal/check_receipt.jinja", text=text, verdict=verdict, error=error,
                status=422 if error else 200)


def _verdict(wanted: receipts.Receipt) -> receipts.Verdict:
    """How the receipt stands to the record. Raises ValueError when there is nothing to compare."""
    mark = Event.objects.filter(
        subject_type="case", seq=wanted.seq,
        subject_id__in=Case.objects.filter(number=wanted.number).values("pk"),
    ).values_list("hash", flat=True).first()
    if mark is None:
        raise ValueError(_(
            "没有查到 {} 的第 {} 条记录。请对照回执再输一次；一字不差还是查不到的，请拿着回执找督查部门"
        ).format(group_case_number(wanted.number), wanted.seq))
    return receipts.compare(wanted, bytes(mark))
