"""Publishing a pack: what it says of the place becomes rows, from today on.

Publishing is safe to repeat: what is the same stays, and the same pack twice changes nothing.
Areas, offices and posts are ended and never deleted; an item that changed gets a new version.
Then running cases follow: those of offices that are no more pass to their heirs, and terms are
computed again when the calendar moved.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection, transaction

from weimin.cases.recompute import recompute_running
from weimin.cases.succession import Succession, succeed_running
from weimin.catalogue.models import PackArchive, PackVersion
from weimin.kernel.clock import local
from weimin.kernel.errors import Invalid
from weimin.kernel.watching import Watch, unwatched
from weimin.packs.export import packed
from weimin.packs.lint import lint
from weimin.packs.parts import Part, Publication, compared
from weimin.packs.read import Pack
from weimin.packs.written import Fault
from weimin.trail import chain

chain.register(publish="发布")

Say = Callable[[str], object]


class Faulty(Invalid):
    """The pack has faults: nothing was published."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)), "改正后再发布")
        self.faults = faults


@dataclass(kw_only=True)
class Published:
    """What a publication did."""

    version: int
    items: int = 0
    parts: list[str] = field(default_factory=list)  # what differed; empty: nothing did
    changed: list[str] = field(default_factory=list)  # codes of items with a new version
    withdrawn: list[str] = field(default_factory=list)
    recomputed: int = 0  # running cases whose dates moved with the calendar
    succession: Succession = field(default_factory=Succession)


def publish(
    pack: Pack, *, now: datetime, account_id: int | None = None, note: str = "",
    say: Say = lambda text: None, watch: Watch = unwatched,
) -> Published:
    """Publish a pack that has no faults. ``say`` and ``watch`` are told how far it is.

    Raises Faulty with all faults when it has any, also those that only the database can know:
    nothing is published then.
    """
    _refuse(lint(pack))
    with transaction.atomic():
        result = _publish(pack, now, account_id, note, say)
    # Each case by itself, after the commit: what is cut off here is taken up by the worker.
    result.recomputed = recompute_running(now=now, watch=watch)
    result.succession = succeed_running(now=now, watch=watch)
    return result


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise Faulty(faults)


def _publish(
    pack: Pack, now: datetime, account_id: int | None, note: str, say: Say
) -> Published:
    with connection.cursor() as cursor:  # one at a time: each compares with what the other wrote
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('publish', 0))")
    say("与已发布的比较……")
    parts = _compared(pack, local(now).date())
    last = PackVersion.objects.filter(pack=pack.name).order_by("-number").first()
    if last is not None and last.digest == pack.digest and not parts:
        _keep(last, pack)  # published before its files were kept
        return Published(version=last.number, items=len(pack.items))
    version = PackVersion.objects.create(
        pack=pack.name, number=last.number + 1 if last else 1, digest=pack.digest,
        published_at=now, published_by_id=account_id, note=note,
    )
    _keep(version, pack)
    publication = Publication(version=version, now=now)
    for number, part in enumerate(parts, start=1):
        say(f"（{number}/{len(parts)}）{part.title}……")
        part.apply(publication)
    chain.append(
        chain.Subject("pack", version.pk),
        chain.Draft(
            verb="publish", occurred_at=now, account_id=account_id,
            data={"pack": pack.name, "number": version.number, "digest": pack.digest,
                  "parts": [part.title for part in parts],
                  "changed": publication.changed, "withdrawn": publication.withdrawn},
        ),
    )
    return Published(
        version=version.number, items=len(pack.items), parts=[part.title for part in parts],
        changed=publication.changed, withdrawn=publication.withdrawn,
    )


def _keep(version: PackVersion, pack: Pack) -> None:
    if not PackArchive.objects.filter(pk=version.pk).exists():
        PackArchive.objects.create(version=version, content=packed(pack.folder)[0])


def _compared(pack: Pack, today: date) -> list[Part]:
    """The parts that differ. Raises Faulty for faults that only the database can know."""
    parts = list(compared(pack, today))
    _refuse([fault for part in parts for fault in part.faults()])
    return [part for part in parts if part]
