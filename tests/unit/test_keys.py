"""Keys: made once, whole, whoever asks first."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from weimin.kernel import keys


def test_whoever_asks_first_all_get_the_same_key(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: keys.key_file(folder, "vault"), range(64)))
    assert len(found) == 1 and len(found.pop()) == 32
    assert [path.name for path in folder.iterdir()] == ["vault"]
    assert stat.S_IMODE((folder / "vault").stat().st_mode) == 0o600


def test_a_full_disk_leaves_no_half_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keys.os, "fsync", full)
    with pytest.raises(OSError):
        keys.key_file(tmp_path, "vault")
    assert list(tmp_path.iterdir()) == []
