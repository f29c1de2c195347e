"""后台任务: what failed and why, done again, cleared, started by hand."""

import errno
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import LazySettings
from django.db import IntegrityError, OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from procrastinate.contrib.django import app
from pytest_django import DjangoAssertNumQueries

from tests.cast import CITY, Cast, holder
from tests.web.doors import logged_in
from weimin.kernel import clock
from weimin.kernel.errors import WrongState
from weimin.network.models import Holding
from weimin.ops.errors import OpsError
from weimin.outbox import failing
from weimin.outbox.models import Failure


@pytest.fixture
def admin(cast: Cast, now: datetime, settings: LazySettings, tmp_path: Path) -> Iterator[Client]:
    """系统管理员 at the screen."""
    settings.HOME = tmp_path
    with clock.rehearsed(now):
        yield logged_in(cast.sysadmin)


def text(response: HttpResponse) -> str:
    return response.content.decode()


def job(status: str, task: str = "weimin.ops.tasks.back_up", lock: str | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, queueing_lock)"
            " VALUES ('daily', %s, 'todo', %s) RETURNING id", [task, lock])
        id_ = int(cursor.fetchone()[0])
        for each in ("doing", status) if status != "todo" else ():
            cursor.execute("UPDATE procrastinate_jobs SET status = %s::procrastinate_job_status"
                           " WHERE id = %s", [each, id_])
        return id_


def status_of(id_: int) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text FROM procrastinate_jobs WHERE id = %s", [id_])
        row = cursor.fetchone()
        return row[0] if row else None


def test_a_failed_job_is_seen_retried_and_cleared(admin: Client) -> None:
    first, second = job("failed"), job("failed", "weimin.trail.tasks.root")
    assert "备份" in text(admin.get("/admin/jobs"))
    assert "2 个后台任务失败" in text(admin.get("/admin"))
    assert admin.post(f"/admin/jobs/{first}/again").status_code == 302
    assert status_of(first) == "todo"
    assert admin.post(f"/admin/jobs/{first}/again").status_code == 404
    assert admin.post("/admin/jobs/clear").status_code == 302
    assert status_of(second) is None and status_of(first) == "todo"


def test_a_job_that_waits_already_is_not_retried_beside_it(admin: Client) -> None:
    gone = job("failed", lock="backup")
    job("todo", lock="backup")
    assert admin.post(f"/admin/jobs/{gone}/again").status_code == 409
    assert status_of(gone) == "failed"


def test_a_backup_is_asked_for_once(admin: Client) -> None:
    asked = {"task": "weimin.ops.tasks.back_up"}
    assert admin.post("/admin/jobs/run", asked)["Location"].endswith("started")
    assert admin.post("/admin/jobs/run", asked)["Location"].endswith("waiting")
    assert admin.post("/admin/jobs/run", {"task": "os.system"}).status_code == 404


# -- why it failed --------------------------------------------------------------------------------


def run(id_: int, task: Callable[[], object]) -> None:
    """What the worker does with a job, around the task itself."""
    with pytest.raises(Exception):  # noqa: B017
        failing.keeping(task, SimpleNamespace(job=SimpleNamespace(id=id_)), None)


def raising(error: BaseException) -> Callable[[], object]:
    def task() -> object:
        raise error
    return task


def test_the_worker_keeps_the_reason_of_every_failure() -> None:
    assert failing.keeping in app.worker_defaults["task_middleware"]


def test_a_job_that_went_well_leaves_no_reason(db: None) -> None:
    context = SimpleNamespace(job=SimpleNamespace(id=job("doing")))
    assert failing.keeping(lambda: 7, context, None) == 7
    assert not Failure.objects.exists()


