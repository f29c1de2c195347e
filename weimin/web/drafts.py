"""Drafts of applications: kept on the server for their owner, so that nothing is lost on a way back,

a reload, an empty battery or a log-out. What was said is encrypted; scans wait as files. A draft is
gone when it was sent, thrown away, or not touched for a while.
"""

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict

from weimin.cases.models import Material
from weimin.documents.models import File
from weimin.documents.store import path_of
from weimin.kernel import vault
from weimin.network.actor import Actor
from weimin.web.models import Draft

RESIDENTS_KEEP = timedelta(days=30)
STAFF_KEEP = timedelta(days=7)


@dataclass
class Filled:
    """A draft while a page works on it. ``said`` has the names of the form in asking.py."""

    item: str
    said: QueryDict
    scans: dict[str, int] = field(default_factory=dict)  # material → file
    seen: list[str] = field(default_factory=list)  # pages that were answered
    known: list[str] = field(default_factory=list)  # fields that the registry filled in
    key: str = ""  # of the request that will send it: sent twice it is one case

    @property
    def begun(self) -> bool:
        """Whether its owner answered anything: what the registry knows is no answer of his."""
        return bool(set(self.seen) - set(self.known))

    def answered(self, page: str) -> None:
        """Note that a page was answered."""
        if page not in self.seen:
            self.seen.append(page)


def find(actor: Actor, item: str, now: datetime) -> Filled:
    """The actor's draft of that item; an empty one if there is none."""
    row = Draft.objects.filter(account_id=actor.account_id or 0, item=item, ends_at__gt=now).first()
    if row is None:
        return Filled(item, QueryDict(mutable=True), key=uuid.uuid4().hex)
    kept = json.loads(vault.decrypt(row.sealed))
    return Filled(item, QueryDict(kept.pop("said"), mutable=True), **kept)


def keep(actor: Actor, draft: Filled, now: datetime) -> None:
    """Keep it for its owner."""
    sealed = vault.encrypt(json.dumps({
        "said": draft.said.urlencode(), "scans": draft.scans, "seen": draft.seen,
        "known": draft.known, "key": draft.key,
    }, ensure_ascii=False))
    ends = now + (STAFF_KEEP if actor.is_staff else RESIDENTS_KEEP)
    Draft.objects.update_or_create(
        account_id=actor.account_id or 0, item=draft.item,
        defaults={"sealed": sealed, "touched_at": now, "ends_at": ends},
    )


def waiting(actor: Actor, now: datetime) -> list[Draft]:
    """The drafts of the actor, the last touched first."""
    found = Draft.objects.filter(account_id=actor.account_id or 0, ends_at__gt=now)
    return list(found.order_by("-touched_at")[:20])


def discard(actor: Actor, item: str) -> None:
    """Throw it away, scans that no case has included. Safe to repeat."""
    _drop(Draft.objects.filter(account_id=actor.account_id or 0, item=item))


def forget(now: datetime) -> int:
    """Drop the drafts whose time is over; how many."""
    return _drop(Draft.objects.filter(ends_at__lte=now))


def _drop(rows: QuerySet[Draft]) -> int:
    gone = 0
    for row in rows:
        with transaction.atomic():
            scans = set(json.loads(vault.decrypt(row.sealed))["scans"].values())
            row.delete()
            used = Material.objects.filter(file_id__in=scans).values_list("file_id", flat=True)
            for file in File.objects.filter(pk__in=scans - set(used)):
                file.delete()
                if not File.objects.filter(digest=file.digest).exists():
                    path_of(file.digest).unlink(missing_ok=True)
            gone += 1
    return gone
