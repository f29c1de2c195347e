"""Words that several screens say in the same way."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal

import segno
from django.utils.translation import gettext as _
from markupsafe import Markup

from weimin.flow.actions import OUTCOME_TITLES
from weimin.flow.due import Light, light
from weimin.kernel.clock import local, say_date
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


def headline(
    row: Any, who: str, waits_for: str, offices: Sequence[str], now: datetime, revoked: bool = False
) -> str:
    """A case in a sentence: what, whose, where it is, until when.

    ``offices``: whose work it is now; none where the applicant is waited for.
    """
    thing = _("{}的{}").format(who, plain_name(row.item.name))
    if row.state == "closed":
        ended = OUTCOME_TITLES.get(row.outcome, "") + (_("，但证照已经失效") if revoked else "")
        return _("{}，{}。").format(thing, ended)
    return _("{}，正等{}{}{}。").format(
        thing, _("、").join(offices), waits_for, _until(row, now) if row.due_at else "")


def _until(row: Any, now: datetime) -> str:
    """By when, in words: what the running term asks for, and whether a decree may move it."""
    day = local(row.due_at).date()
    said = (_("预计 {}") if calendar_now().is_foreseen(day) else "{}").format(say_date(day))
    asked = _("答复是否受理") if row.state == "received" else _("办完")
    words = _("，{} 前要{}") if now <= row.due_at else _("，{} 就该{}")
    return words.format(said, asked)
