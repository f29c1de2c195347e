"""One question a page: for residents on a phone and for the new officer at a counter.

The pages follow from the item and from what was said so far; each is an address of its own, so that
back and reload work. What a page was told goes into the owner's draft at once; the last page shows
all of it before it is sent. The questions and their names are those of the counter's one page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Case, When
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from weimin.cases.facts import checked
from weimin.cases.verbs import receive
from weimin.cases.verbs.receive import Intake
from weimin.catalogue.routes import area_name
from weimin.catalogue.spec import ItemSpec
from weimin.kernel import clock, codes
from weimin.kernel.errors import AlreadyOpen, Invalid, NotFound, WeiminError, WrongState
from weimin.kernel.text import code_text, mask_code, name_of, tidy
from weimin.network.actor import Actor
from weimin.network.models import Area, living
from weimin.registry.certificates import held
from weimin.registry.models import Organisation, Person
from weimin.registry.people import OTHER_NAME, known_person, places_of
from weimin.web import asking, drafts, lookups
from weimin.web.drafts import Filled
from weimin.web.limits import limited
from weimin.web.page import page
from weimin.web.questions import Question, questions
from weimin.web.uploads import SENT, scans_of

CHECK = "check"
_SENT = "sent:"  # in the session, with an item's code: the number of what was sent last


@dataclass(frozen=True, kw_only=True)
class Seat:
    """Who answers, and where: a resident in the portal, or an officer at a counter."""

    actor: Actor
    route: str  # name of the pages' address
    start: str  # name of the address that begins or goes on
    back: str  # where the first page leads back to
    channel: str
    done: str  # name of the address that confirms
    me: Person | None = None  # the resident who answers


# -- the pages -----------------------------------------------------------------------------------


def begin(request: HttpRequest, seat: Seat, item: ItemSpec) -> HttpResponse:
    """Go on where it was left, or begin; by POST throw the draft away and begin anew."""
    if request.method == "POST":
        drafts.discard(seat.actor, item.code)
    request.session.pop(_SENT + item.code, None)
    return redirect(seat.route, item.code, _next(seat, item, _draft(seat, item)))


def _draft(seat: Seat, item: ItemSpec) -> Filled:
    """The draft as it stands; before the first answer it holds what is known, and is not kept."""
    draft = drafts.find(seat.actor, item.code, clock.now())
    if not draft.seen:
        _prefill(draft, seat, item)
    return draft


def _next(seat: Seat, item: ItemSpec, draft: Filled, after: str = "") -> str:
    """The page after this one, or the first that was not answered yet, or the last of all."""
    keys = [q.key for q in questions(seat.me, item, draft.said)]
    if after in keys:
        keys = keys[keys.index(after) + 1:]
    return next((key for key in keys if key not in draft.seen), CHECK)


def step(request: HttpRequest, seat: Seat, item: ItemSpec, key: str) -> HttpResponse:
    """One page: shown, or answered. Raises NotFound for a page that this application has not."""
    draft = _draft(seat, item)
    if not draft.begun and (number := request.session.get(_SENT + item.code)):
        return redirect(seat.done, number)  # back, or sent once more, after it was sent
    if key == CHECK and request.method == "POST" and not draft.begun:
        raise WrongState(_("没有再提交一次：这份申请已经在别处提交，或者清空了"), _("到“我的办件”里看一看") if seat.me
                       else _("按姓名或电话查一查，没有的再填一份"))
    if key == CHECK:
        return _check(request, seat, item, draft)
    asked = {q.key: q for q in questions(seat.me, item, draft.said)}
    if key not in asked:
        raise NotFound(_("没有这一步"), _("请从头看一遍您填的内容"))
    question = asked[key]
    if request.method == "GET":
        return _draw(request, seat, item, draft, question, draft.said)
    if request.POST.get("look") and not _chosen(question, request.POST, draft):
        # another row, a place by its name: kept, and the page again
        _take(question, request.POST, draft, item)
        drafts.keep(seat.actor, draft, clock.now())
        return redirect(seat.route, item.code, key)
    wrong = _fault(question, request, seat, item)
    if wrong:
        return _draw(request, seat, item, draft, question, request.POST, wrong)
    _take(question, request.POST, draft, item)
    try:
        if question.kind == "papers":
            draft.scans |= scans_of(request, seat.actor)
            for name in [n for n in draft.said if n.startswith(SENT)]:
                del draft.said[name]  # they are scans now
    except Invalid as error:
        return _draw(request, seat, item, draft, question, request.POST, {"papers": str(error)})
    if key in draft.known:
        draft.known.remove(key)
    if question.kind in ("who", "own", "applicant", "organisation"):
        _prefill(draft, seat, item)
    draft.answered(key)
    drafts.keep(seat.actor, draft, clock.now())
    later = _next(seat, item, draft, key)
    return redirect(seat.route, item.code, later)


def _chosen(question: Question, post: QueryDict, draft: Filled) -> bool:
    """Whether a place was chosen from what its name had found.

    Enter presses the first button of a form, which is the one that looks: whoever chose by the
    keyboard would get the same page again and again.
    """
    return question.kind == "place" and bool(post.get(question.key)) and (
        post.get("place", "") == draft.said.get("place", ""))


def _names(question: Question, item: ItemSpec) -> tuple[str, ...]:
    """The names that a page's answers have; one that ends with - stands for all of a table.

    ``have`` is an officer's word: he took the paper. ``upload-`` are pages that have come in and wait
    for the form to be sent: capture.js sends them on at once, so that they outlive it.
    """
    return {
        "who": ("who",), "own": ("own_identity",), "applicant": ("identity", "name", "phone"),
        "helper": ("agent_identity", "agent_name", "agent_phone", "paper"),
        "organisation": ("uscc", "org_name", "org_legal"), "members": ("m-",),
        "place": (question.key, "place"), "scenario": (question.key,), "field": (question.key,),
        "table": (question.key + "-",), "papers": ("have", "declared", "upload-"),
    }[question.kind]


def _take(question: Question, post: QueryDict, draft: Filled, item: ItemSpec) -> None:
    """Put the page's answers into the draft in place of those that stood there."""
    for name in _names(question, item):
        for old in [n for n in draft.said if n == name or (name[-1] == "-" and n.startswith(name))]:
            del draft.said[old]
        for new in post:
            if new == name or (name[-1] == "-" and new.startswith(name)):
                draft.said.setlist(new, post.getlist(new))


