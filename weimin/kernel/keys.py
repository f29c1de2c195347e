"""Keys lie in files beside the data, never in the database and never in its backup."""

import os
import secrets
from pathlib import Path


def key_file(folder: Path, name: str, make: "int" = 32) -> bytes:
    """The key of that name, made on first use and readable by its owner only."""
    path = folder / name
    try:
        return path.read_bytes()
    except FileNotFoundError:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process was first; its key is the key
        return path.read_bytes()
    with os.fdopen(handle, "wb") as file:
        key = secrets.token_bytes(make)
        file.write(key)
    return key


def secret_key(folder: Path) -> str:
    """What Django signs cookies with."""
    return key_file(folder, "django", 48).hex()
