"""收件: find the item by the words a resident uses, and take it in on one page."""

import uuid

import segno
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from markupsafe import Markup

from weimin.cases.file import CaseFile
from weimin.cases.materials import lacking, lacks, missing
from weimin.cases.verbs import receive
from weimin.catalogue.finding import find, listed
from weimin.catalogue.routes import routes_now
from weimin.catalogue.spec import ItemSpec
from weimin.kernel import clock, codes
from weimin.kernel.errors import AlreadyOpen, Invalid, WeiminError
from weimin.network.actor import Actor
from weimin.network.models import Area, living
from weimin.registry.certificates import held
from weimin.registry.models import Organisation
from weimin.registry.people import known_person, places_of
from weimin.web import asking, guided, lookups
from weimin.web.desk.areas import areas_for, called
from weimin.web.page import HANDLERS, in_role, page, staff
from weimin.web.uploads import scans_of
from weimin.web.words import plain_name


@require_GET
def find_item(request: HttpRequest) -> HttpResponse:
    """An item by any words: 老人证, lnydz, 低保."""
    in_role(request, *HANDLERS)
    text = request.GET.get("q", "")
    return page(request, "desk/find.jinja", text=text,
                found=find(text) if text.strip() else listed())


@require_http_methods(["GET", "POST"])
def intake(request: HttpRequest, code: str) -> HttpResponse:
    """One page: identity number first, the rest filled in; nothing typed is ever lost.

    ``look`` asks for the same form again: 1 with what the registry knows, 2 with what the answers
    so far change (who acts, which materials), 3 with places found by their name.
    """
    actor, item = in_role(request, *HANDLERS), routes_now().item(code)
    if request.method == "GET":
        return _form(request, actor, item, _blank(request, actor, item))
    try:
        if request.POST.get("look") == "1":
            return _form(request, actor, item, _known(request.POST, actor, item))
        if request.POST.get("look"):
            return _form(request, actor, item, _placed(request.POST))
        answer = receive(
            lambda: asking.intake_of(request.POST, item, channel=_channel(actor),
                                     scans=scans_of(request, actor)),
            actor=actor, now=clock.now(), key=request.POST.get("key", ""),
        )
    except WeiminError as error:
        if error.status not in (409, 422):
            raise
        return _form(request, actor, item, request.POST, error=error)
    return redirect("received", answer.number)


def _blank(request: HttpRequest, actor: Actor, item: ItemSpec) -> QueryDict:
    """The form as it begins: an officer of a village has his own village before him."""
    typed = QueryDict(mutable=True)
    typed["area"] = request.GET.get("area", "") or own_village(actor)
    for field in asking.asked_fields(item):
        if field.type == "area":
            typed[f"f-{field.key}"] = own_village(actor)
    return typed


def _channel(actor: Actor) -> str:
    return "village" if actor.level == "village" else "window"


def _known(post: QueryDict, actor: Actor, item: ItemSpec) -> QueryDict:
    """What the registry knows of whose number was typed (一次采集多方利用).

    The number comes by POST: identity numbers never stand in an address. Whose data it is stands
    at the counter; that it was looked up, by whom and for what, is kept. The phone stays masked:
    who leaves that field empty keeps it. Raises Invalid for a wrong number; an unknown person
    leaves the form as it was typed.
    """
    typed = post.copy()
    if asking.who_of(post, item) in asking.ORGANISATION:
        return _known_organisation(typed)
    try:
        number = codes.identity_number(post.get("identity", ""))
    except ValueError as error:
        raise Invalid(fields={"identity": str(error)}) from None
    person = known_person(number)
    known: dict[str, str] = {
        "person.birth": codes.birth_of(number).isoformat(), "person.sex": codes.sex_of(number),
        "person.id_number": number,
    }
    own = own_village(actor)
    if person is not None:
        lookups.note(actor, person, item)
        typed["name"], typed["known"] = person.name, "1"
        known |= {"person.name": person.name, "person.ethnic": person.ethnic,
                  **places_of(person, clock.today())}
        # A site is where it is; where somebody is registered or lives is known of him.
        place = known.get(asking.PLACE_FIELDS.get(item.place, ""))
        if place and typed.get("area", "") in ("", own):
            typed["area"] = place
    else:
        typed["known"] = "0"
    for field in item.form:
        if known.get(field.prefill) and typed.get(f"f-{field.key}", "") in ("", own):
            typed[f"f-{field.key}"] = known[field.prefill]
    return typed


def _registered(actor: Actor, typed: QueryDict, item: ItemSpec) -> tuple[str, dict[str, str]]:
    """Of whoever was looked up: the phone, masked, and the certificates that replace materials."""
    wanted = {m.replaced_by: m.key for m in item.materials if m.replaced_by}
    if asking.who_of(typed, item) in asking.ORGANISATION:
        company = Organisation.objects.filter(uscc=typed.get("uscc", "").strip().upper()).first()
        found = held(wanted.keys(), on=clock.today(), organisation=company.pk) if company else {}
        return "", {wanted[kind]: each.number for kind, each in found.items()}
    try:
        person = known_person(codes.identity_number(typed.get("identity", "")))
    except ValueError:
        return "", {}
    if person is None or not lookups.noted(actor, person):
        return "", {}
    found = held(wanted.keys(), on=clock.today(), person=person.pk)
    return person.phone_mask or "", {wanted[kind]: each.number for kind, each in found.items()}