def _prefill(draft: Filled, seat: Seat, item: ItemSpec) -> None:
    """Fill in what the registry knows of the applicant; it is shown at the end, and not asked."""
    for name in draft.known:
        draft.said.pop(name, None)
        if name in draft.seen:
            draft.seen.remove(name)
    draft.known = []
    who, person = asking.who_of(draft.said, item), None
    if who == "self" and seat.me is not None:
        person, number = seat.me, draft.said.get("own_identity", "")
    elif number := draft.said.get("identity", ""):
        # Only an officer is told what is known of somebody else.
        person = known_person(number) if seat.me is None else None
        if person is not None:
            lookups.note(seat.actor, person, item)
            draft.said["name"] = person.name
    elif who in asking.ORGANISATION and draft.said.get("uscc"):
        company = Organisation.objects.filter(uscc=codes.organisation_code(draft.said["uscc"])).first()
        if company is not None:
            draft.said["org_name"] = company.name
            draft.said["org_legal"] = draft.said.get("org_legal") or company.legal_representative
        return
    born = person.birth if person is not None else None
    if born is None and number:
        born = codes.birth_of(codes.identity_number(number))
    known = {"person.birth": born.isoformat() if born else ""}
    if person is not None:
        known |= places_of(person, clock.today())
    names = {f"f-{f.key}": known.get(f.prefill) for f in asking.asked_fields(item)}
    names["area"] = known.get(asking.PLACE_FIELDS.get(item.place, ""))
    for name, value in names.items():
        if value and name not in draft.seen:
            draft.said[name] = value
            draft.known.append(name)
            draft.answered(name)


# -- what is wrong with an answer ----------------------------------------------------------------


def _fault(question: Question, request: HttpRequest, seat: Seat, item: ItemSpec) -> dict[str, str]:
    """The messages by field; nothing when the page is good."""
    post = request.POST
    if question.kind in ("applicant", "organisation", "members") and seat.me is not None:
        limited("naming", str(seat.actor.account_id), most=40, within=timedelta(hours=1))
    try:
        return _FAULTS[question.kind](question, post, seat, item)
    except ValueError as error:
        return {_names(question, item)[0].rstrip("-"): str(error)}


def _no_fault(question: Question, post: QueryDict, seat: Seat, item: ItemSpec) -> dict[str, str]:
    return {}


