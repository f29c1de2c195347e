"""Text as it comes from keyboards, scanners and Excel sheets, made comparable.

Names are kept as they were written: 𠮷 and 㛃 are names, not mistakes. Only codes (numbers,
phones) are folded from full width to half width and freed of spaces.
"""

import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

LONGEST_NAME = 40  # characters; the longest names on identity cards have some 20

_SPACES = re.compile(r"\s+")
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
_NOT_NUMBER = re.compile(r"[\s\-－—_.·]")


def unkeepable(value: object) -> bool:
    """Whether something in it can't be kept: NUL, for which PostgreSQL has no place, or half of a
    surrogate pair, which JSON may bring and UTF-8 has no bytes for."""
    if isinstance(value, str):
        return _UNKEEPABLE.search(value) is not None
    if isinstance(value, Mapping):
        return any(unkeepable(key) or unkeepable(each) for key, each in value.items())
    return isinstance(value, list | tuple) and any(map(unkeepable, value))


def whole_number(text: str) -> int | None:
    """The number that stands in a text, if a row may have it: ``²`` is a digit and no number."""
    return int(text) if text.isdecimal() and len(text) < 19 else None


def tidy(text: str) -> str:
    """One line without control characters, outer spaces or runs of spaces."""
    kept = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text)
    return _SPACES.sub(" ", kept).strip()


def name_of(text: str, what: str = "姓名", most: int = LONGEST_NAME) -> str:
    """A name as it was written, on one line.

    Raises ValueError in words for one that is too long: cut off, it would be somebody else's.
    """
    name = tidy(text)
    if len(name) > most:
        raise ValueError(f"{what}最多{most}个字，现在是{len(name)}个字，请核对")
    return name


def decoded(content: bytes) -> tuple[str, str]:
    """The text of a file and how it was encoded: ``UTF-8``, ``UTF-16``, or ``GBK`` as Excel in
    China writes unless told otherwise.

    Raises UnicodeDecodeError, of UTF-8, for anything else: also for a UTF-8 file with a broken
    byte, which GB18030 would read as something, and as nothing that anybody wrote.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16"), "UTF-16"
    try:
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError as error:
        read = content.decode("utf-8", "replace")
        foreign = read.count("\ufffd")
        if foreign > sum(ord(c) > 127 for c in read) - foreign:
            with suppress(UnicodeDecodeError):
                return content.decode("gb18030"), "GBK"
        raise error


def code_text(text: object) -> str:
    """A code as it was meant: full width folded, spaces and dashes removed, upper case.

    Excel turns a long number into a float: ``43042119990101123.0`` loses digits beyond the
    fifteenth, so a float is accepted only while it is exact.

    Raises ValueError for a float that can no longer be the number that was typed.
    """
    if isinstance(text, float):
        if not text.is_integer() or abs(text) >= 2**53:
            raise ValueError("号码被表格改成了小数，请把该列设为文本后重新填写")
        text = int(text)
    return _NOT_NUMBER.sub("", unicodedata.normalize("NFKC", str(text))).upper()


def _each(rare: str) -> list[str]:
    """What has no pinyin (letters, digits, 𠮷) stands for itself, character by character."""
    return list(rare)


@lru_cache(maxsize=65536)
def pinyin_key(text: str) -> str:
    """A key that sorts Chinese by pinyin, character by character: ``大浦镇`` → ``da pu zhen``.

    The embedded database has no ICU, so the order is stored, not asked of a collation.
    """
    letters = lazy_pinyin(text, errors=_each)  # type: ignore[arg-type]
    return " ".join(letters)


@lru_cache(maxsize=65536)
def initials(text: str) -> str:
    """The first letters of the pinyin: ``老年优待证`` → ``lnydz``."""
    letters = lazy_pinyin(text, style=Style.FIRST_LETTER, errors=_each)  # type: ignore[arg-type]
    return "".join(letters).lower()


def mask_name(name: str) -> str:
    """``赵大爷`` → ``赵**``: one character stays, two stars stand for however many follow."""
    return name[:1] + "**" if name else ""


def mask_code(code: str, *, head: int = 3, tail: int = 4) -> str:
    """``13800001234`` → ``138****1234``; too short a code is hidden whole."""
    if len(code) <= head + tail:
        return "*" * len(code)
    return code[:head] + "*" * (len(code) - head - tail) + code[-tail:]
