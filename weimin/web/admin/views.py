"""管理: for the county IT officer. System, security and audit are three posts with three doors."""

from datetime import date

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from weimin.cases.recompute import recompute_running
from weimin.catalogue.models import POWER_TITLES, Delegation, Item, PackVersion
from weimin.kernel import clock
from weimin.kernel.errors import Invalid, NotFound
from weimin.network.actor import STAFF_ROLES
from weimin.network.models import LEVEL_TITLES, Account, Area, Holding, Office
from weimin.outbox import delivery
from weimin.outbox.models import Message
from weimin.trail import chain
from weimin.trail.models import Event, Reveal, Root
from weimin.trail.verify import verify
from weimin.web.page import in_role, page
from weimin.worktime.current import forget
from weimin.worktime.models import Decree, DecreedDay

ADMINS = ("sysadmin", "secadmin", "auditor")
PAGE = 50

chain.register(delegate="赋权变动", enter_decree="录入放假安排", hold_post="人员安排",
               end_holding="离岗", send_again="重新发送")

# Which administrator may open which door: three powers that check each other.
DOORS = {
    "sysadmin": ("admin-packs", "admin-offices", "admin-delegations", "admin-calendar",
                 "admin-deliveries", "admin-now"),
    "secadmin": ("admin-people", "admin-now"),
    "auditor": ("admin-audit", "admin-now"),
}
TITLES = {
    "admin-packs": "地方包与版本", "admin-offices": "单位与岗位", "admin-delegations": "赋权（下放、委托）",
    "admin-calendar": "放假安排", "admin-deliveries": "通知与失败重发", "admin-now": "系统现况",
    "admin-people": "人员与任岗", "admin-audit": "审计",
}


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The doors of this administrator."""
    actor = in_role(request, *ADMINS)
    doors = [{"text": TITLES[name], "href": reverse(name), "icon": None, "note": None}
             for role in ADMINS if actor.has(role) for name in DOORS[role]]
    return page(request, "admin/home.jinja", doors=doors)


def _log(request: HttpRequest, subject: chain.Subject, verb: str, **data: object) -> None:
    actor = in_role(request, *ADMINS)
    chain.append(subject, chain.Draft(verb=verb, occurred_at=clock.now(), data=data,
                                      account_id=actor.account_id, post_id=actor.post_id))


@require_GET
def packs(request: HttpRequest) -> HttpResponse:
    """What was published, when, by whom."""
    in_role(request, "sysadmin")
    versions = PackVersion.objects.select_related("published_by").order_by("-id")[:PAGE]
    items = Item.objects.select_related("current").filter(current__isnull=False).order_by("code")
    return page(request, "admin/packs.jinja", versions=versions, items=items)


@require_GET
def offices(request: HttpRequest) -> HttpResponse:
    """Offices by name or code, with their posts and holders."""
    in_role(request, "sysadmin")
    text = request.GET.get("q", "").strip()
    rows = Office.objects.prefetch_related("posts__holdings__account", "lines").order_by("code")
    if text:
        rows = rows.filter(name__contains=text) | rows.filter(code__startswith=text)
    total = rows.count()
    return page(request, "admin/offices.jinja", text=text, total=total, offices=rows[:PAGE])


@require_http_methods(["GET", "POST"])
def delegations(request: HttpRequest) -> HttpResponse:
    """Powers moved: one row from a date on; withdrawing leaves running cases where they are."""
    in_role(request, "sysadmin")
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            _delegate(request)
            return redirect("admin-delegations")
        except Invalid as error:
            errors = [{"href": f"#{key}", "text": said} for key, said in error.fields.items()]
    rows = Delegation.objects.select_related("item__current", "area").order_by("-id")
    return page(
        request, "admin/delegations.jinja", rows=rows[:PAGE], total=rows.count(), errors=errors,
        powers=list(POWER_TITLES.items()), levels=list(LEVEL_TITLES.items()), typed=request.POST.dict(),
        titles=POWER_TITLES, level_titles=LEVEL_TITLES,
        items=[(i.pk, i.current.name) for i in
               Item.objects.select_related("current").filter(current__isnull=False)
               .order_by("code") if i.current],
        status=422 if errors else 200,
    )


@transaction.atomic
def _delegate(request: HttpRequest) -> None:
    post = request.POST
    if post.get("end"):
        _withdraw(request, _number(post["end"]))
        return
    wrong: dict[str, str] = {}
    area = Area.objects.filter(code=post.get("area", "")).first()
    if area is None:
        wrong["area"] = _("没有这个区划代码")
    item = Item.objects.filter(pk=_number(post.get("item") or "0")).first()
    for key, choices in (("power", POWER_TITLES), ("level", LEVEL_TITLES),
                         ("kind", ("devolved", "entrusted"))):
        if post.get(key) not in choices:
            wrong[key] = _("请从列表中选择")
    if item is None:
        wrong["item"] = _("请选择事项")
    if post.get("power") == "decide" and post.get("level") == "village":
        wrong["level"] = _("村（社区）不作决定，请选乡镇或以上")
    try:
        first = date.fromisoformat(post.get("from", ""))
    except ValueError:
        wrong["from"] = _("请填写起始日期，如 2026-12-01")
    if wrong:
        raise Invalid(fields=wrong)
    assert item is not None and area is not None
    row = Delegation.objects.create(
        item=item, power=post["power"], area=area, level=post["level"], kind=post["kind"],
        during=DateRange(first, None), document=post.get("document", ""),
    )
    _log(request, chain.Subject("delegation", row.pk), "delegate", item=item.code,
         power=row.power, area=area.code, level=row.level, kind=row.kind, start=str(first),
         document=row.document)


def _number(text: str) -> int:
    """A row's number from a form. Raises NotFound for anything else."""
    if not (text.isdigit() and len(text) < 19):
        raise NotFound(_("没有这一行"))
    return int(text)


