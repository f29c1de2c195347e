"""Days off as they are typed or pasted: every line is understood, or named with its number."""

from datetime import date

import pytest

from weimin.kernel.sheet import read_text
from weimin.worktime.decrees import read_days


def wrong(text: str) -> list[tuple[int, str]]:
    """The lines that were not understood, and why."""
    return [(each.line, each.why) for each in read_days(read_text(text))[1]]


def days(text: str) -> list[tuple[date, str | None, str]]:
    """The days of a text that is understood whole."""
    found, left = read_days(read_text(text))
    assert left == []
    return [(day.date, day.kind, day.name) for day in found]


@pytest.mark.parametrize("line", [
    "2027-01-01 休 元旦", "2027/1/1 休 元旦", "2027年1月1日 周五 休 元旦", "20270101\t休\t元旦",
    "2027-01-01,放假,元旦", "２０２７-０１-０１　休　元旦", "2027.1.1（星期五）休 元旦", "46388 休 元旦",
])
def test_a_day_may_be_written_in_many_ways(line: str) -> None:
    assert days(line) == [(date(2027, 1, 1), "holiday", "元旦")]


def test_the_heads_of_columns_and_empty_lines_are_passed_over() -> None:
    assert days("日期\t休或班\t名称\n\n2027-01-01\t休\t元旦\n\n2027-01-03\t班\t\n") == [
        (date(2027, 1, 1), "holiday", "元旦"), (date(2027, 1, 3), "makeup_workday", "")]


SLIPS = [
    ("2027-13-01 休 元旦", "没有“2027-13-01”这一天"),
    ("2027-02-30 休 元旦", "没有“2027-02-30”这一天"),
    ("20271301 休", "没有“20271301”这一天"),
    ("2027-01-01 修 元旦", "要写明“休”或“班”"),
    ("元旦放假三天", "应以日期开头"),
    ("元月一日 休", "应以日期开头"),
    ("春节", "应以日期开头"),
    ("休", "应以日期开头"),
    ("1月1日 休 元旦", "应以日期开头"),
    ("2027-01-01至2027-03-01 休", "最多 31 天"),
    ("2027-01-03至2027-01-01 休", "应从早到晚"),
    ("2072-01-01至2027-01-03 休", "应从早到晚"),
    ("2127-01-01 休", "年份不对"),
    ("2027-01-01 休 班", "只能写一样"),
    ("2027-01-01 周三 休", "2027-01-01 是周五，不是周三"),
    ("2027-01-01 休 元旦 2027-01-02 休", "一行只写一天"),
    (f"2027-01-01 休 {'很' * 21}", "名称最多 20 个字"),
    ("2027-01-05 班", "2027-01-05 在第 1 行写的不一样"),
]


@pytest.mark.parametrize(("line", "why"), SLIPS)
def test_a_line_that_is_not_understood_is_named_with_its_number_in_chinese(line: str, why: str) -> None:
    ((number, said),) = wrong(f"2027-01-05 休 甲\n\n{line}\n2027-01-06 休 乙")
    assert number == 3 and why in said
    assert not any(c.isascii() and c.isalpha() for c in said)


def test_every_line_that_is_not_understood_is_named() -> None:
    text = "放假通知\n2027-01-01 休 元旦\n附件\n2027-13-01 休\n联系人：张三"
    assert [line for line, _ in wrong(text)] == [1, 3, 4, 5]
