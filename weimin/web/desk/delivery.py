"""送达 on the screen: the dialog, what it answers, and how a delivery is shown afterwards."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from weimin.cases.circumstances import taken_back, untold
from weimin.cases.delivery import ASKS, LABELS, RELATIONS, WAYS
from weimin.cases.file import CaseFile
from weimin.cases.rows import StepRow
from weimin.cases.verbs.revoke import GROUNDS
from weimin.documents import signature
from weimin.flow.kinds import kind_of
from weimin.kernel import clock
from weimin.kernel.clock import local, say_moment
from weimin.network.actor import Actor
from weimin.web.uploads import scans_of

_HINTS = {
    "received_on": "以回执或系统记载的日期为准，如 2026-06-10", "posted_on": "满三十日才算送达，如 2026-06-10",
    "consent_on": "如 2026-06-10", "consent_kept": "如原件在哪个窗口、哪一卷", "tracking": "快递面单上的号码",
    "sent_to": "手机号、邮箱或平台账号，与确认书一致", "witness": "村（社区）或所在单位的代表",
    "recording": "没有见证人的写这里：拍了什么、存在哪里", "cause": "下落不明，或其他方式都送不到的经过",
    "unsigned": "如不会写字已按手印、在纸质回证上签",
}


def fields(file: CaseFile) -> list[dict[str, Any]]:
    """What the dialog asks. Each field says for which ways it is; without script all are shown."""
    found: list[dict[str, Any]] = [{"name": "outcome", "kind": "hidden", "value": "approve"}]
    for ask in ASKS:
        ways = [key for key, way in WAYS.items() if ask.key in way.asks]
        shape: dict[str, Any] = {
            "name": f"answer-{ask.key}", "label": ask.label, "hint": _HINTS.get(ask.key), "ways": ways,
            "optional": ask.key != "way" and not any(ask.key in WAYS[key].needs for key in ways),
        }
        if ask.key == "signature":
            shape["kind"] = "signature"
        elif ask.key == "consent":
            shape |= {"kind": "scan", "key": ask.key,
                      "blank": reverse("paper", args=[file.number, "consent"])}
        elif ask.type == "choice":
            shape |= {"kind": "radios", "options": list(ask.options), "inline": True,
                      "value": "direct" if ask.key == "way" else "self"}
        elif ask.type == "date":
            shape["width"] = "10"
        found.append(shape)
    # Without script every field stands there: which belong to which way stands beside them.
    for shape in found:
        if shape.get("ways"):
            shape["plain"] = "、".join(WAYS[key].title for key in shape["ways"])
    return found


def answers_of(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """What was answered for the chosen way; signature and scan are kept and become file numbers.

    Raises Invalid for a signature or a scan that is none.
    """
    post = request.POST
    way = post.get("answer-way", "")
    asked = WAYS[way].asks if way in WAYS else frozenset()
    said: dict[str, Any] = {"way": way} if way else {}
    said |= {key: value for key in LABELS if key in asked
             and (value := str(post.get(f"answer-{key}", "")).strip())}
    if "received_by" not in said and way in WAYS and "relation" in WAYS[way].may:
        said.pop("relation", None)  # the list has a first choice: nobody said it
    if "consent" in asked:
        said |= {key: file for key, file in scans_of(request, actor).items() if key == "consent"}
    if "signature" in said:
        said["signature"] = signature.keep(
            said["signature"], now=clock.now(), account_id=actor.account_id).pk
    return said


def waits(file: CaseFile) -> bool:
    """Whether something is still to be handed over."""
    return untold(file) or any(
        row.state == "open" and kind_of(file.item.flow.steps[row.key].kind).delivers
        for row in file.steps)


def last(file: CaseFile) -> StepRow | None:
    """The delivery that counts now."""
    return next((row for row in reversed(file.steps) if row.state == "done" and row.answers
                 and kind_of(file.item.flow.steps[row.key].kind).delivers), None)


def shown(file: CaseFile) -> list[dict[str, Any]]:
    """The deliveries of a case for its page: of its result, and of what took that back."""
    found = []
    row, back = last(file), taken_back(file)
    if row is not None and row.answers and row.answers.get("way") in WAYS:
        found.append(_one(file, _("送达"), row.answers, row.done_at, "delivery"))
    if back is not None and (handed := (back.answers or {}).get("handed")):
        kind = GROUNDS[(back.answers or {})["revoked"]].kind
        found.append(_one(file, _("{}决定书的送达").format(kind), handed,
                          datetime.fromisoformat(handed["at"]), "revocation-delivery"))
    return found


def _one(file: CaseFile, title: str, said: Mapping[str, Any], at: datetime | None, form: str
         ) -> dict[str, Any]:
    """Rows of label and value, and where the files of a delivery are."""
    rows = [{"label": _("方式"), "value": WAYS[said["way"]].title},
            {"label": _("登记时间"), "value": say_moment(local(at)) if at else ""}]
    for key, label in LABELS.items():
        value = said.get(key)
        if value and key not in ("way", "signature", "consent"):
            rows.append({"label": label, "value": RELATIONS[value] if key == "relation" else value})
    files = {key: reverse("file", args=[said[key]]) if said.get(key) else None
             for key in ("signature", "consent")}
    return {"title": title, "rows": rows, **files, "paper": reverse("paper", args=[file.number, form])}
