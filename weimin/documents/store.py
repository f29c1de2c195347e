"""Files by their content: written once, named by their SHA-256, never changed.

Scans come as PDF, JPEG, PNG or HEIC, several pages at a time. Pages become one PDF, turned the
way the camera was held and no larger than a reader needs. What is not an image or a PDF by its
content is refused, whatever its name says.
"""

import io
import os
import tempfile
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import transaction
from pi_heif import register_heif_opener
from PIL import Image, ImageOps, UnidentifiedImageError

from weimin.documents.models import File
from weimin.kernel.errors import Invalid

register_heif_opener()

LARGEST = 20 * 1024 * 1024  # bytes, of one upload
LONGEST_SIDE = 2200  # pixels: an A4 page at 190 dpi
MOST_PAGES = 40
Image.MAX_IMAGE_PIXELS = 120_000_000


def path_of(digest: str) -> Path:
    """Where the file of that digest lies."""
    return Path(settings.FILES) / digest[:2] / digest


def store(content: bytes, *, name: str, media_type: str, now: datetime, account_id: int | None
          ) -> File:
    """Keep the bytes; the row that names them comes after they are safe on disk."""
    digest = sha256(content).hexdigest()
    target = path_of(digest)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    return File.objects.create(digest=digest, name=name[:200], media_type=media_type,
                               size=len(content), stored_at=now, stored_by=account_id)


def store_scan(
    pages: Sequence[tuple[str, bytes]], *, now: datetime, account_id: int | None
) -> File:
    """Keep a scan of one or several pages, each a name and its bytes; one PDF comes out.

    Raises Invalid for too much, too many, or something that is neither image nor PDF.
    """
    if not pages:
        raise Invalid("没有收到文件", "请重新选择文件")
    if len(pages) > MOST_PAGES:
        raise Invalid(f"一份材料最多 {MOST_PAGES} 页", "请分成几份上传")
    for name, content in pages:
        if len(content) > LARGEST:
            raise Invalid(f"{name} 超过 {LARGEST // 2**20} MB", "请降低扫描分辨率后再传")
    if len(pages) == 1 and pages[0][1].startswith(b"%PDF-"):
        return store(pages[0][1], name="scan.pdf", media_type="application/pdf", now=now,
                     account_id=account_id)
    images = [_page(name, content) for name, content in pages]
    out = io.BytesIO()
    images[0].save(out, "PDF", save_all=True, append_images=images[1:], resolution=190, quality=80)
    return store(out.getvalue(), name="scan.pdf", media_type="application/pdf", now=now,
                 account_id=account_id)


def discard(ids: Sequence[int]) -> None:
    """Forget these files; what no other row names leaves the disk when the transaction ends well."""
    digests = set(File.objects.filter(pk__in=ids).values_list("digest", flat=True))
    File.objects.filter(pk__in=ids).delete()
    gone = digests - set(File.objects.filter(digest__in=digests).values_list("digest", flat=True))
    for digest in gone:
        transaction.on_commit(partial(path_of(digest).unlink, missing_ok=True))


def _page(name: str, content: bytes) -> Image.Image:
    """One page: upright, RGB, not larger than it needs to be."""
    try:
        image: Image.Image = Image.open(io.BytesIO(content))
        image = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise Invalid(f"{name} 不是能读的图片或 PDF", "请用 JPG、PNG、HEIC 或 PDF") from None
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return image