def _who_fault(question: Question, post: QueryDict, seat: Seat, item: ItemSpec) -> dict[str, str]:
    known = dict(asking.who_options(item))
    return {} if post.get("who") in known else {"who": _("请选一项")}


def _own_fault(question: Question, post: QueryDict, seat: Seat, item: ItemSpec) -> dict[str, str]:
    number = codes.identity_number(post.get("own_identity", ""))
    taken = known_person(number)
    if taken is not None and (seat.me is None or taken.pk != seat.me.pk):
        return {"own_identity": _("这个身份证号已登记在另一个手机号下，请到窗口办理")}
    return {}


def _person_fault(question: Question, post: QueryDict, seat: Seat, item: ItemSpec
                  ) -> dict[str, str]:
    prefix = "agent_" if question.kind == "helper" else ""
    wrong: dict[str, str] = {}
    name, person = tidy(post.get(f"{prefix}name", "")), None
    try:
        name_of(name)
    except ValueError as error:
        wrong[f"{prefix}name"] = str(error)
    try:
        number = codes.identity_number(post.get(f"{prefix}identity", ""))
        person = known_person(number)
        if person is not None and seat.me is not None and person.name != name:
            wrong[f"{prefix}identity"] = _("身份证号与姓名对不上，请对照证件再填一次")
        elif person is not None and name not in ("", person.name):
            wrong[f"{prefix}name"] = _(OTHER_NAME)
        elif person is not None and seat.me is not None and person.pk == seat.me.pk:
            wrong[f"{prefix}identity"] = _("这是您自己的身份证号；为自己办请返回上一步")
    except ValueError as error:
        wrong[f"{prefix}identity"] = str(error)
    if person is None and not name and (seat.me is not None or f"{prefix}identity" not in wrong):
        wrong[f"{prefix}name"] = _("请填写姓名")  # an officer need not: the number may be known
    asking.phone_of(post, f"{prefix}phone", wrong)
    return wrong


def _organisation_fault(question: Question, post: QueryDict, seat: Seat, item: ItemSpec
                        ) -> dict[str, str]:
    code = codes.organisation_code(post.get("uscc", ""))
    if Organisation.objects.filter(uscc=code).exists():
        return {}
    wrong = {name: _("第一次来办的单位要填") for name in ("org_name", "org_legal")
             if not tidy(post.get(name, ""))}
    for name, what, most in (("org_name", _("单位名称"), 100), ("org_legal", _("法定代表人姓名"), 40)):
        try:
            name_of(post.get(name, ""), what, most)
        except ValueError as error:
            wrong[name] = str(error)
    return wrong


def _members_fault(question: Question, post: QueryDict, seat: Seat, item: ItemSpec
                   ) -> dict[str, str]:
    said = [fault for row in asking.rows_of(post, "m", asking.member_columns(item))
            if (fault := asking.member_fault(row))]
    return {"m": "；".join(said)} if said else {}


def _place_fault(question: Question, post: QueryDict, seat: Seat, item: ItemSpec
                 ) -> dict[str, str]:
    code = post.get(question.key, "")
    if not code and question.field is not None and not question.field.required:
        return {}
    fits = Area.objects.filter(living(clock.today()), code=code, level="village").exists()
    if fits:
        return {}
    if not (words := post.get("place", "").strip()):
        return {question.key: _("请写村（社区）的名字，再选一个")}
    if _places(question, post):  # typed and sent on, without the button beside it
        return {question.key: _("请在下面找到的里选一个")}
    return {question.key: _("没有找到“{}”，换个字试试，只写村（社区）的名字就行").format(words)}


def _scenario_fault(question: Question, post: QueryDict, seat: Seat, item: ItemSpec
                    ) -> dict[str, str]:
    return {} if post.get(question.key) else {question.key: _("请选一项")}


def _field_fault(question: Question, post: QueryDict, seat: Seat, item: ItemSpec
                 ) -> dict[str, str]:
    field = question.field
    assert field is not None
    value = asking.raw_answers(post, item).get(field.key)
    if not value:
        return {question.key: _("请填写{}").format(field.label)} if field.required else {}
    try:
        checked(item, {field.key: value})
    except Invalid as error:
        return {question.key: "；".join(error.fields.values())}
    return {}


