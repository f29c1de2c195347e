"""Words that several screens say in the same way."""

from datetime import date, datetime
from typing import Literal

import segno
from django.utils.translation import gettext as _
from markupsafe import Markup

from weimin.flow.due import Light, light
from weimin.kernel.clock import local
from weimin.worktime.current import calendar_now


def light_of(
    due_at: datetime | None, warn_on: date | None, now: datetime
) -> tuple[Light | Literal["grey"], str]:
    """Colour and words of what is left: ``("yellow", "还剩 2 个工作日")``."""
    if due_at is None:
        return "grey", _("不计时")
    calendar, today, day = calendar_now(), local(now).date(), local(due_at).date()
    colour = light(now, due_at=due_at, warn_on=warn_on)
    if colour == "red":
        late = calendar.workdays_between(day, today)
        return colour, _("超期 {} 个工作日").format(late) if late else _("今天已超期")
    left = calendar.workdays_between(today, day)
    words = _("还剩 {} 个工作日").format(left) if left else _("今天到期")
    return colour, words


def state_of(state: str, outcome: str, paused: bool = False) -> str:
    """The key of a state's tag."""
    if outcome == "refused":
        return "refused"  # decided at the door, also while the paper is on its way
    if state == "closed":
        return "withdrawn" if outcome == "withdrawn" else "closed"
    if paused:
        return "paused"
    return {"received": "received", "noticed": "notified", "accepted": "running",
            "decided": "decided"}[state]


def qr_of(address: str) -> Markup:
    """The address as a code to be scanned."""
    return Markup(segno.make(address, error="m", micro=False).svg_inline(border=2, omitsize=True))


def plain_name(name: str) -> str:
    """An item's name without the words that every item ends with."""
    for ending in ("办理", "申请", "申领"):
        if name.endswith(ending) and len(name) > len(ending) + 2:
            return name.removesuffix(ending)
    return name
