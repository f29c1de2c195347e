"""申请材料 of a case: what is asked for, what is there, what may follow."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from weimin.catalogue.spec import MaterialSpec
from weimin.kernel.errors import Invalid

if TYPE_CHECKING:
    from weimin.cases.file import CaseFile

STATE_TITLES = {
    "have": "已收", "missing": "缺", "replaced": "由证照代替", "promised": "容缺后补",
    "declared": "告知承诺",
}
THERE = frozenset(("have", "replaced", "promised", "declared"))

_BLANK = {"file_id": None, "certificate_id": None, "note": "", "due_on": None}


def wanted(file: "CaseFile") -> list[MaterialSpec]:
    """The materials this case needs, by the item's version and the scenario answers."""
    return list(file.item.materials_for(file.row["facts"]))


def missing(file: "CaseFile") -> list[MaterialSpec]:
    """Required materials that are neither there nor lawfully replaced."""
    states = file.materials
    return [
        spec for spec in wanted(file)
        if spec.need != "optional" and states.get(spec.key) not in THERE
    ]


def lacking(absent: list[MaterialSpec]) -> list[MaterialSpec]:
    """Of what is missing, what may not follow later."""
    return [spec for spec in absent if spec.need != "gap"]


def put(file: "CaseFile", key: str, state: str, **more: Any) -> None:
    """Write the state of one material."""
    file.materials[key] = state
    row = {"state": state, **_BLANK, **more}
    file.materials_written[key] = row
    columns = {"case_id": file.row["id"], "key": key, **row}
    sets = ",".join(f"{column} = excluded.{column}" for column in row)
    file.batch.insert("cases_material", [columns],
                      f" ON CONFLICT (case_id, key) DO UPDATE SET {sets}")


def put_right(file: "CaseFile", gaps: Mapping[str, str]) -> None:
    """Note materials that may follow (容缺受理): key → the day by which it is promised.

    Raises Invalid for a material that may not be missing, or a day beyond what the item allows.
    """
    specs = {spec.key: spec for spec in wanted(file)}
    for key, day in gaps.items():
        spec = specs.get(key)
        if spec is None or spec.need != "gap":
            raise Invalid(fields={key: "这份材料不能容缺，须在受理前补齐"})
        try:
            due_on = date.fromisoformat(day)
        except ValueError:
            raise Invalid(fields={key: "请填写补齐日期，如 2026-11-30"}) from None
        if due_on > file.today + timedelta(days=spec.gap_days or 30):
            raise Invalid(fields={key: f"补齐日期最迟为{spec.gap_days or 30}日内"})
        put(file, key, "promised", due_on=due_on)