_FAULTS: dict[str, Callable[[Question, QueryDict, Seat, ItemSpec], dict[str, str]]] = {
    "who": _who_fault, "own": _own_fault, "applicant": _person_fault, "helper": _person_fault,
    "organisation": _organisation_fault, "members": _members_fault, "place": _place_fault,
    "scenario": _scenario_fault, "field": _field_fault, "table": _field_fault,
    "papers": _no_fault,
}


# -- drawing -------------------------------------------------------------------------------------


def _draw(
    request: HttpRequest, seat: Seat, item: ItemSpec, draft: Filled, question: Question,
    typed: QueryDict, wrong: dict[str, str] | None = None,
) -> HttpResponse:
    keys = [q.key for q in questions(seat.me, item, draft.said)]
    shown = [k for k in keys if k not in draft.known or k == question.key]
    at = shown.index(question.key)
    before = reverse(seat.route, args=[item.code, shown[at - 1]]) if at else seat.back
    return page(
        request, "guided/ask.jinja", status=422 if wrong else 200, item=item, q=question,
        typed=typed, wrong=wrong or {}, seat=seat, ask=asking, number=keys.index(question.key) + 1,
        # How many pages there are, known answers included, so that it stays the same from page to
        # page; for whom it is decides it, so the first page does not say.
        of=len(keys) + 1 if question.kind != "who" or "who" in draft.seen else 0,
        before=before, kept=draft.scans,
        held=_held(seat, item, draft) if question.kind == "papers" else {}, resumed=draft.begun,
        errors=[{"href": f"#{name}", "text": said} for name, said in (wrong or {}).items()],
        areas=_places(question, typed), who=asking.who_of(draft.said, item),
        materials=asking.materials_of(draft.said, item) if question.kind == "papers" else (),
        checked_all=CHECK in draft.seen,
    )


def _places(question: Question, typed: QueryDict) -> list[tuple[str, str]]:
    """Places found by the words that were typed, and the one that was chosen before."""
    if question.kind != "place":
        return []
    villages = Area.objects.filter(living(clock.today()), level="village")
    chosen = typed.get(question.key)
    rows: list[tuple[str, str]] = []
    if words := typed.get("place", "").strip():
        found = villages.filter(full_name__contains=words).exclude(code=chosen or "")
        own_first = Case(When(name__contains=words, then=0), default=1)  # 杉桥村 before 杉桥镇's
        rows = list(found.order_by(own_first, "sort_key").values_list("code", "full_name")[:30])
    if chosen:
        rows = [*villages.filter(code=chosen).values_list("code", "full_name"), *rows]
    return rows


# -- all of it, before it is sent ----------------------------------------------------------------


def _check(request: HttpRequest, seat: Seat, item: ItemSpec, draft: Filled) -> HttpResponse:
    """Everything that was said, each with the way back to its page; and sending it."""
    missing = _next(seat, item, draft)
    if missing != CHECK:
        return redirect(seat.route, item.code, missing)
    if CHECK not in draft.seen:
        draft.answered(CHECK)
        drafts.keep(seat.actor, draft, clock.now())
    error: WeiminError | None = None
    if request.method == "POST":
        try:
            number = _send(request, seat, item, draft)
        except WeiminError as fault:
            if fault.status not in (409, 422):
                raise
            error = fault
        else:
            request.session[_SENT + item.code] = number
            request.session.save()  # before the draft goes: a second tap must find one of the two
            drafts.discard(seat.actor, item.code)
            return redirect(seat.done, number)
    fields = error.fields if isinstance(error, Invalid) else {}
    errors = [{"href": reverse(seat.route, args=[item.code, _page_of(key, seat, item, draft)]),
               "text": said} for key, said in fields.items()]
    if error is not None and not errors:
        errors = [{"href": "#another", "text": f"{error.message} {error.remedy}"}]
    return page(
        request, "guided/check.jinja", status=error.status if error else 200, item=item, seat=seat,
        errors=errors, twin=isinstance(error, AlreadyOpen), limit=item.promised or item.statutory,
        twin_number=codes.group_case_number(str(error.details["number"]))
        if error and error.details.get("number") else "",
        said=_summary(seat, item, draft), materials=_papers(seat, item, draft),
        papers=reverse(seat.route, args=[item.code, "papers"]),
    )