def _withdraw(request: HttpRequest, pk: int) -> None:
    row = Delegation.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这一行"))
    today = clock.today()
    row.during = DateRange(row.during.lower, max(today, row.during.lower))
    if row.during.lower >= today:
        row.delete()
    else:
        row.pack = ""  # from now on the administration has the last word on it
        row.save(update_fields=["during", "pack"])
    _log(request, chain.Subject("delegation", pk), "delegate", withdrawn=str(today))


@require_http_methods(["GET", "POST"])
def calendar(request: HttpRequest) -> HttpResponse:
    """Decrees on days off; a new one moves the due dates that were not printed."""
    in_role(request, "sysadmin")
    error = ""
    if request.method == "POST":
        try:
            count = _enter_decree(request)
            return redirect(f"{reverse('admin-calendar')}?moved={count}")
        except Invalid as wrong:
            error = wrong.message
    days = DecreedDay.objects.filter(date__gte=clock.today()).order_by("date")
    return page(request, "admin/calendar.jinja", days=days, error=error,
                decrees=Decree.objects.order_by("-id")[:10], moved=request.GET.get("moved"),
                typed=request.POST.dict(), status=422 if error else 200)


def _enter_decree(request: HttpRequest) -> int:
    days = []
    for number, line in enumerate(request.POST.get("days", "").splitlines(), start=1):
        parts = line.split()
        if not parts:
            continue
        kinds = {"休": "holiday", "班": "makeup_workday"}
        try:
            days.append((date.fromisoformat(parts[0]), kinds[parts[1]],
                         parts[2] if len(parts) > 2 else ""))
        except (ValueError, KeyError, IndexError):
            raise Invalid(_("第 {} 行看不懂，应写成：2027-01-01 休 元旦").format(number)) from None
    if not days or not request.POST.get("number", "").strip():
        raise Invalid(_("请填写文号，并至少写一天"))
    with transaction.atomic():
        decree = Decree.objects.create(
            title=request.POST.get("title", ""), number=request.POST["number"].strip(),
            published_on=clock.today(),
        )
        DecreedDay.objects.bulk_create(
            [DecreedDay(date=d, kind=k, name=n, decree=decree) for d, k, n in days],
            update_conflicts=True, unique_fields=["date"],
            update_fields=["kind", "name", "decree"],
        )
        _log(request, chain.Subject("decree", decree.pk), "enter_decree", number=decree.number,
             days=[str(d) for d, _, _ in days])
    forget()
    return recompute_running(now=clock.now())


