"""The clocks of a case: notice, decision, promise, delivery. Started, met, computed again."""

from collections.abc import Iterable
from datetime import date, datetime
from operator import attrgetter

from weimin.cases.cards import judge_clock
from weimin.cases.circumstances import is_joint
from weimin.cases.file import CaseFile
from weimin.cases.rows import ClockRow, StepRow
from weimin.flow.due import Due, Pause, due, first_day, never_later, warn_day
from weimin.flow.kinds import kind_of
from weimin.flow.terms import Term
from weimin.kernel.clock import local

CLOCK_TITLES = {
    "notice": "一次性告知期限",
    "acceptance": "补正后受理期限",
    "decision": "法定期限",
    "promise": "承诺期限",
    "delivery": "送达期限",
}
# Which clock is the case's own in which state: the one that the desk sorts by.
_RUNNING = {
    "received": ("notice", "acceptance"),
    "noticed": (),
    "accepted": ("promise", "decision"),
    "decided": ("delivery",),
    "closed": (),
}


def start(file: CaseFile, kind: str, term: Term | None, on: date | None = None) -> None:
    """Start a clock with what happens now, or from the day ``on`` that the law names.

    Nothing happens where the law and the item set no term.
    """
    if term is None:
        return
    began = on or first_day(file.occurred_at, term, file.calendar)
    clock = ClockRow(kind=kind, start=began, term=str(term))
    _compute(file, clock)
    if kind == "promise":
        clock.printed_on = clock.due_on
    file.touch_clock(clock)


def start_decision(file: CaseFile, on: date | None = None) -> None:
    """The clocks that begin with acceptance: the law's and our promise.

    Both from the earlier day ``on`` that the law names, but for a promise of the same day: that is
    the day on which somebody accepts, or it would be broken before anybody could keep it.
    """
    item = file.item
    profile = item.profile
    by_law = profile.joint_decision if is_joint(file) else profile.decision
    start(file, "decision", item.statutory or by_law, on)
    start(file, "promise", item.promised, on if item.promised and item.promised.count else None)


def meet(file: CaseFile, *kinds: str, acted: datetime | None = None) -> None:
    """What the clocks asked for was done now; lateness is judged here and stays.

    ``acted`` is when the office did its part, if that was before it took effect.
    """
    for kind in kinds:
        clock = file.clocks.get(kind)
        if clock is None or clock.met_at is not None:
            continue
        clock.met_at = file.occurred_at
        clock.late = clock.due_at is not None and (acted or file.occurred_at) > clock.due_at
        file.touch_clock(clock)
        judge_clock(file, clock)
        if clock.late and kind not in ("notice", "acceptance"):
            file.set(late=True)


def extend(file: CaseFile, term: Term) -> None:
    """Lengthen the running decision clocks by a lawful extension."""
    for kind in ("decision", "promise"):
        clock = file.clocks.get(kind)
        if clock and clock.met_at is None and Term.parse(clock.term).unit == term.unit:
            clock.extension = str(Term.parse(clock.extension) + term if clock.extension else term)
    recompute(file)


def recompute(file: CaseFile, *, decreed: bool = False) -> None:
    """Compute every running clock and open step again: a pause, a return or a decree changed.

    With ``decreed`` only the calendar changed, and then a printed promise never moves later.
    """
    for clock in file.clocks.values():
        if clock.met_at is None:
            _compute(file, clock)
            if decreed:
                _keep_promise(file, clock)
            elif clock.printed_on and clock.due_on:  # told in writing: the new day is promised
                clock.printed_on = clock.due_on
            file.touch_clock(clock)
    for step in file.steps:
        if step.state == "open":
            set_due(file, step)
    if decreed and not file.touched_clocks:  # only steps run: the last clock says by which calendar
        last = max(file.clocks.values(), key=lambda clock: (clock.calendar, clock.kind))
        last.calendar = file.calendar.version
        file.touch_clock(last)
    show(file)


def show(file: CaseFile) -> None:
    """Put the due moment of the clock that runs now on the case row."""
    clock = running(file)
    file.set(due_at=clock and clock.due_at, warn_on=clock and clock.warn_on)


def running(file: CaseFile) -> ClockRow | None:
    """The case's own clock in its state: whichever ends first. None when none runs."""
    found = (file.clocks.get(kind) for kind in _RUNNING[file.row["state"]])
    return _first([clock for clock in found if clock and clock.met_at is None])


def _first(clocks: Iterable[ClockRow]) -> ClockRow | None:
    moving = [clock for clock in clocks if clock.due_at]
    return min(moving, key=attrgetter("due_at"), default=None)


def set_due(file: CaseFile, step: StepRow) -> None:
    """By when a step must be done: its own limit, or the case's where it has none.

    A lower organ that reviews a permit has the law's own term for it (行政许可法 art. 43).
    """
    spec = file.item.flow.steps[step.key]
    if spec.limit is not None:
        found = due(
            start=first_day(step.opened_at, spec.limit, file.calendar), term=spec.limit,
            calendar=file.calendar, pauses=_pauses(file, but=step),
        )
        step.set(due_at=found.at, warn_on=found.warn)
        return
    below = file.item.profile.review_below
    if below is not None and step.key in file.item.flow.below and "decision" in file.clocks:
        found = due(
            start=file.clocks["decision"].start, term=below, calendar=file.calendar,
            pauses=_pauses(file, but=step),
        )
        step.set(due_at=found.at, warn_on=found.warn)
        return
    kinds = ("delivery",) if kind_of(spec.kind).delivers else ("promise", "decision")
    clock = _first(file.clocks[k] for k in kinds if k in file.clocks)
    step.set(due_at=clock and clock.due_at, warn_on=clock and clock.warn_on)


def limit_of(file: CaseFile, clock: ClockRow) -> Due:
    """The due day of a clock as it is now."""
    return due(
        start=clock.start, term=Term.parse(clock.term), calendar=file.calendar,
        pauses=_pauses(file) if clock.kind in ("decision", "promise") else (),
        extension=Term.parse(clock.extension) if clock.extension else None,
    )


def _compute(file: CaseFile, clock: ClockRow) -> None:
    found = limit_of(file, clock)
    clock.due_on, clock.due_at, clock.warn_on = found.day, found.at, found.warn
    clock.calendar = file.calendar.version


def _keep_promise(file: CaseFile, clock: ClockRow) -> None:
    if clock.due_on and clock.printed_on:
        clock.due_on = never_later(clock.printed_on, clock.due_on)
        clock.due_at = file.calendar.end_of(clock.due_on)
        clock.warn_on = warn_day(clock.start, clock.due_on, file.calendar, _pauses(file))


def _pauses(file: CaseFile, but: StepRow | None = None) -> list[Pause]:
    """The days that don't count: lawful pauses, and steps whose days the item's law leaves out."""
    spans = [Pause(p.began, p.ended) for p in file.pauses if not p.counts]
    uncounted = file.item.uncounted_kinds
    for step in file.steps:
        if step is but or file.item.flow.steps[step.key].kind not in uncounted:
            continue
        if step.state in ("open", "done", "void"):
            ended = local(step.done_at).date() if step.done_at else None
            spans.append(Pause(local(step.opened_at).date(), ended))
    return spans
