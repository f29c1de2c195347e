"""How a case goes from step to step: joins, quorums, branches, returns, repeats, denials."""

import pytest

from tests.unit.running import Running, decision, review, step
from weimin.flow.transitions import Opening, work_is_done

JOINT = {
    "check": review(),
    "police": review("check"),
    "health": review("check"),
    "housing": review("check"),
    "decide": decision("police", "health", "housing"),
    "issue": step("certificate", "decide"),
    "deliver": step("delivery", "issue"),
}
PANEL = {
    "check": review(),
    "anna": review("check"),
    "bert": review("check"),
    "cora": review("check"),
    "panel": review("anna", "bert", "cora", quorum=2),
    "decide": decision("panel"),
}


# -- one after the other, and side by side -------------------------------------------------------


def test_a_case_begins_with_the_steps_that_need_nothing():
    assert Running(JOINT).open == {"check"}
    assert Running({"a": review(), "b": review(), "c": review("a")}).open == {"a", "b"}


def test_parallel_steps_open_together():
    case = Running(JOINT)
    case.done("check")
    assert case.open == {"police", "health", "housing"}


def test_a_join_waits_for_the_last_of_its_needs():
    case = Running(JOINT)
    case.done("check", "housing", "police")
    assert case.open == {"health"}
    case.done("health")
    assert case.open == {"decide"}


def test_a_case_is_finished_when_every_step_is_done():
    case = Running(JOINT)
    case.done("check", "police", "health", "housing", "decide", "issue")
    assert not case.finished
    case.done("deliver")
    assert case.finished
    assert case.all_in("done") == set(JOINT)


def test_the_work_is_done_when_only_the_delivery_is_left():
    case = Running(JOINT)
    case.done("check", "police", "health", "housing", "decide")
    assert not work_is_done(case.flow, case.rows)
    case.done("issue")
    assert work_is_done(case.flow, case.rows)


def test_the_same_rows_always_give_the_same_plan():
    one, other = Running(JOINT), Running(JOINT)
    for case in (one, other):
        case.done("check", "police")
    assert one.done("health", "housing") == other.done("health", "housing")


# -- skipped counts as done ----------------------------------------------------------------------


def test_a_step_whose_condition_is_false_is_skipped_and_counts_as_done():
    steps = {"a": review(), "b": review("a", when={"big": True}), "c": review("b")}
    case = Running(steps, big=False)
    case.done("a")
    assert case.open == {"c"}
    assert case.all_in("skipped") == {"b"}


def test_a_step_whose_condition_is_true_opens():
    case = Running({"a": review(), "b": review("a", when={"big": True})}, big=True)
    case.done("a")
    assert case.open == {"b"}


def test_a_join_does_not_wait_for_a_skipped_branch():
    case = Running({**JOINT, "police": review("check", when={"outside": True})})
    case.done("check", "health", "housing")
    assert case.open == {"decide"}


def test_a_condition_may_ask_how_an_earlier_step_ended():
    steps = {
        "opinion": review(),
        "inquiry": review("opinion", when={"steps.opinion.outcome": "reject"}),
        "decide": decision("inquiry"),
    }
    agreed, doubted = Running(steps), Running(steps)
    agreed.done("opinion")
    doubted.rejected("opinion")
    assert (agreed.open, doubted.open) == ({"decide"}, {"inquiry"})


def test_a_case_of_which_everything_is_skipped_is_finished_at_once():
    case = Running({"a": review(when={"big": True}), "b": review("a", when={"big": True})})
    assert case.finished


# -- one branch per value ------------------------------------------------------------------------

_EACH = {"check": review(), "assess": review("check", each="kinds"), "decide": decision("assess")}


def test_a_step_opens_one_branch_per_value_of_the_form():
    case = Running(_EACH, kinds=["sight", "hearing"])
    case.done("check")
    assert case.open == {"assess/sight", "assess/hearing"}


def test_the_join_waits_for_all_branches():
    case = Running(_EACH, kinds=["sight", "hearing"])
    case.done("check")
    case.done("assess", branch="hearing")
    assert case.open == {"assess/sight"}
    case.done("assess", branch="sight")
    assert case.open == {"decide"}


def test_the_branches_are_frozen_when_they_open():
    case = Running(_EACH, kinds=["sight", "hearing"])
    case.done("check")
    case.given["kinds"] = ["sight", "speech", "mind"]
    case.done("assess", branch="sight")
    assert case.open == {"assess/hearing"}
    case.done("assess", branch="hearing")
    assert case.open == {"decide"}


