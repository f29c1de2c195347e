"""评价: five levels for one contact, never forced, words optional (GB/T 39735-2020).

A contact is something that an officer did with the resident's case: received, accepted, told
what is missing, decided, delivered. Each can be rated once, by whoever is a party.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from weimin.cases.file import CaseFile
from weimin.cases.models import Case
from weimin.kernel import vault
from weimin.kernel.clock import local
from weimin.kernel.errors import Invalid, NotAllowed, NotFound
from weimin.network.actor import SYSTEM, Actor
from weimin.trail import chain
from weimin.voice.models import Rating

LEVELS = ((5, "非常满意"), (4, "满意"), (3, "基本满意"), (2, "不满意"), (1, "非常不满意"))
CONTACTS = ("receive", "accept", "notify_missing", "notify_again", "refuse", "complete",
            "done_outside", "close")
LONGEST = 500

chain.register(rate="评价", rate_words="补充评价")


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """A contact that may still be rated."""

    seq: int
    title: str
    office: str
    at: datetime


_RATEABLE = """
SELECT e.seq, e.verb, o.id, o.name, e.occurred_at FROM trail_event e
  JOIN network_post p ON p.id = e.post_id JOIN network_office o ON o.id = p.office_id
 WHERE e.subject_type = 'case' AND e.subject_id = %s AND e.verb = ANY(%s)
   AND NOT EXISTS (SELECT FROM voice_rating r WHERE r.case_id = %s AND r.contact = e.seq)
 ORDER BY e.seq DESC
"""


def _rows(case_id: int) -> list[tuple[int, str, int, str, datetime]]:
    with connection.cursor() as cursor:
        cursor.execute(_RATEABLE, [case_id, list(CONTACTS), case_id])
        found: list[tuple[int, str, int, str, datetime]] = cursor.fetchall()
    return found


def rateable(case_id: int) -> list[Contact]:
    """The contacts of a case that were not rated yet, the newest first."""
    return [
        Contact(seq=seq, title=chain.title_of(verb), office=office, at=local(at))
        for seq, verb, _, office, at in _rows(case_id)
    ]


@transaction.atomic
def rate(
    number: str, *, actor: Actor | None, now: datetime, contact: int, level: int,
    words: str = "", channel: str = "web", last_four: str = "",
) -> None:
    """Rate one contact. The words are personal content; the level is what is counted.

    Without an actor by whoever follows the case: its number and the last four of the phone.
    Raises NotFound or NotAllowed for anybody else, Invalid for a contact that can't be rated
    (any more) or a level that does not exist.
    """
    file = CaseFile.load(number, actor=actor or SYSTEM, now=now, lock=True)
    _must_be_his(file, actor, last_four)
    if level not in dict(LEVELS):
        raise Invalid(fields={"level": "请选一个评价"})
    if len(words) > LONGEST:
        raise Invalid(fields={"words": f"最多{LONGEST}字"})
    offices = {seq: office for seq, _, office, _, _ in _rows(file.id)}
    if contact not in offices:
        raise Invalid(fields={"contact": "这次服务已经评价过，或不能评价"})
    Rating.objects.create(
        case_id=file.id, contact=contact, office_id=offices[contact], level=level, words=words,
        rated_at=now, channel=channel,
    )
    file.record("rate", {"contact": contact, "level": level, "channel": channel,
                         "office": offices[contact]},
                private={"words": words} if words else None)
    file.seal()
    file.save()


@transaction.atomic
def add_words(
    number: str, *, actor: Actor | None, now: datetime, contact: int, words: str,
    last_four: str = "",
) -> None:
    """Words to a rating that was given without any.

    Raises as :func:`rate`; Invalid also where words stand already, or nothing was rated.
    """
    file = CaseFile.load(number, actor=actor or SYSTEM, now=now, lock=True)
    _must_be_his(file, actor, last_four)
    if not words or len(words) > LONGEST:
        raise Invalid(fields={"words": f"请写几句，最多{LONGEST}字"})
    if not Rating.objects.filter(case_id=file.id, contact=contact, words="").update(words=words):
        raise Invalid(fields={"contact": "这次服务还没有评价，或已经写过话了"})
    file.record("rate_words", {"contact": contact}, private={"words": words})
    file.seal()
    file.save()


def forget_words(case_id: int) -> None:
    """What residents wrote beside their ratings of a case goes; the ratings stay and count."""
    Rating.objects.filter(case_id=case_id).update(words="")


def _must_be_his(file: CaseFile, actor: Actor | None, last_four: str) -> None:
    if actor is not None:
        if not file.is_party:
            raise NotAllowed("只有申请人可以评价")
        return
    known = Case.objects.values_list("follow_hash", flat=True).get(pk=file.id)
    told = vault.lookup(f"{file.number}:{last_four}")
    if known is None or not hmac.compare_digest(bytes(known), told):
        raise NotFound("没有找到这个办件", "请核对编号和手机号后四位")
