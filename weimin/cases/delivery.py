"""送达: the lawful ways of handing a result over, and what each must prove.

Administrative law has no procedure of its own for most of our items; 行政处罚法 art. 61 refers to
民事诉讼法, and by analogy so do we (its articles as of the amendment of 2023):

- 直接送达, art. 88: to the person, an adult relative who lives with him, an agent or whoever takes
  in post for an organisation; who signs, signs the proof of delivery with the date (art. 87).
- 留置送达, art. 89: refused, so left at his home, before witnesses of a local organisation or
  recorded by photo or video; the reason of refusal and the date stand on the proof.
- 邮寄送达, art. 91: delivered on the day that stands on the postal receipt.
- 公告送达, art. 95: he is not to be found, or no other way worked; delivered when *thirty* days
  have passed since the notice was published. The reason and the course go on file.
- 电子送达, art. 90, and 行政处罚法 art. 61(2) for its form: with his consent, in a signed
  confirmation (确认书), which goes on file; delivered on the day it arrives in the system named there.

Pure: the linter of packs uses it without a database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from weimin.flow.kinds import Ask
from weimin.flow.terms import Term, last_day
from weimin.kernel.clock import SHANGHAI, local, say_date
from weimin.kernel.errors import Invalid
from weimin.worktime.calendar import Calendar

PUBLIC_NOTICE = Term(30, "d")  # 民事诉讼法 art. 95: 自发出公告之日起，经过三十日，即视为送达

RELATIONS = {
    "self": "本人", "family": "同住成年家属", "agent": "代理人或指定的代收人",
    "organisation": "单位负责收件的人", "other": "其他",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """One way of delivery: what it must say, and what it may say besides."""

    title: str
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()

    @property
    def asks(self) -> frozenset[str]:
        """All that this way speaks of."""
        return frozenset((*self.needs, *self.may))


WAYS: dict[str, Way] = {
    "direct": Way(title="直接送达", needs=("received_by", "relation"), may=("signature", "unsigned")),
    "post": Way(title="邮寄送达", needs=("tracking", "received_on"), may=("received_by", "relation")),
    "left": Way(title="留置送达", needs=("refusal", "place"), may=("witness", "recording", "signature")),
    "public": Way(title="公告送达", needs=("cause", "place", "posted_on")),
    "electronic": Way(title="电子送达（经同意）", needs=("consent_on", "sent_to", "received_on"),
                      may=("consent", "consent_kept", "signature")),
}

ASKS: tuple[Ask, ...] = (
    Ask(key="way", label="送达方式", type="choice",
        options=tuple((key, way.title) for key, way in WAYS.items())),
    Ask(key="received_by", label="签收人姓名", required=False),
    Ask(key="relation", label="与受送达人的关系", type="choice", required=False,
        options=tuple(RELATIONS.items())),
    Ask(key="tracking", label="邮寄单号", required=False),
    Ask(key="refusal", label="拒收的事由", required=False),
    Ask(key="cause", label="为什么公告", required=False),
    Ask(key="place", label="地点", required=False),
    Ask(key="witness", label="见证人姓名、单位", required=False),
    Ask(key="recording", label="拍照、录像的情况", required=False),
    Ask(key="posted_on", label="公告发布日期", type="date", required=False),
    Ask(key="consent_on", label="确认书签订日期", type="date", required=False),
    Ask(key="consent", label="确认书扫描件", type="number", required=False),
    Ask(key="consent_kept", label="没有扫描的，确认书存在哪里", required=False),
    Ask(key="sent_to", label="确认书写明的电子地址", required=False),
    Ask(key="received_on", label="收到日期", type="date", required=False),
    Ask(key="signature", label="签名", type="number", required=False),
    Ask(key="unsigned", label="没有签名的原因", required=False),
)
LABELS = {ask.key: ask.label for ask in ASKS}


def check(
    answers: Mapping[str, Any], opened: datetime, now: datetime, term: Term | None,
    calendar: Calendar,
) -> None:
    """Whether what was said proves the delivery. Raises Invalid with a message per field."""
    way = WAYS[str(answers["way"])]
    beside = sorted(set(answers) - way.asks - {"way"})
    wrong = dict.fromkeys(beside, f"{way.title}不填这一项")
    wrong |= {key: f"请填写{LABELS[key]}" for key in way.needs if not answers.get(key)}
    if "unsigned" in way.may and not answers.get("signature") and not answers.get("unsigned"):
        wrong["unsigned"] = "请签收人签名；不能签的，在这里写明原因"
    if "witness" in way.may and not answers.get("witness") and not answers.get("recording"):
        wrong["witness"] = "留置送达须有见证人，或者拍照、录像记录过程"
    if "consent" in way.may and not answers.get("consent") and not answers.get("consent_kept"):
        wrong["consent_kept"] = "请附确认书的扫描件；没有扫描的，写明原件存在哪里"
    for key in ("posted_on", "consent_on", "received_on"):
        if answers.get(key) and (said := _day_fault(key, answers[key], opened, now)):
            wrong[key] = said
    if wrong:
        raise Invalid(fields=wrong)
    if way is WAYS["public"] and local(now).date() <= public_until(answers, calendar):
        raise Invalid(fields={"posted_on": f"公告满三十日才算送达：{say_date(public_until(answers, calendar))}"
                                           "以后再登记"})


def _day_fault(key: str, said: Any, opened: datetime, now: datetime) -> str | None:
    try:
        day = date.fromisoformat(str(said))
    except ValueError:
        return f"{LABELS[key]}写成 2026-06-10 这样"
    if day > local(now).date():
        return f"{LABELS[key]}不能晚于今天"
    if key != "consent_on" and day < local(opened).date():
        return f"{LABELS[key]}不能早于本环节开始的日期"
    return None


def acted_at(answers: Mapping[str, Any], occurred_at: datetime) -> datetime:
    """When the office did its part: it cannot make the days of a public notice go faster."""
    if answers.get("way") != "public":
        return occurred_at
    posted = date.fromisoformat(str(answers["posted_on"]))
    return min(occurred_at, datetime.combine(posted, time(), SHANGHAI))


def public_until(answers: Mapping[str, Any], calendar: Calendar) -> date:
    """The last of the thirty days of a public notice; the day of publishing does not count."""
    return last_day(date.fromisoformat(str(answers["posted_on"])), PUBLIC_NOTICE, calendar)
