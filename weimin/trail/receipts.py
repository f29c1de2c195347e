"""The receipt a resident keeps: a short code that only this event, in this chain, can give.

It holds the case number, the event's place in the chain and the first 80 bits of the chain's
hash there. Whoever changes anything before it would have to find another chain with the same
80 bits; whoever holds the receipt can have it compared at any counter.
"""

import base64
import re
from dataclasses import dataclass
from typing import Literal

from weimin.kernel.codes import CASE_NUMBER_LENGTH, is_case_number
from weimin.kernel.text import code_text

_BYTES = 10
_MARK = 16  # letters of base32
_LIKE = str.maketrans("08", "OB")  # not of base32, and easily taken for these
_SLIPS = 4  # so many letters of the mark may be typed wrongly; of another chain's, fifteen differ

Verdict = Literal["same", "mistyped", "different"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt, taken apart."""

    number: str
    seq: int
    mark: str


def receipt(number: str, seq: int, hash_: bytes) -> str:
    """``26000000123-4-ABCDEFGHIJKLMNOP``: letters that are easy to read and to type."""
    return f"{number}-{seq}-{_mark(hash_)}"


def _mark(hash_: bytes) -> str:
    return base64.b32encode(hash_[:_BYTES]).decode()


def parse(text: str) -> Receipt:
    """The receipt as it was meant: spaces, dashes of any kind and full width are no matter.

    Raises ValueError in words when ``text`` is no receipt, or its number was mistyped.
    """
    typed = re.sub(r"\W|_", "", code_text(text))
    number, seq, mark = typed[:CASE_NUMBER_LENGTH], typed[CASE_NUMBER_LENGTH:-_MARK], typed[-_MARK:]
    mark = mark.translate(_LIKE)
    if not (seq.isdecimal() and len(seq) < 7 and re.fullmatch(r"[A-Z2-7]{16}", mark)):
        raise ValueError("存证码应形如 26000000123-1-ABCDEFGHIJKLMNOP，请对照回执再输一次")
    if not is_case_number(number):
        raise ValueError("存证码前 11 位的办件编号有一位不对，请对照回执再输一次")
    return Receipt(number, int(seq), mark)


def compare(found: Receipt, hash_: bytes) -> Verdict:
    """Whether the chain's hash at that place is the one the receipt was given for.

    A hash that changed has nothing in common with the old one; where most letters are right, a
    finger slipped.
    """
    apart = sum(a != b for a, b in zip(found.mark, _mark(hash_), strict=True))
    return "same" if apart == 0 else "mistyped" if apart <= _SLIPS else "different"