def test_branches_that_open_again_follow_the_form_as_it_is_then():
    case = Running(_EACH, kinds=["sight", "hearing"])
    case.done("check")
    case.given["kinds"] = ["sight", "speech"]
    case.returned("assess", branch="sight", to="check")
    case.done("check")
    assert case.open == {"assess/sight", "assess/speech"}
    assert (case.row("assess", "sight").round, case.row("assess", "speech").round) == (2, 1)


def test_no_value_skips_the_step():
    case = Running(_EACH, kinds=[])
    case.done("check")
    assert case.open == {"decide"}
    assert case.all_in("skipped") == {"assess"}


def test_a_value_that_is_told_twice_opens_one_branch():
    case = Running(_EACH, kinds=["sight", "sight"])
    case.done("check")
    assert case.open == {"assess/sight"}


def test_a_row_of_a_table_is_called_by_its_first_column():
    case = Running(_EACH, kinds=[{"name": "1号楼", "area": 80}, {"name": "2号楼", "area": 95}])
    case.done("check")
    assert case.open == {"assess/1号楼", "assess/2号楼"}


# -- n of m --------------------------------------------------------------------------------------


def test_the_first_n_reach_the_quorum_and_the_rest_is_cancelled():
    case = Running(PANEL)
    case.done("check", "cora")
    assert case.open == {"anna", "bert"}
    case.done("anna")
    assert case.open == {"panel"}
    assert case.all_in("cancelled") == {"bert"}


def test_what_the_quorum_cancelled_does_not_hold_the_case_up():
    case = Running(PANEL)
    case.done("check", "anna", "bert", "panel", "decide")
    assert case.finished


def test_a_quorum_over_branches_is_reached_by_the_first_n_of_them():
    steps = {"ask": review(each="experts"), "panel": review("ask", quorum=2)}
    case = Running(steps, experts=["anna", "bert", "cora"])
    case.done("ask", branch="cora")
    case.done("ask", branch="bert")
    assert case.open == {"panel"}
    assert case.all_in("cancelled") == {"ask/anna"}


def test_a_quorum_greater_than_the_branches_takes_all_of_them():
    steps = {"ask": review(each="experts"), "panel": review("ask", quorum=2)}
    case = Running(steps, experts=["anna"])
    case.done("ask", branch="anna")
    assert case.open == {"panel"}


def test_an_objection_counts_for_the_quorum_as_an_answer():
    case = Running(PANEL)
    case.done("check")
    case.rejected("anna")
    case.rejected("bert")
    assert case.open == {"panel"}


def test_a_return_to_one_of_the_quorum_waits_for_him_alone():
    case = Running(PANEL)
    case.done("check", "anna", "bert")
    case.returned("panel", to="anna")
    assert case.open == {"anna"}
    case.done("anna")
    assert case.open == {"panel"}
    assert case.all_in("cancelled") == {"cora"}


# -- a rejection means what the flow declares ----------------------------------------------------


def test_a_rejection_that_ends_the_case_denies_it_and_cancels_what_is_open():
    case = Running({**JOINT, "police": review("check", on_reject="end")})
    case.done("check", "health")
    assert case.rejected("police").decided == "denied"
    assert case.all_in("cancelled") == {"housing"}
    assert case.open == {"deliver"}


def test_a_rejection_that_continues_is_an_opinion():
    case = Running(JOINT)
    case.done("check", "health", "housing")
    assert case.rejected("police").decided is None
    assert case.open == {"decide"}


def test_a_rejection_that_returns_has_the_earlier_step_done_again():
    case = Running({"check": review(), "visit": review("check", on_reject="return(check)")})
    case.done("check")
    assert case.rejected("visit").decided is None
    assert case.open == {"check"}
    case.done("check", "visit")
    assert case.finished
    assert (case.row("check").round, case.row("visit").round) == (2, 2)


def test_a_rejection_that_returns_keeps_independent_branches():
    case = Running({**JOINT, "visit": review("police", on_reject="return(police)"),
                    "decide": decision("visit", "health", "housing")})
    case.done("check", "police", "health")
    case.rejected("visit")
    assert case.open == {"police", "housing"}
    assert case.all_in("done") == {"check", "health"}


