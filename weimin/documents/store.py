"""Files by their content: written once, named by their SHA-256, never changed.

Scans come as PDF, JPEG, PNG or HEIC, several at a time and in any mixture. They become one PDF in
the order given: pictures turned the way the camera was held and no larger than a reader needs,
the pages of PDFs as they are. What is not an image or a PDF by its content is refused, whatever
its name says.
"""

import io
import os
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from pi_heif import register_heif_opener
from PIL import Image, ImageOps, UnidentifiedImageError
from pypdf import PdfReader, PdfWriter

from weimin.documents.models import File
from weimin.kernel.errors import Invalid
from weimin.kernel.text import whole_number

register_heif_opener()

LARGEST = 20 * 1024 * 1024  # bytes, of one upload
LONGEST_SIDE = 2200  # pixels: an A4 page at 190 dpi
MOST_PAGES = 40
MOST_PIXELS = 120_000_000  # of one picture: what a phone of 108 megapixels takes, and not a bomb
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
# What cameras, phones and scanners write. Pillow knows more, some of it by running other programs.
_PICTURES = ("JPEG", "PNG", "HEIF", "WEBP", "BMP")
PDF = "application/pdf"


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One file of a scan as it came: a picture of one page, or a whole PDF."""

    name: str
    content: bytes
    turn: int = 0  # degrees clockwise, as somebody turned it on the screen


def path_of(digest: str) -> Path:
    """Where the file of that digest lies."""
    return Path(settings.FILES) / digest[:2] / digest


def store(content: bytes, *, name: str, media_type: str, now: datetime, account_id: int | None
          ) -> File:
    """Keep the bytes; the row that names them comes after they are safe on disk.

    The same bytes of the same account are the same file, so a form that is sent twice says the
    same twice.
    """
    digest = sha256(content).hexdigest()
    target = path_of(digest)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=target.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, target)
        except OSError:  # no space: leave nothing half written
            os.unlink(part)
            raise
    if account_id is not None:
        mine = File.objects.filter(digest=digest, stored_by=account_id, name=name[:200]).first()
        if mine is not None:
            return mine
    return File.objects.create(digest=digest, name=name[:200], media_type=media_type,
                               size=len(content), stored_at=now, stored_by=account_id)


def check_own(files: Collection[int], account_id: int | None) -> None:
    """Raises Invalid unless this account stored them all: a number alone shows nobody a file."""
    wanted = set(files)
    if wanted and (account_id is None or wanted != set(
        File.objects.filter(pk__in=wanted, stored_by=account_id).values_list("pk", flat=True)
    )):
        raise Invalid("没有收到这个文件", "请重新上传")


def store_scan(pages: Sequence[Page], *, now: datetime, account_id: int | None) -> File:
    """Keep a scan of one or several pages; one PDF comes out.

    A PDF that comes alone stays as it is, to the byte: a signature in it stays good.

    Raises Invalid for too much, too many, or something that is neither image nor PDF.
    """
    if not pages:
        raise Invalid("没有收到文件", "请重新选择文件")
    if len(pages) > MOST_PAGES:
        raise Invalid(f"一份材料最多 {MOST_PAGES} 页", "请分成几份上传")
    for page in pages:
        if len(page.content) > LARGEST:
            raise Invalid(f"{page.name} 超过 {LARGEST // 2**20} MB", "请降低扫描分辨率后再传")
    whole = [page for page in pages if media_type_of(page.name, page.content) == PDF]
    if not whole:
        content = _as_pdf(pages)
    elif len(pages) == 1:
        content = whole[0].content
    else:
        content = _joined(pages, whole)
    return store(content, name="scan.pdf", media_type=PDF, now=now, account_id=account_id)


def _as_pdf(pages: Sequence[Page]) -> bytes:
    """Pictures as one PDF, a page each."""
    first, *others = [_image(page) for page in pages]
    out = io.BytesIO()
    # No dates inside: the same pages are the same file.
    first.save(out, "PDF", save_all=True, append_images=others, resolution=190, quality=80,
               creationDate=None, modDate=None)
    return out.getvalue()


def _joined(pages: Sequence[Page], whole: Collection[Page]) -> bytes:
    """Pictures and PDFs as one PDF, in their order. Pictures are shrunk, PDFs can't be."""
    if sum(len(page.content) for page in whole) > LARGEST:
        raise Invalid(f"这份材料里的 PDF 加起来超过 {LARGEST // 2**20} MB", "请降低扫描分辨率后再传")
    out, writer, left = io.BytesIO(), PdfWriter(), MOST_PAGES
    for is_pdf, some in groupby(pages, key=lambda page: page in whole):
        for page in some if is_pdf else [Page(name="", content=_as_pdf(list(some)))]:
            left -= _append(writer, page, left)
    writer.write(out)
    return out.getvalue()


