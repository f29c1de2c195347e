"""Keys lie in files beside the data, never in the database and never in its backup."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path


def key_file(folder: Path, name: str, make: int = 32) -> bytes:
    """The key of that name, made on first use and readable by its owner only."""
    path = folder / name
    with suppress(FileNotFoundError):
        return path.read_bytes()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Whole or not there: another process must not read half a key, nor a full disk leave one.
    handle, part = tempfile.mkstemp(dir=folder, prefix=".")  # 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(make))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first; its key is the key
            os.link(part, path)
    finally:
        os.unlink(part)
    return path.read_bytes()


def make_all(folder: Path) -> None:
    """Every key from the first start on, so that whoever puts the folder away has all of them."""
    for name in ("vault", "lookup", "trail"):
        key_file(folder, name)
    secret_key(folder)


def secret_key(folder: Path) -> str:
    """What Django signs cookies with."""
    return key_file(folder, "django", 48).hex()
