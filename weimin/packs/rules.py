"""Cross-field rules of an item: our own, after the quality check that a prefecture publishes.

Each rule is a function of the item's data that yields faults as triples: under which key, what,
and what to do. The rules compare what an item says in several places; that a single field is
there and of its kind is the schema's business.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from weimin.flow.graph import Who, parse_flow
from weimin.flow.kinds import kind_of
from weimin.flow.profiles import PROFILES
from weimin.flow.terms import Term
from weimin.packs.written import Located

Data = Mapping[str, Any]
Found = Iterator[tuple[str, str, str]]
Rule = Callable[[Data], Found]


class Unread(Exception):
    """A rule asked for what can't be relied on: it says nothing then."""


class Sound(Mapping[str, Any]):
    """An item as the rules see it: whatever has a fault of its own can't be looked at."""

    def __init__(self, written: Located, **instead: Any) -> None:
        self._written, self._instead = written, instead

    def __getitem__(self, key: str) -> Any:
        if key in self._instead:
            if self._instead[key] is None:
                raise Unread(key)
            return self._instead[key]
        if key in self._written.broken:
            raise Unread(key)
        value = self._written[key]
        if isinstance(value, list):
            return [Sound(each) if isinstance(each, Located) else each for each in value]
        return Sound(value) if isinstance(value, Located) else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)


RULES: list[Rule] = []


def rule(check: Rule) -> Rule:
    """Have the rule applied to every item."""
    RULES.append(check)
    return check


@rule
def instant_is_promised_for_today(item: Data) -> Found:
    """Rules 1 and 2: 即办 ⇔ the promise is the same day."""
    instant = item["handling"] == "instant"
    same_day = _term(item, "promised") == Term(0, "wd")
    if instant and not same_day:
        yield "limit", "即办件的承诺时限应为当日", "把 limit.promised 改成 0wd，或把 handling 改成 promised"
    if same_day and not instant:
        yield "handling", "承诺当日办结的应是即办件", "把 handling 改成 instant，或放宽 limit.promised"


@rule
def result_kind_follows_its_name(item: Data) -> Found:
    """Rules 3 to 5: …证 is a certificate, …文 a document, …批复 an approval."""
    result = item["result"]
    wanted = {"证": "certificate", "文": "document", "复": "approval"}.get(
        str(result.get("name", ""))[-1:]
    )
    if wanted and result["kind"] != wanted:
        yield "result", f"结果名称“{result['name']}”与结果类型不符", f"把 result.kind 改成 {wanted}"


@rule
def a_review_below_is_within_its_own_term(item: Data) -> Found:
    """行政许可法 art. 43: the lower organ has twenty days of its own, and no more."""
    longest = PROFILES[item["type"]].review_below
    if longest is None:
        return
    flow = parse_flow(item["flow"], item["line"])
    for key in sorted(flow.below):
        limit = flow.steps[key].limit
        if limit and limit.unit == longest.unit and limit.count > longest.count:
            yield ("flow", f"下级审查环节 {key} 的 limit {limit} 超过{longest.words}",
                   f"改成 {longest} 以内（行政许可法第四十三条）")


@rule
def a_visit_has_a_reason(item: Data) -> Found:
    """Rules 6 and 7: visits ≠ 0 ⇔ a reason is given."""
    none = item.get("visit_reason") in (None, "", "无")
    if item["visits"] and none:
        yield "visits", "要居民到场却没有说明原因", "填写 visit_reason，或把 visits 改成 0"
    if not item["visits"] and not none:
        yield "visit_reason", "不用到场却写了到场原因", "把 visit_reason 改成“无”"


@rule
def without_a_visit_there_is_another_way(item: Data) -> Found:
    """Rule 8: no visit and not online means that it can be sent by post."""
    if not item["visits"] and "web" not in item["channels"] and "mail" not in item["channels"]:
        yield "channels", "不用到场、又不能网办，也不能邮寄", "在 channels 中加上 web 或 mail"


@rule
def fully_online_means_no_visit(item: Data) -> Found:
    """Rule 9: depth IV ⇒ no visit."""
    if item.get("online_depth") == "IV" and item["visits"]:
        yield "online_depth", "全程网办（IV级）不应要求到场", "把 visits 改成 0，或降低 online_depth"


@rule
def a_fee_has_a_basis(item: Data) -> Found:
    """Rules 10 and 11: a fee names basis, items and online payment; no fee, no payment."""
    fee = item["fee"]
    if fee.get("charged"):
        for key, title in (("basis", "收费依据"), ("items", "收费项目"), ("online", "能否网上支付")):
            if key not in fee or fee[key] == []:
                yield "fee", f"收费却没有写明{title}", f"补上 fee.{key}"
        for each in fee.get("items", ()):
            if not str(each.get("standard", "")).strip():
                yield "fee", f"收费项目“{each['name']}”没有写标准", "补上 standard，如 每平方米每日2元"
    elif fee.get("online"):
        yield "fee", "不收费的事项不能支持网上支付", "去掉 fee.online"


@rule
def two_phones_with_area_codes(item: Data) -> Found:
    """Rule 12: consult and complain, both, different, with area code."""
    consult, complain = item["phone"].get("consult", ""), item["phone"].get("complain", "")
    if not consult or not complain:
        yield "phone", "咨询电话和投诉电话都要写", "补上 phone.consult 和 phone.complain"
    elif consult == complain:
        yield "phone", "咨询电话和投诉电话相同", "投诉电话应是另一个号码"
    for number in (consult, complain):
        if number and not re.fullmatch(r"0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,6})?", number):
            yield "phone", f"电话 {number} 没有区号，或写法不对", "写成 0734-……，只用半角数字和 -"


