"""The worker's part of the trail: the daily root."""

from django.conf import settings
from procrastinate.contrib.django import app

from weimin.kernel import clock
from weimin.kernel.titles import titled
from weimin.trail.roots import take_root


@titled("签名并导出存证的根")
@app.periodic(cron="30 18 * * *")  # 02:30 in Shanghai: cron speaks UTC
@app.task(queue="daily", queueing_lock="root")
def root(timestamp: int) -> str | None:
    """Sign the day's root and export it beside the data."""
    return take_root(clock.now(), keys=settings.KEYS, folder=settings.HOME / "roots")
