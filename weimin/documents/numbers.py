"""文号: the number of a paper, given once, by the verb that makes the paper.

GB/T 9704-2012, 7.2.5: the organ's own words (代字), the year in 〔〕, a serial number. Each sort of
paper has its word, so no two papers of an office ever share a number. The pack names the 代字, as
nobody but the organ itself may choose one; an office without stands there with its whole name, as
villages of two towns often bear the same. A series belongs to the 代字: an heir that takes it over
goes on counting, and whoever bears it later gives no number a second time.
"""

from collections.abc import Mapping
from datetime import date

from django.db import connection

#: What stands behind the organ's name, by the sort of paper: 衡民受理〔2026〕12号, 某局受理字〔2026〕12号.
WORDS: Mapping[str, str] = {
    "notice": "补告", "acceptance": "受理", "refusal": "不受", "decision": "决", "extension": "延",
    "revocation": "撤", "cancellation": "注", "certificate": "证", "result": "办结",
}

# The row of the series stays locked until the verb ends: of two who number at once the second
# waits, and what is rolled back leaves no gap.
_NEXT = """
WITH organ AS (
  SELECT o.document_word AS word, o.name, a.name AS area, a.full_name
    FROM network_office o JOIN network_area a ON a.code = o.area_id WHERE o.id = %(office)s),
next AS (
  INSERT INTO documents_series (organ, form, year, last)
  SELECT coalesce(nullif(word, ''), %(office)s::text), %(form)s, %(year)s, 1 FROM organ
  ON CONFLICT (organ, form, year) DO UPDATE SET last = documents_series.last + 1 RETURNING last)
SELECT next.last, organ.word, organ.name, organ.area, organ.full_name FROM next, organ
"""


def give_number(office_id: int, form: str, on: date) -> str:
    """The next number of that office for such papers in that year.

    To be called in the transaction that makes the paper and records the number.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {"office": office_id, "form": form, "year": on.year})
        serial, word, name, area, whole = cursor.fetchone()
    if word:
        return document_number(f"{word}{WORDS[form]}", on.year, serial)
    organ = f"{whole}{name.removeprefix(area)}" if name.startswith(area) else name
    return document_number(f"{organ}{WORDS[form]}字", on.year, serial)


def document_number(prefix: str, year: int, serial: int) -> str:
    """衡县民许〔2026〕12号: hexagonal brackets, no 第, no leading zeros (GB/T 9704-2012, 7.2.5)."""
    return f"{prefix}〔{year}〕{serial}号"
