"""The linter's rules for items and flows: what they refer to, what they ask, and cross-field rules."""

from collections.abc import Iterator, Mapping
from typing import Any

from weimin.catalogue.spec import APPLICANT
from weimin.flow import conditions, graph
from weimin.network.models import LEVEL_TITLES
from weimin.packs import resolve, rules
from weimin.packs.checks import CERTIFICATE, nearest, suggested
from weimin.packs.read import Pack
from weimin.packs.written import Fault, Located, at, names

Held = dict[tuple[str, str], set[str]] | None
Facts = dict[str, Located | None]  # what the form yields, with its question where there is one


def flows(pack: Pack, held: Held) -> Iterator[Fault]:
    """Each flow by itself, whoever uses it."""
    lines = names(pack.lines, "code", whole="lines.yaml" not in pack.unread)
    for name, flow in pack.flows.items():
        for step, key, what, remedy in graph.faults_of(flow, lines=lines):
            where = flow["steps"][step] if step else flow
            where = where if isinstance(where, Located) else flow
            yield at(where, f"流程 {name}{step and '/' + step}：{what}", remedy, key or None)
        steps = flow.get("steps")
        for step in steps.values() if isinstance(steps, dict) and held is not None else ():
            who = _who(step)
            if who and who.level and who.line not in (graph.ITEM_LINE, graph.EACH_LINE) and (
                who.line in lines and (who.level, who.line) not in (held or {})
            ):
                yield at(step, f"{LEVEL_TITLES[who.level]}一级没有承担 {who.line} 的单位",
                         "在 offices.yaml 写出它，或改正 who", "who")


def _who(step: Any) -> graph.Who | None:
    written = step.sound("who") if isinstance(step, Located) else None
    return graph.Who.parse(written) if isinstance(written, str) else None


def items(pack: Pack, held: Held) -> Iterator[Fault]:
    """Everything about every item."""
    lines = names(pack.lines, "code", whole="lines.yaml" not in pack.unread)
    old = [word["say"] for word in pack.words if word.get("old") and not word.broken]
    seen: dict[str, Located] = {}
    for item in pack.items:
        if (code := item.sound("code")) is not None:
            if code in seen:
                yield at(item, f"事项编码 {code} 用了两次", f"另一处在 {seen[code].file}:{seen[code].line}",
                         "code")
            seen.setdefault(code, item)
        line = item.sound("line")
        if line is not None and line not in lines:
            written = [row["code"] for row in pack.lines if "code" not in row.broken]
            yield at(item, f"条线 {line} 不存在", suggested(line, written), "line")
        elif line is not None and held is not None:
            yield from _competent(pack, item, held)
        if "flow" not in item.broken and item["flow"] not in pack.flows and (
            "flows.yaml" not in pack.unread
        ):
            guess = nearest(item["flow"], pack.flows)
            yield at(item, f"流程 {item['flow']} 不存在",
                     f"是不是 {guess}？" if guess else "在 flows.yaml 中写出它", "flow")
        yield from _materials(pack, item)
        yield from _questions(pack, item)
        yield from _conditions(pack, item)
        yield from _rules(pack, item)
        yield from _old_words(item, old)


def _competent(pack: Pack, item: Located, held: dict[tuple[str, str], set[str]]) -> Iterator[Fault]:
    """An office of the item's line at every level at which its flow works."""
    levels = {item.sound("level")}
    flow = pack.flows.get(item.sound("flow") or "")
    steps = flow.get("steps") if flow else None
    for step in steps.values() if isinstance(steps, dict) else ():
        who = _who(step)
        if who and who.line == graph.ITEM_LINE:
            levels.add(who.level)
    for level in sorted(levels - {None, "village"}):
        if (level, item["line"]) not in held:
            yield at(item, f"{LEVEL_TITLES[level]}一级没有承担 {item['line']} 的单位",
                     "在 offices.yaml 写出它，或改正 line", "line")


