"""Uploads: files that come in pieces over slow lines, and wait for the form they belong to.

Whoever sends a file announces its size and its SHA-256, gets an opaque id, and sends pieces, each
with the offset it begins at. After a break the offset is asked and sending goes on there; the same
announcement finds the same upload again. A whole file whose bytes are not what was announced, or
that is neither a picture nor a PDF, is refused.

An upload belongs to the account that began it, or to the account whose form a phone's door opens
into. It is forgotten after a day.
"""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import file_digest
from hashlib import sha256 as sha256_of
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum

from weimin.documents.models import PhoneDoor, Upload
from weimin.documents.store import LARGEST, Page, media_type_of, picture
from weimin.kernel.errors import Invalid, NotFound, TooMany, WrongState

LARGEST_PIECE = 1024 * 1024  # bytes
MOST_WAITING = 300 * 1024 * 1024  # bytes of one account that no form has taken yet
KEPT = timedelta(hours=24)
DOOR_OPEN = timedelta(minutes=15)
TURNS = ("0", "90", "180", "270")


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """Whose uploads: an account's; through a door only those that came through it."""

    account_id: int
    door_id: int | None = None


def begin(owner: Owner, *, size: int, digest: str, name: str, now: datetime) -> Upload:
    """The upload of a file of that size and SHA-256: the one that was begun, or a new one.

    Raises Invalid for an empty or too large file or a malformed hash, TooMany when files that no
    form has taken fill this account's share.
    """
    if not 0 < size <= LARGEST:
        raise Invalid(f"文件应在 {LARGEST // 2**20} MB 以内，且不能是空的", "请降低扫描分辨率后再传")
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise Invalid("文件的校验值不对", "请刷新页面后重新选择文件")
    known = _alive(owner, now).filter(digest=digest, size=size).order_by("-begun_at").first()
    if known is not None:
        return known
    waiting = Upload.objects.filter(account_id=owner.account_id, used_at=None, ends_at__gt=now)
    if (waiting.aggregate(bytes=Sum("size"))["bytes"] or 0) + size > MOST_WAITING:
        raise TooMany("传上来还没有用的文件太多了", "请先提交表单，或去掉不用的文件")
    return Upload.objects.create(
        id=secrets.token_urlsafe(16), account_id=owner.account_id, door_id=owner.door_id,
        name=name.strip()[:200] or "scan", size=size, digest=digest, begun_at=now,
        ends_at=now + KEPT,
    )


def find(owner: Owner, upload: str, now: datetime) -> Upload:
    """That upload. Raises NotFound for one that is somebody else's, gone or expired."""
    found = _alive(owner, now).filter(pk=upload).first()
    if found is None:
        raise NotFound("没有这个文件，或者已经过期", "请重新选择文件")
    return found


def append(owner: Owner, upload: str, *, offset: int, piece: bytes, now: datetime) -> Upload:
    """Write one piece where it belongs; with the last one the file is checked.

    A file that is whole stays as it is. Raises WrongState with ``offset`` (where to go on) for a
    piece that belongs elsewhere, Invalid for one beyond the end and for a file that is not what
    was announced, whose bytes are then forgotten.
    """
    if len(piece) > LARGEST_PIECE:
        raise Invalid("一次传得太多", "请刷新页面后重试")
    with transaction.atomic():
        found = find(owner, upload, now)
        found = Upload.objects.select_for_update().get(pk=found.pk)
        here = min(found.received, _on_disk(found.pk))
        if found.media_type and offset + len(piece) <= found.size:
            return found  # the answer to the last piece was lost
        if offset != here:
            raise WrongState("接不上：前面的内容还没有收到", "请从断点继续", offset=here)
        if offset + len(piece) > found.size:
            raise Invalid("内容比文件本身还长", "请重新选择文件")
        _write(found.pk, offset, piece)
        found.received = offset + len(piece)
        wrong = _check(found) if found.received == found.size else None
        if wrong is not None:
            found.received = 0
        found.save(update_fields=["received", "media_type"])
    if wrong is not None:
        path_of(found.pk).unlink(missing_ok=True)
        raise wrong
    return found


def _check(upload: Upload) -> Invalid | None:
    """What is wrong with a file that has come whole; sets its type."""
    path = path_of(upload.pk)
    with path.open("rb") as file:
        if file_digest(file, "sha256").hexdigest() != upload.digest:
            return Invalid(f"{upload.name} 在路上变了样", "请重新传这一页")
    try:
        upload.media_type = media_type_of(upload.name, path.read_bytes())
    except Invalid as error:
        return error
    return None


def keep_whole(owner: Owner, *, content: bytes, name: str, now: datetime) -> Upload:
    """The same for a file that came at once, from a browser without script."""
    made = begin(owner, size=len(content), digest=sha256_of(content).hexdigest(), name=name, now=now)
    while made.received < made.size:
        piece = content[made.received : made.received + LARGEST_PIECE]
        made = append(owner, made.pk, offset=made.received, piece=piece, now=now)
    return made