# -- decided -------------------------------------------------------------------------------------


def test_the_decision_grants_or_denies_the_case():
    granted, denied = Running(JOINT), Running(JOINT)
    for case in (granted, denied):
        case.done("check", "police", "health", "housing")
    assert granted.done("decide").decided == "granted"
    assert denied.rejected("decide").decided == "denied"


def test_a_denied_case_skips_the_rest_but_is_delivered():
    """A refusal is told in writing too; a certificate there is none."""
    case = Running(JOINT)
    case.done("check", "police", "health", "housing")
    case.rejected("decide")
    assert case.open == {"deliver"}
    assert case.all_in("skipped") == {"issue"}
    case.done("deliver")
    assert case.finished


def test_a_denial_at_the_first_step_skips_all_the_others():
    case = Running({**JOINT, "check": review(on_reject="end")})
    case.rejected("check")
    assert case.all_in("skipped") == {"police", "health", "housing", "decide", "issue"}
    assert case.open == {"deliver"}


def test_what_is_refused_at_the_door_is_only_delivered():
    case = Running(JOINT)
    case.refused()
    assert case.open == {"deliver"}
    assert case.all_in("skipped") == set(JOINT) - {"deliver"}
    case.done("deliver")
    assert case.finished


# -- returned ------------------------------------------------------------------------------------


def test_a_return_voids_what_hangs_on_the_target_and_keeps_independent_branches():
    steps = {
        "check": review(), "aside": review(), "left": review("check"), "right": review("check"),
        "decide": decision("left", "right", "aside"),
    }
    case = Running(steps)
    case.done("check", "aside", "left", "right")
    plan = case.returned("decide", to="left")
    assert {row.key for row in plan.voided} == {"left", "decide"}
    assert case.open == {"left"}
    assert case.all_in("done") == {"check", "aside", "right"}
    case.done("left")
    assert case.open == {"decide"}


def test_a_return_voids_also_what_others_have_open():
    case = Running(JOINT)
    case.done("check", "health")
    case.returned("police", to="check")
    assert case.open == {"check"}
    assert case.all_in("void") == {"police", "health", "housing"}
    case.done("check")
    assert case.open == {"police", "health", "housing"}


def test_a_return_to_what_does_not_come_before_is_refused():
    case = Running(JOINT)
    case.done("check")
    for target in ("police", "health", "decide"):
        with pytest.raises(ValueError, match="does not come before police"):
            case.returned("police", to=target)


def test_straight_back_keeps_what_lies_between_and_the_returning_step_waits():
    steps = {
        "check": review(), "visit": review("check"), "opinion": review("visit"),
        "decide": decision("opinion"),
    }
    case = Running(steps)
    case.done("check", "visit", "opinion")
    case.returned("decide", to="check", straight_back=True)
    assert case.open == {"check"}
    assert case.all_in("done") == {"visit", "opinion"}
    case.done("check")
    assert case.open == {"decide"}
    assert (case.row("visit").round, case.row("decide").round) == (1, 2)


def test_straight_back_leaves_the_work_of_others_open_and_their_followers_wait():
    steps = {
        "check": review(), "left": review("check"), "right": review("check"),
        "after-right": review("right"), "decide": decision("left", "after-right"),
    }
    case = Running(steps)
    case.done("check")
    case.returned("left", to="check", straight_back=True)
    assert case.open == {"check", "right"}
    case.done("right")
    assert case.open == {"check"}
    case.done("check")
    assert case.open == {"left", "after-right"}


def test_one_may_return_straight_back_twice():
    case = Running({"a": review(), "b": review("a"), "c": review("b")})
    case.done("a", "b")
    for again in (2, 3):
        case.returned("c", to="a", straight_back=True)
        case.done("a")
        assert case.open == {"c"}
        assert case.row("a").round == again


def test_whoever_was_returned_to_may_return_further():
    case = Running({"a": review(), "b": review("a"), "c": review("b")})
    case.done("a", "b")
    case.returned("c", to="b", straight_back=True)
    case.returned("b", to="a", straight_back=True)
    assert case.open == {"a"}
    case.done("a")
    assert case.open == {"b"}
    case.done("b")
    assert case.open == {"c"}


# -- repeated and reopened -----------------------------------------------------------------------


