"""What else decides what may be done now, read off the case for the table of actions."""

from typing import TYPE_CHECKING, Literal

from weimin.cases.materials import lacking, missing
from weimin.cases.written import ERASED
from weimin.flow.actions import Circumstances, Relation
from weimin.flow.terms import Term
from weimin.flow.transitions import finished

if TYPE_CHECKING:
    from weimin.cases.file import CaseFile


def circumstances(file: "CaseFile") -> Circumstances:
    """The circumstances of a case for its present actor."""
    pure = file.pure_steps
    done = {step.key for step in pure if step.state == "done"}
    opened = [row for row in file.steps if row.state == "open" and row.id is not None]
    waiting = file.row["state"] in ("received", "noticed")
    absent = missing(file) if waiting or file.row["state"] == "accepted" else []
    return Circumstances(
        paused=file.open_pause is not None,
        notice=notice(file),
        silence_accepts=file.item.profile.silence_accepts,
        lacking=bool(lacking(absent)),
        awaited=bool(absent) or "promised" in file.materials.values()
        or (file.open_pause is not None and file.open_pause.reason == "supplement"),
        finished=file.row["state"] == "decided" and finished(file.item.flow, pure),
        confidential=file.row["confidential"],
        erased=file.row["applicant"] == ERASED,
        newer_version=file.routes.current_items.get(file.item.code) not in (None, file.item.id),
        extension_by=extension_by(file),
        returnable=frozenset(
            row.id for row in opened if row.id and done & file.item.flow.ancestors[row.key]
        ),
        held=frozenset(
            row.id for row in opened
            if row.id and row.account_id not in (None, file.actor.account_id)
        ),
    )


def notice(file: "CaseFile") -> Literal["running", "overdue", "given"]:
    """Whether the one-time notice was given, may still be given in time, or is overdue."""
    clock = file.clocks.get("notice")
    if clock is None:
        return "running"
    if clock.met_at is not None:
        # Where silence accepts, a late notice undoes nothing: it counts as never given.
        return "overdue" if clock.late and file.item.profile.silence_accepts else "given"
    return "overdue" if clock.due_at is not None and file.now > clock.due_at else "running"


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


def extension_by(file: "CaseFile") -> Relation | None:
    """Who may extend the running decision clock now; None when nobody may (any more)."""
    clock = file.clocks.get("decision") or file.clocks.get("promise")
    if clock is None or clock.met_at is not None or clock.extension:
        return None
    if longest_extension(file) is None:
        return None
    profile = file.item.profile
    by = profile.joint_extension_by if is_joint(file) else profile.extension_by
    return "government" if by == "government_head" else "head"