def look(upload: Upload, *, side: int = 320) -> bytes:
    """A small JPEG of a whole picture. Raises NotFound for a PDF, or before it is whole."""
    if not upload.media_type.startswith("image/"):
        raise NotFound("没有预览")
    return picture(Page(name=upload.name, content=path_of(upload.pk).read_bytes()), side=side)


def drop(owner: Owner, upload: str, now: datetime) -> None:
    """Forget an upload that nobody wants. Safe to repeat; what a form has taken stays."""
    gone = _alive(owner, now).filter(pk=upload, used_at=None)
    if gone.delete()[0]:
        path_of(upload).unlink(missing_ok=True)


def take(account_id: int, said: str, now: datetime) -> list[Page]:
    """The pages that a form names: ``id`` or ``id:90``, in order, parted by spaces.

    Safe to repeat, so that a form sent twice says the same. Raises Invalid for what is not this
    account's, has expired or has not come whole.
    """
    pages, owner = [], Owner(account_id=account_id)
    for word in said.split():
        key, _, turn = word.partition(":")
        found = _alive(owner, now).filter(pk=key).first()
        if found is None or not found.media_type:
            raise Invalid("有一页扫描件没有传完，或者已经过期", "请去掉它，重新拍或重新选择")
        pages.append(Page(name=found.name, content=path_of(found.pk).read_bytes(),
                          turn=int(turn) if turn in TURNS else 0))
        Upload.objects.filter(pk=key).update(used_at=now)
    return pages


def forget(now: datetime) -> int:
    """Drop what has expired, and files of uploads that no row knows; how many went."""
    gone = Upload.objects.filter(ends_at__lte=now).delete()[0]
    gone += PhoneDoor.objects.filter(ends_at__lte=now - KEPT).delete()[0]
    known = set(Upload.objects.values_list("pk", flat=True))
    old = (now - KEPT).timestamp()
    for path in Path(settings.UPLOADS).glob("*"):
        if path.name not in known and path.stat().st_mtime < old:
            path.unlink(missing_ok=True)
    return int(gone)


# -- the phone's door ----------------------------------------------------------------------------


def open_door(account_id: int, label: str, now: datetime) -> tuple[PhoneDoor, str]:
    """A door into this account's form, and the token that opens it."""
    token = secrets.token_urlsafe(16)
    door = PhoneDoor.objects.create(
        token_hash=_mark(token), account_id=account_id, label=label.strip()[:100], made_at=now,
        ends_at=now + DOOR_OPEN,
    )
    return door, token


def door_at(token: str, now: datetime) -> PhoneDoor:
    """The door of that token. Raises NotFound once its time is over."""
    found = PhoneDoor.objects.filter(token_hash=_mark(token), ends_at__gt=now).first()
    if found is None:
        raise NotFound("这个二维码已经失效", "请在窗口的电脑上重新点“手机拍”，再扫一次")
    return found


def enter(token: str, secret: str, now: datetime) -> tuple[PhoneDoor, str]:
    """Go in, as the first browser or as the same one again; the secret it must show next time.

    Raises NotFound for a second browser: whoever photographs the code later gets nothing.
    """
    door, fresh = door_at(token, now), secrets.token_urlsafe(16)
    if PhoneDoor.objects.filter(pk=door.pk, phone_hash=None).update(phone_hash=_mark(fresh)):
        return PhoneDoor.objects.get(pk=door.pk), fresh
    return through(token, secret, now), secret


def through(token: str, secret: str, now: datetime) -> PhoneDoor:
    """The door, for the browser that went in. Raises NotFound for any other."""
    door = door_at(token, now)
    if door.phone_hash is None or not secrets.compare_digest(bytes(door.phone_hash), _mark(secret)):
        raise NotFound("这个二维码已经在另一部手机上打开", "请在窗口的电脑上重新点“手机拍”，再扫一次")
    return door


def came_through(account_id: int, door: int) -> Sequence[Upload]:
    """What has come whole through a door of this account, in its order."""
    found = Upload.objects.filter(account_id=account_id, door_id=door, door__account_id=account_id)
    return list(found.exclude(media_type="").order_by("begun_at"))


def close_door(door: PhoneDoor, now: datetime) -> None:
    """Nothing comes through any more."""
    PhoneDoor.objects.filter(pk=door.pk, ends_at__gt=now).update(ends_at=now)


# -- bytes ---------------------------------------------------------------------------------------


def path_of(upload: str) -> Path:
    """Where the bytes of an upload wait."""
    return Path(settings.UPLOADS) / upload


def _alive(owner: Owner, now: datetime) -> QuerySet[Upload]:
    mine = Upload.objects.filter(account_id=owner.account_id, ends_at__gt=now)
    return mine if owner.door_id is None else mine.filter(door_id=owner.door_id)


def _on_disk(upload: str) -> int:
    path = path_of(upload)
    return path.stat().st_size if path.exists() else 0


def _write(upload: str, offset: int, piece: bytes) -> None:
    path = path_of(upload)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.ftruncate(handle, offset)  # what came after the last safe byte never counted
        os.pwrite(handle, piece, offset)
        os.fsync(handle)
    finally:
        os.close(handle)


def _mark(secret: str) -> bytes:
    return sha256_of(secret.encode()).digest()
