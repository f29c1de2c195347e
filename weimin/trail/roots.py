"""Signed roots: a fingerprint of all chains, taken daily and carried out of the database.

A root covers the heads of the chains that moved since the root before it, and the root before
it. It is signed with a key that is not in the database and exported as a file. Whoever rewrites
a chain, even as the database's superuser and with every hash recomputed, would have to change
the exported file too. What is younger than the last root is protected by the receipts that
residents hold, and by nothing else.
"""

import base64
import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import connection, transaction

from weimin.kernel.clock import local
from weimin.kernel.keys import key_file
from weimin.trail.chain import GENESIS, SHA256, digest, stamp

_LEAF = struct.Struct(">qi32s")  # subject id, seq, hash
_CHUNK = 8192  # bytes of a root's leaves that are read at a time


@dataclass(frozen=True, slots=True)
class Leaf:
    """The head of one chain at the moment of a root."""

    type: str
    id: int
    seq: int
    hash: bytes

    def pack(self) -> bytes:
        """One length byte, the type, and the rest in 44 bytes."""
        name = self.type.encode()
        return bytes([len(name)]) + name + _LEAF.pack(self.id, self.seq, self.hash)


def unpack(data: bytes) -> Iterator[Leaf]:
    """The leaves in a root's bytes. Raises ValueError for bytes that are no leaves."""
    at = 0
    while at < len(data):
        end = at + 1 + data[at]
        name = data[at + 1 : end].decode()
        if end + _LEAF.size > len(data):
            raise ValueError("cut-off leaf")
        yield Leaf(name, *_LEAF.unpack_from(data, end))
        at = end + _LEAF.size


# The head of every chain. One snapshot: a chain is in it as it was committed, or not at all.
_HEADS = """
SELECT DISTINCT ON (subject_type, subject_id) subject_type, subject_id, seq, hash
  FROM trail_event ORDER BY subject_type, subject_id, seq DESC
"""


def take_root(now: datetime, *, keys: Path, folder: Path | None) -> str | None:
    """Sign a root over what moved since the last one, and export it; None if nothing moved.

    Returns the root's digest in hex.
    """
    with snapshot(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('trail_root', 0))")
        known = {(leaf.type, leaf.id): leaf.seq for leaf in _all_leaves()}
        cursor.execute(_HEADS)
        moved = [
            Leaf(kind, id_, seq, bytes(hash_))
            for kind, id_, seq, hash_ in cursor.fetchall()
            if known.get((kind, id_)) != seq
        ]
        if not moved:
            export_missing(folder)
            return None
        cursor.execute("SELECT digest FROM trail_root ORDER BY id DESC LIMIT 1")
        last = cursor.fetchone()
        previous = bytes(last[0]) if last else GENESIS
        leaves = b"".join(leaf.pack() for leaf in moved)
        key = _signing_key(keys)
        made = digest_of(previous, now, _key_id(key.public_key()), leaves)
        signature = key.sign(made)
        cursor.execute(
            "INSERT INTO trail_root (taken_at, leaves, count, previous, digest, signature, key_id)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [now, leaves, len(moved), previous, made, signature, _key_id(key.public_key())],
        )
    export_missing(folder)
    return made.hex()


def digest_of(previous: bytes, taken_at: datetime, key_id: str, leaves: bytes) -> bytes:
    """What is signed: the root before, the moment, the key and the leaves."""
    return digest(SHA256, previous, stamp(taken_at).encode(), key_id.encode(), leaves)


def covering(type_: str, id_: int, *, keys: Path) -> dict[str, Any] | None:
    """The last root that has that chain, as an outsider reads it; None when there is none yet.

    ``covers`` is the place in the chain up to which the root signs it.
    """
    wanted = Leaf(type_, id_, 0, b"").pack()[:-_LEAF.size + 8]  # all but place and hash
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, taken_at, leaves, previous, digest, signature, key_id FROM trail_root"
            " WHERE position(%s IN leaves) > 0 ORDER BY id DESC LIMIT 1", [wanted],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    number, taken_at, leaves, previous, made, signature, key_id = row
    found = next((leaf for leaf in unpack(bytes(leaves)) if (leaf.type, leaf.id) == (type_, id_)),
                 None)
    if found is None:  # the same bytes by chance, across two leaves
        return None
    public = _signing_key(keys).public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return {
        "root": number, "taken_at": stamp(taken_at), "covers": found.seq, "key": key_id,
        "leaves": base64.b64encode(bytes(leaves)).decode(), "previous": bytes(previous).hex(),
        "digest": bytes(made).hex(), "signature": bytes(signature).hex(),
        "public_key": public.hex(),
    }


def leaves_of(number: int) -> Iterator[Leaf]:
    """The leaves of one root, in the order of the chains, read a little at a time."""
    rest, at = b"", 1
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT substring(leaves FROM %s FOR %s) FROM trail_root WHERE id = %s",
                           [at, _CHUNK, number])
            part = bytes(cursor.fetchone()[0])
        at += len(part)
        whole = rest + part
        end = len(whole)
        if len(part) == _CHUNK:  # more may follow: keep what may be the beginning of a leaf
            end = _last_whole(whole)
        yield from unpack(whole[:end])
        rest = whole[end:]
        if len(part) < _CHUNK:
            return


def _last_whole(data: bytes) -> int:
    at = 0
    while at < len(data) and (end := at + 1 + data[at] + _LEAF.size) <= len(data):
        at = end
    return at


@contextmanager
def snapshot() -> Iterator[None]:
    """A transaction that sees one state of all chains; an outer one, where there is one, must do."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _all_leaves() -> Iterator[Leaf]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT leaves FROM trail_root ORDER BY id")
        for (leaves,) in cursor.fetchall():
            yield from unpack(bytes(leaves))


def export_missing(folder: Path | None) -> int:
    """Write the roots that are newer than the newest exported one; how many.

    A power cut or a full disk between signing and exporting is made good the next day. An older
    copy that is gone stays gone: only what was carried away could replace it.
    """
    if folder is None:
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    newest = max(exported(folder), default=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, taken_at, digest, previous, signature, key_id, count FROM trail_root"
            " WHERE id > %s ORDER BY id", [newest],
        )
        rows = cursor.fetchall()
    for number, taken_at, made, previous, signature, key_id, count in rows:
        said = {
            "root": number, "taken_at": local(taken_at).isoformat(), "digest": bytes(made).hex(),
            "previous": bytes(previous).hex(), "signature": bytes(signature).hex(), "key": key_id,
            "chains": count,
        }
        path = folder / f"root-{number:06d}.json"
        part = path.with_suffix(".part")
        part.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
        part.replace(path)
    return len(rows)


def exported(folder: Path) -> dict[int, dict[str, str]]:
    """The exported roots by number: the copies that the database can't change."""
    found = {}
    for path in sorted(folder.glob("root-*.json")):
        said = json.loads(path.read_text(encoding="utf-8"))
        found[int(said["root"])] = said
    return found


def signature_holds(made: bytes, signature: bytes, keys: Path) -> bool:
    """Whether our own key signed that digest."""
    try:
        _signing_key(keys).public_key().verify(signature, made)
    except InvalidSignature:
        return False
    return True


def _signing_key(keys: Path) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(key_file(keys, "trail"))


def _key_id(key: Ed25519PublicKey) -> str:
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return digest(SHA256, raw).hex()[:16]
