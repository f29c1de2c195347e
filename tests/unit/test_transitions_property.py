"""Any small flow with any outcomes: it comes to an end, in order, one row at a time.

What is asserted after each event stands in :class:`tests.unit.running.Running`: a plan can be
carried out, nothing opens before its turn or twice, and somebody has something to do until
the case is over.
"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.running import Running
from weimin.flow.kinds import kind_of
from weimin.flow.transitions import Step

KINDS = ("review", "review", "review", "site-visit", "public-notice", "decision", "certificate",
         "delivery")
WHENS = (None, None, None, {"big": True}, {"big": False})
TEMPERS = 12  # events with a will of their own; after them everybody just approves

Steps = dict[str, dict[str, Any]]
a_property = settings(max_examples=400, deadline=None)


def _ancestors(steps: Steps, needs: list[str]) -> list[str]:
    return sorted({a for n in needs for a in (n, *_ancestors(steps, steps[n]["needs"]))})


@st.composite
def _step(draw: st.DrawFn, before: Steps, quorums: bool) -> dict[str, Any]:
    """A step that needs up to three of those before it and declares whatever it may."""
    needs: list[str] = []
    if before:
        needs = draw(st.lists(st.sampled_from(sorted(before)), max_size=3, unique=True))
    spec: dict[str, Any] = {"kind": draw(st.sampled_from(KINDS)), "who": "counter", "needs": needs}
    if when := draw(st.sampled_from(WHENS)):
        spec["when"] = when
    if draw(st.integers(0, 5)) == 0:
        spec["each"] = "kinds"
    together = len({tuple(before[n]["needs"]) for n in needs}) == 1
    if quorums and together and draw(st.booleans()):
        spec["quorum"] = draw(st.integers(1, len(needs)))
    back = [f"return({a})" for a in _ancestors(before, needs)]
    spec["on_reject"] = draw(st.sampled_from(["continue", "continue", "end", *back]))
    return spec


@st.composite
def cases(draw: st.DrawFn, *, quorums: bool = False) -> Running:
    """A case of a random flow of up to seven steps, just begun."""
    steps: Steps = {}
    for n in range(draw(st.integers(1, 7))):
        steps["abcdefg"[n]] = draw(_step(steps, quorums))
    kinds = draw(st.lists(st.sampled_from(("x", "y", "z")), max_size=3))
    return Running(steps, big=draw(st.booleans()), kinds=kinds)


def _something_happens(case: Running, data: st.DataObject) -> None:
    """Somebody completes a step with any outcome of its kind, or returns it."""
    row = data.draw(st.sampled_from([r for r in case.rows if r.state == "open"]))
    targets = sorted(case.flow.ancestors[row.key]) if case.outcome != "denied" else []
    if targets and data.draw(st.integers(0, 3)) == 0:
        _somebody_returns(case, row, data.draw(st.sampled_from(targets)), data.draw(st.booleans()))
        return
    outcomes = sorted(kind_of(case.flow.steps[row.key].kind).outcomes)
    case.done(row.key, branch=row.branch, outcome=data.draw(st.sampled_from(outcomes)))


def _somebody_returns(case: Running, by: Step, target: str, straight: bool) -> None:
    """Whatever does not hang on the target stays as it was, or a quorum no longer needs it."""
    hangs = {target, by.key} if straight else {target} | case.flow.descendants[target]
    before = {row.id: row for row in case.rows if row.key not in hangs}
    case.returned(by.key, to=target, branch=by.branch, straight_back=straight)
    after = {row.id: row for row in case.rows if row.id in before}
    changed = [after[each] for each in before if after[each] != before[each]]
    assert all(row.state == "cancelled" for row in changed)


def _to_the_end(case: Running) -> None:
    """From here on everybody approves; each approval may open others, but not for ever."""
    for _ in range(100):
        standing = [row for row in case.rows if row.state == "open"]
        if not standing:
            break
        case.done(standing[0].key, branch=standing[0].branch)
    assert case.finished


@a_property
@given(cases(), st.data())
def test_a_case_comes_to_its_end_whatever_happens(case: Running, data: st.DataObject):
    for _ in range(TEMPERS):
        if not case.open:
            break
        _something_happens(case, data)
    _to_the_end(case)


@a_property
@given(cases(quorums=True), st.data())
def test_a_case_with_quorums_comes_to_its_end_whatever_happens(
    case: Running, data: st.DataObject
):
    for _ in range(TEMPERS):
        if not case.open:
            break
        _something_happens(case, data)
    _to_the_end(case)


@a_property
@given(cases(), st.data())
def test_a_finished_case_can_be_opened_again_and_comes_to_its_end_again(
    case: Running, data: st.DataObject
):
    _to_the_end(case)
    rounds = {(row.key, row.branch): row.round for row in case.rows}
    case.reopened()
    for row in (row for row in case.rows if row.state != "void"):
        assert row.round == rounds.get((row.key, row.branch), 0) + 1
    if case.open:
        _something_happens(case, data)
    _to_the_end(case)


@a_property
@given(cases(quorums=True))
def test_what_is_refused_at_the_door_opens_nothing_but_deliveries(case: Running):
    case.refused()
    while case.open:  # asked anew each time: a quorum may end what another would have done
        row = next(row for row in case.rows if row.state == "open")
        assert kind_of(case.flow.steps[row.key].kind).delivers
        case.done(row.key, branch=row.branch)
    assert case.finished


@a_property
@given(cases())
def test_a_case_that_everybody_approves_is_never_denied(case: Running):
    _to_the_end(case)
    assert case.outcome in ("", "granted")
    assert not case.all_in("void")