def _materials(pack: Pack, item: Located) -> Iterator[Fault]:
    keys: set[str] = set()
    certificates = names_of(pack.certificates, "certificates.yaml" not in pack.unread)
    whole = "materials" not in item.broken and len(item.rows("materials")) == len(item["materials"])
    for material in item.rows("materials"):
        if material.broken & {"ref", "key"}:
            whole = False
            continue
        ref = material.get("ref")
        if ref and ref not in pack.materials:
            keys.add(ref)
            if "materials.yaml" not in pack.unread:
                guess = nearest(ref, pack.materials)
                yield at(material, f"共用材料 {ref} 不存在",
                         f"是不是 {guess}？" if guess else "在 materials.yaml 中写出它", "ref")
            continue
        if not ref and not (material.get("key") and material.get("name")) and not material.broken:
            yield at(material, "材料没有写 key 和 name", "写上两者，或用 ref 引用共用材料")
        full = {**(pack.materials[ref] if ref else {}), **material}
        key = full.get("key") or ref
        if key in keys:
            yield at(material, f"材料 {key} 写了两次", "删去其中一处")
        keys.add(str(key))
        certificate = full.get("replaced_by")
        if isinstance(certificate, str) and certificate not in certificates:
            yield at(material, f"证照类型 {certificate} 不存在",
                     suggested(certificate, pack.certificates), "replaced_by")
        of_person = certificate in pack.certificates and (
            pack.certificates[str(certificate)].sound("holder") == "person")
        if of_person and "organisation" in (item.sound("subjects") or ()) and (
            "when" not in material.broken and APPLICANT not in conditions.fields_of(full.get("when"))
        ):
            yield at(material, f"{full.get('name')}是个人的证件，单位申请时也会要",
                     f"加上 when: {{{APPLICANT}: {{ne: organisation}}}}")
        if full.get("need") == "gap" and "gap_days" not in full and not material.broken:
            yield at(material, f"可容缺的材料 {key} 没有写几日内补齐", "写上 gap_days", "need")
    result = item.get("result")
    kind = result.sound("type") if isinstance(result, Located) else None
    if isinstance(result, Located) and kind is not None and kind not in certificates:
        yield at(result, f"证照类型 {kind} 不存在", suggested(kind, pack.certificates), "type")
    for option in _options(item) if whole else ():
        for name in ("adds", "drops"):
            for key in option.sound(name) or ():
                if key not in keys:
                    yield at(option, f"情形用到的材料 {key} 不存在", suggested(key, sorted(keys)), name)


def names_of(entries: Mapping[str, Any], whole: bool) -> Any:
    """The names of what a file defines; anything where it was not read."""
    return entries if whole else names([], "", whole=False)


def _options(item: Located) -> Iterator[Located]:
    for scenario in item.rows("scenarios"):
        yield from scenario.rows("options")


def _questions(pack: Pack, item: Located) -> Iterator[Fault]:
    """The form's own sense: each key once, choices with options, tables with columns."""
    seen: set[str] = set()
    for field in item.rows("form"):
        key, kind = field.sound("key"), field.sound("type")
        if key in seen:
            yield at(field, f"表单字段 {key} 写了两次", "换一个 key，或删去一处", "key")
        seen.add(key or "")
        for wanted, part in (("choice", "options"), ("table", "columns")):
            if kind == wanted and not field.get(part) and part not in field.broken:
                yield at(field, f"{wanted} 字段 {key} 没有写 {part}", f"写上 {part}", "type")
        held = str(field.get("from", ""))
        if held.startswith(CERTIFICATE) and "certificates.yaml" not in pack.unread and (
            held.removeprefix(CERTIFICATE) not in pack.certificates
        ):
            yield at(field, f"证照类型 {held.removeprefix(CERTIFICATE)} 不存在",
                     suggested(held.removeprefix(CERTIFICATE), pack.certificates), "from")
        low, high = field.sound("min"), field.sound("max")
        if low is not None and high is not None and low > high:
            yield at(field, f"字段 {key} 的 min 大于 max", "改正其中一个", "min")


def _facts(item: Located) -> Facts | None:
    """What a condition may ask about; None when a question's name can't be read."""
    if item.broken & {"form", "scenarios"}:
        return None
    facts: Facts = {}
    for field in (*item.rows("form"), *item.rows("scenarios")):
        if "key" in field.broken:
            return None
        facts[field["key"]] = field if "type" in field else None
    for option in _options(item):
        if "sets" in option.broken:
            return None
        facts.update({key: facts.get(key) for key in option.get("sets", ())})
    return facts