def test_the_last_reason_is_shown_and_stays_beside_a_job_that_is_done_again(admin: Client) -> None:
    id_ = job("failed")
    assert "没有记下原因" in text(admin.get("/admin/jobs"))
    run(id_, raising(OpsError("备份没有完成：No space left on device", "检查磁盘空间和权限")))
    run(id_, raising(OpsError("pg_dump 失败：\npg_dump: error: 第二行留在日志里", "检查磁盘空间")))
    page = text(admin.get("/admin/jobs"))
    assert "pg_dump 失败：。检查磁盘空间" in page and "留在日志里" not in page
    assert "No space left" not in page
    admin.post(f"/admin/jobs/{id_}/again")
    assert "上次失败：" in text(admin.get("/admin/jobs?s=todo"))


@pytest.mark.parametrize(("error", "said"), [
    (OSError(errno.ENOSPC, "赵大爷"), "磁盘满了"),
    (PermissionError(errno.EACCES, "赵大爷"), "没有权限读写文件"),
    (FileNotFoundError(errno.ENOENT, "赵大爷"), "要用的文件不见了"),
    (OperationalError("赵大爷 430421195001011234"), "数据库连不上"),
    (TimeoutError("赵大爷"), "没有在时限内回答"),
    (WrongState("赵大爷的件已经办结"), "规则不允许这样做"),
    (ValueError("赵大爷 430421195001011234"), "程序出错：ValueError"),
])
def test_a_reason_is_said_in_words_and_names_nobody(
    admin: Client, error: Exception, said: str
) -> None:
    run(job("failed"), raising(error))
    reason = Failure.objects.get().reason
    assert said in reason and "赵" not in reason and "4304" not in reason
    assert said in text(admin.get("/admin/jobs"))


def test_a_mistake_of_ours_names_the_line_it_was_made_in(db: None) -> None:
    run(job("failed"), lambda: clock.say_date("no date"))  # type: ignore[arg-type]
    assert "kernel/clock.py 第 " in Failure.objects.get().reason


def test_what_the_database_refused_names_its_rule_and_not_the_row(cast: Cast) -> None:
    held = Holding.objects.get(post=cast.reviewer.post_id, deputy=False)

    def task() -> None:
        from django.db import transaction

        with transaction.atomic():
            Holding.objects.create(post_id=held.post_id, account_id=cast.clerk.account_id,
                                   during=held.during)

    run(job("failed"), task)
    assert "one_holder_per_post" in Failure.objects.get().reason
    assert IntegrityError.__name__ in Failure.objects.get().reason


def test_the_reason_goes_with_its_job(admin: Client) -> None:
    run(job("failed"), raising(ValueError()))
    admin.post("/admin/jobs/clear")
    assert not Failure.objects.exists()


def test_the_page_takes_the_same_queries_however_many_failed(
    admin: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        run(job("failed"), raising(ValueError()))
    admin.get("/admin/jobs")
    with django_assert_num_queries(5):
        admin.get("/admin/jobs")
    for _ in range(30):
        run(job("failed"), raising(ValueError()))
    with django_assert_num_queries(5):
        admin.get("/admin/jobs")


def test_what_runs_every_few_seconds_is_listed_only_when_asked_for(admin: Client) -> None:
    job("succeeded", "weimin.outbox.tasks.deliver")
    job("succeeded", "weimin.cases.tasks.new_day")
    page = text(admin.get("/admin/jobs?s=succeeded"))
    assert "<b>撤并单位的办件移交，重算期限</b>" in page and "<b>发送通知</b>" not in page
    page = text(admin.get("/admin/jobs?s=succeeded&all=1"))
    assert "<b>发送通知</b>" in page and "weimin.outbox" not in page


def test_one_that_failed_is_listed_however_often_it_runs(admin: Client) -> None:
    job("failed", "weimin.outbox.tasks.deliver")
    assert "<b>发送通知</b>" in text(admin.get("/admin/jobs"))


def test_the_audit_says_which_task_by_its_title(admin: Client) -> None:
    admin.post("/admin/jobs/run", {"task": "weimin.trail.tasks.root"})
    job("failed", "weimin.cases.tasks.new_day")
    admin.post("/admin/jobs/clear")
    page = text(logged_in(holder(f"{CITY}.admin", "auditor")).get("/admin/audit"))
    assert "签名并导出存证的根" in page and "撤并单位的办件移交" in page
    assert ".tasks." not in page
