"""The general step kinds: what an office does with any case."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from weimin.cases import delivery
from weimin.flow.kinds import Ask, StepKind, register
from weimin.flow.terms import Term, last_day
from weimin.kernel.clock import local, say_date
from weimin.worktime.calendar import Calendar

OPINION = Ask(key="opinion", label="意见")
REASON = Ask(key="reason", label="理由", when=("reject",))

_PUBLIC_NOTICE = Term(7, "d")  # unless the item declares another term (民发〔2021〕57号)


def _shown_long_enough(
    answers: Mapping[str, Any], opened: datetime, now: datetime, term: Term | None,
    calendar: Calendar,
) -> str | None:
    """A notice without objection is over only when its days are over."""
    if not answers.get("posted_on"):
        return None  # an objection: nothing was shown to its end
    try:
        posted = date.fromisoformat(str(answers.get("posted_on", "")))
        ended = date.fromisoformat(str(answers.get("ended_on", "")))
    except ValueError:
        return "请填写公示开始和结束的日期"
    if posted < local(opened).date():
        return "公示不能早于本环节开始的日期"
    if ended > local(now).date():
        return "公示还没有结束，结束后再登记结果"
    whole = term or _PUBLIC_NOTICE
    if ended < (full := last_day(posted, whole, calendar)):
        return f"公示不足{whole.words}，到{say_date(full)}才满，满了再登记"
    return None


REVIEW = register(
    StepKind(
        key="review", title="审核", asks=(OPINION, REASON),
        outcomes={"approve": "通过", "reject": "不通过"},
    )
)
# Two workers go (行政许可法 art. 34(3): 指派两名以上工作人员; 民发〔2021〕57号 art. 16: 每组不得少于2人):
# who enters the visit is one, and names the other.
SITE_VISIT = register(
    StepKind(
        key="site-visit", title="现场核查",
        asks=(
            Ask(key="visited_on", label="核查日期", type="date"),
            Ask(key="found", label="核查情况"),
            Ask(key="companions", label="同行人员", second=True),
            REASON,
        ),
        outcomes={"approve": "情况属实", "reject": "情况不符"},
    )
)
PUBLIC_NOTICE = register(
    StepKind(
        key="public-notice", title="公示",
        asks=(
            Ask(key="posted_on", label="公示开始日期", type="date", when=("approve",)),
            Ask(key="ended_on", label="公示结束日期", type="date", when=("approve",)),
            Ask(key="where", label="公示地点", when=("approve",)),
            Ask(key="objection", label="异议内容（不写异议人）", when=("repeat", "reject")),
        ),
        outcomes={"approve": "公示无异议", "repeat": "有异议，核实后重新公示",
                  "reject": "异议成立"},
        check=_shown_long_enough,
    )
)
DECISION = register(
    StepKind(
        key="decision", title="决定", asks=(OPINION, REASON),
        outcomes={"approve": "准予", "reject": "不予"}, decides=True, village_may=False,
    )
)
CERTIFICATE = register(
    StepKind(
        key="certificate", title="制证", outcomes={"approve": "出证"}, issues=True,
        village_may=False,
    )
)
DELIVERY = register(
    StepKind(
        key="delivery", title="送达", asks=delivery.ASKS, outcomes={"approve": "已送达"},
        delivers=True, check=delivery.check,
    )
)
EXTERNAL = register(
    StepKind(
        key="external", title="外部系统办理", outside=True,
        asks=(Ask(key="reference", label="对方流水号", required=False), REASON),
        outcomes={"approve": "对方已办结", "reject": "对方未通过"},
    )
)
REGISTER = register(
    StepKind(
        key="register", title="登记", asks=(Ask(key="note", label="登记内容", required=False),),
        outcomes={"approve": "已登记"},
    )
)
