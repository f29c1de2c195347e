"""受理: the competent office takes the case on; its clocks start."""

from datetime import date

from weimin.cases import clocks
from weimin.cases.circumstances import notice
from weimin.cases.duty import acting_post, take_lead
from weimin.cases.file import CaseFile
from weimin.cases.materials import lacks, put_right
from weimin.cases.numbering import numbered
from weimin.cases.rows import ClockRow
from weimin.cases.verb import verb
from weimin.flow.transitions import begin
from weimin.kernel.errors import WrongState


@verb("受理")
def accept(file: CaseFile, *, gaps: dict[str, str] | None = None, note: str = "") -> None:
    """Accept the case: it is complete, or what is missing may follow (容缺受理).

    The decision and promise clocks start today. Of a permit they start earlier, whoever accepts
    it now: from the day of receipt when the notice was not given in time (行政许可法 art. 32(1)(4);
    then the system accepts), from the day on which all that the notice asked for was there when
    it was (32(1)(5)).
    """
    start_on = _counts_from(file)
    if not file.actor.is_system:
        put_right(file, gaps or {})
        if absent := lacks(file):
            raise WrongState(
                f"还缺：{'、'.join(absent)}",
                "请出具一次性告知单；可以容缺的材料，请写明何时补齐",
            )
        take_lead(file, acting_post(file), file.actor.account_id)
        file.set(first_contact_id=None)  # the hand-over to the competent office is accepted
    if file.actor.is_system and (duty := file.routes.duty_posts.get(file.row["office_id"])):
        take_lead(file, *duty)  # accepted by law: the competent office answers for it
        file.set(first_contact_id=None)
    by_law, waited = start_on != file.today, _waiting(file)
    clocks.meet(file, "notice", "acceptance")
    file.set(state="accepted", accepted_at=file.occurred_at)
    clocks.start_decision(file, start_on if by_law else None)
    opened = file.carry_out(begin(file.item.flow, file.facts, file.pure_steps))
    file.record(
        "accept",
        {
            "opened": opened,
            # Where no term runs there is nothing to promise, and no 受理通知书.
            **(numbered(file, "acceptance") if file.clocks.keys() & {"decision", "promise"} else {}),
            **({"from": start_on.isoformat()} if by_law else {}),
            **({"note": note} if note else {}),
            **({"by_law": "行政许可法第三十二条"} if by_law else {}),
            **({"late": True} if waited and waited.late else {}),
        },
        post=acting_post(file),
    )


def _counts_from(file: CaseFile) -> date:
    began, whole = file.clocks.get("notice"), _waiting(file)
    return file.item.profile.counts_from(
        accepted=file.today, received=began.start if began else file.today,
        silent=notice(file) == "overdue", supplemented=whole.start if whole else None,
    )


def _waiting(file: CaseFile) -> ClockRow | None:
    """The clock that runs since the supplement was complete."""
    clock = file.clocks.get("acceptance")
    return clock if clock and clock.met_at is None else None
