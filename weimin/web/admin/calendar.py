"""放假安排: the decrees on days off. A new one is looked at before it moves anybody's due day."""

import json
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from weimin.cases.recompute import behind, foresee
from weimin.cases.tasks import recompute_soon
from weimin.kernel import clock
from weimin.kernel.clock import say_date
from weimin.kernel.errors import Invalid, NotFound
from weimin.kernel.sheet import read_sheet, read_text
from weimin.kernel.text import whole_number
from weimin.trail.models import Event
from weimin.web.admin.common import admin_page, date_in, errors_of
from weimin.web.page import in_role, pages
from weimin.worktime import decrees
from weimin.worktime.current import calendar_with, forget
from weimin.worktime.decrees import Day
from weimin.worktime.models import Decree, DecreedDay

KINDS = {"holiday": "休", "makeup_workday": "班", None: "照常"}


@require_GET
def calendar(request: HttpRequest) -> HttpResponse:
    """The days of a year as they are ordered, and the decrees that ordered them."""
    in_role(request, "sysadmin")
    years = sorted({day.year for day in DecreedDay.objects.dates("date", "year")}, reverse=True)
    asked = request.GET.get("year", "")
    year = found if (found := whole_number(asked)) in years and found else clock.today().year
    rows = Decree.objects.order_by("-id")
    at, pager = pages(request, rows.count(), 10)
    return admin_page(
        request, "calendar.jinja", door="admin-calendar", year=year, pager=pager,
        chips=[{"text": str(y), "href": f"?year={y}", "current": y == year} for y in years],
        days=_spans(list(DecreedDay.objects.filter(date__year=year).order_by("date"))),
        decrees=rows[at], left=behind(), said=request.GET.get("said"),
        next_year=clock.today().year + 1, has_next=clock.today().year + 1 in years,
    )


def _spans(days: list[DecreedDay]) -> list[dict[str, object]]:
    """Days one after another of one kind and name as a line."""
    found: list[list[DecreedDay]] = []
    for day in days:
        last = found[-1][-1] if found else None
        if last and (day.date - last.date).days == 1 and (day.kind, day.name) == (last.kind, last.name):
            found[-1].append(day)
        else:
            found.append([day])
    return [{"span": say_date(run[0].date) if len(run) == 1
             else _("{} 至 {}").format(say_date(run[0].date), say_date(run[-1].date)),
             "kind": run[0].kind, "word": _(KINDS[run[0].kind]), "name": run[0].name,
             "count": len(run)} for run in found]


@require_GET
def decree(request: HttpRequest, decree: int) -> HttpResponse:
    """What one decree ordered, as it was entered."""
    in_role(request, "sysadmin")
    found = Decree.objects.filter(pk=decree).first()
    if found is None:
        raise NotFound(_("没有这份通知"))
    event = Event.objects.filter(subject_type="decree", subject_id=found.pk).first()
    if event:
        said = json.loads(bytes(event.body))["d"]["days"]
        days = [(date.fromisoformat(d[0]), d[1], d[2]) if isinstance(d, list)
                else (date.fromisoformat(d), "", "") for d in said]
    else:  # published with a pack
        days = list(found.decreedday_set.order_by("date").values_list("date", "kind", "name"))
    return admin_page(
        request, "decree.jinja", door="admin-calendar", decree=found,
        days=[{"day": say_date(d), "kind": _(KINDS.get(k, "")), "name": n} for d, k, n in days],
    )


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Type, paste or upload the days; look at what they change; enter them."""
    actor = in_role(request, "sysadmin")
    typed = request.POST.dict()
    typed.setdefault("title", _("国务院办公厅关于{}年部分节假日安排的通知").format(clock.today().year + 1))
    typed.setdefault("published", str(clock.today()))
    if request.method == "GET":
        return _form(request, typed)
    try:
        typed["days"] = _days_text(request)
        days, wrong = decrees.read_days(read_text(typed["days"]))
        if wrong:
            raise Invalid(fields={"days": _("第 {} 行看不懂，一天也没有录入；见下").format(
                "、".join(str(w.line) for w in wrong))})
        published = date_in(typed, "published")
        assert published is not None
        if "enter" not in request.POST:
            _check(typed, days)
            return _preview(request, typed, days)
        decrees.enter(title=typed["title"], number=typed.get("number", ""), published_on=published,
                      days=days, by=actor, now=clock.now())
        forget()
        recompute_soon()
    except Invalid as error:
        _found, wrong = decrees.read_days(read_text(typed.get("days", "")))
        return _form(request, typed, errors_of(error), wrong)
    return redirect(reverse("admin-calendar") + "?said=entered")


def _days_text(request: HttpRequest) -> str:
    """What was typed, or what lies in the sheet that was sent, line by line."""
    sent = request.FILES.get("sheet")
    if sent is None:
        return str(request.POST.get("days", ""))
    try:
        rows = read_sheet(sent.read(), sent.name or "")
    except ValueError as error:
        raise Invalid(fields={"sheet": str(error)}) from None
    # An empty row stays a line, so that the numbers are those of the sheet.
    return "\n".join(" ".join(cell for cell in row if cell) for row in rows)


def _check(typed: dict[str, str], days: list[Day]) -> None:
    wrong = {}
    if not typed.get("number", "").strip():
        wrong["number"] = _("请填写文号")
    if not days:
        wrong["days"] = _("请至少写一天")
    elif not decrees.changes(days):
        wrong["days"] = _("这些日子已经是这样安排的，不用再录")
    if wrong:
        raise Invalid(fields=wrong)


def _form(
    request: HttpRequest, typed: dict[str, str], errors: list[dict[str, str]] | None = None,
    wrong: list[decrees.Wrong] | None = None,
) -> HttpResponse:
    return admin_page(request, "calendar_new.jinja", door="admin-calendar", typed=typed,
                      errors=errors or [], wrong=wrong or [], status=422 if errors else 200)


def _preview(request: HttpRequest, typed: dict[str, str], days: list[Day]) -> HttpResponse:
    changed = decrees.changes(days)
    moved = foresee(calendar_with({day.date: day.kind for day, _old in changed}),
                    [day.date for day, _old in changed], now=clock.now())
    return admin_page(
        request, "calendar_preview.jinja", door="admin-calendar", typed=typed, moved=moved,
        total=len(days), same=len(days) - len(changed), doubts=_doubts(days),
        days=[{"day": say_date(day.date), "kind": _(KINDS[day.kind]), "name": day.name,
               "was": _(KINDS[old]) if old else _("照常")} for day, old in changed],
    )


def _doubts(days: list[Day]) -> list[str]:
    """What is allowed and yet looks like a slip."""
    found = [_("{} 本来就要上班，写成了“班”").format(say_date(d.date)) for d in days
             if d.kind == "makeup_workday" and d.date.weekday() < 5]
    past = [d for d in days if d.date <= clock.today()]
    if past:
        found.append(_("有 {} 天已经过去（最早 {}）：已经算过的期限也会跟着变").format(
            len(past), say_date(past[0].date)))
    years = {d.date.year for d in days}
    if len(years) > 2:
        found.append(_("日期分在 {} 个年份里，请核对").format(len(years)))
    return found
