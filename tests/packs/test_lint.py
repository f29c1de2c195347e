"""The linter: a whole pack, no database, every fault with file, line and remedy."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from weimin.packs.lint import lint
from weimin.packs.read import read_pack
from weimin.packs.resolve import DELIVER, item_data

PACKS = ROOT / "packs"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the packs that a test may spoil."""
    shutil.copytree(PACKS, tmp_path / "packs")
    return tmp_path / "packs" / "hengyang"


def test_the_demo_place_has_no_faults() -> None:
    pack = read_pack(PACKS / "hengyang")
    assert lint(pack) == []
    assert len(pack.items) == 44
    assert sum(len(area["code"]) == 12 for area in pack.areas) == 2785
    assert len({item["flow"] for item in pack.items}) >= 10


def test_zones_parks_and_the_prison_are_kept_and_marked() -> None:
    kinds = {area["code"]: area["kind"] for area in read_pack(PACKS / "hengyang").areas}
    assert kinds["430422407"] == "prison"
    assert kinds["430422407598"] == "virtual"
    assert kinds["430473"] == kinds["430476"] == "virtual"
    assert kinds["430406400"] == "park"


def test_every_item_says_where_its_facts_come_from() -> None:
    for item in read_pack(PACKS / "hengyang").items:
        assert {"name", "limit", "rest"} <= set(item["provenance"]), item["code"]


# file, what is written there, what a careless hand makes of it, what the linter must say
FAULTS = [
    ("flows.yaml", "who: item@county, limit: 0wd, on_reject: continue", "who: item@moon, limit: 0wd", "看不懂"),
    ("flows.yaml", "kind: decision, who: item@town, limit: 0wd", "kind: decision, who: item@village, limit: 0wd", "村（社区）不能承担"),
    ("flows.yaml", "needs: [check], other_than: [check], limit: 0wd", "needs: [nowhere], limit: 0wd", "前置环节 nowhere 不存在"),
    ("flows.yaml", "needs: [check], other_than: [check], limit: 0wd", "needs: [check], other_than: [issue], limit: 0wd", "other_than 的环节 issue 不在本环节之前"),
    ("flows.yaml", "needs: [check], other_than: [check], limit: 0wd", "needs: [check], other_than: [nobody], limit: 0wd", "other_than 的环节 nobody 不存在"),
    ("flows.yaml", "kind: review, who: item@county, limit: 0wd", "kind: dance, who: item@county, limit: 0wd", "kind 不认识“dance”"),
    ("flows.yaml", "limit: 7d, office_of: residence, on_reject: return(start)", "limit: 7d, on_reject: return(decide)", "退回目标 decide 不在本环节之前"),
    ("flows.yaml", "when: {official_relative: true}, limit: 3wd", "when: {no_such_fact: true}, limit: 3wd", "字段 no_such_fact 表单里没有"),
    ("flows.yaml", "limit: 10wd, on_reject: end}", "limit: soon, on_reject: end}", "期限“soon”看不懂"),
    ("items/elderly-care.yaml", "limit: {statutory: 30wd, promised: 15wd}", "limit: {statutory: 10wd, promised: 15wd}", "长于法定时限"),
    ("items/elderly-care.yaml", "flow: instant\n", "flow: no-such-flow\n", "流程 no-such-flow 不存在"),
    ("items/elderly-care.yaml", "{ref: photo}", "{ref: moon-rock}", "共用材料 moon-rock 不存在"),
    ("items/elderly-care.yaml", "code: HY-ELD-02", "code: HY-ELD-01", "用了两次"),
    ("items/elderly-care.yaml", "  line: civil-affairs\n  level: town", "  line: civil-affairs\n  level: village", "村不作决定"),
    ("items/elderly-care.yaml", "complain: 0734-0000901", "complain: 0734-0000101", "咨询电话和投诉电话相同"),
    ("items/elderly-care.yaml", "handling: instant", "handling: promised", "应是即办件"),
    ("items/elderly-care.yaml", "visits: 0\n", "visits: 1\n", "没有说明原因"),
    ("items/medical-insurance.yaml", "consequence:", "consequence: 农合按今天的规定报销。\n  old_consequence:", "旧称"),
    ("items/social-assistance.yaml", "extension: 15wd, refusal: 3wd", "extension: 15wd, refusal: 11wd", "不予决定的告知时限11个工作日长于10个工作日"),
    ("items/social-assistance.yaml", "extension: 15wd, refusal: 3wd", "extension: 15wd, refusal: soon", "期限“soon”看不懂"),
    ("delegations.csv", "HY-AID-01,decide,430421103,town", "HY-AID-01,decide,430421103,village", "决定权给了村"),
    ("flows.yaml", "alone: 便民上门，只登记本人在世的事实，不作调查（示意）", "alone: ''", "alone：没有写理由"),
    ("flows.yaml", "title: 审核, kind: review", "title: 审核, alone: 人手不够, kind: review", "本来就不要求两人"),
    ("delegations.csv", "*,accept,4304,town,entrusted", "*,accept,4304,village,entrusted", "把行政许可的受理给了村（社区）：HY-BLD-03、HY-BLD-04、HY-EMP-05"),
    ("delegations.csv", "HY-ELD-01,accept,430421,village", "HY-BLD-03,accept,430421,village", "把行政许可的受理给了村（社区）：HY-BLD-03"),
    ("delegations.csv", "HY-ELD-01,accept,430421,village", "HY-EMP-06,print,430421,village", "把行政许可的出证给了村（社区）：HY-EMP-06"),
    ("delegations.csv", "HY-AID-01,decide,430421103", "HY-AID-01,decide,999999999", "不存在的地方"),
    ("delegations.csv", "HY-ELD-02,decide", "HY-NOT-99,decide", "事项 HY-NOT-99 不存在"),
    ("offices.yaml", "lines: [agriculture],", "lines: [agriculture, market],", "由两个单位承担"),
    ("areas.csv", "430421103200,杉桥村委会", "430421103201,杉桥村委会\n430421103201,又一个村", "用了两次"),
    ("areas.csv", "430421103200,杉桥村委会,ordinary,2018-01-01,,,", "430421103200,杉桥村委会,ordinary,2018-01-01,2026-01-01,,", "没有继任区划"),
    ("pack.yaml", "root:", "name: other\nroot:", "写了两次"),
]


