"""收件: find the item by the words a resident uses, and take it in on one page."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from weimin.cases import reading
from weimin.cases.file import CaseFile
from weimin.cases.verbs import receive
from weimin.cases.verbs.receive import CHANNELS, Intake, Party
from weimin.catalogue.finding import find, listed
from weimin.catalogue.routes import routes_now
from weimin.catalogue.spec import ItemSpec, item_version
from weimin.kernel import clock, codes, vault
from weimin.kernel.errors import AlreadyOpen, Invalid, NotFound, WeiminError
from weimin.kernel.text import tidy
from weimin.network.actor import Actor
from weimin.network.models import Area, living
from weimin.registry.models import Person
from weimin.registry.people import home_of, known_person, person_by_identity
from weimin.web.page import HANDLERS, in_role, page, staff
from weimin.web.uploads import scans_of


@require_GET
def find_item(request: HttpRequest) -> HttpResponse:
    """An item by any words: 老人证, lnydz, 低保."""
    in_role(request, *HANDLERS)
    text = request.GET.get("q", "")
    return page(request, "desk/find.jinja", text=text,
                found=find(text) if text.strip() else listed())


def spec_of(code: str) -> ItemSpec:
    """The current version of an item. Raises NotFound for one that is not in the catalogue."""
    version = routes_now().current_items.get(code)
    if version is None:
        raise NotFound(_("没有这个事项"), _("请重新查找事项"))
    return item_version(version)


@require_http_methods(["GET", "POST"])
def intake(request: HttpRequest, code: str) -> HttpResponse:
    """One page: identity number first, the rest filled in; nothing typed is ever lost."""
    actor, item = in_role(request, *HANDLERS), spec_of(code)
    if request.method == "GET":
        return _form(request, actor, item, _typed_from(request))
    try:
        if request.POST.get("look") == "2":
            return _form(request, actor, item, request.POST.dict())
        if request.POST.get("look") == "1":
            return _form(request, actor, item, _known(request.POST, item))
        with transaction.atomic():  # whoever was typed in for nothing is not kept
            made = intake_of(request.POST, item, channel=_channel(actor),
                             scans=scans_of(request, actor))
            answer = receive(made, actor=actor, now=clock.now(), key=request.POST.get("key", ""))
    except WeiminError as error:
        if error.status not in (409, 422):
            raise
        return _form(request, actor, item, request.POST.dict(), error=error)
    return redirect("received", answer.number)


def _channel(actor: Actor) -> str:
    return "village" if actor.level == "village" else "window"


def _typed_from(request: HttpRequest) -> dict[str, Any]:
    """An empty form: what was asked so far stays in the browser's draft."""
    return {"area": request.GET.get("area", "")}


def _known(post: Any, item: ItemSpec) -> dict[str, Any]:
    """What the registry knows of the person whose identity number was typed (一次采集多方利用).

    The number comes by POST: identity numbers never stand in an address. Raises Invalid for a
    wrong number; an unknown person leaves the form as it was typed.
    """
    try:
        number = codes.identity_number(post.get("identity", ""))
    except ValueError as error:
        raise Invalid(fields={"identity": str(error)}) from None
    typed: dict[str, Any] = post.dict()
    person = known_person(number)
    known = {
        "person.birth": codes.birth_of(number).isoformat(), "person.sex": codes.sex_of(number),
        "person.id_number": number,
    }
    if person is not None:
        typed |= {"name": person.name, "known": "1"}
        if person.phone_hash and not typed.get("phone"):
            typed["phone"] = vault.decrypt(person.phone_cipher)
        home = home_of(person, clock.today())
        if home and not typed.get("area"):
            typed["area"] = home
        known |= {
            "person.name": person.name, "person.ethnic": person.ethnic,
            "person.household_area": home,
            "person.residence_area": person.residence_id or "",
            "person.phone": vault.decrypt(person.phone_cipher),
        }
    for field in item.form:
        if field.prefill in known and known[field.prefill] and not typed.get(f"f-{field.key}"):
            typed[f"f-{field.key}"] = known[field.prefill]
    return typed


def intake_of(
    post: Any, item: ItemSpec, *, channel: str, scans: Mapping[str, int] | None = None
) -> Intake:
    """What the form says, as the verb takes it. Raises Invalid with a message per field."""
    wrong: dict[str, str] = {}
    person = _person_of(post, wrong)
    parties: list[Party] = []
    if person is not None:
        parties.append(Party(person_id=person.pk, name=person.name, phone=_phone(post)))
    if post.get("who") in ("agent", "guardian"):
        agent = _agent_of(post, wrong)
        if agent is not None:
            parties.append(Party(role=post["who"], person_id=agent.pk, name=agent.name,
                                 paper=tidy(post.get("paper", ""))))
    answers = _answers(post, item)
    if wrong:
        raise Invalid(fields=wrong)
    assert person is not None
    area = post.get("area") or (
        home_of(person, clock.today()) if item.place == "household" else "")
    if not area:
        raise Invalid(fields={"area": _("请选择地方")})
    return Intake(
        item=item.code, area=area, parties=tuple(parties), answers=answers,
        have={**dict.fromkeys(post.getlist("have")), **(scans or {})},
        declared=tuple(post.getlist("declared")),
        channel=channel, another_is_meant=post.get("another") == "1",
    )


