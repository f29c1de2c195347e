"""The calendar: days off, make-up days and office hours. Running cases follow it."""

import json
from collections.abc import Iterator
from datetime import date, time
from hashlib import sha256

from django.db import connection

from weimin.packs.parts.part import Part, Publication, day, few
from weimin.worktime.models import Decree, DecreedDay, OfficeHours

_KINDS = {"holiday": "放假", "makeup_workday": "上班"}
# A day moves a term only when it lies in it.
_TOUCHED = """
SELECT count(DISTINCT c.id) FROM cases_case c JOIN cases_clock k ON k.case_id = c.id
 WHERE c.state <> 'closed' AND k.met_at IS NULL
   AND EXISTS (SELECT FROM unnest(%s::date[]) d WHERE d > k.start AND d <= k.due_on)
"""
_ALL = """
SELECT count(DISTINCT c.id) FROM cases_case c JOIN cases_clock k ON k.case_id = c.id
 WHERE c.state <> 'closed' AND k.met_at IS NULL
"""


class CalendarDays(Part):
    """The decreed days of the place. A day decreed in the administration is left alone."""

    title = "日历"

    def compare(self) -> None:
        """Every day of the pack beside the day as it is decreed."""
        known = {row.date: row for row in DecreedDay.objects.select_related("decree")}
        wanted = {day(written["date"]): written for written in self.pack.calendar}
        self.days: list[tuple[date, str, str]] = []
        self.renamed: list[DecreedDay] = []
        self.overruled: list[date] = []
        for on, written in wanted.items():
            row = known.get(on)
            if row is not None and (row.kind, row.name) == (written["kind"], written["name"]):
                continue
            if row is not None and not self._mine(row):
                self.overruled.append(on)
                continue
            if row is not None and row.kind == written["kind"]:
                row.name = written["name"]
                self.renamed.append(row)  # moves no term: no decree of its own
            else:
                self.days.append((on, written["kind"], written["name"]))
        self.gone = [row for on, row in known.items() if on not in wanted and self._mine(row)]
        self._compare_hours()

    def _mine(self, row: DecreedDay) -> bool:
        return row.decree.number.startswith(f"{self.pack.name}:")

    def _compare_hours(self) -> None:
        self.hours: list[tuple[int, int, time, time]] = []
        known = {(h.month, h.day): (h.opens, h.closes) for h in OfficeHours.objects.all()}
        for written in self.pack.head.get("office_hours", ()):
            month, on = map(int, str(written["from"]).split("-"))
            opens, closes = time.fromisoformat(written["opens"]), time.fromisoformat(written["closes"])
            if known.pop((month, on), None) != (opens, closes):
                self.hours.append((month, on, opens, closes))
        self.hours_gone = list(known) if self.pack.head.get("office_hours") else []

    def __bool__(self) -> bool:
        return self._moves() or bool(self.renamed)

    def _moves(self) -> bool:
        return bool(self.days or self.gone or self.hours or self.hours_gone)

    def said(self) -> Iterator[str]:
        """Each day that changes, and how many running cases it may move."""
        yield from few((
            *(("day", f"～ 日历 {on} {_KINDS[kind]} {name}".rstrip())
              for on, kind, name in sorted(self.days)),
            *(("name", f"～ 日历 {row.date} 改称 {row.name}") for row in self.renamed),
            *(("gone", f"－ 日历 {row.date} 恢复平常") for row in self.gone),
            *(("hours", f"～ 办公时间 自 {month:02}-{on:02} 起 {opens:%H:%M}—{closes:%H:%M}")
              for month, on, opens, closes in self.hours),
            *(("no hours", f"－ 办公时间 自 {month:02}-{on:02} 起的一行") for month, on in self.hours_gone),
            *(("other", f"＝ 日历 {on} 管理界面已另行录入，以那里为准") for on in self.overruled),
        ))
        if self._moves() and (count := self._touched()):
            yield f"    {count} 件在办件的期限会重新计算；已书面告知的承诺日期不会推后"

    def _touched(self) -> int:
        moved = [on for on, _, _ in self.days] + [row.date for row in self.gone]
        with connection.cursor() as cursor:
            if self.hours or self.hours_gone:
                cursor.execute(_ALL)
            else:
                cursor.execute(_TOUCHED, [moved])
            return int(cursor.fetchone()[0])

    def apply(self, publication: Publication) -> None:
        """A decree of its own for what changed: running cases are computed by the newest one."""
        DecreedDay.objects.bulk_update(self.renamed, ["name"])
        if not self._moves():
            return
        said = json.dumps([dict(written) for written in self.pack.calendar])
        decree = Decree.objects.create(
            title="放假安排（随包发布）", published_on=self.today,
            number=f"{self.pack.name}:{sha256(said.encode()).hexdigest()[:12]}",
        )
        DecreedDay.objects.filter(date__in=[row.date for row in self.gone]).delete()
        DecreedDay.objects.bulk_create(
            [DecreedDay(date=on, kind=kind, name=name, decree=decree)
             for on, kind, name in self.days],
            update_conflicts=True, unique_fields=["date"], update_fields=["kind", "name", "decree"],
        )
        for month, on, opens, closes in self.hours:
            OfficeHours.objects.update_or_create(
                month=month, day=on, defaults={"opens": opens, "closes": closes}
            )
        for month, on in self.hours_gone:
            OfficeHours.objects.filter(month=month, day=on).delete()