def test_a_repeat_opens_a_new_round_of_the_same_step():
    case = Running({"notice": step("public-notice"), "decide": decision("notice")})
    plan = case.done("notice", outcome="repeat")
    assert plan.opened == [Opening("notice", round=2)]
    assert case.open == {"notice"}
    case.done("notice")
    assert case.open == {"decide"}


def test_a_repeat_of_one_branch_leaves_the_others():
    case = Running({"notice": step("public-notice", each="villages")}, villages=["east", "west"])
    case.done("notice", outcome="repeat", branch="west")
    assert (case.row("notice", "west").round, case.row("notice", "east").round) == (2, 1)
    assert case.open == {"notice/east", "notice/west"}


def test_a_reopened_case_begins_new_rounds_of_everything():
    case = Running(JOINT)
    case.done("check", "police", "health", "housing", "decide", "issue", "deliver")
    case.reopened()
    assert case.open == {"check"}
    assert case.row("check").round == 2
    assert len(case.plan.voided) == len(JOINT)
    case.done("check", "police", "health", "housing", "decide", "issue", "deliver")
    assert case.finished
    assert {row.round for row in case.rows if row.state == "done"} == {2}


def test_a_denied_case_that_is_reopened_may_be_granted():
    case = Running(JOINT)
    case.done("check", "police", "health", "housing")
    case.rejected("decide")
    case.done("deliver")
    case.reopened()
    case.done("check", "police", "health", "housing")
    assert case.done("decide").decided == "granted"
    assert case.open == {"issue"}


# -- known faults --------------------------------------------------------------------------------


def test_a_panel_that_returned_straight_back_waits():
    case = Running(PANEL)
    case.done("check", "anna", "bert")
    case.returned("panel", to="check", straight_back=True)
    assert case.open == {"check"}


def test_a_quorum_reached_while_an_earlier_step_is_open_again_waits_for_it():
    case = Running(PANEL)
    case.done("check", "bert")
    case.returned("anna", to="check", straight_back=True)
    case.done("cora")
    assert case.open == {"check"}
    case.done("check")
    assert case.open == {"panel"}  # and not anna too, whom nobody needs any more


def test_who_was_not_asked_is_no_answer_for_the_quorum():
    case = Running({**PANEL, "anna": review("check", when={"big": True})})
    case.done("check", "bert")
    assert case.open == {"cora"}  # two of three, and one has spoken
    case.done("cora")
    assert case.open == {"panel"}


def test_where_fewer_are_asked_than_the_quorum_wants_all_of_them_are_waited_for():
    case = Running({**PANEL, "anna": review("check", when={"big": True}),
                    "bert": review("check", when={"big": True})})
    case.done("check")
    assert case.open == {"cora"}
    case.done("cora")
    assert case.open == {"panel"}


def test_a_quorum_of_whom_nobody_is_asked_holds_nothing_up():
    nobody = {key: review("check", when={"big": True}) for key in ("anna", "bert", "cora")}
    case = Running({**PANEL, **nobody})
    case.done("check")
    assert case.open == {"panel"}


def test_what_follows_a_step_that_the_quorum_cancelled_opens_at_once():
    steps = {"a": review(), "b": review(), "after-b": review("b"),
             "join": review("a", "b", quorum=1)}
    case = Running(steps)
    case.done("a")
    assert case.open == {"after-b", "join"}


def test_a_skipped_join_does_not_leave_the_case_without_anything_to_do():
    steps = {"a": review(), "b": review(), "after-b": review("b"),
             "join": review("a", "b", quorum=1, when={"big": True})}
    case = Running(steps)
    case.done("a")
    assert case.open == {"after-b"}


def test_an_early_decision_whose_rejection_continues_does_not_deny_the_case():
    """临时救助: no emergency aid in advance, and the ordinary procedure goes on."""
    case = Running({"first": decision(on_reject="continue"), "visit": review("first"),
                    "decide": decision("visit")})
    assert case.rejected("first").decided is None
    assert case.open == {"visit"}


def test_straight_back_from_one_branch_keeps_what_the_other_branches_found():
    case = Running(_EACH, kinds=["sight", "hearing"])
    case.done("check")
    case.done("assess", branch="hearing")
    case.returned("assess", branch="sight", to="check", straight_back=True)
    case.done("check")
    assert case.open == {"assess/sight"}


def test_a_single_value_opens_a_single_branch():
    case = Running(_EACH, kinds="sight")
    case.done("check")
    assert case.open == {"assess/sight"}
