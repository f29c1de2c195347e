"""Checks of single values that a type alone does not say. Each yields (what, remedy) in words."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from difflib import get_close_matches
from string import Formatter
from typing import Any

from msgspec import Meta

from weimin.flow import conditions
from weimin.flow.graph import Who, returns_to
from weimin.flow.terms import Term
from weimin.kernel.sheet import day_of

Found = Iterator[tuple[str, str]]


PREFILLS = (
    "person.name", "person.id_number", "person.phone", "person.birth", "person.sex",
    "person.ethnic", "person.household_area", "person.residence_area", "person.social_card", "place.site",
    "household.members", "organisation.name", "organisation.uscc", "organisation.phone",
)
CERTIFICATE = "certificate."  # and a type: what a certificate that is held says


def check(judge: Callable[[Any], Found]) -> Meta:
    """Have a value judged by a function."""
    return Meta(extra={"check": judge})


def one_of(choices: Iterable[str]) -> Meta:
    """One of the words that the code itself knows; asked when judging, as rooms add to theirs."""
    return Meta(extra={"one_of": choices})


def nearest(word: object, known: Iterable[str]) -> str:
    """The known word that a typo may have meant, or nothing."""
    plain = unicodedata.normalize("NFKC", str(word)).strip()
    by_lower = {each.lower(): each for each in known}
    found = get_close_matches(plain.lower(), by_lower, 1, 0.6)
    return by_lower[found[0]] if found else ""


def suggested(word: object, known: Iterable[str]) -> str:
    """A remedy: the nearest known word, and which there are."""
    known = list(known)
    guess = nearest(word, known)
    listed = f"可用：{'、'.join(known)}" if known else "还没有可用的，先写出它"
    return f"是不是 {guess}？{listed}" if guess else listed


def term(value: Any) -> Found:
    """``20wd``."""
    try:
        Term.parse(str(value))
    except ValueError as error:
        yield str(error), f"写成 {value}wd 或 {value}d" if isinstance(value, int) else "数字后面紧跟单位"


def valid_for(value: Any) -> Found:
    """How long a result is good for: a term, or without end."""
    if value != "none":
        yield from ((what, f"{remedy}；长期有效写 none") for what, remedy in term(value))


def who(value: Any) -> Found:
    """``line@level``."""
    try:
        Who.parse(str(value))
    except ValueError as error:
        yield str(error), "层级只有 village、town、county、city"


def rejection(value: Any) -> Found:
    """What a rejection leads to."""
    if value not in ("end", "continue") and returns_to(str(value)) is None:
        yield f"看不懂：{value}", "写 end、continue 或 return(环节)"


def condition(value: Any) -> Found:
    """A declared comparison."""
    for what in conditions.faults_of(value):
        yield what, "写成 {字段: 值} 或 {字段: {gte: 50}}"


def day(value: Any) -> Found:
    """A day, written as 2026-11-21 and no other way: days are compared as texts."""
    text = str(value)
    try:
        if date.fromisoformat(text).isoformat() == text:
            return
    except ValueError:
        pass
    try:
        yield f"不是日期：{text}", f"写成 {day_of(text)}"
    except ValueError:
        yield f"不是日期：{text}", "写成 2026-11-21"


def month_day(value: Any) -> Found:
    """The day of a season: 05-01."""
    try:
        date.fromisoformat(f"2028-{value}")
    except ValueError:
        yield f"不是月-日：{value}", "写成 05-01"


def hour(value: Any) -> Found:
    """``17:00`` of a day."""
    if not isinstance(value, str):  # YAML 1.1 reads 17:00 as the number 1020
        yield "时间要加引号，否则会被读成一个数", '写成 "17:00"'
    elif not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        yield f"不是时间：{value}", '写成 "09:00"'


def code(value: Any) -> Found:
    """What others refer to: letters, digits, dashes, without spaces."""
    text = str(value)
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text):
        return
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    fits = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", plain)
    yield (f"“{text}”里有空格、全角字符或中文",
           f"是不是 {plain}？" if fits else "只用半角字母、数字和 -")


def area_code(value: Any) -> Found:
    """4, 6, 9 or 12 digits."""
    text = str(value)
    if _is_area(text):
        return
    if re.fullmatch(r"[\d.]+[Ee]\+?\d+", text):
        yield f"区划代码 {text} 被表格改成了科学计数", "把这一列设为文本，重新填写代码"
        return
    plain = re.sub(r"\s|\.0+$", "", unicodedata.normalize("NFKC", text))
    digits = "；只写半角数字" if not re.fullmatch(r"[0-9]+", text) else ""
    yield (f"区划代码 {text} 的位数或写法不对",
           f"是不是 {plain}？" if _is_area(plain) else f"市4位、县6位、乡镇9位、村12位{digits}")


def _is_area(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}", text))


def office_code(value: Any) -> Found:
    """``430421103.service``."""
    area, _, key = str(value).partition(".")
    if not _is_area(area) or any(code(key)):
        yield f"单位编码 {value} 不对", "写成“区划代码.字母”，如 430421103.service"


def reason(value: Any) -> Found:
    """Why one may go alone."""
    if not isinstance(value, str) or not value.strip():
        yield ("没有写理由",
               "写明为什么可以一人前往，如 alone: 只登记本人在世的事实；两人以上的删去 alone")


def word(value: Any) -> Found:
    """One entry of a list: a Chinese comma makes one out of several."""
    if re.search("[，；]", str(value)):
        yield f"“{value}”里有中文逗号，会被当成一个词", "词与词之间用英文逗号"


def prefill(value: Any) -> Found:
    """From what is known already a question is answered beforehand."""
    if value not in PREFILLS and not str(value).startswith(CERTIFICATE):
        yield (f"不认识“{value}”，没有东西可以预填",
               f"{suggested(value, PREFILLS)}；证照上的写 certificate.证照类型")


def short_name(value: Any) -> Found:
    """What stands at the beginning of a paper's number: some Chinese characters and nothing else."""
    if not re.fullmatch(r"[\u4e00-\u9fff]{1,8}", str(value)):
        yield f"“{value}”不能写进文号", "只写汉字，最多8个，不写年份、序号、括号，如 衡民"
    elif re.search("[字号第]", str(value)):
        yield f"“{value}”里有“字”“第”或“号”", "只写代字，如 衡民；其余由平台编排"


def document_word(value: Any) -> Found:
    """A template's 代字, with its two blanks."""
    found = list(office_name(value))
    yield from found
    if not found:
        yield from short_name(str(value).format(area="衡", line="民"))


def office_name(value: Any) -> Found:
    """A template's name with its two blanks."""
    try:
        blanks = {name for _, name, _, _ in Formatter().parse(str(value)) if name is not None}
    except ValueError:
        yield f"“{value}”的花括号没有配对", "写成 {area} 或 {line}"
        return
    for blank in sorted(blanks - {"area", "line"}):
        yield f"名称里不认识 {{{blank}}}", "只能用 {area} 和 {line}"