@rule
def topics_follow_subjects(item: Data) -> Found:
    """Rule 13: topics for persons ⇔ persons may apply; the same for organisations."""
    subjects, topics = set(item["subjects"]), item.get("topics", {})
    person = bool(subjects & {"person", "household"})
    for key, wanted in (("person", person), ("organisation", "organisation" in subjects)):
        if wanted != bool(topics.get(key)):
            yield "topics", f"服务对象与主题分类不一致（{key}）", f"按 subjects 增删 topics.{key}"


@rule
def a_permit_explains_itself(item: Data) -> Found:
    """Rules 14 and 15: a permit has a question answered, and its stages as steps."""
    if item["type"] != "permit":
        return
    if not item.get("faq"):
        yield "faq", "行政许可至少要有一条常见问题", "补上 faq"
    # Receiving, accepting and delivering are the engine's own three stages.
    if len(item["flow"]["steps"]) + 2 < 5:
        yield "flow", "行政许可的办理环节少于五个", "把审核、决定等环节写出来"


@rule
def a_result_has_a_sample(item: Data) -> Found:
    """Rule 16: whoever gets something is shown what it looks like."""
    if item["result"]["kind"] != "none" and not item["result"].get("sample"):
        yield "result", "有审批结果却没有样本", "加上 result.sample"


@rule
def promise_within_statute(item: Data) -> Found:
    """The promise may shorten the law's term, never lengthen it; the law bounds the item."""
    statutory, promised = _term(item, "statutory"), _term(item, "promised")
    if statutory and promised and promised.roughly_days() > statutory.roughly_days():
        yield (
            "limit", f"承诺时限（{promised.words}）长于法定时限（{statutory.words}）", "缩短 limit.promised",
        )
    profile = PROFILES[item["type"]]
    longest = profile.joint_decision if item.get("joint") else profile.decision
    # Who cites the general law itself has named no other that would allow more.
    cited, general = str(item.get("provenance", {}).get("limit", "")), profile.source.partition(" ")[0]
    own_law = cited.startswith("law") and general not in cited
    if statutory and longest and statutory.roughly_days() > longest.roughly_days() and not own_law:
        yield (
            "limit", f"法定时限（{statutory.words}）长于{profile.source}（{longest.words}）",
            "按法律填写，或在 provenance.limit 写明特别法",
        )


@rule
def a_result_is_handed_over_within_the_law(item: Data) -> Found:
    """A denial's own term, or a step's, may shorten the profile's delivery, never lengthen it."""
    longest, refusal = PROFILES[item["type"]].delivery, _term(item, "refusal")
    if said := _longer(refusal, longest):
        yield "limit", f"不予决定的告知时限{said}（送达期限）", f"把 limit.refusal 改成 {longest} 以内，或删去它"
        refusal = None
    for key, spec in item["flow"]["steps"].items():
        limit = Term.parse(str(spec["limit"])) if "limit" in spec else None
        if kind_of(spec["kind"]).delivers and (said := _longer(limit, refusal or longest)):
            yield "flow", f"送达环节 {key} 的 limit {said}", "缩短它，或删去它：没有写的，按送达期限"


@rule
def a_village_never_decides(item: Data) -> Found:
    """The village receives and helps; deciding is not its to do."""
    if item["level"] == "village":
        yield "level", "行使层级是村（社区）：村不作决定", "把 level 改成 town 或以上"


@rule
def a_village_only_helps_with_a_permit(item: Data) -> Found:
    """行政许可法 arts. 24, 34: an administrative organ examines; the village says what it knows."""
    if PROFILES[item["type"]].may_hold("accept", "village"):
        return
    for key, spec in item["flow"]["steps"].items():
        kind = kind_of(spec["kind"])
        if Who.parse(spec["who"]).level == "village" and kind.key != "register" and not kind.delivers:
            yield ("flow", f"行政许可的环节 {key}（{kind.title}）由村（社区）办",
                   "许可由行政机关审查、核查（行政许可法第二十四条、第三十四条）：把 who 改到 town 或以上，"
                   "村里的协助写成 register")


@rule
def a_permit_is_examined_by_two(item: Data) -> Found:
    """行政许可法 art. 34(3): 应当指派两名以上工作人员进行核查; the law knows no exception."""
    if item["type"] != "permit":
        return
    for key, spec in item["flow"]["steps"].items():
        if spec.get("alone"):
            yield "flow", f"行政许可的环节 {key} 写了 alone", "删去 alone：许可的核查须两人以上（行政许可法第三十四条）"


@rule
def villages_take_no_cash(item: Data) -> Found:
    """Fees are paid apart from those who receive the application."""
    if item["fee"].get("charged") and "village" in item["channels"] and not item["fee"].get("online"):
        yield "fee", "收费事项在村里办却不能网上缴", "支持网上支付，或不在村里受理：村里不收现金"


@rule
def every_certificate_has_a_type(item: Data) -> Found:
    """A result that the next case should find needs a type."""
    issues = any(kind_of(s["kind"]).issues for s in item["flow"]["steps"].values())
    if item["result"]["kind"] == "certificate" and issues and not item["result"].get("type"):
        yield "result", "证照结果没有类型，下一件事找不到它", "补上 result.type，并登记在 certificates.yaml"


def _longer(term: Term | None, than: Term | None) -> str:
    """In words, if a term is longer than another."""
    if term is None or than is None or term.roughly_days() <= than.roughly_days():
        return ""
    return f"{term.words}长于{than.words}"


def _term(item: Data, key: str) -> Term | None:
    text = item.get("limit", {}).get(key)
    return Term.parse(str(text)) if text else None
