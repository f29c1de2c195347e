"""Identity numbers and phones at rest: encrypted, and found again by a keyed hash.

AES-256-GCM for the text, HMAC-SHA-256 for the look-up, each with its own key. Losing the keys
loses the numbers: `weimin backup` says so and keeps them apart.
"""

import hmac
import os
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from weimin.kernel.keys import key_file

_NONCE = 12
_FORMAT = b"\x01"


@lru_cache(maxsize=4)
def _cipher(folder: Path) -> AESGCM:
    return AESGCM(key_file(folder, "vault"))


@lru_cache(maxsize=4)
def _lookup_key(folder: Path) -> bytes:
    return key_file(folder, "lookup")


def encrypt(text: str) -> bytes:
    """The text so that only this place's key opens it; empty text stays empty."""
    if not text:
        return b""
    nonce = os.urandom(_NONCE)
    return _FORMAT + nonce + _cipher(settings.KEYS).encrypt(nonce, text.encode(), None)


def decrypt(data: bytes | memoryview) -> str:
    """The text again. Raises cryptography's InvalidTag if the key or a byte is another."""
    data = bytes(data)
    if not data:
        return ""
    if data[:1] != _FORMAT:
        raise ValueError("encrypted by an unknown format")
    nonce, body = data[1 : 1 + _NONCE], data[1 + _NONCE :]
    return _cipher(settings.KEYS).decrypt(nonce, body, None).decode()


def lookup(text: str) -> bytes:
    """Sixteen bytes that are the same for the same text, and say nothing without the key."""
    return hmac.new(_lookup_key(settings.KEYS), text.encode(), sha256).digest()[:16]
