"""The graph of a flow: what comes before what, and each fault that its linter names."""

from typing import Any

import pytest

import weimin.cases.kinds  # noqa: F401  the kinds of step register themselves
from weimin.flow.graph import Flow, Who, facts_of, faults_of, parse_flow
from weimin.flow.terms import Term

LINES = frozenset(("civil-affairs", "health"))


def step(kind: str = "review", *needs: str, **more: Any) -> dict[str, Any]:
    """A step as a pack writes it, of the town unless told otherwise."""
    return {"kind": kind, "who": "civil-affairs@town", "needs": list(needs), **more}


def faults(**steps: Any) -> list[tuple[str, str, str]]:
    """Whatever the linter says about how these steps fit together: step, fault, remedy."""
    found = list(faults_of({"steps": steps}, lines=LINES))
    assert all(key == "" or key in steps[step] for step, key, _, _ in found if step)
    return [(step, what, remedy) for step, _, what, remedy in found]


def only_fault(**steps: Any) -> tuple[str, str]:
    """The step and the words of the one fault that there is; it has a remedy too."""
    ((key, fault, remedy),) = faults(**steps)
    assert remedy
    return key, fault


def flow(**steps: Any) -> Flow:
    """The steps as a flow of an item of 民政."""
    return parse_flow({"steps": steps}, "civil-affairs")


DIAMOND = {
    "check": step(),
    "left": step("review", "check"),
    "right": step("site-visit", "check"),
    "decide": step("decision", "left", "right"),
    "issue": step("certificate", "decide"),
}


# -- the graph -----------------------------------------------------------------------------------


def test_everything_before_a_step_is_its_ancestor_and_everything_after_its_descendant():
    found = flow(**DIAMOND)
    assert found.ancestors["decide"] == {"check", "left", "right"}
    assert found.ancestors["check"] == frozenset()
    assert found.descendants["left"] == {"decide", "issue"}
    assert found.descendants["issue"] == frozenset()


def test_the_steps_are_ordered_so_that_each_comes_after_all_it_needs():
    backwards = dict(reversed(DIAMOND.items()))
    order = [spec.key for spec in flow(**backwards).ordered]
    assert order == ["check", "right", "left", "decide", "issue"]


def test_parallel_steps_stand_in_the_same_column():
    columns = [[spec.key for spec in column] for column in flow(**DIAMOND).columns()]
    assert columns == [["check"], ["left", "right"], ["decide"], ["issue"]]


def test_a_step_stands_after_the_longest_way_to_it():
    found = flow(a=step(), b=step("review", "a"), c=step("review", "a", "b"), d=step())
    assert [[spec.key for spec in column] for column in found.columns()] == [
        ["a", "d"], ["b"], ["c"]
    ]


def test_steps_that_wait_for_each_other_have_no_order():
    ring = flow(a=step("review", "b"), b=step("review", "a"))
    with pytest.raises(ValueError, match=r"wait for each other: \['a', 'b'\]"):
        _ = ring.ordered


# -- a step as it is written ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("civil-affairs@county", Who("civil-affairs", "county")),
        ("counter", Who("counter")),
        ("applicant", Who("applicant")),
        ("system", Who("system")),
    ],
)
def test_whose_work_a_step_is(text, who):
    assert Who.parse(text) == who


@pytest.mark.parametrize("text", ["", "town", "civil-affairs@province", "a@b@town"])
def test_whose_work_is_refused_when_it_cannot_be_read(text):
    with pytest.raises(ValueError, match="看不懂"):
        Who.parse(text)


def test_the_item_lends_its_own_line_so_that_items_share_a_flow():
    assert flow(a=step(who="item@county")).steps["a"].who == Who("civil-affairs", "county")


def test_a_step_is_read_with_all_that_it_declares():
    found = flow(
        a=step(title="初审", limit="5wd", when={"area": {"gt": 300}}, office_of="residence"),
        b=step("review", "a", each="lines", on_reject="return(a)"),
        c=step("review", "b", quorum=2, on_reject="continue"),
    ).steps
    assert (found["a"].title, found["a"].limit, found["a"].place) == (
        "初审", Term(5, "wd"), "residence"
    )
    assert (found["a"].when, found["a"].on_reject) == ({"area": {"gt": 300}}, "end")
    assert (found["b"].title, found["b"].each, found["b"].on_reject) == ("审核", "lines", "a")
    assert (found["c"].needs, found["c"].quorum, found["c"].on_reject) == (("b",), 2, "continue")


# -- the linter: each fault once -----------------------------------------------------------------


def test_a_good_flow_has_no_faults():
    assert faults(**DIAMOND) == []


def test_a_flow_without_steps():
    assert [what for _, _, what, _ in faults_of({"steps": {}}, lines=LINES)] == ["流程没有任何环节"]


@pytest.mark.parametrize("line", ["forestry", "counter"])
def test_a_line_that_the_place_does_not_have(line):
    assert only_fault(a=step(who=f"{line}@town")) == ("a", f"条线 {line} 不存在")


@pytest.mark.parametrize("kind", ["decision", "certificate"])
def test_a_village_never_decides_nor_issues(kind):
    key, fault = only_fault(a=step(kind, who="civil-affairs@village"))
    assert (key, fault[:8]) == ("a", "村（社区）不能承")


@pytest.mark.parametrize("kind", ["review", "site-visit", "public-notice", "register", "delivery"])
def test_a_village_may_help_with_the_rest(kind):
    assert faults(a=step(kind, who="civil-affairs@village")) == []


