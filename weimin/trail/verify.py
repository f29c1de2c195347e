"""Verifying the trail: every byte, every column, every chain, every root.

Read-only and in one pass in the order of the chains, so that it runs on a replica. The first
broken record of each chain is named; what follows it in the same chain is not worth naming.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection

from weimin.kernel import vault
from weimin.trail import roots
from weimin.trail.chain import GENESIS, digest, stamp

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
    """A record that is not what it was."""

    subject: str
    seq: int
    what: str

    def __str__(self) -> str:
        return f"{self.subject} 第 {self.seq} 条：{self.what}"


@dataclass(kw_only=True, slots=True)
class Report:
    """What a verification saw."""

    events: int = 0
    chains: int = 0
    roots: int = 0
    erased: int = 0
    broken: list[Broken]

    @property
    def holds(self) -> bool:
        """Whether nothing is broken."""
        return not self.broken


def verify(*, keys: Path, exported: Path | None = None, subject: tuple[str, int] | None = None
           ) -> Report:
    """Verify all chains and roots, or one chain. ``exported`` holds the roots' outside copies."""
    report = Report(broken=[])
    covered: dict[tuple[str, int], dict[int, bytes]] = {}
    with roots.snapshot():
        if subject is None:
            for leaf in _checked_roots(report, keys, exported):
                covered.setdefault((leaf.type, leaf.id), {})[leaf.seq] = leaf.hash
        for chain_of, rows in _chains(subject):
            report.chains += 1
            _check_chain(report, chain_of, rows, covered.pop(chain_of, {}))
    for (kind, id_), heads in covered.items():
        report.broken.append(Broken(f"{kind}:{id_}", max(heads), "整条记录链不见了"))
    return report


def _chains(
    subject: tuple[str, int] | None,
) -> Iterator[tuple[tuple[str, int], list[tuple[Any, ...]]]]:
    """The chains one after another, read through a server-side cursor."""
    where = "WHERE e.subject_type = %s AND e.subject_id = %s" if subject else ""
    current: tuple[str, int] | None = None
    rows: list[tuple[Any, ...]] = []
    with connection.chunked_cursor() as cursor:
        cursor.execute(_EVENTS.format(where=where), list(subject or ()))
        for row in cursor:
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
) -> None:
    previous, name = GENESIS, f"{chain_of[0]}:{chain_of[1]}"
    for expected, row in enumerate(rows, start=1):
        report.events += 1
        seq = row[2]
        if seq != expected:
            report.broken.append(Broken(name, expected, "这一条不见了"))
            return
        if said := _fault(row, previous):
            report.broken.append(Broken(name, seq, said))
            return
        report.erased += _is_erased(row)
        previous = bytes(row[10])
        if seq in heads and heads.pop(seq) != previous:
            report.broken.append(Broken(name, seq, "与已签名的根不符：这条链被整个改写过"))
            return
    if heads:
        report.broken.append(Broken(name, max(heads), "末尾的记录不见了"))


def _fault(row: tuple[Any, ...], previous: bytes) -> str | None:
    """What is wrong with one event, or None."""
    (kind, id_, seq, verb, account, post, occurred, recorded, algorithm, body, hash_, salt,
     content) = row
    body = bytes(body)
    try:
        if digest(algorithm, previous, body) != bytes(hash_):
            return "内容或哈希被改动"
        said = json.loads(body)
    except (KeyError, ValueError):
        return "内容或算法被改动"
    if said != {
        **said, "s": [kind, id_, seq], "v": verb, "by": [account, post],
        "at": stamp(occurred), "rec": stamp(recorded),
    }:
        return "旁列与内容不符"
    return _private_fault(said.get("p"), algorithm, salt, content)


def _private_fault(
    commitment: str | None, algorithm: int, salt: bytes | None, content: bytes | None
) -> str | None:
    """Personal content that is there must be what was committed to; it may be gone, by right."""
    if salt is None or content is None:
        return None
    if commitment is None:
        return "多出了从未承诺的个人内容"
    try:
        plain = vault.decrypt(content).encode()
    except Exception:  # another key, another byte: whatever the library calls it, it is changed
        return "个人内容被改动"
    if digest(algorithm, bytes(salt), plain).hex() != commitment:
        return "个人内容被改动"
    return None


def _is_erased(row: tuple[Any, ...]) -> bool:
    return row[11] is None and b'"p":"' in bytes(row[9])


def _checked_roots(report: Report, keys: Path, folder: Path | None) -> list[roots.Leaf]:
    """The leaves of all roots; what is wrong with a root itself is reported."""
    outside = roots.exported(folder) if folder and folder.exists() else {}
    leaves: list[roots.Leaf] = []
    previous = GENESIS
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, taken_at, key_id, leaves, count, previous, digest, signature FROM trail_root"
            " ORDER BY id"
        )
        rows = cursor.fetchall()
    for number, *columns in rows:
        report.roots += 1
        plain: list[Any] = [bytes(c) if isinstance(c, memoryview) else c for c in columns]
        root = _Root(*plain)
        if said := _root_fault(root, previous, keys, outside.pop(number, None)):
            report.broken.append(Broken("root", number, said))
        else:
            leaves += roots.unpack(root.leaves)
        previous = root.digest
    for number in outside:
        report.broken.append(Broken("root", number, "已导出的根在数据库里不见了"))
    return leaves


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
