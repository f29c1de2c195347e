"""The ratings against the chains of their cases: nobody makes one up, betters it or loses it."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from weimin.trail.verify import Broken, Seen

COLUMNS = ("office_id", "level", "words", "rated_at", "channel")
NOT_PROVABLE = {"id": "a running number: the row is known by its case and contact"}
_QUERY = (
    f"SELECT case_id, contact, {','.join(COLUMNS)} FROM voice_rating WHERE case_id = ANY(%s)"
)
_STRAY = (
    "SELECT DISTINCT case_id FROM voice_rating r WHERE NOT EXISTS (SELECT FROM trail_event e"
    " WHERE e.subject_type = 'case' AND e.subject_id = r.case_id AND e.seq = 1)"
)


class RatingWitness:
    """Compares the ratings of the cases whose chains it saw."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.told: dict[tuple[int, int], tuple[Any, ...]] = {}

    def see(self, subject_id: int, events: Sequence[Seen]) -> None:
        """Keep what its ``rate`` events say, and the words that came later."""
        self.ids.append(subject_id)
        for event in events:
            if event.verb == "rate":
                words = None if event.erased else (event.private or {}).get("words", "")
                self.told[subject_id, event.data["contact"]] = (
                    event.data["office"], event.data["level"], words, event.occurred_at,
                    event.data["channel"],
                )
            elif event.verb == "rate_words":
                at = subject_id, event.data["contact"]
                later = None if event.erased else (event.private or {}).get("words", "")
                office, level, _, when, channel = self.told.get(at, (None,) * 5)
                self.told[at] = office, level, later, when, channel

    def compare(self) -> Iterator[Broken]:
        """The ratings that are not what the chains say, lost or made up."""
        with connection.cursor() as cursor:
            cursor.execute(_QUERY, [self.ids])
            rows = {(case, contact): tuple(row) for case, contact, *row in cursor.fetchall()}
        for at in sorted(self.told.keys() | rows.keys()):
            told, row = self.told.get(at), rows.get(at)
            name = f"案件 case:{at[0]} 第 {at[1]} 条的评价"
            if told is None or row is None:
                yield Broken(name, 0, "是多出来的，链上没有" if told is None else "不见了，链上有")
                continue
            for column, is_, said in zip(COLUMNS, row, told, strict=True):
                if is_ == said or (column == "words" and said is None and not is_):
                    continue
                shown = "" if column == "words" else f"：行是 {is_}，链上是 {said}"
                yield Broken(name, 0, f"的 {column} 与链上不符{shown}")
        self.ids, self.told = [], {}

    def unseen(self) -> Iterator[Broken]:
        """Ratings of cases that never were."""
        with connection.cursor() as cursor:
            cursor.execute(_STRAY)
            for (case,) in cursor.fetchall():
                yield Broken(f"案件 case:{case}", 0, "有评价，没有任何记录")
