"""What an operator sees of a verification: how far it is, how fast, and each thing that is wrong."""

import time
from collections.abc import Callable

import click
from django.conf import settings

from weimin.cases.models import Case
from weimin.ops.errors import OpsError
from weimin.trail.verify import Report, count_events
from weimin.trail.verify import verify as verify_trail


def verify(number: str, say: Callable[[str], object]) -> bool:
    """Verify everything, or the case of that number; whether all is as it was.

    Raises OpsError when there is no such case.
    """
    subject = None
    if number:
        found = Case.objects.filter(number=number).values_list("pk", flat=True).first()
        if found is None:
            raise OpsError(f"没有找到办件 {number}", "请核对编号")
        subject = ("case", found)
    began = time.monotonic()
    with click.progressbar(length=1 if subject else count_events(), label="核验", show_pos=True) as bar:
        report = verify_trail(keys=settings.KEYS, exported=settings.HOME / "roots",
                              subject=subject, tick=bar.update)
    _tell(report, time.monotonic() - began, say)
    return report.holds


def _tell(report: Report, seconds: float, say: Callable[[str], object]) -> None:
    say(f"{report.chains} 条链，{report.events} 条记录，{report.roots} 个签名的根，"
        f"{report.erased} 条个人内容已依法删除；用时 {seconds:.1f} 秒，"
        f"每秒 {report.chains / max(seconds, 0.001):.0f} 条链。")
    for broken in report.broken:
        say(click.style(f"✗ {broken}", fg="red"))
    if report.broken:
        say(click.style(f"✗ 共 {len(report.broken)} 处与记录链不符。先保存现场，不要修改，再查是谁在何时改的。", fg="red"))
    if report.holds:
        say(click.style("✓ 全部完好，办件各表与链一致。", fg="green"))
