"""Entering a decree on days off: read what was typed or pasted, then write it.

One line is a day or a span: ``2027-01-01 休 元旦``, ``2027-02-05至2027-02-11 休 春节``,
``2027-02-14 班 春节``; ``取消`` takes a day back that an earlier decree ordered.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from weimin.kernel.errors import Invalid
from weimin.kernel.sheet import day_of
from weimin.trail import chain
from weimin.worktime.models import Decree, DecreedDay

chain.register(enter_decree="录入放假安排")

LONGEST = 31  # days of one span: longer is a slip of the pen
LONGEST_NAME = 20  # characters
_KINDS: dict[str, str | None] = {
    **dict.fromkeys(("休", "放假", "休息", "假", "节假日", "holiday"), "holiday"),
    **dict.fromkeys(("班", "上班", "补班", "调休上班", "makeup_workday"), "makeup_workday"),
    **dict.fromkeys(("取消", "照常"), None),
}
_SPAN = re.compile(r"\s*(?:至|到|—+|–|~|～)\s*")
_DATE = r"(?:\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?|\d{8}|[2-6]\d{4})"
_WORDS = re.compile(r"[\s,，、;；()（）]+")
_WEEKDAY = re.compile(r"(?:周|星期)[一二三四五六日天]")
_WEEK = ("一", "二", "三", "四", "五", "六", "日天")
_HEADS = frozenset(("日期", "日子", "时间", "开始日期", "休或班", "休/班", "类型", "种类", "类别", "安排",
                    "名称", "节日", "节假日", "说明", "备注", "星期", "序号", "date", "kind", "name"))
_HAND = re.compile(rf"({_DATE}(?:\s*(?:至|到|—+|–|~|～)\s*{_DATE})?)\s*(.*)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """One day as a decree orders it. ``kind`` None: no longer ordered."""

    date: date
    kind: str | None
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """A line that can't be read, and why."""

    line: int
    text: str
    why: str


def read_days(rows: Iterable[Sequence[str]]) -> tuple[list[Day], list[Wrong]]:
    """The days in some rows, each once, and every row that is not understood.

    Only what is empty, and the heads of a sheet's columns, is passed over.
    """
    found: dict[date, tuple[Day, int]] = {}
    wrong: list[Wrong] = []
    first = True
    for number, row in enumerate(rows, start=1):
        text = " ".join(cell for cell in row if cell).strip()
        heads, first = first and _is_head(text), first and not text
        if not text or heads:
            continue
        try:
            for day in _days(text):
                before, line = found.setdefault(day.date, (day, number))
                if before.kind != day.kind:
                    raise ValueError(f"{day.date} 在第 {line} 行写的不一样，只留一处")
        except ValueError as error:
            wrong.append(Wrong(line=number, text=text[:60], why=str(error)))
    return sorted((day for day, _ in found.values()), key=lambda day: day.date), wrong


def _is_head(text: str) -> bool:
    return bool(text) and all(word in _HEADS for word in _WORDS.split(text))


def _days(text: str) -> list[Day]:
    """The days of a line. Raises ValueError in words: nothing of it may be dropped silently."""
    found = _HAND.fullmatch(unicodedata.normalize("NFKC", text))
    if found is None:
        raise ValueError("应以日期开头，如 2027-01-01 休 元旦")
    first, *rest = (day_of(part) for part in _SPAN.split(found[1]))
    last = rest[0] if rest else first
    if not timedelta(0) <= last - first < timedelta(days=LONGEST):
        raise ValueError(f"一段应从早到晚，最多 {LONGEST} 天")
    if not 2018 <= first.year <= 2100:
        raise ValueError("年份不对，应在 2018 年到 2100 年之间")
    kind, name = _kind_and_name([word for word in _WORDS.split(found[2]) if word], first)
    return [Day(date=first + timedelta(days=n), kind=kind, name=name)
            for n in range((last - first).days + 1)]


def _kind_and_name(words: list[str], first: date) -> tuple[str | None, str]:
    kinds = list(dict.fromkeys(_KINDS[word] for word in words if word in _KINDS))
    if len(kinds) != 1:
        raise ValueError("只能写一样：休，或班，或取消" if kinds else "要写明“休”或“班”（收回写“取消”）")
    weekdays = [word for word in words if _WEEKDAY.fullmatch(word)]
    if any(word[-1] not in _WEEK[first.weekday()] for word in weekdays):
        raise ValueError(f"{first} 是周{_WEEK[first.weekday()][0]}，不是{weekdays[0]}")
    name = " ".join(word for word in words if word not in _KINDS and word not in weekdays)
    if re.search(_DATE, name):
        raise ValueError("一行只写一天或一段，其余的另起一行")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"名称最多 {LONGEST_NAME} 个字")
    return kinds[0], name


def changes(days: Iterable[Day]) -> list[tuple[Day, str | None]]:
    """The days that would become another kind, each with the kind it has now."""
    days = list(days)
    now = dict(DecreedDay.objects.filter(date__in=[d.date for d in days])
               .values_list("date", "kind"))
    return [(day, now.get(day.date)) for day in days if now.get(day.date) != day.kind]


@transaction.atomic
def enter(
    *, title: str, number: str, published_on: date, days: Sequence[Day], by: chain.Somebody,
    now: datetime,
) -> Decree:
    """Write a decree; its days count from now on. The clocks are computed again by a job.

    Raises Invalid without a number, without days, or when it says nothing new.
    """
    wrong = {}
    if not number.strip():
        wrong["number"] = "请填写文号"
    if not title.strip():
        wrong["title"] = "请填写通知标题"
    if not days:
        wrong["days"] = "请至少写一天"
    elif not changes(days):
        wrong["days"] = "这些日子已经是这样安排的，不用再录"
    if wrong:
        raise Invalid(fields=wrong)
    decree = Decree.objects.create(title=title.strip(), number=number.strip(),
                                   published_on=published_on)
    DecreedDay.objects.filter(date__in=[d.date for d in days if d.kind is None]).delete()
    DecreedDay.objects.bulk_create(
        [DecreedDay(date=d.date, kind=d.kind, name=d.name, decree=decree)
         for d in days if d.kind],
        update_conflicts=True, unique_fields=["date"], update_fields=["kind", "name", "decree"],
    )
    chain.note(chain.Subject("decree", decree.pk), "enter_decree", by=by, now=now,
               number=decree.number, days=[[str(d.date), d.kind, d.name] for d in days])
    return decree
