"""红黄牌: issued by the calendar, contested by the office, ruled on by the supervisor."""

from weimin.cases.cards import COLOUR_TITLES, find, issue
from weimin.cases.file import CaseFile
from weimin.cases.verb import verb
from weimin.kernel.errors import Invalid


@verb("亮牌")
def issue_cards(file: CaseFile) -> None:
    """Issue the cards that the running terms have earned; the job asks only where some are due."""
    issued = issue(file, file.occurred_at)
    file.record("issue_cards", {"cards": [
        [card.colour, card.about, card.office_id] for card in issued
    ]})


@verb("申辩")
def contest_card(file: CaseFile, *, card: int, reason: str) -> None:
    """Contest a card: the office says why it should not stand. It stands until it is ruled on.

    Raises Invalid without a reason, or for a card of another office or one already contested.
    """
    row = find(file, card)
    if not reason.strip():
        raise Invalid(fields={"reason": "请写明申辩的理由"})
    if row.state != "standing":
        raise Invalid(fields={"card": "这张牌已经申辩过或已有结论"})
    if row.office_id not in file.actor.offices:
        raise Invalid(fields={"card": "这张牌不是发给您单位的"})
    row.set(state="contested")
    file.record("contest_card", {"card": [row.colour, row.about], "reason": reason.strip()})


@verb("裁定红黄牌")
def rule_on_card(file: CaseFile, *, card: int, withdraw: bool, reason: str) -> None:
    """Uphold a contested card, or withdraw a card: then it never counts.

    Raises Invalid without a reason, or for a card that was withdrawn already.
    """
    row = find(file, card)
    if not reason.strip():
        raise Invalid(fields={"reason": f"请写明{'撤销' if withdraw else '维持'}的理由"})
    if row.state == "withdrawn":
        raise Invalid(fields={"card": f"这张{COLOUR_TITLES[row.colour]}已经撤销"})
    if not withdraw and row.state != "contested":
        raise Invalid(fields={"card": "没有申辩的牌不用裁定维持"})
    row.set(state="withdrawn" if withdraw else "upheld")
    file.record("rule_on_card", {"card": [row.colour, row.about], "ruling": row.state,
                                 "reason": reason.strip()})
