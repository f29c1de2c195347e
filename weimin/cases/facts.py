"""The answers of a form: checked by its fields, and what identifies encrypted."""

import base64
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from weimin.catalogue.spec import Field, ItemSpec
from weimin.kernel import codes, vault
from weimin.kernel.errors import Invalid
from weimin.kernel.text import code_text, mask_code, tidy

_SECRET_TYPES = frozenset(("id-number", "phone", "bank-account"))
_SECRET = "密:"  # marks an encrypted answer in the facts
_LONGEST = 2000
_OF_PARTIES = ("person.name", "person.id_number", "person.phone", "household.members", "organisation.")
_PLACE = Field(key="place", label="地方", type="area")


def checked(
    item: ItemSpec, answers: Mapping[str, Any], only: set[str] | None = None,
) -> dict[str, Any]:
    """The answers as they are kept: of the right type, identifying ones encrypted.

    ``only`` limits the check to these keys. A form may be received incomplete: the one-time
    notice names what is unanswered, and nothing is accepted before. Raises Invalid with a message per field.
    """
    fields = {field.key: field for field in item.form}
    questions = {scenario.key: scenario for scenario in item.scenarios}
    kept: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for key, given in answers.items():
        if only is not None and key not in only:
            kept[key] = given
        elif key.startswith("place."):
            try:
                kept[key] = _area(_PLACE, given)
            except ValueError:
                wrong[key] = "请从列表中选择地方"
        elif key in questions:
            kept[key] = given
        elif key not in fields:
            wrong[key] = "这个事项的表单没有这一项"
        else:
            try:
                kept[key] = checked_one(fields[key], given)
            except ValueError as error:
                wrong[key] = str(error)
    if wrong:
        raise Invalid(fields=wrong)
    return item.facts_of(kept)


def unanswered(item: ItemSpec, facts: Mapping[str, Any]) -> list[Field]:
    """Required fields without an answer.

    Not what the parties say: they are checked where they are taken down, a household may be one
    person, and nobody loses a right for having no phone.
    """
    return [
        f for f in item.form
        if f.required and facts.get(f.key) in (None, "", []) and not f.prefill.startswith(_OF_PARTIES)
    ]


def checked_one(field: Field, given: Any) -> Any:
    """One answer in its kept form. Raises ValueError in words."""
    if given is None or given == "":
        return None
    reader: Callable[[Field, Any], Any] = _READERS.get(field.type, _text)
    value = reader(field, given)
    if field.type in _SECRET_TYPES:
        return _SECRET + base64.b64encode(vault.encrypt(value)).decode()
    return value


def _text(field: Field, given: Any) -> str:
    text = tidy(str(given))
    if len(text) > _LONGEST:
        raise ValueError(f"{field.label}太长，最多{_LONGEST}字")
    return text


def _number(field: Field, given: Any) -> float | int:
    try:
        value = float(code_text(given) if isinstance(given, str) else given)
    except ValueError:
        raise ValueError(f"{field.label}应为数字，如 12000") from None
    if value != value or abs(value) > 1e12:
        raise ValueError(f"{field.label}应为数字，如 12000")
    if field.min is not None and value < field.min:
        raise ValueError(f"{field.label}不能小于{field.min:g}")
    if field.max is not None and value > field.max:
        raise ValueError(f"{field.label}不能大于{field.max:g}")
    return int(value) if value.is_integer() else value


def _date(field: Field, given: Any) -> str:
    parts = [int(part) for part in re.findall(r"[0-9]+", unicodedata.normalize("NFKC", str(given)))]
    if len(parts) == 1 and 10**7 <= parts[0] < 10**8:  # 20261001
        parts = [parts[0] // 10**4, parts[0] // 100 % 100, parts[0] % 100]
    try:
        year, month, day = parts
        return date(year, month, day).isoformat()
    except ValueError:
        raise ValueError(f"{field.label}应为日期，如 2026-11-21") from None


def _choice(field: Field, given: Any) -> Any:
    values = dict(field.options)
    wanted = given if isinstance(given, list) else [given]
    if not all(str(each) in values for each in wanted):
        raise ValueError(f"请从列表中选择{field.label}")
    return [str(each) for each in wanted] if isinstance(given, list) else str(given)


def _bool(field: Field, given: Any) -> bool:
    if isinstance(given, bool):
        return given
    if str(given) in ("true", "1", "yes", "on", "是"):
        return True
    if str(given) in ("false", "0", "no", "off", "否"):
        return False
    raise ValueError(f"{field.label}请选“是”或“否”")


def _named(field: Field, reader: Callable[[Any], str], given: Any) -> str:
    """A number of somebody: a form may ask for several people's, so what is wrong says whose."""
    try:
        return reader(given)
    except ValueError as error:
        raise ValueError(f"{field.label}：{error}") from None


def _table(field: Field, given: Any) -> list[dict[str, Any]]:
    """Rows of a table, each answer checked and encrypted as one of a form would be."""
    if not isinstance(given, list) or not all(isinstance(row, Mapping) for row in given):
        raise ValueError(f"{field.label}应是一行一行的内容")
    columns = {column.key: column for column in field.columns}
    kept = []
    for row in given:
        if unknown := set(row) - set(columns):
            raise ValueError(f"{field.label}没有“{'、'.join(sorted(unknown))}”这一列")
        kept.append({key: checked_one(columns[key], value) for key, value in row.items()})
    return kept


def _area(field: Field, given: Any) -> str:
    try:
        code = code_text(given)
        codes.division_level(code)
    except ValueError:
        raise ValueError(f"请从列表中选择{field.label}") from None
    return code


_READERS: dict[str, Callable[[Field, Any], Any]] = {
    "number": _number,
    "money": _number,
    "date": _date,
    "choice": _choice,
    "bool": _bool,
    "area": _area,
    "id-number": lambda field, given: _named(field, codes.identity_number, given),
    "phone": lambda field, given: _named(field, codes.phone_number, given),
    "bank-account": lambda field, given: _named(field, codes.bank_account, given),
    "table": _table,
}
FIELD_TYPES = ("text", *_READERS)  # what a form may ask for


def reveal(value: str) -> str:
    """The answer behind the mark. Whoever calls this logs why."""
    return vault.decrypt(base64.b64decode(value.removeprefix(_SECRET)))


def plain(value: Any) -> str | None:
    """The identifying answer itself, if it is one. Whoever calls this logs why."""
    return reveal(value) if isinstance(value, str) and value.startswith(_SECRET) else None


def shown(value: Any) -> Any:
    """An answer for the screen: what identifies is masked."""
    if isinstance(value, list):
        return "；".join(
            "，".join(str(shown(each)) for each in row.values()) if isinstance(row, Mapping)
            else str(row) for row in value
        )
    if isinstance(value, str) and value.startswith(_SECRET):
        return mask_code(reveal(value))
    return value
