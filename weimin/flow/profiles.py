"""Legal profiles: the limits that the law sets for each type of item.

An item's own law overrides its profile (design: a special law goes before the general one).
Where no statute sets a limit for a type, the profile says so and takes none: the item's own
statutory limit then counts, and nothing else.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from weimin.flow.terms import Term

PauseReason = Literal[
    "hearing", "tender", "auction", "inspection", "testing", "quarantine", "appraisal",
    "expert_review", "supplement", "site_visit", "public_notice", "external", "force_majeure",
]

PAUSE_TITLES: dict[PauseReason, str] = {
    "hearing": "听证",
    "tender": "招标",
    "auction": "拍卖",
    "inspection": "检验",
    "testing": "检测",
    "quarantine": "检疫",
    "appraisal": "鉴定",
    "expert_review": "专家评审",
    "supplement": "等待申请人补正",
    "site_visit": "现场核查",
    "public_notice": "公示",
    "external": "等待外部系统",
    "force_majeure": "不可抗力",
}

# 行政许可法 art. 45 names these and no others. A site visit or a public notice is not among
# them, so its days count unless the item's own law says otherwise.
ARTICLE_45: frozenset[PauseReason] = frozenset(
    ("hearing", "tender", "auction", "inspection", "testing", "quarantine", "appraisal",
     "expert_review")
)

# What may be waited for with any item; it counts unless the item's own law says otherwise.
COUNTED: frozenset[PauseReason] = frozenset(
    ("supplement", "site_visit", "public_notice", "external", "force_majeure")
)

Approver = Literal["office_head", "government_head"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LegalProfile:
    """The rules of time for one type of item."""

    key: str
    title: str
    source: str
    notice: Term | None  # by when the one-time notice must be given, from receipt
    silence_accepts: bool  # no notice in time: accepted from the day of receipt
    decision: Term | None  # the longest the law allows, from acceptance
    extension: Term | None
    extension_by: Approver
    delivery: Term | None  # from the decision
    joint_decision: Term | None = None  # several departments handle it together
    joint_extension: Term | None = None
    joint_extension_by: Approver = "government_head"
    uncounted: frozenset[PauseReason] = field(default_factory=frozenset)
    review_below: Term | None = None  # a lower organ's own term, from acceptance
    silence_renews: bool = False  # a renewal not decided at expiry is renewed
    # All that the notice asked for is there: accepted within this, and the days count from then.
    supplement_accepts: Term | None = None
    # Which powers a village may be given: it receives and helps, and never decides.
    village_may: frozenset[str] = frozenset(("receive", "accept", "print"))

    def may_hold(self, power: str, level: str) -> bool:
        """Whether the offices of a level may exercise a power over things of this type."""
        return level != "village" or power in self.village_may

    def counts_from(
        self, *, accepted: date, received: date, silent: bool, supplemented: date | None
    ) -> date:
        """From which day the decision's term counts, for a case that is accepted on ``accepted``.

        As a rule from that day. Where the law itself accepts, no office gains days by waiting:
        ``silent``, without notice in time, from the day of receipt; with all that the notice
        asked for, from the day on which it was all there (``supplemented``).
        """
        if silent and self.silence_accepts:
            return received
        if supplemented is not None and self.supplement_accepts is not None:
            return min(accepted, supplemented)
        return accepted


PERMIT = LegalProfile(
    key="permit",
    title="行政许可",
    source="行政许可法 第32、42、43、44、45、50、82条",
    notice=Term(5, "wd"),  # art. 32(1)(4); art. 82: working days
    silence_accepts=True,  # art. 32(1)(4): 逾期不告知的，自收到申请材料之日起即为受理
    decision=Term(20, "wd"),  # art. 42(1)
    extension=Term(10, "wd"),  # art. 42(1): approved by the head of the organ, reasons told
    extension_by="office_head",
    joint_decision=Term(45, "wd"),  # art. 42(2); working days by art. 82
    joint_extension=Term(15, "wd"),  # art. 42(2): approved by the head of government
    delivery=Term(10, "wd"),  # art. 44
    uncounted=ARTICLE_45,
    review_below=Term(20, "wd"),  # art. 43: 下级行政机关应当自其受理之日起二十日内审查完毕
    silence_renews=True,  # art. 50(2)
    # art. 32(1)(5): 按照本行政机关的要求提交全部补正申请材料的，应当受理. The law gives no days for
    # it; the receipt of art. 32(2) is to be written by the end of the next working day.
    supplement_accepts=Term(1, "wd"),
    # art. 24: 可以委托其他行政机关实施行政许可. A village is no administrative organ: it receives on
    # behalf (代收), and what it received is accepted, and printed, above it.
    village_may=frozenset(("receive",)),
)

BENEFIT = LegalProfile(
    key="benefit",
    title="行政给付",
    source="各单行规定（如社会救助法、民发〔2021〕57号）；无统一期限",
    notice=Term(5, "wd"),  # no statute says how many days: by analogy with permits
    silence_accepts=False,
    decision=None,
    extension=None,
    extension_by="office_head",
    delivery=Term(10, "wd"),
)

CONFIRMATION = LegalProfile(
    key="confirmation",
    title="行政确认",
    source="各单行规定；无统一期限",
    notice=Term(5, "wd"),
    silence_accepts=False,
    decision=None,
    extension=None,
    extension_by="office_head",
    delivery=Term(10, "wd"),
    uncounted=frozenset(("testing", "appraisal", "expert_review")),
)

PUBLIC_SERVICE = LegalProfile(
    key="public-service",
    title="公共服务",
    source="办事指南承诺；无法定期限",
    notice=Term(5, "wd"),
    silence_accepts=False,
    decision=None,
    extension=None,
    extension_by="office_head",
    delivery=Term(10, "wd"),
)

OTHER = {
    key: LegalProfile(
        key=key,
        title=title,
        source="各单行规定；无统一期限",
        notice=Term(5, "wd"),
        silence_accepts=False,
        decision=None,
        extension=None,
        extension_by="office_head",
        delivery=Term(10, "wd"),
    )
    for key, title in (("filing", "备案"), ("reward", "行政奖励"), ("other", "其他行政权力"))
}

PROFILES: dict[str, LegalProfile] = {
    profile.key: profile
    for profile in (PERMIT, BENEFIT, CONFIRMATION, PUBLIC_SERVICE, *OTHER.values())
}
