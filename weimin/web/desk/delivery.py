"""送达 on the screen: the dialog, what it answers, and how a delivery is shown afterwards."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from weimin.cases.circumstances import decided_by, taken_back, untold
from weimin.cases.delivery import ASKS, LABELS, RELATIONS, WAYS
from weimin.cases.effects import review_channel
from weimin.cases.file import CaseFile
from weimin.cases.rows import StepRow
from weimin.cases.verbs.revoke import GROUNDS
from weimin.documents import signature
from weimin.documents.store import store_scan
from weimin.documents.uploads import take
from weimin.flow.kinds import kind_of
from weimin.kernel import clock
from weimin.kernel.clock import local, say_day, say_moment
from weimin.network.actor import Actor
from weimin.web.uploads import scans_of

_HINTS = {
    "received_on": "以回执或系统记载的日期为准，如 2026-06-10", "posted_on": "满三十日才算送达，如 2026-06-10",
    "consent_on": "如 2026-06-10", "consent_kept": "如原件在哪个窗口、哪一卷", "tracking": "快递面单上的号码",
    "sent_to": "手机号、邮箱或平台账号，与确认书一致", "witness": "村（社区）或所在单位的代表",
    "recording": "没有见证人的写这里：拍了什么、存在哪里", "cause": "下落不明，或其他方式都送不到的经过",
    "designation": "签收人是指定的代收人的才填，如申请表、确认书里写的",
    "signed": "在纸上签名、单位盖章、不会写字按手印的，拍照或扫描。",
}


# What is signed on paper and scanned: which form it is, and how its blank is called.
_SCANS = {"signed": ("delivery", "打印空白的送达回证"), "consent": ("consent", "打印空白的确认书")}


def fields(file: CaseFile, organ: int | None = None) -> list[dict[str, Any]]:
    """What the dialog asks. Each field says for which ways it is; without script all are shown.

    ``organ`` decided what is delivered, if it is not the decision of the case.
    """
    online = review_channel(file, organ or decided_by(file))
    found: list[dict[str, Any]] = [{"name": "outcome", "kind": "hidden", "value": "approve"}]
    for ask in ASKS:
        ways = [key for key, way in WAYS.items() if ask.key in way.asks]
        shape: dict[str, Any] = {
            "name": f"answer-{ask.key}", "label": ask.label, "hint": _HINTS.get(ask.key), "ways": ways,
            "optional": ask.key != "way" and not any(ask.key in WAYS[key].needs for key in ways),
        }
        if ask.key == "sent_to" and online:
            shape["hint"] += _("；决定书里已告知网上申请行政复议：{}").format(online)
        if ask.key == "signature":
            shape |= {"kind": "signature", "label": _("签名（留置送达由见证人签）")}
        elif ask.key in _SCANS:
            paper, title = _SCANS[ask.key]
            shape |= {"kind": "scan", "key": ask.key, "blank_title": _(title),
                      "blank": reverse("paper", args=[file.number, paper])}
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

    Raises as :func:`kept`.
    """
    post = request.POST
    way = post.get("answer-way", "")
    asked = WAYS[way].asks if way in WAYS else frozenset()
    said: dict[str, Any] = {"way": way} if way else {}
    said |= {key: value for key in LABELS if key in asked
             and (value := str(post.get(f"answer-{key}", "")).strip())}
    if asked & _SCANS.keys():
        said |= {key: file for key, file in scans_of(request, actor).items()
                 if key in asked and key in _SCANS}
    return kept(said, actor)


def kept(answers: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """The answers with a drawn signature and with uploads that came whole as file numbers.

    A signature is strokes of points, a scan the id of an upload; what is a number stays one.
    Raises Invalid for a signature or a scan that is none, NotFound for an upload of somebody else.
    """
    found, now = dict(answers), clock.now()
    drawn = found.get("signature")
    if isinstance(drawn, list):
        drawn = json.dumps(drawn)
    if isinstance(drawn, str):
        found["signature"] = signature.keep(drawn, now=now, account_id=actor.account_id).pk
    for key in _SCANS:
        if isinstance(found.get(key), str) and actor.account_id is not None:
            pages = take(actor.account_id, found[key], now)
            found[key] = store_scan(pages, now=now, account_id=actor.account_id).pk
    return found


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
        if value and key not in ("way", "signature", *_SCANS):
            rows.append({"label": label, "value": RELATIONS.get(value, _("其他")) if key == "relation" else say_day(str(value))})
    files = {key: reverse("file", args=[said[key]]) if said.get(key) else None
             for key in ("signature", *_SCANS)}
    signer = _("见证人的签名") if said["way"] == "left" else _("签收人的签名")
    return {"title": title, "rows": rows, **files, "signer": signer,
            "paper": reverse("paper", args=[file.number, form])}
