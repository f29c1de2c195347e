"""Which characters our fonts can print.

Typst drops a character that no font has without a word, and a certificate that
lacks a syllable of its holder's name is worse than none. So coverage is read
from the fonts themselves (OpenType ``cmap``, formats 4 and 12; ISO/IEC 14496-22
section 5.2.1) and asked before anything is set. GB 18030-2022 level 3 names many
rare characters of personal and place names: a place that needs them adds a font.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path

#: Laid out rather than drawn, so no font needs a glyph for them.
_BLANKS = frozenset("\n\t \u3000\u00a0")
_WINDOWS_UCS2, _WINDOWS_UCS4 = (3, 1), (3, 10)
_Run = tuple[int, int]  # first and last code point, inclusive


class Coverage:
    """The code points that at least one of some fonts draws."""

    def __init__(self, fonts: Iterable[Path]) -> None:
        runs = _merge(run for font in fonts for run in _runs(font.read_bytes()))
        self._firsts = [first for first, _ in runs]
        self._lasts = [last for _, last in runs]

    def __contains__(self, char: str) -> bool:
        at = bisect_right(self._firsts, ord(char)) - 1
        return char in _BLANKS or (at >= 0 and ord(char) <= self._lasts[at])

    def missing(self, text: str) -> set[str]:
        """The characters of ``text`` that would vanish on paper."""
        return {char for char in text if char not in self}


def _merge(runs: Iterable[_Run]) -> list[_Run]:
    merged: list[_Run] = []
    for first, last in sorted(runs):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _runs(font: bytes) -> Iterator[_Run]:
    cmap = _table(font, b"cmap")
    (count,) = struct.unpack_from(">H", font, cmap + 2)
    for record in range(count):
        *platform, offset = struct.unpack_from(">HHI", font, cmap + 4 + 8 * record)
        if tuple(platform) == _WINDOWS_UCS4:
            yield from _format_12(font, cmap + offset)
        elif tuple(platform) == _WINDOWS_UCS2:
            yield from _format_4(font, cmap + offset)


def _table(font: bytes, wanted: bytes) -> int:
    """Where a table begins; of a collection (.ttc), in its first font."""
    start = struct.unpack_from(">I", font, 12)[0] if font[:4] == b"ttcf" else 0
    (count,) = struct.unpack_from(">H", font, start + 4)
    for record in range(count):
        tag, _, offset, _ = struct.unpack_from(">4sIII", font, start + 12 + 16 * record)
        if tag == wanted:
            return int(offset)
    raise ValueError(f"font without {wanted.decode()} table")


def _format_12(font: bytes, at: int) -> Iterator[_Run]:
    form, _, _, _, groups = struct.unpack_from(">HHIII", font, at)
    if form == 12:
        for group in range(groups):
            first, last, glyph = struct.unpack_from(">III", font, at + 16 + 12 * group)
            yield (first if glyph else first + 1, last)


def _format_4(font: bytes, at: int) -> Iterator[_Run]:
    """Segments only: a hole inside a segment is rare, and format 12 decides then."""
    form, _, _, double = struct.unpack_from(">HHHH", font, at)
    if form == 4 and not _has_format_12(font):
        lasts = struct.unpack_from(f">{double // 2}H", font, at + 14)
        firsts = struct.unpack_from(f">{double // 2}H", font, at + 16 + double)
        yield from ((a, b) for a, b in zip(firsts, lasts, strict=True) if a != 0xFFFF)


def _has_format_12(font: bytes) -> bool:
    cmap = _table(font, b"cmap")
    (count,) = struct.unpack_from(">H", font, cmap + 2)
    at = (struct.unpack_from(">HH", font, cmap + 4 + 8 * n) for n in range(count))
    return _WINDOWS_UCS4 in at
