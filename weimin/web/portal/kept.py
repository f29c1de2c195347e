"""我的信息: what is kept about a resident, whole for himself: 个人信息保护法 art. 45 (查阅、复制).

His own data are not masked to him. A log-in by phone code lets him read them, and to take them
along asks for a fresh code: a phone that lies about is not enough. Both readings are noted with
the reveals. What is somebody else's in his cases (family, whoever acts for him) stays masked.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from weimin.cases import reading
from weimin.cases.facts import plain, shown
from weimin.cases.file import CaseFile
from weimin.cases.written import RESTRICTED
from weimin.catalogue.routes import area_name
from weimin.catalogue.spec import APPLICANT, Field
from weimin.flow.actions import STATE_TITLES
from weimin.kernel import clock, vault
from weimin.kernel.errors import Invalid
from weimin.kernel.text import mask_code, mask_name
from weimin.network.actor import Actor
from weimin.registry.models import Person
from weimin.trail.models import Reveal
from weimin.web.desk.case import person_of
from weimin.web.login import send_code, spend_code
from weimin.web.page import page, resident

MOST = 200  # cases in one copy


@require_http_methods(["GET", "POST"])
def information(request: HttpRequest) -> HttpResponse:
    """Asked for (``do``): ``look`` shows it, ``code`` sends a code, ``take`` gives it as a file."""
    actor = resident(request)
    person = Person.objects.get(pk=actor.person_id or 0)
    asked, phone = request.POST.get("do", ""), _plain(person.phone_cipher)
    if request.method == "GET" or asked not in ("look", "code", "take"):
        return _page(request, person)
    if asked == "look":
        _note(actor, person, "查阅", "本人查阅自己的个人信息")
        return _page(request, person, said=kept(actor, person))
    try:
        if not phone:
            raise Invalid(_("没有登记您的手机号"), _("请带身份证到就近的服务站复制"))
        if asked == "code":
            return _page(request, person, sent=True, shown=send_code(request, phone))
        spend_code(phone, request.POST.get("code", ""))
    except Invalid as error:
        return _page(request, person, sent=bool(phone), error=error)
    _note(actor, person, "复制", "本人复制自己的个人信息，另经短信验证")
    whole = json.dumps(kept(actor, person), ensure_ascii=False, indent=1)
    response = HttpResponse(whole, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="my-information.json"'
    response["Cache-Control"] = "no-store"
    return response


def _page(
    request: HttpRequest, person: Person, *, said: Mapping[str, Any] | None = None,
    sent: bool = False, shown: str | None = None, error: Invalid | None = None,
) -> HttpResponse:
    response = page(
        request, "portal/information.jinja", status=error.status if error else 200,
        person=said and said["本人"], cases=[_drawn(one) for one in said["办件"]] if said else [],
        phone=person.phone_mask, sent=sent, shown=shown, error=error,
        errors=[{"href": "#code", "text": error.message}] if error else [])
    response["Cache-Control"] = "no-store"
    return response


def _drawn(one: Mapping[str, Any]) -> dict[str, Any]:
    """One case of the copy for the screen."""
    return {
        "item": one["事项"], "number": one["编号"], "state": one["状态"], "note": one.get("说明", ""),
        "parties": [" ".join(each.values()) for each in one.get("当事人", ())],
        "answers": one.get("填写的内容", {}),
        "materials": [{"name": m["名称"], "file": m["扫描件"]} for m in one.get("材料", ())],
    }


def _note(actor: Actor, person: Person, what: str, purpose: str) -> None:
    Reveal.objects.create(account_id=actor.account_id, subject_type="person", subject_id=person.pk,
                          what=what, purpose=purpose)


def kept(actor: Actor, person: Person) -> dict[str, Any]:
    """All of it, his cases the newest first."""
    his = {_("姓名"): person.name, _("证件号"): _plain(person.identity_cipher),
           _("电话"): _plain(person.phone_cipher), _("性别"): person.sex, _("民族"): person.ethnic,
           _("出生日期"): person.birth and person.birth.isoformat(),
           _("户籍地"): person.household_id and area_name(person.household_id),
           _("居住地"): person.residence_id and area_name(person.residence_id),
           _("地址"): _plain(person.address_cipher)}
    return {
        "制作时间": clock.now().isoformat(timespec="seconds"),
        "本人": {key: value for key, value in his.items() if value},
        "办件": [_case(actor, person, row) for row in reading.seen(actor, size=MOST)],
    }


def _plain(cipher: bytes | memoryview) -> str:
    return vault.decrypt(cipher) if cipher else ""


def _case(actor: Actor, person: Person, row: reading.Row) -> dict[str, Any]:
    head = {"编号": row.number, "事项": row.item.name, "状态": STATE_TITLES[row.state]}
    if row.applicant == RESTRICTED:
        return {**head, "说明": "个人信息限制处理：只保存，不使用。需要复制的，请向督查岗位申请解除"}
    file = CaseFile.load(row.number, actor=actor, now=clock.now(), lock=False)
    whole, fields = reading.whole(file.id, on=file.today), {field.key: field for field in file.item.form}
    names = {spec.key: spec.name for spec in file.item.materials}
    others = {p.name for p in whole.parties if p.person_id not in (None, person.pk)}
    own = {_plain(person.identity_cipher), _plain(person.phone_cipher)}
    applies = any(p.role == "applicant" and p.person_id == person.pk for p in whole.parties)
    return {
        **head,
        "当事人": [_party(p, person) for p in whole.parties],
        "填写的内容": {
            fields[key].label if key in fields else key:
                _answer(fields.get(key), value, own, others, applies)
            for key, value in file.row["facts"].items() if value not in (None, "") and key != APPLICANT},
        "材料": [{"名称": names.get(key, key),
                "扫描件": reverse("file", args=[one["file"]]) if one.get("file") else None}
               for key, one in whole.materials.items()],
        "经过": [{"时间": event.at.isoformat(timespec="seconds"), "何事": event.title,
                "单位": event.office} for event in reversed(whole.happenings)],
    }


def _party(someone: reading.Someone, person: Person) -> dict[str, str]:
    """Himself whole, an organisation as everybody may know it, anybody else masked."""
    said = person_of(someone)
    if someone.person_id == person.pk:
        return {"身份": said["role"], "姓名": person.name, "证件号": _plain(person.identity_cipher)}
    name = mask_name(someone.name) if someone.person_id else someone.name
    return {"身份": said["role"], "姓名": name, "证件号": someone.identity}


def _answer(field: Field | None, value: Any, own: set[str], others: set[str], applies: bool) -> Any:
    """What he answered: his own numbers whole, those of others masked, and their names."""
    if isinstance(value, list):
        return [{key: _cell(key, each) for key, each in row.items()} if isinstance(row, Mapping)
                else row for row in value]
    number = plain(value)
    if number is not None:
        his = number in own or (applies and field is not None and field.type == "bank-account")
        return number if his else mask_code(number)
    if isinstance(value, str) and value in others:
        return mask_name(value)
    return dict(field.options).get(str(value), value) if field else value


def _cell(key: str, value: Any) -> Any:
    """One of a row of a table, which speaks of others: of family, of staff, of neighbours."""
    return mask_name(value) if key == "name" and isinstance(value, str) else shown(value)
