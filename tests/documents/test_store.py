"""Files by their content."""

import io
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from weimin.documents import store
from weimin.documents.models import File


@pytest.fixture(autouse=True)
def own_folder(settings: object, tmp_path: Path) -> None:
    settings.FILES = tmp_path  # type: ignore[attr-defined]


def photo(shade: int) -> store.Page:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (shade, 0, 0)).save(out, "JPEG")
    return store.Page(name="a.jpg", content=out.getvalue())


def test_the_same_scan_sent_again_is_the_same_file(db: None, now: datetime) -> None:
    pages = [photo(1), photo(2)]
    first = store.store_scan(pages, now=now, account_id=7)
    again = store.store_scan(pages, now=now + timedelta(minutes=1), account_id=7)
    assert again.pk == first.pk
    other = store.store_scan(pages, now=now, account_id=8)
    later = store.store_scan(pages, now=now + timedelta(days=2), account_id=7)
    assert later.pk == first.pk != other.pk
    assert other.digest == first.digest


def test_a_full_disk_leaves_neither_file_nor_row(
    db: None, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "fsync", full)
    with pytest.raises(OSError):
        store.store_scan([photo(3)], now=now, account_id=7)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not File.objects.exists()
