"""我的信息: what is kept about a resident, for himself to take along (个人信息保护法 art. 45)."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from weimin.cases import reading
from weimin.cases.facts import shown
from weimin.cases.file import CaseFile
from weimin.flow.actions import STATE_TITLES
from weimin.kernel import clock
from weimin.network.actor import Actor
from weimin.registry.models import Person
from weimin.web.page import resident

MOST = 200  # cases in one file


@require_GET
def download(request: HttpRequest) -> HttpResponse:
    """Himself and his cases as one JSON file, the newest first; numbers masked as on the screen.

    A log-in by phone code opens it, so nothing is unmasked that the phone alone should not show.
    """
    actor = resident(request)
    person = Person.objects.get(pk=actor.person_id or 0)
    said = {
        "制作时间": clock.now().isoformat(timespec="seconds"),
        "本人": {"姓名": person.name, "证件号": person.identity_mask, "电话": person.phone_mask,
                 "出生日期": person.birth and person.birth.isoformat()},
        "办件": [_case(actor, row.number) for row in reading.seen(actor, size=MOST)],
    }
    response = HttpResponse(json.dumps(said, ensure_ascii=False, indent=1),
                            content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="my-information.json"'
    response["Cache-Control"] = "no-store"
    return response


def _case(actor: Actor, number: str) -> dict[str, Any]:
    file = CaseFile.load(number, actor=actor, now=clock.now(), lock=False)
    labels = {field.key: field.label for field in file.item.form}
    names = {spec.key: spec.name for spec in file.item.materials}
    return {
        "编号": number, "事项": file.item.name,
        "状态": STATE_TITLES[file.state],
        "填写的内容": {labels.get(key, key): shown(value)
                       for key, value in file.row["facts"].items() if value not in (None, "")},
        "材料": [names.get(key, key) for key in file.materials],
        "经过": [{"时间": event.at.isoformat(timespec="seconds"), "何事": event.title,
                  "单位": event.office} for event in reversed(reading.happenings(file.id))],
    }