def _conditions(pack: Pack, item: Located) -> Iterator[Fault]:
    """Conditions ask about what the form, or an earlier step, can answer."""
    facts = _facts(item)
    if facts is None:
        return
    code = item.get("code", "")
    for material in item.rows("materials"):
        if when := material.sound("when"):
            for what, remedy in _asked(when, facts, (), item):
                yield at(material, what, remedy, "when")
    flow = pack.flows.get(item.sound("flow") or "")
    for step, key, asked in graph.facts_of(flow) if flow else ():
        where = flow["steps"][step] if flow else item
        if key == "each":
            if asked not in facts:
                yield at(where, *_no_such(asked, facts, f"{code} 的"), key)
            continue
        for what, remedy in _asked(asked, facts, flow["steps"] if flow else (), item):
            yield at(where, f"{code} 用它：{what}", remedy, key)
    renewal = item.get("renewal")
    if isinstance(renewal, Located) and (expires := renewal.sound("expires")):
        field = facts.get(expires)
        if field is None or field.get("type") != "date":
            yield at(renewal, f"renewal.expires 不是表单里的日期字段：{expires}",
                     "写上原许可到期日的字段名", "expires")


def _asked(when: Any, facts: Facts, steps: Any, item: Located) -> Iterator[tuple[str, str]]:
    for name, test, value in conditions.comparisons(when):
        if graph.is_outcome(name, steps):
            continue
        if name == APPLICANT:
            yield from _applies(test, value, item)
        elif name not in facts:
            yield _no_such(name, facts, "")
        elif field := facts[name]:
            yield from _answerable(name, test, value, field, item)


def _applies(test: str, value: Any, item: Located) -> Iterator[tuple[str, str]]:
    """A comparison with the kind of applicant, of a kind that may apply."""
    subjects = [str(each) for each in item.sound("subjects") or ()]
    for each in value if isinstance(value, list) else [value]:
        if subjects and (each not in subjects or test not in ("eq", "ne", "in")):
            yield (f"条件里 {APPLICANT} 不会是“{each}”：不在 subjects 里",
                   suggested(each, subjects))


def _no_such(name: str, facts: Facts, whose: str) -> tuple[str, str]:
    guess = nearest(name, [*facts, APPLICANT])
    return (f"条件用到的字段 {name} {whose}表单里没有",
            f"是不是 {guess}？" if guess else "在 form 或情形 sets 中加上它，或改正字段名")


def _answerable(name: str, test: str, value: Any, field: Located, item: Located
                ) -> Iterator[tuple[str, str]]:
    """A comparison that could ever be true."""
    kind = field.sound("type")
    if kind == "bool" and not isinstance(value, bool):
        yield f"条件里 {name} 是“是否”字段，只能与 true 或 false 比较", "改成 true 或 false"
    elif kind in ("number", "money") and test not in ("in",) and (
        isinstance(value, bool) or not isinstance(value, int | float)
    ):
        yield f"条件里 {name} 是数，不能与“{value}”比较", "写数，不加引号和单位"
    elif kind == "choice" and test in ("eq", "ne", "in") and "options" not in field.broken:
        offered = [str(o.get("value")) if isinstance(o, dict) else str(o) for o in field.get("options", ())]
        offered += [str(o["sets"][name]) for o in _options(item) if name in o.get("sets", {})]
        for each in value if isinstance(value, list) else [value]:
            if str(each) not in offered:
                yield f"条件里 {name} 不会是“{each}”：没有这个选项", suggested(each, offered)


def _rules(pack: Pack, item: Located) -> Iterator[Fault]:
    """The cross-field rules, each as far as what it compares can be relied on."""
    seen = rules.Sound(item, flow=_resolved(pack, item))
    for check in rules.RULES:
        try:
            for key, what, remedy in check(seen):
                yield at(item, f"{item.get('code', '事项')}：{what}", remedy, key)
        except rules.Unread:
            continue


def _resolved(pack: Pack, item: Located) -> dict[str, Any] | None:
    """The item's flow as it is published, if it has no fault."""
    flow = pack.flows.get(item.sound("flow") or "")
    if not flow or flow.broken or any(step.broken for step in flow["steps"].values()):
        return None
    if any(graph.faults_of(flow, lines=names([], "", whole=False))):
        return None
    return resolve.flow_data(pack, item["flow"])


def _old_words(item: Located, old: list[str]) -> Iterator[Fault]:
    """Old words are for searching only: 农合, 生育证 … must not stand on today's screens."""
    for key, value in item.items():
        if key in ("words", "faq"):
            continue
        texts = list(_texts(value))
        for word in old:
            if any(word in text for text in texts):
                yield at(item, f"{item.get('code', '事项')} 出现旧称“{word}”",
                         "改用今天的名称，旧称放进 words", key)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(each)
