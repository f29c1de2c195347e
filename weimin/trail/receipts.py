"""The receipt a resident keeps: a short code that only this event, in this chain, can give.

It holds the case number, the event's place in the chain and the first 80 bits of the chain's
hash there. Whoever changes anything before it would have to find another chain with the same
80 bits; whoever holds the receipt can have it compared at any counter.
"""

import base64
from dataclasses import dataclass

_BYTES = 10


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt, taken apart."""

    number: str
    seq: int
    mark: str


def receipt(number: str, seq: int, hash_: bytes) -> str:
    """``26000000123-4-ABCDEFGHIJKLMNOP``: letters that are easy to read and to type."""
    mark = base64.b32encode(hash_[:_BYTES]).decode()
    return f"{number}-{seq}-{mark}"


def parse(text: str) -> Receipt:
    """Raises ValueError in words when ``text`` is no receipt."""
    parts = text.strip().upper().split("-")
    if len(parts) != 3 or not parts[1].isdigit():
        raise ValueError("回执码应形如 26000000123-4-ABCDEFGHIJKLMNOP，请对照回执再输一次")
    return Receipt(parts[0], int(parts[1]), parts[2])


def matches(found: Receipt, hash_: bytes) -> bool:
    """Whether the chain's hash at that place is the one the receipt was given for."""
    return base64.b32encode(hash_[:_BYTES]).decode() == found.mark
