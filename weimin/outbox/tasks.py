"""The worker's part of the outbox."""

from procrastinate.contrib.django import app

from weimin.kernel import clock
from weimin.kernel.titles import titled
from weimin.outbox.delivery import deliver_due


@titled("发送通知", routine=True)
@app.periodic(cron="* * * * * */5")
@app.task(queue="outbox", queueing_lock="outbox", pass_context=False)
def deliver(timestamp: int) -> int:
    """Send what waits."""
    return deliver_due(clock.now())
