"""系统现况 and 后台任务: what the system is doing now, and what of it failed."""

from typing import Any

from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

from weimin.kernel import clock
from weimin.kernel.clock import say_moment
from weimin.kernel.errors import NotFound, WrongState
from weimin.kernel.titles import ROUTINE, title_of
from weimin.outbox.models import Failure
from weimin.trail import chain
from weimin.web.admin import state
from weimin.web.admin.common import ADMINS, admin_page
from weimin.web.page import in_role, pages

chain.register(run_job="运行后台任务", retry_job="再做一次后台任务", clear_jobs="清除失败任务")

# What may be started by hand, with its lock: the same one does not wait twice.
BY_HAND = {"weimin.ops.tasks.back_up": "backup", "weimin.trail.tasks.root": "root"}
STATES = {"failed": "失败", "doing": "正在做", "todo": "等待", "succeeded": "做完"}


@require_GET
def now(request: HttpRequest) -> HttpResponse:
    """What the system is doing now."""
    in_role(request, *ADMINS)
    f = state.figures()
    free, total = state.disk()
    backup, root = state.last_backup(), state.last_root()
    program, python = state.versions()
    groups = [
        (_("正在用"), [
            (_("登录中的工作人员"), f["staff_sessions"]),
            (_("登录中的居民"), f["resident_sessions"]),
            (_("在办的件"), _("{} 件，累计 {} 件").format(f["running"], f["cases"])),
            (_("最近一条记录"), say_moment(f["last_event"]) if f["last_event"] else _("还没有")),
        ]),
        (_("后台"), [
            (_("运行中的后台进程"), _("{} 个，最近报到 {}").format(
                f["workers"], say_moment(f["last_heartbeat"]) if f["last_heartbeat"] else "—")),
            (_("任务"), _("正在做 {}，等待 {}，失败 {}").format(
                f["jobs_running"], f["jobs_waiting"], f["jobs_failed"])),
            (_("通知"), _("等待 {}，失败 {}").format(f["messages_waiting"], f["messages_failed"])),
            (_("等得最久的通知"),
             say_moment(f["message_oldest"]) if f["message_oldest"] else _("没有在等的")),
        ]),
        (_("备份与存证"), [
            (_("最近一次备份"), _("{}，{}，共留 {} 份").format(
                say_moment(backup.at), state.size_of(backup.size), backup.count)
                if backup else _("还没有")),
            (_("最近签名的根"),
             _("第 {} 个，{}").format(f["root"], say_moment(f["root_at"])) if f["root"] else _("还没有")),
            (_("已导出的根"), _("{}，{}").format(root.name, say_moment(root.at)) if root else _("还没有")),
            (_("记录"), _("约 {} 条").format(f["events"])),
        ]),
        (_("容量与版本"), [
            (_("磁盘"), _("剩 {}，共 {}").format(state.size_of(free), state.size_of(total))),
            (_("数据库"), state.size_of(f["database_size"])),
            (_("扫描件与文书"), _("{} 份，{}").format(f["files"], state.size_of(int(f["files_size"])))),
            (_("数据库连接"), f["connections"]),
            (_("版本"), f"Weimin {program} · PostgreSQL {f['postgres']} · Python {python}"),
        ]),
    ]
    return admin_page(
        request, "now.jinja", door="admin-now", found=state.attention(f), at=say_moment(clock.now()),
        groups=[{"title": title, "facts": [{"label": a, "value": b} for a, b in rows]}
                for title, rows in groups],
        tables=[{"name": name, "size": state.size_of(size)}
                for name, size in state.largest_tables()],
    )


@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """Jobs by state; failed ones first, as they are the reason to come."""
    in_role(request, "sysadmin")
    f = state.figures()
    counts = {"failed": f["jobs_failed"], "doing": f["jobs_running"], "todo": f["jobs_waiting"]}
    wanted = request.GET.get("s", "failed" if counts["failed"] else "todo")
    wanted = wanted if wanted in STATES else "failed"
    rows = ProcrastinateJob.objects.filter(status=wanted).order_by("-id")
    everything = wanted == "failed" or request.GET.get("all") == "1"
    if not everything:
        rows = rows.exclude(task_name__in=ROUTINE)
    at, pager = pages(request, counts[wanted] if wanted == "failed" else rows.count())
    found = list(rows[at])
    times = _last_events([job.pk for job in found])
    why = dict(Failure.objects.filter(pk__in=[job.pk for job in found]).values_list("pk", "reason"))
    chips: list[dict[str, Any]] = [
        {"text": _(title), "href": f"?s={key}", "current": key == wanted,
         **({"count": counts[key], "tone": "late" if key == "failed" else None}
            if key in counts else {})}
        for key, title in STATES.items()
    ]
    return admin_page(
        request, "jobs.jinja", door="admin-jobs", chips=chips, wanted=wanted, pager=pager,
        rows=[{"id": job.pk, "task": _(title_of(job.task_name)),
               "attempts": job.attempts, "at": say_moment(times[job.pk]) if job.pk in times else "",
               "why": why.get(job.pk, ""),
               "planned": say_moment(job.scheduled_at) if job.scheduled_at else ""}
              for job in found],
        by_hand=[(name, _(title_of(name))) for name in BY_HAND], failed=counts["failed"],
        everything=everything, workers=f["workers"], backup=state.last_backup(), said=request.GET.get("said"),
    )


def _last_events(ids: list[int]) -> dict[int, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT job_id, max(at) FROM procrastinate_events WHERE job_id = ANY(%s)"
                       " GROUP BY job_id", [ids])
        return dict(cursor.fetchall())


@require_POST
def retry(request: HttpRequest, job: int) -> HttpResponse:
    """Have a failed job done again."""
    actor = in_role(request, "sysadmin")
    if not ProcrastinateJob.objects.filter(pk=job, status="failed").exists():
        raise NotFound(_("没有这个失败的任务"), _("可能已经有人重试了，请刷新"))
    try:
        with transaction.atomic():
            app.job_manager.retry_job_by_id(job, retry_at=clock.now())
            chain.note(chain.Subject("job", job), "retry_job", by=actor, now=clock.now())
    except (ConnectorException, DatabaseError) as error:
        raise WrongState(_("同样的任务已经在排队"), _("等它做完就好；这一条可以清除")) from error
    return redirect(f"{reverse('admin-jobs')}?s=todo&said=retried")


@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Start one of the daily jobs now."""
    actor = in_role(request, "sysadmin")
    name = request.POST.get("task", "")
    if name not in BY_HAND:
        raise NotFound(_("没有这个任务"))
    try:
        with transaction.atomic():
            job = app.configure_task(name, queue="daily", queueing_lock=BY_HAND[name]).defer(
                timestamp=int(clock.now().timestamp()))
            chain.note(chain.Subject("job", job), "run_job", by=actor, now=clock.now(), task=name)
    except AlreadyEnqueued:
        return redirect(f"{reverse('admin-jobs')}?s=todo&said=waiting")
    return redirect(f"{reverse('admin-jobs')}?s=todo&said=started")


@require_POST
def clear(request: HttpRequest) -> HttpResponse:
    """Drop the failed jobs: somebody looked at them."""
    actor = in_role(request, "sysadmin")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'failed' RETURNING task_name")
        gone = [name for (name,) in cursor.fetchall()]
        if gone:
            chain.note(chain.Subject("job", 0), "clear_jobs", by=actor, now=clock.now(),
                       tasks=sorted(gone))
    return redirect(f"{reverse('admin-jobs')}?said=cleared")