def _phone(post: Any) -> str:
    try:
        return codes.phone_number(post.get("phone", ""))
    except ValueError:
        return ""


def _person_of(post: Any, wrong: dict[str, str]) -> Person | None:
    """The applicant: found by the identity number, or made with what was typed."""
    if post.get("phone", "").strip():
        try:
            codes.phone_number(post["phone"])
        except ValueError as error:
            wrong["phone"] = str(error)
            return None
    area = post.get("area") or None
    if area and not Area.objects.filter(code=area).exists():
        wrong["area"] = _("没有这个地方，请从列表中选择")
        return None
    try:
        return person_by_identity(post.get("identity", ""), post.get("name", ""), area)
    except ValueError as error:
        wrong["name" if "姓名" in str(error) else "identity"] = str(error)
        return None


def _agent_of(post: Any, wrong: dict[str, str]) -> Person | None:
    shadow = {"identity": post.get("agent_identity", ""), "name": post.get("agent_name", ""),
              "phone": ""}
    mine: dict[str, str] = {}
    found = _person_of(shadow, mine)
    wrong.update({f"agent_{key}": said for key, said in mine.items()})
    return found


def _answers(post: Any, item: ItemSpec) -> dict[str, Any]:
    """The form's own fields; the standard ones are the applicant's and are not asked twice."""
    answers: dict[str, Any] = {}
    standard = {"name": "name", "id_number": "identity", "phone": "phone"}
    for field in item.form:
        asked = "area" if field.prefill == _PLACE_FIELDS[item.place] else f"f-{field.key}"
        raw = post.get(standard.get(field.key, asked), "")
        if field.type == "bool" and raw == "":
            continue
        if raw not in ("", None):
            answers[field.key] = raw
    for scenario in item.scenarios:
        if post.get(f"s-{scenario.key}"):
            answers[scenario.key] = post[f"s-{scenario.key}"]
    return answers


def _form(
    request: HttpRequest, actor: Actor, item: ItemSpec, typed: dict[str, Any],
    error: WeiminError | None = None,
) -> HttpResponse:
    fields = error.fields if isinstance(error, Invalid) else {}
    scenarios = {s.key: typed.get(f"s-{s.key}", "") for s in item.scenarios}
    materials = list(item.materials_for(scenarios))
    errors = [{"href": f"#{_anchor(key)}", "text": said} for key, said in fields.items()]
    if error is not None and not errors:
        errors = [{"href": "#another" if isinstance(error, AlreadyOpen) else "#identity",
                   "text": f"{error.message} {error.remedy}"}]
    return page(
        request, "desk/intake.jinja", status=error.status if error else 200, item=item,
        typed=typed, errors=errors, wrong=fields, materials=materials,
        twin=error.details.get("number") if isinstance(error, AlreadyOpen) else None,
        key=typed.get("key") or uuid.uuid4().hex, areas=_areas_near(actor),
        have=request.POST.getlist("have"), declared=request.POST.getlist("declared"),
        asked=[f for f in item.form if f.key not in ("name", "id_number", "phone")
               and f.type != "table" and f.prefill != _PLACE_FIELDS[item.place]],
        limit=item.promised or item.statutory, own_area=actor.area_path.strip("/").split("/")[-1],
    )


def _anchor(key: str) -> str:
    return key if key in ("identity", "name", "phone", "area", "paper", "agent_identity",
                          "agent_name") else f"f-{key}"


_PLACE_FIELDS = {
    "household": "person.household_area", "residence": "person.residence_area", "site": "-",
    "counter": "-",
}


def _areas_near(actor: Actor) -> list[tuple[str, str]]:
    """Villages of the officer's own town (or the village itself), for the list of places."""
    path = actor.area_path
    parts = path.strip("/").split("/")
    town = "/" + "/".join(parts[:3]) + "/" if len(parts) >= 3 else path
    rows = Area.objects.filter(living(clock.today()), path__startswith=town, level="village")
    return list(rows.order_by("sort_key").values_list("code", "full_name")[:400])


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
    return page(
        request, "desk/received.jinja", file=file, channel=CHANNELS[file.channel],
        competent=file.routes.office_names[file.office_id],
        notice=file.clocks["notice"].due_on if "notice" in file.clocks else None,
        can_accept=any(a.verb == "accept" for a in file.actions()),
        lacking=[m for m in file.materials.values() if m == "missing"],
        people=reading.parties(file.id), key=uuid.uuid4().hex,
    )
