"""申请材料 of a case: what is asked for, what is there, what may follow."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from weimin.cases.facts import unanswered
from weimin.catalogue.spec import ItemSpec, MaterialSpec
from weimin.documents.store import check_own
from weimin.kernel.clock import say_date
from weimin.kernel.errors import Invalid
from weimin.network.actor import Actor

if TYPE_CHECKING:
    from weimin.cases.file import CaseFile

STATE_TITLES = {
    "have": "已收", "missing": "缺", "replaced": "由证照代替", "promised": "容缺后补",
    "declared": "告知承诺",
}
THERE = frozenset(("have", "replaced", "promised", "declared"))

_BLANK = {"file_id": None, "certificate_id": None, "note": "", "due_on": None}
LEGAL_REPRESENTATIVE = "法定代表人"  # the relation of somebody who is the organisation's own voice

# What shows that somebody may act for the applicant (民法典 arts. 23, 61, 161-165). Asked of
# every item alike, so no item writes it down; which of them a case needs is settled at receiving.
_PAPERS = {
    spec.key: spec for spec in (
        MaterialSpec(key="by-letter", name="授权委托书", copies=1),
        MaterialSpec(key="by-agent-card", name="代办人居民身份证", source="government",
                     original="seen"),
        MaterialSpec(key="by-principal-card", name="委托人居民身份证", source="government",
                     original="copy", copies=1),
        MaterialSpec(key="by-guardianship", source="government", original="seen",
                     name="监护关系证明（户口簿、出生医学证明、监护证明之一）"),
        MaterialSpec(key="by-guardian-card", name="监护人居民身份证", source="government",
                     original="seen"),
        MaterialSpec(key="by-office", name="法定代表人身份证明", copies=1),
    )
}


def papers_of(
    helpers: Iterable[tuple[str, str]], *, for_person: bool, known: Collection[str] = ()
) -> Iterator[MaterialSpec]:
    """The papers that whoever acts for the applicant brings.

    ``helpers`` are pairs of role and relation; ``known`` are the item's own materials, among
    which the applicant's identity card often is already.
    """
    for role, relation in helpers:
        if role == "guardian":
            yield from (_PAPERS["by-guardianship"], _PAPERS["by-guardian-card"])
        elif relation == LEGAL_REPRESENTATIVE:
            yield from (_PAPERS["by-office"], _PAPERS["by-agent-card"])
        else:
            yield from (_PAPERS["by-letter"], _PAPERS["by-agent-card"])
            if for_person and "id-card" not in known:
                yield _PAPERS["by-principal-card"]


def check_brought(have: Mapping[str, int | None], actor: Actor) -> None:
    """Whether this actor may say that these materials came in: key → file, None for paper.

    Paper is received by whoever holds it in his hands. A resident sends scans, and what he has no
    scan of he has not handed in yet, whatever he ticks.

    Raises Invalid for a resident's material without a scan, or for somebody else's file.
    """
    check_own({file_id for file_id in have.values() if file_id}, actor.account_id)
    if actor.is_resident and (bare := [key for key, file_id in have.items() if file_id is None]):
        raise Invalid(fields=dict.fromkeys(
            bare, "网上只收扫描件或照片；纸质材料请交到任何一个窗口，由窗口登记收到"))


def spec_of(item: ItemSpec, key: str) -> MaterialSpec | None:
    """A material of the item, asked of this case or not, or a paper of whoever acts."""
    return _PAPERS.get(key) or next((spec for spec in item.materials if spec.key == key), None)


def spec_named(item: ItemSpec, name: str) -> MaterialSpec | None:
    """A material by its name, as a notice names it."""
    return next((spec for spec in (*item.materials, *_PAPERS.values()) if spec.name == name), None)


def wanted(file: "CaseFile") -> list[MaterialSpec]:
    """The materials this case needs: by the item's version, the answers, and who acts."""
    papers = (_PAPERS[key] for key in sorted(file.materials) if key in _PAPERS)
    return [*papers, *file.item.materials_for(file.row["facts"])]


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


def lacks(file: "CaseFile", absent: Iterable[MaterialSpec] | None = None) -> list[str]:
    """What is still to come, by name: materials (all that are missing, or these) and answers."""
    specs = missing(file) if absent is None else absent
    blank = unanswered(file.item, file.row["facts"])
    return [*(spec.name for spec in specs), *(field.label for field in blank)]


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
        last = file.today + timedelta(days=spec.gap_days or 30)
        if due_on > last:
            raise Invalid(fields={key: f"最迟 {say_date(last)} 补齐（{spec.gap_days or 30}日内）"})
        put(file, key, "promised", due_on=due_on)