def _append(writer: PdfWriter, page: Page, room: int) -> int:
    """The pages of a PDF behind those that are there; how many. It is not ours, so it may be anything."""
    remedy = "请另存为普通的 PDF（不加密、不设密码）再传，或者改传照片"
    try:
        reader = PdfReader(io.BytesIO(page.content))
        shut = reader.is_encrypted and not reader.decrypt("")
        count = 0 if shut else len(reader.pages)
        if 0 < count <= room:
            writer.append(reader, import_outline=False)
    except Exception as error:  # a damaged or hostile file makes the library stumble anywhere
        raise Invalid(f"{page.name} 读不出来，没法和别的页合在一起", remedy) from error
    if not count:
        raise Invalid(f"{page.name} 加了密码或者没有内容，没法和别的页合在一起", remedy)
    if count > room:
        raise Invalid(f"一份材料最多 {MOST_PAGES} 页", "请分成几份上传")
    return count


def owned(file_id: Any, account_id: int | None, *, media_type: str) -> bool:
    """Whether this is a file of that kind which this account has handed in."""
    found = whole_number(str(file_id))
    if account_id is None or found is None:
        return False
    return File.objects.filter(pk=found, stored_by=account_id, media_type=media_type).exists()


def discard(ids: Sequence[int]) -> None:
    """Forget these files; what no other row names leaves the disk when the transaction ends well."""
    digests = set(File.objects.filter(pk__in=ids).values_list("digest", flat=True))
    File.objects.filter(pk__in=ids).delete()
    gone = digests - set(File.objects.filter(digest__in=digests).values_list("digest", flat=True))
    for digest in gone:
        transaction.on_commit(partial(path_of(digest).unlink, missing_ok=True))


def media_type_of(name: str, content: bytes) -> str:
    """What the bytes are, whatever the name says. Raises Invalid for neither picture nor PDF."""
    if content.startswith(b"%PDF-"):
        return PDF
    with _opened(name, content) as image:
        return Image.MIME.get(image.format or "", "image/jpeg")


def picture(page: Page, *, side: int) -> bytes:
    """The page as a small JPEG of at most ``side`` pixels. Raises Invalid for a PDF."""
    out = io.BytesIO()
    _image(page, side).save(out, "JPEG", quality=75)
    return out.getvalue()


def _opened(name: str, content: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(content), formats=_PICTURES)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise _unreadable(name) from None
    if image.width * image.height > MOST_PIXELS:
        raise Invalid(f"{name} 的像素太多", "请把相机的分辨率调低一档再拍")
    return image


def _unreadable(name: str) -> Invalid:
    return Invalid(f"{name} 不是能读的图片或 PDF", "请用 JPG、PNG、HEIC 或 PDF")


def _image(page: Page, side: int = LONGEST_SIDE) -> Image.Image:
    """One page: upright, as it was turned, RGB, not larger than it needs to be."""
    with _opened(page.name, page.content) as opened:
        opened.draft("RGB", (side, side))  # a large JPEG is decoded at half or a quarter
        try:
            image = ImageOps.exif_transpose(opened).convert("RGB")
        except (OSError, ValueError, Image.DecompressionBombError):
            raise _unreadable(page.name) from None
    image.thumbnail((side, side))
    return image.rotate(-page.turn, expand=True) if page.turn else image
