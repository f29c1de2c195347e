"""Sheets as people send them."""

import io
import zipfile
from datetime import date, datetime
from typing import Any

import pytest
import xlsxwriter

from weimin.kernel.sheet import MOST_ROWS, day_of, read_sheet, read_text


def xlsx(rows: list[list[Any]], merged: tuple[int, int, int, int, str] | None = None) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("人员")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for n, row in enumerate(rows):
            for m, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(n, m, cell, day)
                else:
                    sheet.write(n, m, cell)
        if merged:
            sheet.merge_range(*merged[:4], merged[4])
    return out.getvalue()


def test_cells_come_as_tidy_text() -> None:
    rows = read_sheet(xlsx([["  赵　大爷 \n", 430421, datetime(2026, 12, 1), True, 1.5]]), "a.xlsx")
    assert rows == [["赵 大爷", "430421", "2026-12-01", "是", "1.5"]]


def test_merged_cells_are_filled_in() -> None:
    content = xlsx([["单位", "姓名"], ["", "甲"], ["", "乙"]], merged=(1, 0, 2, 0, "杉桥镇"))
    assert read_sheet(content, "a.xlsx")[1:] == [["杉桥镇", "甲"], ["杉桥镇", "乙"]]


def test_a_number_that_lost_digits_says_so() -> None:
    assert read_sheet(xlsx([[430421199001011234]]), "a.xlsx")[0][0].endswith("?")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_the_encodings_of_excel(encoding: str) -> None:
    assert read_sheet("姓名,账号\n赵,z1".encode(encoding), "a.csv") == [["姓名", "账号"], ["赵", "z1"]]


@pytest.mark.parametrize("content", [b"", b"   ", b"PK\x03\x04broken", b"\x00\x01\x02", b"<html>"])
def test_what_is_no_sheet_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"文件|表格"):
        read_sheet(content, "a.xlsx")


def test_a_sheet_that_unfolds_to_gigabytes_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 90_000_000)
    assert len(out.getvalue()) < 200_000
    with pytest.raises(ValueError, match="展开后太大"):
        read_sheet(out.getvalue(), "a.xlsx")


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="拆成几份"):
        read_sheet(("a\n" * (MOST_ROWS + 2)).encode(), "a.csv")


def test_pasted_text_is_split_by_what_it_is_split_by() -> None:
    assert read_text("a\tb\nc\td") == [["a", "b"], ["c", "d"]]
    assert read_text("a，b\nc,d") == [["a", "b"], ["c", "d"]]
    assert read_text("2027-01-01 休 元旦") == [["2027-01-01 休 元旦"]]


@pytest.mark.parametrize("text", [
    "2027-1-1", "2027/01/01", "2027.1.1", "2027年1月1日", "20270101", "46388",
    "２０２７-０１-０１", "2027-01-01 00:00:00",
])
def test_a_day_however_it_was_written(text: str) -> None:
    assert day_of(text) == date(2027, 1, 1)


@pytest.mark.parametrize("text", ["", "明天", "2027-13-01", "2027-02-30", "1.5", "27-1-1"])
def test_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        day_of(text)
