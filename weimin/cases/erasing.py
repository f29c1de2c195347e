"""What a case keeps about people, how long, and how all of it goes: 个人信息保护法 art. 47.

Its first ground, 处理目的已实现, is no reason of its own here: while an archive must be kept, what
was decided is still needed, and afterwards the second one holds. The others are lawful reasons to
erase once the retention is over; until then (47(2)) the content is kept and used for nothing,
which is the verb ``restrict``. Where a law or regulation itself takes what it names out of the
retention, it is erased at once.

Every room that keeps something personal about a case registers its own eraser; the verb
``erase`` calls them all in one transaction, and its event is what lets the chain still verify.
"""

from collections.abc import Callable
from datetime import date, datetime

from django.db import connection

from weimin.cases.written import ERASED
from weimin.catalogue.spec import ItemSpec
from weimin.documents.store import discard
from weimin.kernel.clock import local

Eraser = Callable[[int], None]  # of a case's id; runs inside the verb's transaction

# 机关文件材料归档范围和文书档案保管期限规定 (国家档案局令第8号, 2006): 永久, 定期30年, 定期10年;
# the letters are those of DA/T 22-2015.
RETENTIONS = {"permanent": ("永久", "Y", 0), "30y": ("30年", "D30", 30), "10y": ("10年", "D10", 10)}
BASES = {
    "expired": "个人信息保护法第四十七条第一款第（二）项：保存期限已届满",
    "consent": "个人信息保护法第四十七条第一款第（三）项：个人撤回同意",
    "unlawful": "个人信息保护法第四十七条第一款第（四）项：违法处理个人信息",
    "order": "个人信息保护法第四十七条第一款第（五）项：法律、行政法规规定的其他情形",
}

# What 47(2) holds back while the archive must be kept.
RESTRICTABLE = {key: BASES[key] for key in ("consent", "unlawful", "order")}

_erasers: list[Eraser] = []


def register(eraser: Eraser) -> None:
    """Have something of a room erased with the case it belongs to."""
    _erasers.append(eraser)


def kept_until(item: ItemSpec, closed_at: datetime | None) -> date | None:
    """The last day on which a closed case must be kept; None: for ever, or it is not closed.

    Counted in whole years from the end of the year in which the case was closed.
    """
    years = RETENTIONS[item.retention][2]
    if closed_at is None or not years:
        return None
    return date(local(closed_at).year + years, 12, 31)


def is_over(item: ItemSpec, closed_at: datetime | None, today: date) -> bool:
    """Whether a closed case need not be kept any more."""
    until = kept_until(item, closed_at)
    return until is not None and today > until


def erase_all(case_id: int) -> list[int]:
    """Remove everything personal that no verb's file holds; the events whose content went."""
    for eraser in _erasers:
        eraser(case_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM trail_private WHERE subject_type = 'case'"
                       " AND subject_id = %s ORDER BY seq", [case_id])
        gone = [seq for (seq,) in cursor.fetchall()]
        cursor.execute("SELECT trail_erase('case', %s)", [case_id])
    return gone


def _papers_and_scans(case_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT file_id FROM cases_material WHERE case_id = %(id)s AND file_id IS NOT NULL"
            " UNION SELECT file_id FROM documents_paper WHERE case_id = %(id)s"
            " AND file_id IS NOT NULL", {"id": case_id},
        )
        files = [file for (file,) in cursor.fetchall()]
        cursor.execute(
            "SELECT DISTINCT file_id FROM cases_material WHERE case_id <> %(id)s"
            " AND file_id = ANY(%(files)s) UNION SELECT file_id FROM documents_paper"
            " WHERE case_id <> %(id)s AND file_id = ANY(%(files)s)",
            {"id": case_id, "files": files},
        )
        elsewhere = {file for (file,) in cursor.fetchall()}
        cursor.execute("UPDATE cases_material SET file_id = NULL WHERE case_id = %s", [case_id])
        cursor.execute(
            "UPDATE documents_paper SET file_id = NULL, data = CASE WHEN data ? 'to'"
            " THEN data || jsonb_build_object('to', %s::text) ELSE data END WHERE case_id = %s",
            [ERASED, case_id],
        )
    discard([file for file in files if file not in elsewhere])


def _messages(case_id: int) -> None:
    """What was sent about it: that it was sent stays, to whom and in which words goes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbox_message SET payload = '', error = '', status = CASE WHEN status = 'sent'"
            " THEN status ELSE 'dropped' END WHERE subject_type = 'case' AND subject_id = %s",
            [case_id],
        )


def _people(case_id: int) -> None:
    """The parties, and whoever is known here through this case alone.

    Somebody with an account, a certificate that was issued, or another case is kept: he is
    known for that. So is whoever holds the paper that this case ended with.
    """
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cases_party WHERE case_id = %s RETURNING person_id", [case_id])
        people = [person for (person,) in cursor.fetchall() if person is not None]
        cursor.execute(
            "DELETE FROM registry_person p WHERE id = ANY(%s) AND account_id IS NULL"
            " AND NOT EXISTS (SELECT FROM cases_party o WHERE o.person_id = p.id)"
            " AND NOT EXISTS (SELECT FROM registry_certificate t WHERE t.holder_person_id = p.id)",
            [people],
        )


register(_papers_and_scans)
register(_messages)
register(_people)
