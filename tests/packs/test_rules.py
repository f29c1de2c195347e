"""The cross-field rules: each is broken by one change of an item of the demo, and by it alone mended."""

import copy
from functools import cache
from typing import Any

import pytest

from tests.conftest import ROOT
from weimin.packs import rules
from weimin.packs.read import read_pack
from weimin.packs.resolve import item_data

CARD, ROAD, LAND, LOW = "HY-ELD-01", "HY-BLD-03", "HY-LND-04", "HY-AID-01"
CHARGED = {"charged": True, "basis": "示意", "items": [{"name": "占道费", "standard": "每平方米2元"}], "online": True}

# rule → item, what is changed in it (a path → a value; None: taken away)
BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    ("instant_is_promised_for_today", CARD, {"limit.promised": "3wd"}),
    ("instant_is_promised_for_today", CARD, {"handling": "promised"}),
    ("result_kind_follows_its_name", CARD, {"result.kind": "document"}),
    ("result_kind_follows_its_name", CARD, {"result.name": "关于优待的批复"}),
    ("a_review_below_is_within_its_own_term", LAND, {"flow.steps.plot.limit": "21wd"}),
    ("a_visit_has_a_reason", CARD, {"visits": 1}),
    ("a_visit_has_a_reason", CARD, {"visit_reason": "须本人到场"}),
    ("without_a_visit_there_is_another_way", CARD, {"channels": ["window", "village"]}),
    ("fully_online_means_no_visit", CARD, {"visits": 1, "visit_reason": "须本人到场"}),
    ("a_fee_has_a_basis", CARD, {"fee": {**CHARGED, "basis": []}}),
    ("a_fee_has_a_basis", CARD, {"fee": {**CHARGED, "items": [{"name": "占道费", "standard": " "}]}}),
    ("a_fee_has_a_basis", CARD, {"fee": {"charged": False, "online": True}}),
    ("two_phones_with_area_codes", CARD, {"phone.complain": None}),
    ("two_phones_with_area_codes", CARD, {"phone.consult": "0000101"}),
    ("topics_follow_subjects", CARD, {"subjects": ["organisation"]}),
    ("topics_follow_subjects", CARD, {"topics": {"person": ["优待抚恤"], "organisation": ["其他"]}}),
    ("a_permit_explains_itself", ROAD, {"faq": []}),
    ("a_result_has_a_sample", CARD, {"result.sample": False}),
    ("promise_within_statute", CARD, {"limit.promised": "6wd"}),
    ("promise_within_statute", ROAD, {"limit.statutory": "60wd"}),
    ("a_result_is_handed_over_within_the_law", LOW, {"limit.refusal": "60wd"}),
    ("a_village_never_decides", CARD, {"level": "village"}),
    ("a_village_only_helps_with_a_permit", ROAD, {"flow.steps.check.who": "service@village"}),
    ("a_permit_is_examined_by_two", ROAD, {"flow.steps.visit.alone": "人手不够"}),
    ("villages_take_no_cash", CARD, {"fee": {**CHARGED, "online": False}}),
    ("every_certificate_has_a_type", CARD, {"result.type": None}),
]
RULES = {rule.__name__: rule for rule in rules.RULES}


@cache
def items() -> dict[str, dict[str, Any]]:
    pack = read_pack(ROOT / "packs" / "hengyang")
    return {item["code"]: item_data(pack, item) for item in pack.items}


def changed(code: str, changes: dict[str, Any]) -> dict[str, Any]:
    item = copy.deepcopy(items()[code])
    for path, value in changes.items():
        *way, last = path.split(".")
        at = item
        for key in way:
            at = at[key]
        if value is None:
            del at[last]
        else:
            at[last] = value
    return item


def test_every_rule_is_tried_here() -> None:
    assert [rule.__name__ for rule in rules.RULES] == list(dict.fromkeys(name for name, _, _ in BROKEN))


@pytest.mark.parametrize(("name", "code", "changes"), BROKEN)
def test_a_rule_is_broken_by_one_change_and_says_what_to_do(
    name: str, code: str, changes: dict[str, Any]
) -> None:
    assert not list(RULES[name](items()[code]))
    found = list(RULES[name](changed(code, changes)))
    assert found and all(key and what and remedy for key, what, remedy in found)
