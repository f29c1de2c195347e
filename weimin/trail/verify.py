"""Verifying the trail: every byte, every column, every chain, every root, and what it is about.

Read-only and in one pass in the order of the chains, so that it runs on a replica, in a memory
that does not grow with the number of chains. The first broken record of each chain is named;
what follows it in the same chain is not worth naming. Rooms that keep rows of what their events
say register a :class:`Witness`: it sees the events of every sound chain and says which rows are
not what the chain says.
"""

import heapq
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from django.db import connection

from weimin.kernel import vault
from weimin.trail import roots
from weimin.trail.chain import GENESIS, Subject, digest, head_of, text_of

BATCH = 500  # chains whose rows are compared at a time
_PAGE = 2000  # events fetched at a time

_EVENTS = """
SELECT e.subject_type, e.subject_id, e.seq, e.verb, e.account_id, e.post_id, e.occurred_at,
       e.recorded_at, e.algorithm, e.body, e.hash, p.salt, p.content
  FROM trail_event e
  LEFT JOIN trail_private p USING (subject_type, subject_id, seq)
 {where}
 ORDER BY e.subject_type, e.subject_id, e.seq
"""


@dataclass(frozen=True, slots=True)
class Broken:
    """A record, or a row, that is not what it was."""

    subject: str
    seq: int  # 0: not one event, but what they say together
    what: str

    def __str__(self) -> str:
        return f"{self.subject} 第 {self.seq} 条：{self.what}" if self.seq else \
            f"{self.subject} {self.what}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One event of a sound chain, as a witness reads it."""

    seq: int
    verb: str
    account_id: int | None
    occurred_at: datetime
    recorded_at: datetime
    data: dict[str, Any]
    wrote: dict[str, Any]
    private: dict[str, Any] | None  # None: there was none, or it was erased
    erased: bool


class Witness(Protocol):
    """Compares the rows of subjects with their chains; one object per verification."""

    def see(self, subject_id: int, events: Sequence[Seen]) -> None:
        """The events of one sound chain."""

    def compare(self) -> Iterator[Broken]:
        """What is wrong with the rows of the subjects seen since the last call."""

    def unseen(self) -> Iterator[Broken]:
        """Rows of subjects that have no chain at all."""


_witnesses: dict[str, list[Callable[[], Witness]]] = {}


def register(subject_type: str, make: Callable[[], Witness]) -> None:
    """Have the rows of a subject type compared with its chains."""
    _witnesses.setdefault(subject_type, []).append(make)


@dataclass(kw_only=True, slots=True)
class Report:
    """What a verification saw."""

    events: int = 0
    chains: int = 0
    roots: int = 0
    erased: int = 0
    broken: list[Broken] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing is broken."""
        return not self.broken


def verify(
    *, keys: Path, exported: Path | None = None, subject: tuple[str, int] | None = None,
    tick: Callable[[int], object] = lambda events: None,
) -> Report:
    """Verify all chains, roots and rows, or one chain and its rows.

    ``exported`` holds the roots' outside copies. ``tick`` hears how many events were read more.
    """
    report = Report()
    with roots.snapshot():
        leaves = _Leaves(_checked_roots(report, keys, exported) if subject is None else [])
        court = _Court(report)
        for chain_of, rows in _chains(subject):
            report.chains += 1
            for lost, heads in leaves.before(chain_of):
                _lost(report, lost, heads)
            if seen := _check_chain(report, chain_of, rows, leaves.of(chain_of)):
                court.hear(chain_of, seen)
            tick(len(rows))
        for lost, heads in leaves.before(None):
            _lost(report, lost, heads)
        court.close(with_unseen=subject is None)
    return report


def count_events() -> int:
    """How many events there are to verify: for a progress bar."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM trail_event")
        return int(cursor.fetchone()[0])


