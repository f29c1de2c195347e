"""Finding an item by the words that residents use: 老人证 finds 老年人优待证; so does lnryd."""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from weimin.catalogue.routes import routes_now
from weimin.catalogue.spec import ItemSpec, item_version
from weimin.kernel.text import initials, pinyin_key, tidy

_NEAR = 0.8  # of the letters of the pinyin; below it, what is found has nothing to do with it


@dataclass(frozen=True, slots=True)
class Found:
    """An item that was found, and the resident's word that found it."""

    item: ItemSpec
    word: str


@dataclass(frozen=True, slots=True)
class _Entry:
    item: ItemSpec
    words: tuple[str, ...]  # the official name first
    initials: tuple[str, ...]
    sounds: tuple[str, ...]  # pinyin, syllable by syllable
    pinyin: tuple[str, ...]  # the same as it is typed, without spaces


@lru_cache(maxsize=2)
def _index(epoch: int) -> tuple[_Entry, ...]:
    entries = []
    for version in routes_now().current_items.values():
        item = item_version(version)
        words = (item.name, *item.data.get("words", ()), *item.data.get("sayings", ()))
        sounds = tuple(pinyin_key(w) for w in words)
        entries.append(_Entry(
            item, words, tuple(initials(w) for w in words), sounds,
            tuple(sound.replace(" ", "") for sound in sounds),
        ))
    return tuple(sorted(entries, key=lambda entry: pinyin_key(entry.item.name)))


def listed() -> list[Found]:
    """All items, by pinyin."""
    return [Found(entry.item, "") for entry in _index(routes_now().epoch)]


def find(text: str, most: int = 12) -> list[Found]:
    """The items that fit the text, the best first.

    A word that is the text goes before one that begins with it, before one that holds it, before
    one that shares most of its characters; Latin letters are compared with pinyin and initials. What
    sounds like it counts as well, 低宝 for 低保: a Chinese keyboard offers all that sounds alike. Only
    when there is nothing of that is a word taken that nearly sounds so.
    """
    wanted = unicodedata.normalize("NFKC", tidy(text)).lower().replace(" ", "")
    if not wanted:
        return []
    return _found(wanted, _scores, most) or _found(wanted, _likeness, most)


def _found(wanted: str, scores: Callable[[_Entry, str], Iterable[tuple[float, str]]],
           most: int) -> list[Found]:
    scored = []
    for entry in _index(routes_now().epoch):
        score, word = max(scores(entry, wanted), default=(0.0, ""))
        if score > 0:
            hidden = (entry.item.name, *entry.item.data.get("old_words", ()), *entry.item.data.get("sayings", ()))
            scored.append((score, Found(entry.item, "" if word in hidden else word)))
    scored.sort(key=lambda pair: -pair[0])
    return [found for _, found in scored[:most]]


def _scores(entry: _Entry, wanted: str) -> Iterable[tuple[float, str]]:
    latin, sound = wanted.isascii(), pinyin_key(wanted)
    for n, word in enumerate(entry.words):
        if latin:
            found = max(_match(key, wanted) for key in (entry.initials[n], entry.pinyin[n]))
            # The official name goes before a resident's word that fits as well.
            yield found + (0.05 if found and n == 0 else 0), word
        else:
            alike = _match(entry.sounds[n], sound) * 0.9 if len(wanted) > 1 else 0.0
            yield max(_match(word, wanted) or _overlap(word, wanted), alike), word


def _likeness(entry: _Entry, wanted: str) -> Iterable[tuple[float, str]]:
    """A slip of the finger or of the dialect: ``laorenzhen``, 老能证."""
    typed = pinyin_key(wanted).replace(" ", "")
    for n, word in enumerate(entry.words):
        like = SequenceMatcher(None, entry.pinyin[n], typed).ratio()
        yield like if like >= _NEAR and typed.isascii() else 0.0, word


def _match(word: str, wanted: str) -> float:
    if word == wanted:
        return 10.0
    if word.startswith(wanted):
        return 8.0 - len(word) * 0.01
    if wanted in word:
        return 6.0 - len(word) * 0.01
    return 0.0


def _overlap(word: str, wanted: str) -> float:
    """How many pairs of neighbouring characters both share: 办老人证 still finds 老人证."""
    pairs = {wanted[i : i + 2] for i in range(len(wanted) - 1)}
    shared = sum(1 for pair in pairs if pair in word)
    if word in wanted and len(word) > 1:
        return 5.0 + len(word) * 0.01
    return 3.0 * shared / len(pairs) if pairs and shared * 2 >= len(pairs) else 0.0
