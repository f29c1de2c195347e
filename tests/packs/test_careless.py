"""What careless hands and office programs make of a pack: one slip, one fault, and its remedy."""

import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from weimin.kernel.errors import Invalid
from weimin.packs.lint import lint
from weimin.packs.parsed import parse
from weimin.packs.read import Pack, read_pack
from weimin.packs.resolve import item_data
from weimin.packs.written import Fault

ELDER = "items/elderly-care.yaml"


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packs with a hundred villages: enough to be spoilt, and read in a moment."""
    folder = tmp_path_factory.mktemp("some") / "packs"
    shutil.copytree(ROOT / "packs", folder)
    path = folder / "hengyang" / "areas.csv"
    rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [row for n, row in enumerate(rows) if n < 60 or not re.match(r"\d{12}", row) or "421103" in row]
    path.write_text("".join(kept), encoding="utf-8")
    return folder


@pytest.fixture
def copy(some: Path, tmp_path: Path) -> Path:
    """A copy of them that a test may spoil."""
    shutil.copytree(some, tmp_path / "packs")
    return tmp_path / "packs" / "hengyang"


def edit(folder: Path, file: str, before: str, after: str) -> None:
    """Replace the first place where that is written."""
    text = (folder / file).read_text(encoding="utf-8")
    assert before in text, "the test no longer fits the pack"
    (folder / file).write_text(text.replace(before, after, 1), encoding="utf-8")


def faults(folder: Path) -> list[Fault]:
    """What the linter says."""
    return lint(read_pack(folder))


# file, what is written, what becomes of it, the fault's words, words of its remedy
SLIPS = [
    # typos, at every level
    (ELDER, "promised: 0wd", "promisd: 0wd", "不认识的字段 promisd", "是不是 promised？"),
    (ELDER, "online_depth: IV", "online_depth: IX", "online_depth 不认识“IX”", "可用：I、II、III、IV"),
    (ELDER, "charged: false", "charged: flase", "charged 应写 true 或 false，现在是“flase”", "是不是 false？"),
    (ELDER, "  words: [", "  wrods: [", "不认识的字段 wrods", "是不是 words？"),
    (ELDER, "  frequent: true", "  frequnt: true", "不认识的字段 frequnt", "是不是 frequent？"),
    (ELDER, "consult: 0734-0000101", "consutl: 0734-0000101", "不认识的字段 consutl", "是不是 consult？"),
    (ELDER, "label: 姓名, type: text", "lable: 姓名, type: text", "不认识的字段 lable", "是不是 label？"),
    ("items/building.yaml", "when: {group: worker}", "when: {grp: worker}", "字段 grp 表单里没有", "是不是 group？"),
    ("items/building.yaml", "when: {group: worker}", "when: {group: wroker}", "group 不会是“wroker”", "是不是 worker？"),
    ("items/building.yaml", "{ref: id-card, when: {applicant.kind: {ne: organisation}}}", "{ref: id-card}", "居民身份证是个人的证件", "{applicant.kind: {ne: organisation}}"),
    ("items/building.yaml", "when: {applicant.kind: organisation}", "when: {applicant.kind: organization}", "applicant.kind 不会是“organization”", "是不是 organisation？"),
    ("items/building.yaml", "when: {applicant.kind: organisation}", "when: {applicant.knd: organisation}", "字段 applicant.knd 表单里没有", "是不是 applicant.kind？"),
    ("certificates.yaml", "公安, holder: person", "公安, holder: persn", "holder 不认识“persn”", "是不是 person？"),
    ("items/building.yaml", ", standard: 按省级现行公布标准，由住建窗口核定", "", "没有写标准", "standard"),
    ("items/building.yaml", "consult: 0734-0000105", 'consult: "0"', "没有区号，或写法不对", "0734-"),
    ("items/building.yaml", "limit: {statutory: 20wd, promised: 12wd}", "limit: {statutory: 60wd, promised: 12wd}", "法定时限（60个工作日）长于行政许可法", "特别法"),
    ("items/building.yaml", "adds: [owner, repair]", "adds: [ower, repair]", "材料 ower 不存在", "是不是 owner？"),
    ("items/building.yaml", "sets: {work: dig}}", "set: {work: dig}}", "不认识的字段 set", "是不是 sets？"),
    ("flows.yaml", "office_of: household", "office_of: houshold", "office_of 不认识“houshold”", "是不是 household？"),
    ("flows.yaml", "on_reject: return(start)", "on_reject: retrun(start)", "看不懂：retrun(start)", "return(环节)"),
    ("offices.yaml", "roles: [government_head]", "roles: [goverment_head]", "roles 的第 1 项 不认识", "government_head"),
    ("offices.yaml", "supervises: true", "supervise: true", "不认识的字段 supervise", "是不是 supervises？"),
    ("offices.yaml", "   reconsideration: 示意：网上复议申请平台https://fuyi.example/4304,\n", "",
     "衡阳市人民政府没有写网上提交行政复议申请的渠道", "没有的写 none"),
    ("offices.yaml", 'document_word: "{area}{line}"', 'document_word: "{area}{lien}"', "名称里不认识 {lien}", "{area} 和 {line}"),
    ("offices.yaml", 'document_word: "{area}{line}"', 'document_word: "{area}{line}字〔2026〕"', "不能写进文号", "只写汉字"),
    ("offices.yaml", 'document_word: "{area}{line}"', 'document_word: "{area}局"', "代字都是“衡局”", "{area} 和 {line}"),
    ("lines.yaml", "short: 人社", "short: 民", "简称 民 写了两次", "另一处在 lines.yaml"),
    ("lines.yaml", "short: 人社", "short: 人社字", "有“字”“第”或“号”", "只写代字"),
    ("pack.yaml", "short: 蒸}", "short: 衡}", "简称 衡 写了两次", "另一处在 pack.yaml"),
    ("pack.yaml", 'area: "430421", short', 'area: 430421, short', "area 应是文字，现在是数 430421", '"430421"'),
    ("pack.yaml", 'area: "430421", short', 'area: "430499", short', "区划 430499 不存在", "改正 area"),
    ("certificates.yaml", "here: false", "hier: false", "不认识的字段 hier", "是不是 here？"),
    ("materials.yaml", "copies: 0", "copys: 0", "不认识的字段 copys", "是不是 copies？"),
    ("words.yaml", "old: true}", "old: ture}", "old 应写 true 或 false", "是不是 true？"),
    ("pack.yaml", "office_hours:", "office_hour:", "不认识的字段 office_hour", "是不是 office_hours？"),
    ("pack.yaml", "extends: china", "extends: chian", "引用的包 chian 不存在", "同一目录下"),
    ("pack.yaml", "extends: china", "extends: hengyang", "绕回了自己", "同一目录下"),
    (ELDER, "type: elder-card", "type: elder-cart", "证照类型 elder-cart 不存在", "是不是 elder-card？"),
    (ELDER, "{ref: photo}", "{ref: phtoo}", "共用材料 phtoo 不存在", "是不是 photo？"),
    # numbers, texts and booleans as YAML takes them
    (ELDER, "visits: 0\n", 'visits: "0"\n', "visits 应是整数，现在是“0”", "写成 0"),
    (ELDER, "limit: {statutory: 5wd", "limit: {statutory: 5", "期限“5”看不懂", "写成 5wd"),
    ("items/building.yaml", "{value: 'no', label: 不挖，只占用", "{value: no, label: 不挖，只占用", "no 会被读成“否”", "'no'"),
    ("pack.yaml", 'root: "4304"', "root: 4304", "root 应是文字，现在是数 4304", '"4304"'),
    ("pack.yaml", 'closes: "17:00"', "closes: 17:00", "时间要加引号", '"17:00"'),
    ("pack.yaml", 'closes: "17:00"', 'closes: "08:00"', "下班早于上班", "opens"),
    # full width
    (ELDER, "line: civil-affairs", "line: ｃivil-affairs", "“ｃivil-affairs”里有空格、全角字符", "是不是 civil-affairs？"),
    (ELDER, "老人证,", "老人证，", "有中文逗号", "英文逗号"),
    (ELDER, "code: HY-ELD-01", "code: HY-ELD 01", "“HY-ELD 01”里有空格", "是不是 HY-ELD01？"),
    ("areas.csv", "\n430405007006,", "\n４３０４０５００７００６,", "的位数或写法不对", "是不是 430405007006？"),
    ("areas.csv", "\n430405007006,", "\n430405 007006,", "的位数或写法不对", "是不是 430405007006？"),
    ("areas.csv", "\n430405007006,", "\n430405007006.0,", "的位数或写法不对", "是不是 430405007006？"),
    ("areas.csv", "\n430405007006,", "\n4.30405E+11,", "科学计数", "设为文本"),
    ("areas.csv", "\n430405007006,王", "\n430405007006，王", "这一行有 6 格，列名有 7 个", "英文逗号"),
    # tables out of Excel
    ("areas.csv", "430405007006,王江社区居委会,ordinary,2018-01-01", "430405007006,王江社区居委会,ordinary,2018/1/1", "不是日期：2018/1/1", "写成 2018-01-01"),
    ("areas.csv", "430405007006,王江社区居委会,ordinary", "430405007006,王江社区居委会,", "kind 是空的", "取消合并"),
    ("areas.csv", "430405007006,王江社区居委会,ordinary", "430405007006,王江社区居委会,普通", "kind 不认识“普通”", "可用：ordinary"),
    ("areas.csv", "430405007006,王江社区居委会,ordinary,2018-01-01,,,", "430405007006,王江,社区居委会,ordinary,2018-01-01,,,", "这一行有 8 格，列名有 7 个", "英文引号"),
    ("areas.csv", "430405007006,王江社区居委会,ordinary,2018-01-01,,,", "430405007006,王江社区居委会,ordinary,2018-01-01,,,,备注", "这一行有 8 格", "英文引号"),
    ("areas.csv", "valid_to,successor,note", "valid_to,sucessor,note", "不认识的列 sucessor", "是不是 successor？"),
    ("areas.csv", "430405007006,王江社区居委会", '430405007006,"王江社区居委会', "引号没有配对", "英文"),
    ("delegations.csv", "item,power,area,level,kind", "item,power,area,level,方式", "不认识的列 方式", "是不是 kind？"),
    ("delegations.csv", "2021-07-01,,", "2021.7.1,,", "不是日期：2021.7.1", "写成 2021-07-01"),
    ("delegations.csv", "2021-07-01,,", "2021-07-01,2020-07-01,", "to 不在 from 之后", "长期有效的空着"),
    ("delegations.csv", "HY-AID-01,decide", "HY-AID-01、HY-AID-02,decide", "事项 HY-AID-01、HY-AID-02 不存在", "一行只写一个"),
    ("readiness.csv", "HY-ELD-01,print,430421,yes", "HY-ELD-01,print,430421,是", "ready 不认识“是”", "可用：no、yes"),
    ("readiness.csv", "HY-ELD-01,print,430421,yes,", "*,print,4304,no,又一次\nHY-ELD-01,print,430421,yes,", "写了两次", "删去其中一行"),
    ("readiness.csv", "*,print,4304,no,硬件", "*,print,4304,no,\n*,decide,4304,no,硬件", "没有写原因", "居民看得懂"),
    # who and where
    ("delegations.csv", "HY-AID-01,decide,430421103,", "HY-AID-01,decide,430421999,", "区划 430421999 不存在", "改正 area"),
    ("delegations.csv", "HY-AID-01,decide,430421103,town", "HY-AID-01,decide,430422407,town", "没有乡镇（街道）一级的“civil-affairs”单位", "offices.yaml"),
    ("areas.csv", "430405007006,王江社区居委会", "430499007006,王江社区居委会", "的上级 430499007 不存在", "先写上级"),
    ("areas.csv", "\n4304,衡阳市", "\n4305,邵阳市,ordinary,2018-01-01,,,\n4304,衡阳市", "是第二个市", "另建一个包"),
    ("lines.yaml", "- {code: transport", "- {code: housing, name: 又一个}\n- {code: transport", "条线代码 housing 写了两次", "另一处在 lines.yaml"),
    ("offices.yaml", "lines: [market],", "lines: [makret],", "条线 makret 不存在", "lines.yaml"),
    ("offices.yaml", "kinds: [ordinary, zone], key: service", "kinds: [prison], key: jail", "没有一个区划套用", "核对"),
    ("offices.yaml", "key: committee,", "", "没有写 key", "each_line"),
    ("offices.yaml", "duty: true}, {key: head, title: 所长", "duty: false}, {key: head, title: 所长", "没有值班岗位", "duty: true"),
    ("flows.yaml", "who: service@village, limit: 3wd", "who: helath@village, limit: 3wd", "条线 helath 不存在", "lines.yaml"),
    # flows
    ("flows.yaml", "needs: [decide], limit: 0wd}\n\ninstant-permit", "needs: [decid], limit: 0wd}\n\ninstant-permit", "前置环节 decid 不存在", "decide、issue"),
    ("flows.yaml", "decide: {title: 当场核验并决定, kind: decision, who: item@town,", "decide: {title: 当场核验并决定, kind: decision, who: item@town, needs: [issue],", "环节互相等待，永远打不开：decide → issue → decide", "去掉"),
    ("flows.yaml", "quorum: 2", "quorum: 9", "quorum 是 9，大于前置环节数", "1 与 needs"),
    ("flows.yaml", "issue: {title: 制证（电子证照）, kind: certificate, who: item@town, needs: [decide],", "issue: {title: 制证（电子证照）, kind: certificate, who: item@town,", "还没有决定就出证", "决定环节"),
    ("flows.yaml", "steps:\n    decide: {title: 当场核验", "step:\n    decide: {title: 当场核验", "不认识的字段 step", "是不是 steps？"),
    # items
    (ELDER, "sample: true", "sample: false", "有审批结果却没有样本", "result.sample"),
    (ELDER, "promised: 0wd", "promised: 3wd", "即办件的承诺时限应为当日", "0wd"),
    (ELDER, "{key: name, label: 姓名", "{key: phone, label: 姓名", "表单字段 phone 写了两次", "换一个"),
    (ELDER, "from: person.phone", "from: person.phoen", "没有东西可以预填", "是不是 person.phone？"),
]


@pytest.mark.parametrize(("file", "before", "after", "said", "remedy"), SLIPS)
def test_one_slip_is_one_fault_with_its_remedy(
    copy: Path, file: str, before: str, after: str, said: str, remedy: str
) -> None:
    edit(copy, file, before, after)
    found = faults(copy)
    assert found, "the linter calls it clean"
    assert all(said in fault.what and remedy in fault.remedy for fault in found), "\n".join(map(str, found))
    assert {fault.file for fault in found} == {file} and all(fault.line > 0 for fault in found)


def test_what_stands_in_one_item_is_all_said_at_once(copy: Path) -> None:
    for before, after in (("line: civil-affairs", "line: civil-afairs"), ("flow: instant\n", "flow: instnat\n"),
                          ("{ref: photo}", "{ref: phtoo}"), ("statutory: 5wd", "statutory: 0wd"),
                          ("promised: 0wd", "promised: 9wd"), ("place: residence", "place: residenc"),
                          ("visits: 0\n", "visits: 2\n")):
        edit(copy, ELDER, before, after)
    said = "\n".join(map(str, faults(copy)))
    for wanted in ("条线 civil-afairs 不存在", "流程 instnat 不存在", "共用材料 phtoo 不存在",
                   "长于法定时限", "即办件的承诺时限", "place 不认识“residenc”", "要居民到场却没有说明原因"):
        assert wanted in said, said


def test_what_stands_in_one_step_is_all_said_at_once(copy: Path) -> None:
    edit(copy, "flows.yaml", "kind: review, who: item@county, limit: 0wd, on_reject: continue",
         "kind: dance, who: item@moon, limit: soon, on_reject: back")
    assert sorted(fault.what.split("：")[0].split(" ")[0] for fault in faults(copy)) == [
        "kind", "limit", "on_reject", "who"]


@pytest.mark.parametrize(("file", "text"), [
    ("flows.yaml", "instant: {steps: ["), ("lines.yaml", "- {code: a"), ("materials.yaml", "a: b: c"),
    ("certificates.yaml", "\tx: 1"), ("offices.yaml", "- [a"), (ELDER, "- {code: 'x"),
    ("pack.yaml", "name: [a"), ("areas.csv", 'code,name\n"4304'), ("words.yaml", "- {say: 'x"),
])
def test_of_a_file_that_can_not_be_read_nothing_else_is_said(copy: Path, file: str, text: str) -> None:
    (copy / file).write_text(text, encoding="utf-8")
    found = faults(copy)
    assert found and {fault.file for fault in found} == {file}


def test_a_line_whose_code_can_not_be_read_is_one_fault_and_not_one_an_item(copy: Path) -> None:
    edit(copy, "lines.yaml", "{code: health,", "{cdoe: health,")
    assert [fault.remedy for fault in faults(copy)] == ["是不是 code？"]


# -- as programs save it -------------------------------------------------------------------------


def in_gbk(content: bytes) -> bytes:
    return content.decode().encode("gbk", "replace")


SAVED: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("areas.csv", in_gbk, "areas.csv 是 GBK 编码"),
    ("flows.yaml", in_gbk, "flows.yaml 是 GBK 编码"),
    ("areas.csv", lambda b: b.decode().encode("utf-16"), "areas.csv 是 UTF-16 编码"),
    ("areas.csv", lambda b: b"\xef\xbb\xbf" + b, ""),
    ("flows.yaml", lambda b: b"\xef\xbb\xbf" + b, ""),
    ("areas.csv", lambda b: b.replace(b"\n", b"\r\n"), ""),
    ("flows.yaml", lambda b: b.replace(b"\n", b"\r\n"), ""),
    ("areas.csv", lambda b: b + b",,,,,,\n,,,,,,\n", ""),
    ("areas.csv", lambda b: b.replace(b"\n", b",,\n"), ""),
    ("areas.csv", lambda b: b.replace(b",ordinary,", b" , ordinary ,"), ""),
]


@pytest.mark.parametrize(("file", "save", "note"), SAVED)
def test_what_office_programs_do_to_a_file_does_no_harm(
    copy: Path, file: str, save: Callable[[bytes], bytes], note: str
) -> None:
    (copy / file).write_bytes(save((copy / file).read_bytes()))
    pack = read_pack(copy)
    assert lint(pack) == []
    assert note in "\n".join(pack.notes) and bool(note) == bool(pack.notes)
    assert {area["name"] for area in pack.areas if area["code"] == "430405"} == {"珠晖区"}


def test_a_broken_byte_in_a_utf_8_file_is_refused_with_its_line(copy: Path) -> None:
    content = (copy / "areas.csv").read_bytes()
    (copy / "areas.csv").write_bytes(content.replace("王江".encode(), b"\xe7\x8e", 1))
    (found,) = faults(copy)
    assert (found.file, found.line) == ("areas.csv", 5) and "UTF-8" in found.remedy


def test_a_table_with_other_separators_is_refused_as_one_fault(copy: Path) -> None:
    path = copy / "areas.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")
    (found,) = faults(copy)
    assert "不是英文逗号" in found.what


def test_a_table_without_its_first_line_is_one_fault(copy: Path) -> None:
    edit(copy, "readiness.csv", "item,power,area,ready,reason\n", "")
    (found,) = faults(copy)
    assert found.what == "第一行不是列名" and "item,power,area,ready,reason" in found.remedy


@pytest.mark.parametrize(("name", "remedy"), [
    ("flow.yaml", "是不是 flows.yaml？"), ("delegation.csv", "是不是 delegations.csv？"),
    ("areas.xlsx", "CSV UTF-8"), ("items/more.yml", "items"), ("items/old/aid.yaml", "不再分文件夹"),
    ("Areas.CSV", "是不是 areas.csv？"),
])
def test_a_file_that_nobody_reads_is_named(copy: Path, name: str, remedy: str) -> None:
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / name).write_text("x: 1", encoding="utf-8")
    (found,) = faults(copy)
    assert found.file == name and remedy in found.remedy


@pytest.mark.parametrize("file", ["areas.csv", "lines.yaml", "offices.yaml", "flows.yaml"])
def test_a_file_that_is_missing_is_one_fault_and_not_one_for_all_that_needs_it(copy: Path, file: str) -> None:
    (copy / file).unlink()
    (found,) = faults(copy)
    assert (found.file, found.what) == (file, "没有这个文件")


def test_a_misnamed_file_is_not_missed_as_well(copy: Path) -> None:
    (copy / "lines.yaml").rename(copy / "line.yaml")
    (found,) = faults(copy)
    assert found.file == "line.yaml" and "是不是 lines.yaml？" in found.remedy


def test_a_pack_that_says_nothing_is_not_clean(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text("")
    said = "\n".join(map(str, faults(tmp_path)))
    assert "缺少 name、title" in said and "areas.csv:1: 没有这个文件" in said


def test_what_an_office_program_leaves_beside_a_file_is_passed_over(copy: Path) -> None:
    (copy / "items" / "~$aid.yaml").write_text("x")
    assert faults(copy) == []


def test_items_that_are_no_list_are_told_how_a_list_is_written(copy: Path) -> None:
    (copy / "items" / "more.yaml").write_text("code: X-01\n")
    (found,) = faults(copy)
    assert "每一项前面加“- ”" in found.remedy


def test_the_folder_around_a_pack_names_the_pack(copy: Path) -> None:
    with pytest.raises(Invalid) as refused:
        read_pack(copy.parent)
    assert "是不是" in refused.value.remedy


def test_a_folder_without_a_head_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"没有 pack\.yaml"):
        read_pack(tmp_path)


def test_a_line_number_is_the_one_that_an_editor_shows(copy: Path) -> None:
    edit(copy, "areas.csv", "430405007006,王江社区居委会,ordinary,2018-01-01,,,",
         '430405007006,王江社区居委会,ordinary,2018-01-01,,,"两行\n的备注"\n\n43040500,短,ordinary,2018-01-01,,,')
    (found,) = faults(copy)
    assert found.line == 8


# -- whatever is done to it ----------------------------------------------------------------------


def small(folder: Path) -> None:
    """Two fields of eight, so that it can be spoilt many times in a moment; still without faults."""
    for path in (folder / "items").glob("*.yaml"):
        if path.name not in ("elderly-care.yaml", "building.yaml"):
            path.unlink()
    path = folder / "delegations.csv"
    rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(r for r in rows if not re.match("HY-(MED|AID)", r)), encoding="utf-8")
    assert faults(folder) == []


JUNK = ["", "true", "no", "3", "-1", "[]", "{}", "[[1]]", "{a: 1}", "null", "'x'", "{any: 1}", "2026-01-01",
        "x@y", "return(x)", "～", "{key: 1, value: [2]}", "0x1F", "[{}, null, 1]"]


def spoilt(text: str, rng: random.Random) -> str:
    """One value, key or line replaced by junk."""
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    how = rng.randrange(4)
    if how == 0:
        del lines[at]
    elif how == 1 and ": " in lines[at]:
        parts = lines[at].split(": ")
        part = rng.randrange(1, len(parts))
        _, mark, tail = parts[part].partition(rng.choice([",", "}", "]"]))
        parts[part] = rng.choice(JUNK) + mark + tail
        lines[at] = ": ".join(parts)
    elif how == 2 and ": " in lines[at]:
        lines[at] = lines[at].replace(": ", rng.choice([": ", ":", "x: "]), 1)
    else:
        lines[at] = lines[at].replace(rng.choice([",", "{", "item", "a", "-"]), rng.choice(JUNK), 1)
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_done_to_a_pack_the_linter_answers_and_what_it_calls_clean_compiles(
    copy: Path, seed: int
) -> None:
    small(copy)
    rng = random.Random(seed)
    files = [p for p in copy.rglob("*") if p.suffix in (".yaml", ".csv")]
    for _ in range(15):
        path = rng.choice(files)
        before = path.read_text(encoding="utf-8")
        path.write_text(spoilt(spoilt(before, rng), rng), encoding="utf-8")
        _judged(read_pack(copy))
        path.write_text(before, encoding="utf-8")


def _judged(pack: Pack) -> None:
    from weimin.catalogue.spec import compile_item

    found = lint(pack)
    assert all(fault.remedy and fault.line > 0 for fault in found)
    for item in () if found else pack.items:
        compile_item(item_data(pack, item))


def test_an_empty_file_says_nothing_and_breaks_nothing() -> None:
    assert parse("", "x.yaml", []) is None