@require_GET
def deliveries(request: HttpRequest) -> HttpResponse:
    """What was to leave and did not, with a button."""
    in_role(request, "sysadmin")
    rows = Message.objects.order_by("-id")
    failed = rows.filter(status="failed")
    return page(request, "admin/deliveries.jinja", failed=failed[:PAGE], recent=rows[:20],
                waiting=rows.filter(status="waiting").count(), total=failed.count())


@require_POST
def send_again(request: HttpRequest, message: int) -> HttpResponse:
    """Put a failed message back in line."""
    in_role(request, "sysadmin")
    with transaction.atomic():
        if not delivery.send_again(message):
            raise NotFound(_("没有这条失败的通知"))
        _log(request, chain.Subject("message", message), "send_again")
    return redirect("admin-deliveries")


@require_GET
def now(request: HttpRequest) -> HttpResponse:
    """What the system is doing now."""
    in_role(request, *ADMINS)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), pg_database_size(current_database()),"
            " (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),"
            " (SELECT count(*) FROM cases_case), (SELECT count(*) FROM trail_event),"
            " (SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'),"
            " (SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'),"
            " (SELECT max(recorded_at) FROM trail_event)"
        )
        row = cursor.fetchone()
    names = (_("数据库版本"), _("数据库大小"), _("数据库连接"), _("办件"), _("记录"), _("待执行任务"),
             _("失败任务"), _("最近一条记录"))
    values = list(row)
    values[1] = f"{row[1] / 1e6:.0f} MB"
    values[7] = clock.say_moment(row[7]) if row[7] else "—"
    root = Root.objects.order_by("-id").first()
    facts = [{"label": n, "value": v} for n, v in zip(names, values, strict=True)]
    facts.append({"label": _("最近一次签名的根"),
                  "value": clock.say_moment(root.taken_at) if root else _("还没有")})
    return page(request, "admin/now.jinja", facts=facts)


@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """Accounts and the posts they hold; a post that answers for cases keeps a holder."""
    in_role(request, "secadmin")
    if request.method == "POST":
        _change_account(request)
        return redirect(f"{reverse('admin-people')}?q={request.POST.get('q', '')}")
    text = request.GET.get("q", "").strip()
    rows = Account.objects.filter(is_staff_member=True).order_by("id")
    if text:
        rows = rows.filter(name__startswith=text) | rows.filter(username__startswith=text)
    found = list(rows[:PAGE])
    holdings = Holding.objects.filter(account__in=found).select_related("post__office")
    held: dict[int, list[Holding]] = {}
    for holding in holdings:
        held.setdefault(holding.account_id, []).append(holding)
    return page(request, "admin/people.jinja", text=text, accounts=found, held=held,
                total=rows.count(), roles=STAFF_ROLES)


@transaction.atomic
def _change_account(request: HttpRequest) -> None:
    wanted = _number(request.POST.get("account", ""))
    account = Account.objects.select_for_update().filter(pk=wanted).first()
    if account is None:
        raise NotFound(_("没有这个账号"))
    account.is_active = request.POST.get("active") == "1"
    account.save(update_fields=["is_active"])
    _log(request, chain.Subject("account", account.pk), "hold_post", active=account.is_active)


@require_http_methods(["GET", "POST"])
def audit(request: HttpRequest) -> HttpResponse:
    """Who looked at what, who logged in, and whether the trail holds."""
    in_role(request, "auditor")
    report = None
    if request.method == "POST":
        report = verify(keys=settings.KEYS, exported=settings.HOME / "roots")
    events = (
        Event.objects.exclude(subject_type="case").order_by("-recorded_at")[:PAGE]
    )
    reveals = Reveal.objects.order_by("-id")[:PAGE]
    names = dict(
        Account.objects.filter(
            pk__in={e.account_id or 0 for e in events} | {r.account_id or 0 for r in reveals}
        ).values_list("pk", "name")
    )
    return page(request, "admin/audit.jinja", events=events, reveals=reveals, report=report,
                names=names, title_of=chain.title_of)
