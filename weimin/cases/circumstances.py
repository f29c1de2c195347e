"""What else decides what may be done now, read off the case for the table of actions."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from weimin.cases.cards import due_cards
from weimin.cases.facts import unanswered
from weimin.cases.heirs import heirs
from weimin.cases.materials import lacking, missing
from weimin.cases.written import ERASED
from weimin.flow.actions import Circumstances, Relation
from weimin.flow.conditions import holds
from weimin.flow.kinds import kind_of
from weimin.flow.terms import Term
from weimin.flow.transitions import finished
from weimin.kernel.clock import local

if TYPE_CHECKING:
    from weimin.cases.file import CaseFile
    from weimin.cases.rows import StepRow


def circumstances(file: "CaseFile") -> Circumstances:
    """The circumstances of a case for its present actor."""
    pure = file.pure_steps
    done = {step.key for step in pure if step.state == "done"}
    opened = [row for row in file.steps if row.state == "open" and row.id is not None]
    waiting = file.row["state"] in ("received", "noticed")
    early = waiting or file.row["state"] == "accepted"
    absent = missing(file) if early else []
    blank = unanswered(file.item, file.row["facts"]) if early else []
    # Only the system passes cases on and issues cards: nobody else's request looks for them.
    passing = heirs(file) if file.actor.is_system else None
    return Circumstances(
        paused=file.open_pause is not None,
        notice=notice(file),
        silence_accepts=file.item.profile.silence_accepts,
        lacking=bool(blank or lacking(absent)),
        awaited=bool(absent or blank) or "promised" in file.materials.values()
        or (file.open_pause is not None and file.open_pause.reason == "supplement"),
        finished=file.row["state"] == "decided" and finished(file.item.flow, pure),
        confidential=file.row["confidential"],
        erased=file.row["applicant"] == ERASED,
        restricted=file.row["restricted"],
        card_due=file.actor.is_system and any(due_cards(file, file.now)),
        cards=frozenset(card.state for card in file.cards),
        own_card=any(
            card.state == "standing" and card.office_id in file.actor.offices
            for card in file.cards
        ),
        lapsed=lapsed(file),
        newer_version=file.routes.current_items.get(file.item.code) not in (None, file.item.id),
        orphaned=passing is not None and bool(passing) and not passing.vacant,
        extension_by=extension_by(file),
        returnable=frozenset(
            row.id for row in opened if row.id and done & file.item.flow.ancestors[row.key]
        ),
        held=frozenset(
            row.id for row in opened
            if row.id and row.account_id not in (None, file.actor.account_id)
        ),
        own=frozenset(
            row.id for row in opened if row.id and file.actor.account_id in doers(file, row.key)
        ),
        nudged=file.nudged_at is not None and local(file.nudged_at).date() == local(file.now).date(),
        certified=bool(standing(file)),
        untold=untold(file),
    )


def doers(file: "CaseFile", key: str) -> frozenset[int | None]:
    """The accounts that may not do this step: they did one that another must have done.

    Whoever reviewed does not decide (审查与决定分离); the flow says so by ``other_than``.
    """
    others = file.item.flow.steps[key].other_than
    return frozenset(
        row.account_id for row in file.steps
        if row.key in others and row.state == "done" and row.account_id is not None
    )


def decided_by(file: "CaseFile") -> int:
    """The office that decided a case; of a refusal, and where nobody decides, the competent one."""
    rows = [] if file.row["outcome"] == "refused" else [
        s for s in reversed(file.steps) if s.state == "done" and s.answers
        and file.item.flow.steps[s.key].kind in ("decision", "review")]
    return (rows and rows[0].office_id) or int(file.row["office_id"])


def issuing(file: "CaseFile") -> list["StepRow"]:
    """The steps of a case with a result that issued its certificate."""
    if file.row["state"] not in ("decided", "closed") or file.item.result.get("kind") != "certificate":
        return []
    return [row for row in file.steps if row.state == "done"
            and kind_of(file.item.flow.steps[row.key].kind).issues]


def standing(file: "CaseFile") -> list["StepRow"]:
    """Those whose certificate was not revoked."""
    return [row for row in issuing(file) if "revoked" not in (row.answers or {})]


def taken_back(file: "CaseFile") -> "StepRow | None":
    """The step whose certificate was last revoked: its answers hold the ground, and the delivery."""
    return next((row for row in reversed(file.steps) if row.answers and "revoked" in row.answers), None)


def untold(file: "CaseFile") -> bool:
    """Whether a certificate was revoked and nobody has been handed the decision yet."""
    row = taken_back(file)
    return row is not None and "handed" not in (row.answers or {})


def notice(file: "CaseFile") -> Literal["running", "overdue", "given"]:
    """Whether the one-time notice was given, may still be given in time, or is overdue."""
    clock = file.clocks.get("notice")
    if clock is None:
        return "running"
    if clock.met_at is not None:
        # Where silence accepts, a late notice undoes nothing: it counts as never given.
        return "overdue" if clock.late and file.item.profile.silence_accepts else "given"
    return "overdue" if clock.due_at is not None and file.now > clock.due_at else "running"


def lapsed(file: "CaseFile") -> bool:
    """Whether a renewal asked for in time was not decided when the permit expired.

    行政许可法 art. 50: asked for thirty days before the end, unless another law says otherwise
    (the item's ``renewal.days_before``); not decided by then, it counts as renewed.
    """
    expires = renewal_expires(file)
    if expires is None or file.row["state"] != "accepted":
        return False
    days = int(file.item.data["renewal"].get("days_before", 30))
    in_time = local(file.row["received_at"]).date() + timedelta(days=days) <= expires
    return in_time and file.today > expires


def renewal_expires(file: "CaseFile") -> date | None:
    """The last day of the permit that the case asks to renew; None if it renews nothing."""
    renewal = file.item.data.get("renewal")
    if not renewal or not file.item.profile.silence_renews:
        return None
    try:
        return date.fromisoformat(str(file.row["facts"].get(renewal["expires"])))
    except ValueError:
        return None


def is_joint(file: "CaseFile") -> bool:
    """Whether several departments handle the case together (行政许可法 art. 26, 42(2))."""
    return file.item.data.get("joint", False) is True


def longest_extension(file: "CaseFile") -> Term | None:
    """The longest extension that the law of the item allows."""
    own = file.item.data.get("limit", {}).get("extension")
    if own:
        return Term.parse(own)
    profile = file.item.profile
    return profile.joint_extension if is_joint(file) else profile.extension


def deciding(file: "CaseFile") -> list[int]:
    """The offices that decide the case, whoever accepted it for them; without a decision that one.

    行政许可法 art. 42(1) has 本行政机关负责人 extend a term: the head of the organ that decides.
    """
    found = [
        file.office_for(spec) for spec in file.item.flow.steps.values()
        if kind_of(spec.kind).decides and holds(spec.when, file.facts)
    ]
    return [office for office in found if office] or [file.row["office_id"]]


def deciding_level(file: "CaseFile") -> str:
    """At which level the case is decided, by the delegations of the day on which it came in."""
    received = local(file.row["received_at"]).date()
    return file.routes.power(file.item, "decide", file.area_path, received, file.item.level).level


def extension_by(file: "CaseFile") -> Relation | None:
    """Who may extend the running decision clock now; None when nobody may (any more)."""
    clock = file.clocks.get("decision") or file.clocks.get("promise")
    if clock is None or clock.met_at is not None or clock.extension:
        return None
    if longest_extension(file) is None:
        return None
    profile = file.item.profile
    by = profile.joint_extension_by if is_joint(file) else profile.extension_by
    return "government" if by == "government_head" else "decider"
