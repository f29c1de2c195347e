"""送达: the lawful ways of handing a result over, and what each must prove.

Administrative law has no procedure of its own for most of our items; 行政处罚法 art. 61 refers to
民事诉讼法, and by analogy so do we (its articles as of the amendment of 2023):

- 直接送达, art. 88: to the person or an adult relative who lives with him; for an organisation to
  its legal representative, its head or whoever takes in its post; for both to an agent, or to whom
  they named to take it in. To nobody else, and he signs or seals the proof of delivery (art. 87):
  on the screen, or on paper, which is scanned.
- 留置送达, art. 89: refused, so left at his home, before witnesses of a local organisation, who
  sign, or recorded by photo or video; the reason of refusal and the date stand on the proof.
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

# Who may sign for whom: what he is to a person, to an organisation, to either.
TO_PERSON = {"self": "本人", "family": "同住成年家属"}
TO_ORGANISATION = {"representative": "法定代表人、主要负责人", "organisation": "单位负责收件的人"}
RELATIONS = {**TO_PERSON, **TO_ORGANISATION, "agent": "代理人、监护人", "named": "指定的代收人"}


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
    "direct": Way(title="直接送达", needs=("received_by", "relation"),
                  may=("designation", "signature", "signed")),
    "post": Way(title="邮寄送达", needs=("tracking", "received_on"), may=("received_by",)),
    "left": Way(title="留置送达", needs=("refusal", "place"),
                may=("witness", "recording", "signature", "signed")),
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
    Ask(key="designation", label="指定代收人的凭据", required=False),
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
    Ask(key="signed", label="签名、盖章的送达回证", type="number", required=False),
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
    if way is WAYS["direct"]:
        wrong |= _hand_faults(answers)
    elif way is WAYS["left"]:
        wrong |= _left_faults(answers)
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


def _is_signed(answers: Mapping[str, Any]) -> bool:
    return bool(answers.get("signature") or answers.get("signed"))


def _hand_faults(answers: Mapping[str, Any]) -> dict[str, str]:
    """What is missing where somebody took it in: art. 87, 88."""
    named = answers.get("relation") == "named"
    wrong = {}
    if named and not answers.get("designation"):
        wrong["designation"] = "请写明本人或单位在哪份材料里指定了他代收"
    elif answers.get("designation") and not named:
        wrong["designation"] = "签收人是“指定的代收人”的才填这一项"
    if not _is_signed(answers):
        wrong["signed"] = "请签收人签名，或者上传已签名、盖章的送达回证；拒绝签收的，改用留置送达"
    return wrong


def _left_faults(answers: Mapping[str, Any]) -> dict[str, str]:
    """What is missing where nobody would take it in: art. 89."""
    if answers.get("recording"):
        return {}
    if not answers.get("witness"):
        return {"witness": "留置送达须有见证人，或者拍照、录像记录过程"}
    if not _is_signed(answers):
        return {"signed": "请见证人签名，或者上传见证人已签名、盖章的送达回证"}
    return {}


def signer_fault(relation: str, *, of_organisation: bool, has_agent: bool) -> str | None:
    """Why somebody of that relation may not sign for this applicant; None: he may."""
    if relation in (TO_PERSON if of_organisation else TO_ORGANISATION):
        return "受送达人是单位，由法定代表人、主要负责人或者负责收件的人签收" if of_organisation \
            else "受送达人是个人，由本人或者同住成年家属签收"
    if relation == "agent" and not has_agent:
        return "办件上没有登记代理人、监护人；由本人指定代收的，选“指定的代收人”并写明凭据"
    return None


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