@pytest.mark.parametrize(("file", "before", "after", "said"), FAULTS)
def test_a_fault_is_named_with_its_place_and_a_remedy(
    copy: Path, file: str, before: str, after: str, said: str
) -> None:
    path = copy / file
    text = path.read_text(encoding="utf-8")
    assert before in text, "the test no longer fits the pack"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    faults = [fault for fault in lint(read_pack(copy)) if said in fault.what]
    assert faults
    assert all(fault.file == file and fault.line > 0 and fault.remedy for fault in faults)


def test_all_faults_are_said_at_once(copy: Path) -> None:
    one_of_each = {fault[0]: fault for fault in FAULTS}
    wanted = {"flows.yaml", "items/elderly-care.yaml", "delegations.csv"}
    for file, before, after, _ in (one_of_each[name] for name in wanted):
        path = copy / file
        path.write_text(path.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    found = {fault.file for fault in lint(read_pack(copy))}
    assert wanted <= found


def test_broken_yaml_is_a_fault_and_not_a_crash(copy: Path) -> None:
    (copy / "flows.yaml").write_text("instant: {steps: [", encoding="utf-8")
    assert any("YAML 写法有误" in fault.what for fault in lint(read_pack(copy)))


def test_every_flow_ends_with_the_result_in_the_residents_hand() -> None:
    pack = read_pack(PACKS / "hengyang")
    for item in pack.items:
        assert DELIVER in item_data(pack, item)["flow"]["steps"], item["code"]


@pytest.mark.parametrize("row", [
    "HY-BLD-03,receive,430421103,village,entrusted,2020-06-01,,（示意）代收,示意",
    "HY-BLD-03,accept,430421103,town,entrusted,2020-06-01,,（示意）受理,示意",
    "HY-MED-05,print,430421103,village,entrusted,2020-06-01,,（示意）打印,示意",  # no permit
])
def test_a_village_receives_permits_on_behalf_and_a_town_accepts_them(copy: Path, row: str) -> None:
    path = copy / "delegations.csv"
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + f"\n{row}\n", encoding="utf-8")
    assert lint(read_pack(copy)) == []


@pytest.mark.parametrize(("kind", "said"), [
    ("register", []),
    ("review", ["HY-LND-01：行政许可的环节 village（审核）由村（社区）办"]),
    ("site-visit", ["HY-LND-01：行政许可的环节 village（现场核查）由村（社区）办"]),
])
def test_what_a_permit_needs_is_examined_by_an_organ_and_a_village_only_registers(
    copy: Path, kind: str, said: list[str]
) -> None:
    path = copy / "flows.yaml"
    step = "village: {title: 村级协审登记（小组讨论、村级意见）, kind: register"
    text = path.read_text(encoding="utf-8")
    assert text.count(step) == 1
    path.write_text(text.replace(step, step.replace("register", kind)), encoding="utf-8")
    assert [fault.what for fault in lint(read_pack(copy))] == said