def _send(request: HttpRequest, seat: Seat, item: ItemSpec, draft: Filled) -> str:
    said = draft.said.copy()
    said["another"] = request.POST.get("another", "")

    def asked() -> Intake:
        if seat.me is not None:
            _learn_identity(seat.me, said)
        return asking.intake_of(said, item, channel=seat.channel, scans=draft.scans, me=seat.me)

    return receive(asked, actor=seat.actor, now=clock.now(),
                   key=f"{draft.key}{said['another']}").number


def _learn_identity(me: Person, said: QueryDict) -> None:
    """The number that a resident gave for himself, the first time."""
    if me.identity_hash or not said.get("own_identity"):
        return
    number = codes.identity_number(said["own_identity"])
    if known_person(number) is not None:
        raise Invalid(fields={"own_identity": _("这个身份证号已登记在另一个手机号下，请到窗口办理")})
    me.set_identity(number)
    me.birth, me.sex = codes.birth_of(number), codes.sex_of(number)
    me.save()


def _page_of(name: str, seat: Seat, item: ItemSpec, draft: Filled) -> str:
    """The page on which a field of the verb is asked."""
    for question in questions(seat.me, item, draft.said):
        if question.key in (name, f"f-{name}", f"t-{name}", f"s-{name}") or (
            name in _names(question, item)
        ):
            return question.key
    return "papers"


def _summary(seat: Seat, item: ItemSpec, draft: Filled) -> list[dict[str, Any]]:
    """What was said, page by page, in words; numbers masked."""
    return [
        {"label": q.title, "value": _words(q, item, draft.said, seat),
         "change": reverse(seat.route, args=[item.code, q.key]),
         "note": _("来自登记信息") if q.key in draft.known else ""}
        for q in questions(seat.me, item, draft.said) if q.kind != "papers"
    ]


def _words(question: Question, item: ItemSpec, said: QueryDict, seat: Seat) -> str:
    field, value = question.field, said.get(question.key, "")
    if question.kind == "who":
        options = asking.who_options(item, to_resident=seat.me is not None)
        return dict(options)[asking.who_of(said, item)]
    if question.kind == "own":
        return mask_code(code_text(said.get("own_identity", "")))
    if question.kind in ("applicant", "helper"):
        prefix = "agent_" if question.kind == "helper" else ""
        number = code_text(said.get(prefix + "identity", ""))  # as it will be kept
        return f"{said.get(prefix + 'name', '')} {mask_code(number)}"
    if question.kind == "organisation":
        return f"{said.get('org_name', '')} {said.get('uscc', '')}"
    if question.kind == "members":
        rows = asking.rows_of(said, "m", asking.member_columns(item))
        return "；".join(f"{r['name']}（{r['relation']}）" for r in rows) or _("没有")
    if question.kind == "place":
        return area_name(value) if value else ""
    if question.kind == "scenario":
        chosen = next(s for s in item.scenarios if f"s-{s.key}" == question.key).chosen(value)
        return str(chosen.get("label", ""))
    assert field is not None
    if question.kind == "table":
        rows = asking.rows_of(said, question.key, list(field.columns))
        return "；".join("，".join(v for v in r.values() if v) for r in rows)
    return asking.shown_answer(field, said.getlist(question.key))


def _held(seat: Seat, item: ItemSpec, draft: Filled) -> dict[str, str]:
    """Which materials a certificate of his own stands in for, as receiving will find; by its number.

    Of nobody else's: whoever names a stranger must not learn what that one holds.
    """
    if seat.me is None or asking.who_of(draft.said, item) != "self":
        return {}
    wanted = {m.replaced_by: m.key for m in item.materials if m.replaced_by}
    found = held(wanted, on=clock.today(), person=seat.me.pk)
    return {wanted[kind]: each.number for kind, each in found.items()}


def _papers(seat: Seat, item: ItemSpec, draft: Filled) -> list[dict[str, Any]]:
    """The materials as the screen's list draws them."""
    have = {*draft.scans, *(draft.said.getlist("have") if seat.me is None else ())}
    replaced = _held(seat, item, draft)
    declared = draft.said.getlist("declared")
    return [
        {"name": m.name, "note": replaced.get(m.key, "") if m.key not in have else
         _("已传扫描件") if m.key in draft.scans and not seat.me else "",
         "state": ("have" if seat.me is None else "sent") if m.key in have
         else "replaced" if m.key in replaced
         else "declared" if m.key in declared
         else "optional" if m.need == "optional" else "missing"}
        for m in asking.materials_of(draft.said, item)
    ]