def _placed(post: QueryDict) -> QueryDict:
    """A place that was asked for by its name, and is the only one called so, is chosen."""
    found = called(post.get("place", "")) if post.get("look") == "3" else []
    if len(found) != 1:
        return post
    typed = post.copy()
    typed["area"] = found[0][0]
    return typed


def own_village(actor: Actor) -> str:
    """The village of an officer who sits in one."""
    return actor.area_path.strip("/").split("/")[-1] if actor.level == "village" else ""


def _known_organisation(typed: QueryDict) -> QueryDict:
    try:
        code = codes.organisation_code(typed.get("uscc", ""))
    except ValueError as error:
        raise Invalid(fields={"uscc": str(error)}) from None
    found = Organisation.objects.filter(uscc=code).first()
    if found is not None:
        typed["org_name"], typed["known"] = found.name, "1"
        typed["org_legal"] = typed.get("org_legal") or found.legal_representative
    else:
        typed["known"] = "0"
    return typed


def _form(
    request: HttpRequest, actor: Actor, item: ItemSpec, typed: QueryDict,
    error: WeiminError | None = None,
) -> HttpResponse:
    fields = error.fields if isinstance(error, Invalid) else {}
    errors = [{"href": f"#{_anchor(key)}", "text": said} for key, said in fields.items()]
    if error is not None and not errors:
        twin = isinstance(error, AlreadyOpen)
        errors = [{"href": "#another" if twin else "#who",
                   "text": _("同一申请人已有同样的件在办；确实是另一件事，请勾选“另办一件”") if twin
                   else f"{error.message} {error.remedy}"}]
    who = asking.who_of(typed, item)
    phone, replaced = _registered(actor, typed, item)
    return page(
        request, "desk/intake.jinja", status=error.status if error else 200, item=item, ask=asking,
        typed=typed, errors=errors, wrong=fields, who=who, limit=item.promised or item.statutory,
        materials=asking.materials_of(typed, item), twin=isinstance(error, AlreadyOpen),
        twin_number=error.details.get("number") if error else None,
        known_phone=phone, held=replaced, looks=asking.conditions_of(item),
        key=typed.get("key") or uuid.uuid4().hex, areas=areas_for(actor, typed.get("area", ""), named=typed.get("place", "")),
        place_area=typed.get("area", ""), places=len(called(typed.get("place", ""))),
    )


_OWN = frozenset(("identity", "name", "phone", "area", "paper", "agent_identity", "agent_name",
                  "agent_phone", "uscc", "org_name", "org_legal", "members", "who"))


def _anchor(key: str) -> str:
    return key if key in _OWN else f"f-{key}"


def _seat(request: HttpRequest, code: str) -> guided.Seat:
    actor = in_role(request, *HANDLERS)
    return guided.Seat(actor=actor, route="guided-page", start="guided", done="received",
                       back=reverse("intake", args=[code]), channel=_channel(actor))


@require_http_methods(["GET", "POST"])
def one_by_one(request: HttpRequest, code: str) -> HttpResponse:
    """The same intake one question a page, for an officer who is new to the item."""
    return guided.begin(request, _seat(request, code), routes_now().item(code))


@require_http_methods(["GET", "POST"])
def one_page(request: HttpRequest, code: str, question: str) -> HttpResponse:
    """One question of it, or all that was said before it is received."""
    return guided.step(request, _seat(request, code), routes_now().item(code), question)


@require_GET
def areas(request: HttpRequest) -> JsonResponse:
    """Places by their name, for residents of elsewhere in the city."""
    in_role(request, *HANDLERS)
    text = request.GET.get("q", "").strip()
    rows = Area.objects.filter(living(clock.today()), full_name__contains=text, level="village")
    found = rows.order_by("sort_key").values_list("code", "full_name")[:20] if text else []
    return JsonResponse({"areas": [{"code": c, "name": n} for c, n in found]})


@require_GET
def received(request: HttpRequest, number: str) -> HttpResponse:
    """The number large, what happens next, by when, who."""
    actor, now = staff(request), clock.now()
    file = CaseFile.load(number, actor=actor, now=now, lock=False)
    absent = missing(file)
    return page(
        request, "desk/received.jinja", file=file, name=plain_name(file.item.name),
        competent=file.routes.office_names[file.office_id],
        receiver=file.routes.office_names[file.receiver_id],
        notice=file.clocks["notice"].due_on if "notice" in file.clocks else None,
        short=lacks(file, lacking(absent)), later=[spec.name for spec in absent if spec.need == "gap"],
        qr=_qr(request.build_absolute_uri(f"{reverse('follow')}?number={file.number}")),
    )


def _qr(text: str) -> Markup:
    """A code for the resident's phone, drawn on the page."""
    return Markup(segno.make(text, micro=False).svg_inline(border=2, omitsize=True))