def test_a_permit_is_never_examined_alone(copy: Path) -> None:
    path = copy / "flows.yaml"
    visit = "visit: {title: 现场勘查, kind: site-visit,"  # of the flow of two permits
    text = path.read_text(encoding="utf-8")
    assert text.count(visit) == 1
    path.write_text(text.replace(visit, f"{visit} alone: 人手不够,"), encoding="utf-8")
    faults = lint(read_pack(copy))
    assert [fault.what for fault in faults] == [
        f"{code}：行政许可的环节 visit 写了 alone" for code in ("HY-BLD-03", "HY-BLD-04")]
    assert "两人以上" in faults[0].remedy


@pytest.mark.parametrize(("limit", "said"), [
    ("3wd", []),
    ("4wd", ["HY-AID-01", "HY-AID-02"]),  # a denial of theirs must be there within three
])
def test_a_delivery_that_is_slower_than_the_law_is_a_fault(
    copy: Path, limit: str, said: list[str]
) -> None:
    path = copy / "flows.yaml"
    issue = "title: 出具确认（不予确认）通知, kind: certificate, who: item@county, needs: [decide], limit: 3wd}"
    text = path.read_text(encoding="utf-8")
    assert text.count(issue) == 1
    hand = f"\n    hand: {{kind: delivery, who: counter, needs: [issue], limit: {limit}}}"
    path.write_text(text.replace(issue, issue + hand), encoding="utf-8")
    faults = [fault.what for fault in lint(read_pack(copy))]
    assert [what.split("：")[0] for what in faults] == said
    assert all("送达环节 hand 的 limit 4个工作日长于3个工作日" in what for what in faults)


def _merged(copy: Path, **values: str) -> str:
    """What the linter says of 杉桥村 with these values in its row."""
    given = {"valid_to": "", "successor": "", "note": "", **values}
    path = copy / "areas.csv"
    row = "430421103200,杉桥村委会,ordinary,2018-01-01,,,"
    after = f"430421103200,杉桥村委会,ordinary,2018-01-01,{given['valid_to']},{given['successor']},{given['note']}"
    path.write_text(path.read_text(encoding="utf-8").replace(row, after, 1), encoding="utf-8")
    return "\n".join(map(str, lint(read_pack(copy))))


MERGERS = [
    ({"valid_to": "2026-06-11"}, "没有继任区划"),
    ({"valid_to": "2026-06-11", "successor": "430421103299"}, "继任区划 430421103299 不存在"),
    ({"valid_to": "2026-06-11", "successor": "430421101"}, "不是同一级"),
    ({"valid_to": "2026-06-11", "successor": "430421103200"}, "绕了一圈"),
    ({"successor": "430421103204"}, "没有写哪天撤销"),
    ({"valid_to": "2018-01-01", "successor": "430421103204"}, "不在 valid_from 之后"),
    ({"valid_to": "soon", "successor": "430421103204"}, "不是日期"),
]


@pytest.mark.parametrize(("values", "said"), MERGERS)
def test_a_merger_names_an_heir_that_can_take_over(
    copy: Path, values: dict[str, str], said: str
) -> None:
    found = _merged(copy, **values)
    assert said in found and "areas.csv:353" in found


def test_a_merger_that_is_in_order_is_no_fault(copy: Path) -> None:
    assert _merged(copy, valid_to="2026-06-11", successor="430421103204") == ""


def test_an_area_without_an_heir_says_why(copy: Path) -> None:
    assert _merged(copy, valid_to="2026-06-11", note="园区整体撤销") == ""


def test_an_heir_stands_on_that_day_and_rings_are_found(copy: Path) -> None:
    path = copy / "areas.csv"
    row = "430421103204,白石园村委会,ordinary,2018-01-01,,,"
    text = path.read_text(encoding="utf-8")
    for ends, into, said in (("2026-06-10", "430421103206", "那天已经撤销"),
                             ("2026-07-01", "430421103200", "绕了一圈")):
        path.write_text(text.replace(row, f"{row[:-2]}{ends},{into},", 1), encoding="utf-8")
        assert said in _merged(copy, valid_to="2026-06-11", successor="430421103204")
    later = row.replace("2018-01-01", "2026-08-01")
    path.write_text(text.replace(row, later, 1), encoding="utf-8")
    assert "还没有启用" in _merged(copy, valid_to="2026-06-11", successor="430421103204")


def test_a_town_does_not_end_before_its_villages(copy: Path) -> None:
    path = copy / "areas.csv"
    row = "430421103,杉桥镇,ordinary,2018-01-01,,,"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(row, f"{row[:-2]}2026-06-11,430421101,", 1), encoding="utf-8")
    found = "\n".join(map(str, lint(read_pack(copy))))
    assert found.count("的上级 杉桥镇 先撤销了") == 12