def test_a_visit_may_be_made_alone_with_a_reason():
    alone = step("site-visit", alone="只登记本人在世的事实")
    assert faults(a=alone) == []
    found = flow(a=alone, b=step("site-visit"))
    assert {key: [ask.required for ask in spec.asks if ask.second]
            for key, spec in found.steps.items()} == {"a": [False], "b": [True]}


def test_what_one_does_anyway_is_not_excused():
    assert only_fault(a=step("review", alone="人手不够")) == ("a", "“审核”本来就不要求两人")


def test_the_items_own_line_does_not_let_a_village_decide():
    assert only_fault(a=step("decision", who="item@village"))[0] == "a"


def test_a_need_that_is_no_step():
    assert only_fault(a=step(), b=step("review", "z")) == ("b", "前置环节 z 不存在")


def test_a_condition_may_ask_how_an_earlier_step_ended():
    after = step("review", "a", when={"steps.a.outcome": "approve"})
    assert faults(a=step(), b=after) == []


def test_what_a_flow_asks_of_the_form():
    steps = {"a": step(when={"any": [{"size": 3}, {"not": {"local": True}}]}), "b": step(each="plots")}
    assert list(facts_of({"steps": steps})) == [
        ("a", "when", steps["a"]["when"]), ("b", "each", "plots")]


def test_a_quorum_that_can_never_be_reached():
    steps = {"a": step(), "b": step(), "c": step("review", "a", "b", quorum=3)}
    assert only_fault(**steps) == ("c", "quorum 是 3，大于前置环节数 2")


def test_a_quorum_over_branches_is_only_known_when_they_open():
    assert faults(a=step(each="lines"), b=step("review", "a", quorum=2)) == []


def test_a_quorum_of_steps_that_do_not_open_together():
    steps = {"a": step(), "b": step("review", "a"), "c": step("review", "a", "b", quorum=1)}
    assert only_fault(**steps) == ("c", "quorum 的前置环节不是同时打开的")


def test_steps_that_wait_for_each_other():
    ring = {"a": step("review", "c"), "b": step("review", "a"), "c": step("review", "b")}
    assert only_fault(**ring) == ("a", "环节互相等待，永远打不开：a → c → b → a")


def test_a_step_that_waits_for_itself():
    assert only_fault(a=step("review", "a")) == ("a", "环节互相等待，永远打不开：a → a")


@pytest.mark.parametrize("target", ["b", "c", "aside", "nowhere"])
def test_a_return_to_what_does_not_come_before(target):
    """To itself, to a later step, to an independent one, to none at all."""
    steps = {
        "a": step(), "aside": step(), "b": step("review", "a", on_reject=f"return({target})"),
        "c": step("review", "b"),
    }
    assert only_fault(**steps) == ("b", f"退回目标 {target} 不在本环节之前")


def test_a_certificate_before_the_decision():
    steps = {"a": step("certificate"), "b": step("decision", "a")}
    assert only_fault(**steps) == ("a", "还没有决定就出证")


def test_a_flow_that_decides_nothing_may_issue_a_certificate():
    assert faults(a=step("register"), b=step("certificate", "a")) == []


def test_all_faults_are_named_at_once():
    found = faults(a=step("revue", "x"), b=step("review", "z", who="forestry@town"),
                   c=step("decision", "b", who="civil-affairs@village"))
    assert [key for key, _, _ in found] == ["b", "b", "c"]


@pytest.mark.parametrize(
    "steps",
    [
        {"a": None, "b": step("review", "a")},  # ``a:`` left empty, and needed by another
        {"a": {**step(), "needs": None}},  # ``needs:`` left empty
        {"a": step(when=True)},
        {"a": step(when={"any": True})},
        {"a": step(), "b": step("review", "a", quorum="1")},
        {"a": step(on_reject=5)},
        {"a": {"kind": ["review"]}},
    ],
    ids=["empty step", "empty needs", "when: true", "any: true", "quorum: text",
         "on_reject: number", "kind: list"],
)
def test_what_has_not_its_shape_is_passed_over_and_no_crash(steps):
    assert faults(**steps) == []


@pytest.mark.parametrize("key", ["end", "continue"])
def test_a_step_may_not_be_called_like_a_way_to_reject(key):
    """``return(end)`` would be read as ``end``: the case is denied instead of returned."""
    steps = {key: step(), "b": step("review", key, on_reject=f"return({key})")}
    assert faults(**steps) or flow(**steps).steps["b"].on_reject != key


def test_the_order_in_which_needs_are_written_is_irrelevant_for_a_quorum():
    assert faults(
        a=step(), b=step(), c=step("review", "a", "b"), d=step("review", "b", "a"),
        e=step("review", "c", "d", quorum=1),
    ) == []


def test_a_condition_on_the_outcome_of_a_step_that_does_not_come_before():
    assert faults(a=step(when={"steps.b.outcome": "approve"}), b=step("review", "a"))


def test_of_a_step_that_cannot_be_read_nothing_else_is_said():
    assert faults(a=step("dance"), b=step("review", "a", on_reject="return(a)"),
                  issue=step("certificate", "a")) == []


def test_a_ring_is_named_also_when_another_step_has_a_fault():
    found = faults(a=step("review", "b"), b=step("review", "a"), c=step("review", "z"))
    assert {key for key, _, _ in found} == {"a", "c"}


def test_what_a_lower_organ_reviews_before_a_higher_one_decides():
    found = parse_flow({"steps": {
        "village": {"kind": "register", "who": "service@village"},
        "check": step("review", "village"),
        "after": step("review", "decide"),
        "decide": {"kind": "decision", "who": "civil-affairs@county", "needs": ["check"]},
        "police": {"kind": "external", "who": "system"},
    }}, "civil-affairs")
    assert found.below == {"check"}
