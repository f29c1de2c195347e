"""The worker's part of the screens: drafts whose time is over."""

from procrastinate.contrib.django import app

from weimin.kernel import clock
from weimin.kernel.titles import titled
from weimin.web.drafts import forget


@titled("清理过期草稿")
@app.periodic(cron="45 19 * * *")  # 03:45 in Shanghai: cron speaks UTC
@app.task(queue="daily", queueing_lock="drafts")
def drafts(timestamp: int) -> int:
    """Drop drafts that nobody came back to, with their scans."""
    return forget(clock.now())
