"""Conditions on the facts of a form: what they say, what a missing fact does, what is refused."""

import pytest

from weimin.flow.conditions import faults_of, fields_of, holds

FACTS = {"area": 320, "kind": "house", "local": False, "tags": ["old", "poor"], "applicant.age": 81}


@pytest.mark.parametrize(
    ("condition", "true"),
    [
        (None, True),
        ({}, True),
        ({"kind": "house"}, True),
        ({"kind": {"eq": "shop"}}, False),
        ({"kind": {"ne": "shop"}}, True),
        ({"area": {"gt": 300}}, True),
        ({"area": {"gt": 320}}, False),
        ({"area": {"gte": 320}}, True),
        ({"area": {"lt": 320}}, False),
        ({"area": {"lte": 320}}, True),
        ({"kind": {"in": ["house", "shop"]}}, True),
        ({"kind": {"in": []}}, False),
        ({"local": False}, True),
        ({"applicant.age": {"gte": 80}}, True),  # a dot is part of the name
    ],
)
def test_a_comparison_holds_or_not(condition, true):
    assert holds(condition, FACTS) is true


def test_several_keys_must_all_hold():
    assert holds({"kind": "house", "local": False}, FACTS)
    assert not holds({"kind": "house", "local": True}, FACTS)


def test_several_comparisons_of_one_fact_must_all_hold():
    assert holds({"area": {"gt": 300, "lt": 400}}, FACTS)
    assert not holds({"area": {"gt": 300, "lt": 310}}, FACTS)


def test_any_all_and_not_can_be_nested():
    small_or_local = {"any": [{"area": {"lt": 300}}, {"local": True}]}
    assert not holds(small_or_local, FACTS)
    assert holds({"not": small_or_local}, FACTS)
    assert holds({"all": [{"not": small_or_local}, {"kind": "house"}]}, FACTS)


@pytest.mark.parametrize(
    "wanted", [True, False, "", 0, {"eq": "x"}, {"gt": 1}, {"lte": 1}, {"in": ["x", None]}]
)
def test_a_missing_fact_makes_every_comparison_false(wanted):
    assert not holds({"nothing": wanted}, FACTS)
    assert not holds({"nothing": wanted}, {"nothing": None})


def test_a_missing_fact_differs_from_everything():
    assert holds({"nothing": {"ne": "x"}}, FACTS)
    assert holds({"not": {"nothing": "x"}}, FACTS)


@pytest.mark.parametrize(
    "condition", [{"kind": {"gt": 300}}, {"tags": {"lt": 3}}, {"area": {"in": 320}}]
)
def test_things_that_cannot_be_compared_are_not_true_and_do_not_crash(condition):
    assert not holds(condition, FACTS)


def test_the_linter_learns_every_field_that_is_asked_about():
    condition = {"a": 1, "any": [{"b": 2}, {"all": [{"c": {"gt": 1}}]}], "not": {"d": False}}
    assert list(fields_of(condition)) == ["a", "b", "c", "d"]
    assert list(fields_of(None)) == []


@pytest.mark.parametrize(
    ("condition", "fault"),
    [
        ("area > 300", "条件应是“字段: 值”的形式"),
        ({"area": {"above": 300}}, "不认识的比较 above"),
        ({"any": {"area": 1}}, "any 后面应是一个条件列表"),
        ({"all": []}, "all 后面应是一个条件列表"),
        ({"any": [{"area": {"above": 1}}]}, "不认识的比较 above"),
        ({"not": {"area": {"above": 1}}}, "不认识的比较 above"),
        ({"not": [{"area": 1}]}, "条件应是“字段: 值”的形式"),
    ],
)
def test_a_wrong_shape_is_named_in_words(condition, fault):
    (found,) = faults_of(condition)
    assert fault in found


def test_a_right_shape_has_no_faults():
    right = {"area": {"gt": 300}, "any": [{"local": True}, {"not": {"kind": "shop"}}]}
    assert list(faults_of(right)) == []


def test_a_comparison_without_an_operator_is_not_true_of_a_missing_fact():
    assert not holds({"nothing": {}}, FACTS) or list(faults_of({"nothing": {}}))
