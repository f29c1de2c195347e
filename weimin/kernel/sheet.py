"""Sheets as people send them: Excel or CSV, with merged cells, stray spaces and dates as anything.

What comes out is text, cell by cell; what each column means is for the caller to say.
"""

import csv
import io
import re
import unicodedata
import zipfile
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from weimin.kernel.text import decoded, tidy

LARGEST = 5 * 1024 * 1024  # bytes, as sent
UNPACKED = 80 * 1024 * 1024  # bytes, of an xlsx that is a zip
MOST_ROWS = 2000
MOST_COLUMNS = 60
_FIRST_DAY = date(1899, 12, 30)  # Excel's day 0, its leap year of 1900 included
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T].*)?")

Rows = list[list[str]]


def read_sheet(content: bytes, name: str) -> Rows:
    """The cells of the first sheet that has any, as tidy text; merged cells are filled in.

    Raises ValueError, in words, for what is too large or no sheet at all.
    """
    if len(content) > LARGEST:
        raise ValueError(f"文件超过 {LARGEST // 2**20} MB，请拆成几份")
    if not content.strip():
        raise ValueError("文件是空的")
    if name.lower().endswith((".csv", ".txt", ".tsv")):
        try:
            return _fit(read_text(decoded(content)[0]))
        except UnicodeDecodeError as error:
            raise ValueError("认不出这个文件的文字编码，请另存为 .xlsx 再上传") from error
    _check_zip(content)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            for index in range(len(book.sheet_names)):
                sheet = book.get_sheet_by_index(index)
                if sheet.height:
                    return _fit(_cells(sheet))
    except (CalamineError, OSError, zipfile.BadZipFile) as error:
        raise ValueError("打不开这个文件。请用 Excel 或 WPS 另存为 .xlsx 或 .csv 再上传") from error
    raise ValueError("表格里没有内容")


def read_text(text: str) -> Rows:
    """Rows out of text pasted from a sheet or written by hand: tabs, commas or semicolons."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    mark = max("\t,;，", key=first.count)
    if not first.count(mark):
        return [[tidy(line)] for line in text.splitlines()]
    if mark == "，":
        text, mark = text.replace("，", ","), ","
    return [[tidy(cell) for cell in row] for row in csv.reader(io.StringIO(text), delimiter=mark)]


def day_of(text: str) -> date:
    """A day however it was written: 2027-1-1, 2027/01/01, 2027年1月1日, 20270101, Excel's 46388.

    Raises ValueError, in words, for anything else, and for a day that does not exist.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if found := _DAY.fullmatch(plain) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", plain):
        try:
            return date(*map(int, found.groups()))
        except ValueError:
            raise ValueError(f"没有“{plain}”这一天") from None
    if re.fullmatch(r"[2-6]\d{4}", plain):
        return _FIRST_DAY + timedelta(days=int(plain))
    raise ValueError(f"看不懂日期“{text}”")


def _check_zip(content: bytes) -> None:
    if not content.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > UNPACKED:
                raise ValueError("表格展开后太大，请删去多余的行、列和图片")
    except zipfile.BadZipFile as error:
        raise ValueError("文件不完整，请重新保存后再上传") from error


def _cells(sheet: CalamineSheet) -> Rows:
    rows = [[_text(cell) for cell in row]
            for row in sheet.to_python(skip_empty_area=False, nrows=MOST_ROWS + 1)]
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if top >= len(rows) or left >= len(rows[top]):
            continue
        for row in rows[top : min(bottom, MOST_ROWS) + 1]:
            for column in range(left, min(right + 1, len(row))):
                row[column] = rows[top][left]
    return rows


def _text(cell: object) -> str:
    """A cell as it was meant. A number too long for Excel says so instead of losing digits."""
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        return f"{cell:.0f}?" if abs(cell) >= 1e15 else str(cell)
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    return tidy(str(cell))


def _fit(rows: Rows) -> Rows:
    if len(rows) > MOST_ROWS:
        raise ValueError(f"超过 {MOST_ROWS} 行，请拆成几份")
    return [row[:MOST_COLUMNS] for row in rows]
