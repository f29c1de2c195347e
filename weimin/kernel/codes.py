"""Codes with check digits: case number, identity number, organisation code, division code."""

import re
import secrets
from datetime import date

from stdnum import damm
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError as StdnumError
from stdnum.iso7064 import mod_11_2

from weimin.kernel.text import code_text

CASE_NUMBER_LENGTH = 11
_SERIAL_DIGITS = 8
_PHONE = re.compile(r"1[3-9]\d{9}")
_LAND_LINE = re.compile(r"0\d{2,3}\d{7,8}")
_BANK_ACCOUNT = re.compile(r"[0-9]{9,30}")

_CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that look alike


def verification_code() -> str:
    """Eight random characters for a paper: with its number they show that it is ours."""
    return "".join(secrets.choice(_CODE_LETTERS) for _ in range(8))


def case_number(year: int, serial: int) -> str:
    """The number of a case: two digits of the year, eight of a serial, one check digit.

    Eleven digits, as long as a mobile number, so that everybody can dictate it. The check
    digit is Damm's: it catches every single wrong digit and every swap of neighbours.

    Raises ValueError when the serial does not fit eight digits.
    """
    if not 0 < serial < 10**_SERIAL_DIGITS:
        raise ValueError(f"case serial out of range: {serial}")
    body = f"{year % 100:02d}{serial:0{_SERIAL_DIGITS}d}"
    return body + damm.calc_check_digit(body)


def is_case_number(text: str) -> bool:
    """Whether ``text`` has the shape and the check digit of a case number."""
    return len(text) == CASE_NUMBER_LENGTH and text.isdigit() and damm.is_valid(text)


def group_case_number(number: str) -> str:
    """``26000012345`` → ``260 0001 2345``: as it is printed and read aloud."""
    return f"{number[:3]} {number[3:7]} {number[7:]}"


def identity_number(text: object) -> str:
    """A citizen's identity number (GB 11643-1999), checked and in its normal form.

    The division in its first six digits is not looked up: abolished divisions stay on the
    cards of the living. Birth years from 1800 are taken, so that invented people are possible.

    Raises ValueError in words for the person who typed it.
    """
    number = code_text(text)
    if not re.fullmatch(r"\d{17}[\dX]", number):
        raise ValueError("身份证号应为18位，末位可以是X")
    if not mod_11_2.is_valid(number):
        raise ValueError("身份证号有一位输错了，请对照证件再输一次")
    try:
        born = birth_of(number)
    except ValueError:
        raise ValueError("身份证号中的出生日期不存在，请对照证件再输一次") from None
    if born.year < 1800:
        raise ValueError("身份证号中的出生日期不存在，请对照证件再输一次")
    return number


def birth_of(number: str) -> date:
    """The date of birth in an identity number. Raises ValueError if there is no such day."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def sex_of(number: str) -> str:
    """``男`` or ``女``: the seventeenth digit of an identity number is odd for men."""
    return "男" if int(number[16]) % 2 else "女"


def with_identity_check(body: str) -> str:
    """Seventeen digits and their check digit: how invented people get their number."""
    return str(body + mod_11_2.calc_check_digit(body))


def organisation_code(text: object) -> str:
    """A unified social credit code (GB 32100-2015), checked. Raises ValueError in words."""
    code = code_text(text)
    try:
        return str(uscc.validate(code))
    except StdnumError:
        raise ValueError("统一社会信用代码是18位，现在的有一位不对，请对照执照再输一次") from None


def phone_number(text: object) -> str:
    """A Chinese mobile or land line number without spaces. Raises ValueError in words."""
    number = code_text(text).removeprefix("+86")
    if not (_PHONE.fullmatch(number) or _LAND_LINE.fullmatch(number)):
        raise ValueError("电话号码应为11位手机号，或带区号的固定电话")
    return number


def mobile_number(text: object) -> str:
    """A number that an SMS can reach, without spaces. Raises ValueError in words."""
    number = code_text(text).removeprefix("+86")
    if not is_mobile(number):
        raise ValueError("请填写11位手机号，要能收短信")
    return number


def bank_account(text: object) -> str:
    """The number of an account or a bank card, without spaces. Raises ValueError in words.

    Banks number their accounts as they like, so only its digits and their count can be judged.
    """
    number = code_text(text)
    if not _BANK_ACCOUNT.fullmatch(number):
        raise ValueError("账号应为 9 到 30 位数字，请对照存折或银行卡")
    return number


def is_mobile(number: str) -> bool:
    """Whether an SMS can reach this number."""
    return _PHONE.fullmatch(number) is not None


def identifies(text: str) -> bool:
    """Whether it looks like an identity number or a mobile phone's: nothing to write in an address."""
    return is_mobile(text) or re.fullmatch(r"\d{17}[\dXx]", text) is not None


def division_level(code: str) -> str:
    """The level a division code stands for by its length (GB/T 2260, GB/T 10114).

    Raises ValueError for another length or anything but digits.
    """
    levels = {2: "province", 4: "city", 6: "county", 9: "town", 12: "village", 15: "group"}
    if not code.isdigit() or len(code) not in levels:
        raise ValueError(f"not a division code: {code!r}")
    return levels[len(code)]
