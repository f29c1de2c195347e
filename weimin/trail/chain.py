"""Appending to the trail: canonical bytes, hashes, and the one INSERT.

The caller holds the lock of the subject (its row, or :func:`lock` for subjects without one)
and passes the head it read under that lock. Two appends to one subject can't both succeed:
the primary key (subject, seq) refuses the second.
"""

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from django.db import connection

from weimin.kernel import vault
from weimin.kernel.text import unkeepable

SHA256, SM3 = 1, 2
_NAMES = {SHA256: "sha256", SM3: "sm3"}
GENESIS = bytes(32)

# Every verb that may ever be written. An unregistered one is refused: a typing error must not
# become history. Rooms register their own.
_verbs: dict[str, str] = {}


def register(**titles: str) -> None:
    """Make verbs known with the words by which the timeline calls them."""
    _verbs.update(titles)


def title_of(verb: str) -> str:
    """What the timeline calls a verb; one of a room that is gone keeps its own name."""
    return _verbs.get(verb, verb)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a chain belongs to."""

    type: str
    id: int


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a chain; a chain without events has seq 0."""

    seq: int = 0
    hash: bytes = GENESIS


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """An event that is about to be appended."""

    verb: str
    occurred_at: datetime
    account_id: int | None = None
    post_id: int | None = None
    data: Mapping[str, Any] | None = None
    private: Mapping[str, Any] | None = None  # personal content, erasable
    wrote: Mapping[str, Any] | None = None  # what it changed in the subject's rows


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A sealed event, as it goes into the table."""

    subject: Subject
    seq: int
    draft: Draft
    recorded_at: datetime
    body: bytes
    hash: bytes
    salt: bytes = b""
    content: bytes = b""


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
)


def canonical(value: Mapping[str, Any]) -> bytes:
    """The same bytes for the same content: sorted keys, UTF-8, no spaces (RFC 8785 in spirit).

    Raises TypeError for a value that JSON has no word for: nothing is silently turned to text;
    ValueError for NUL or half of a surrogate pair: no database could read them again, for ever.
    """
    if unkeepable(value):
        raise ValueError("NUL or half of a surrogate pair in an event")
    return _ENCODER.encode(value).encode()


def digest(algorithm: int, *parts: bytes) -> bytes:
    """The hash of the parts one after another. Raises ValueError if the library lacks it."""
    made = hashlib.new(_NAMES[algorithm])
    for part in parts:
        made.update(part)
    return made.digest()


def text_of(commitment: bytes) -> str:
    """A commitment as it stands in a body: base64url without its padding, 43 letters."""
    return base64.urlsafe_b64encode(commitment).decode().rstrip("=")


def stamp(moment: datetime) -> str:
    """UTC to the microsecond: what PostgreSQL keeps."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def head_of(
    subject: Subject, seq: int, verb: str, account_id: int | None, post_id: int | None,
    occurred_at: datetime, recorded_at: datetime,
) -> bytes:
    """The columns of an event as they are hashed before its body: whose, where, what, who, when."""
    return canonical({
        "s": [subject.type, subject.id, seq], "v": verb, "by": [account_id, post_id],
        "at": stamp(occurred_at), "rec": stamp(recorded_at),
    })


def body_of(draft: Draft, commitment: bytes = b"") -> bytes:
    """The rest of an event, as it is kept and hashed: data, what it wrote, the commitment."""
    said: dict[str, Any] = {}
    if draft.data:
        said["d"] = draft.data
    if draft.wrote:
        said["w"] = draft.wrote
    if commitment:
        said["p"] = text_of(commitment)
    return canonical(said)


def seal(subject: Subject, head: Head, drafts: Iterable[Draft], recorded_at: datetime,
         algorithm: int = SHA256) -> list[Link]:
    """The drafts as links that follow ``head``. ``recorded_at`` is the database's clock.

    Raises ValueError for a verb that nobody registered.
    """
    links: list[Link] = []
    for draft in drafts:
        if draft.verb not in _verbs:
            raise ValueError(f"verb {draft.verb!r} is not registered with the trail")
        seq, previous = head.seq + 1, head.hash
        salt = content = commitment = b""
        if draft.private:
            salt, plain = os.urandom(16), canonical(draft.private)
            commitment = digest(algorithm, salt, plain)
            content = vault.encrypt(plain.decode())
        body = body_of(draft, commitment)
        columns = head_of(subject, seq, draft.verb, draft.account_id, draft.post_id,
                          draft.occurred_at, recorded_at)
        head = Head(seq, digest(algorithm, previous, columns, body))
        links.append(
            Link(subject=subject, seq=seq, draft=draft, recorded_at=recorded_at, body=body,
                 hash=head.hash, salt=salt, content=content)
        )
    return links


_EVENT_COLUMNS = (
    "subject_type, subject_id, seq, verb, account_id, post_id, occurred_at, recorded_at,"
    " algorithm, body, hash"
)


def insert_events(links: list[Link], algorithm: int = SHA256) -> tuple[str, list[Any]]:
    """An INSERT of the links and its parameters, to stand alone or in a WITH."""
    rows, params = [], []
    for link in links:
        rows.append("(%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)")
        draft = link.draft
        params += [link.subject.type, link.subject.id, link.seq, draft.verb, draft.account_id,
                   draft.post_id, draft.occurred_at, link.recorded_at, algorithm, link.body,
                   link.hash]
    return f"INSERT INTO trail_event ({_EVENT_COLUMNS}) VALUES {','.join(rows)}", params


def insert_private(links: list[Link]) -> tuple[str, list[Any]] | None:
    """An INSERT of what is personal in the links, or None if nothing is."""
    personal = [link for link in links if link.content]
    if not personal:
        return None
    rows = ",".join("(%s,%s,%s,%s,%s)" for _ in personal)
    params = [
        value
        for link in personal
        for value in (link.subject.type, link.subject.id, link.seq, link.salt, link.content)
    ]
    return (
        f"INSERT INTO trail_private (subject_type, subject_id, seq, salt, content) VALUES {rows}",
        params,
    )


def lock(subject: Subject) -> tuple[Head, datetime]:
    """Lock a subject that has no row of its own to lock; its head and the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"{subject.type}:{subject.id}"],
        )
        cursor.execute(
            "SELECT clock_timestamp(), seq, hash FROM (VALUES (1)) one LEFT JOIN LATERAL"
            " (SELECT seq, hash FROM trail_event WHERE subject_type = %s AND subject_id = %s"
            " ORDER BY seq DESC LIMIT 1) last ON true",
            [subject.type, subject.id],
        )
        recorded_at, seq, hash_ = cursor.fetchone()
    return (Head(seq, bytes(hash_)) if seq else Head()), recorded_at


def append(subject: Subject, *drafts: Draft) -> Head:
    """Append to a subject that is not a case. Must run inside a transaction."""
    head, recorded_at = lock(subject)
    links = seal(subject, head, drafts, recorded_at)
    with connection.cursor() as cursor:
        cursor.execute(*insert_events(links))
        if private := insert_private(links):
            cursor.execute(*private)
    return Head(links[-1].seq, links[-1].hash)


class Somebody(Protocol):
    """Who did it: an account in a post, or neither of them."""

    @property
    def account_id(self) -> int | None: ...
    @property
    def post_id(self) -> int | None: ...


def note(subject: Subject, verb: str, *, by: Somebody, now: datetime, **data: Any) -> Head:
    """Append one plain event. Must run inside the transaction of what it tells of."""
    return append(subject, Draft(verb=verb, occurred_at=now, data=data or None,
                                 account_id=by.account_id, post_id=by.post_id))