class _Court:
    """Brings the sound chains before the witnesses, a batch at a time."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.waiting = 0
        self.witnesses = {kind: [make() for make in made] for kind, made in _witnesses.items()}

    def hear(self, chain_of: tuple[str, int], seen: list[Seen]) -> None:
        for witness in self.witnesses.get(chain_of[0], ()):
            witness.see(chain_of[1], seen)
        self.waiting += 1
        if self.waiting >= BATCH:
            self._compare()

    def close(self, *, with_unseen: bool) -> None:
        self._compare()
        for witness in (w for made in self.witnesses.values() for w in made):
            self.report.broken += witness.unseen() if with_unseen else ()

    def _compare(self) -> None:
        for witness in (w for made in self.witnesses.values() for w in made):
            self.report.broken += witness.compare()
        self.waiting = 0


class _Leaves:
    """The leaves of all roots in the order of the chains, read along with them.

    Each root's leaves are in that order, so they are merged and never held together. The order
    is the database's, and Python's too: a subject's type is one word of small letters.
    """

    def __init__(self, numbers: list[int]) -> None:
        self._merged = heapq.merge(*(roots.leaves_of(number) for number in numbers),
                                   key=lambda leaf: (leaf.type, leaf.id, leaf.seq))
        self._next = next(self._merged, None)

    def of(self, chain_of: tuple[str, int]) -> dict[int, bytes]:
        """The signed heads of that chain by their place. Call it in the order of the chains."""
        heads: dict[int, bytes] = {}
        while self._next is not None and (self._next.type, self._next.id) == chain_of:
            heads[self._next.seq] = self._next.hash
            self._next = next(self._merged, None)
        return heads

    def before(self, chain_of: tuple[str, int] | None
               ) -> Iterator[tuple[tuple[str, int], dict[int, bytes]]]:
        """What the roots cover before that chain (None: to the end) and nobody asked for."""
        while self._next is not None:
            found = (self._next.type, self._next.id)
            if chain_of is not None and found >= chain_of:
                return
            yield found, self.of(found)


def _lost(report: Report, chain_of: tuple[str, int], heads: dict[int, bytes]) -> None:
    report.broken.append(Broken(f"{chain_of[0]}:{chain_of[1]}", max(heads), "整条记录链不见了"))


def _chains(
    subject: tuple[str, int] | None,
) -> Iterator[tuple[tuple[str, int], list[tuple[Any, ...]]]]:
    """The chains one after another, read through a server-side cursor."""
    where = "WHERE e.subject_type = %s AND e.subject_id = %s" if subject else ""
    current: tuple[str, int] | None = None
    rows: list[tuple[Any, ...]] = []
    with connection.chunked_cursor() as cursor:
        cursor.execute(_EVENTS.format(where=where), list(subject or ()))
        while page := cursor.fetchmany(_PAGE):
            for row in page:
                if (row[0], row[1]) != current:
                    if current is not None:
                        yield current, rows
                    current, rows = (row[0], row[1]), []
                rows.append(row)
    if current is not None:
        yield current, rows


def _check_chain(
    report: Report, chain_of: tuple[str, int], rows: list[tuple[Any, ...]],
    heads: dict[int, bytes],
) -> list[Seen]:
    """The events of a sound chain; none of a broken one, of which the first fault is reported."""
    previous, name = GENESIS, f"{chain_of[0]}:{chain_of[1]}"
    found: list[Seen] = []
    for expected, row in enumerate(rows, start=1):
        report.events += 1
        seq = row[2]
        if seq != expected:
            report.broken.append(Broken(name, expected, "这一条不见了"))
            return []
        try:
            found.append(_sound(row, previous))
        except _Fault as fault:
            report.broken.append(Broken(name, seq, str(fault)))
            return []
        previous = bytes(row[10])
        if seq in heads and heads.pop(seq) != previous:
            report.broken.append(Broken(name, seq, "与已签名的根不符：这条链被整个改写过"))
            return []
    if heads:
        report.broken.append(Broken(name, max(heads), "末尾的记录不见了"))
        return []
    return found if _erasures_hold(report, name, found) else []


def _erasures_hold(report: Report, name: str, events: list[Seen]) -> bool:
    """Personal content is gone only where a later event of the same chain says so."""
    said = {seq: e.seq for e in events for seq in e.data.get("erased", ()) if seq < e.seq}
    for event in events:
        if event.erased and event.seq not in said:
            report.broken.append(Broken(name, event.seq, "个人内容不见了，没有依法删除的记录"))
            return False
        report.erased += event.erased
        if event.seq in said and not event.erased:
            report.broken.append(Broken(name, said[event.seq], "记为已删除的个人内容还在"))
            return False
    return True


class _Fault(Exception):
    """What is wrong with one event, in words."""


def _sound(row: tuple[Any, ...], previous: bytes) -> Seen:
    """One event, if it is what it was. Raises _Fault in words."""
    (kind, id_, seq, verb, account, post, occurred, recorded, algorithm, body, hash_, salt,
     content) = row
    body = bytes(body)
    columns = head_of(Subject(kind, id_), seq, verb, account, post, occurred, recorded)
    try:
        if digest(algorithm, previous, columns, body) != bytes(hash_):
            raise _Fault("内容、旁列或哈希被改动")
        said = json.loads(body)
    except (KeyError, ValueError):
        raise _Fault("内容或算法被改动") from None
    private = _private(said.get("p"), algorithm, salt, content)
    return Seen(
        seq=seq, verb=verb, account_id=account, occurred_at=occurred, recorded_at=recorded,
        data=said.get("d", {}), wrote=said.get("w", {}), private=private,
        erased="p" in said and private is None,
    )


def _private(
    commitment: str | None, algorithm: int, salt: bytes | None, content: bytes | None
) -> dict[str, Any] | None:
    """Personal content that is there must be what was committed to. Raises _Fault in words."""
    if salt is None or content is None:
        return None
    if commitment is None:
        raise _Fault("多出了从未承诺的个人内容")
    try:
        plain = vault.decrypt(content).encode()
    except Exception:  # another key, another byte: whatever the library calls it, it is changed
        raise _Fault("个人内容被改动") from None
    if text_of(digest(algorithm, bytes(salt), plain)) != commitment:
        raise _Fault("个人内容被改动")
    found: dict[str, Any] = json.loads(plain)
    return found


def _checked_roots(report: Report, keys: Path, folder: Path | None) -> list[int]:
    """The numbers of the sound roots; what is wrong with one is reported. One at a time."""
    outside = roots.exported(folder) if folder and folder.exists() else {}
    sound: list[int] = []
    previous = GENESIS
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT id, taken_at, key_id, leaves, count, previous, digest, signature FROM trail_root"
            " ORDER BY id"
        )
        for number, *columns in cursor:
            report.roots += 1
            plain: list[Any] = [bytes(c) if isinstance(c, memoryview) else c for c in columns]
            root = _Root(*plain)
            if said := _root_fault(root, previous, keys, outside.pop(number, None)):
                report.broken.append(Broken("root", number, said))
            else:
                sound.append(number)
            previous = root.digest
    for number in outside:
        report.broken.append(Broken("root", number, "已导出的根在数据库里不见了"))
    return sound


@dataclass(frozen=True, slots=True)
class _Root:
    taken_at: datetime
    key_id: str
    leaves: bytes
    count: int
    previous: bytes
    digest: bytes
    signature: bytes


def _root_fault(
    root: _Root, previous: bytes, keys: Path, copy: dict[str, str] | None
) -> str | None:
    if root.previous != previous:
        return "与前一个根不相连"
    if roots.digest_of(previous, root.taken_at, root.key_id, root.leaves) != root.digest:
        return "根的内容被改动"
    if not roots.signature_holds(root.digest, root.signature, keys):
        return "根的签名不对"
    try:
        if len(list(roots.unpack(root.leaves))) != root.count:
            return "根的条数不对"
    except (ValueError, UnicodeDecodeError):
        return "根的内容被改动"
    if copy is not None and copy["digest"] != root.digest.hex():
        return "与导出的根不符"
    return None
