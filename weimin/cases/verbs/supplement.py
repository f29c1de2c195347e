"""补正: what was missing comes in."""

from typing import Any

from weimin.cases import clocks, materials
from weimin.cases.facts import checked
from weimin.cases.file import CaseFile
from weimin.cases.verb import verb
from weimin.documents.store import check_own
from weimin.kernel.errors import Invalid


@verb("提交补正材料")
def supplement(
    file: CaseFile, *, have: dict[str, int | None] | None = None,
    facts: dict[str, Any] | None = None,
) -> None:
    """Take what the notice asked for: materials (with their files) and corrected answers.

    When nothing is missing any more, the case waits for acceptance again; a pause that waited
    for the applicant ends.
    """
    check_own({file_id for file_id in (have or {}).values() if file_id}, file.actor.account_id)
    specs = {spec.key for spec in materials.wanted(file)}
    for key, file_id in (have or {}).items():
        if key not in specs:
            raise Invalid(fields={key: "这个事项不需要这份材料"})
        materials.put(file, key, "have", file_id=file_id)
    if facts:
        before = file.row["facts"]
        file.set(facts={**before, **checked(file.item, {**before, **facts}, only=set(facts))})
    if not have and not facts:
        raise Invalid("请至少补交一份材料或更正一项内容")
    lacking = materials.lacks(file)
    if not lacking and file.row["state"] == "noticed":
        file.set(state="received")
        clocks.start(file, "acceptance", file.item.profile.notice, file.today)
    pause = file.open_pause
    if not lacking and pause is not None and pause.reason == "supplement":
        pause.ended, pause.changed = file.today, True
        clocks.recompute(file)
    file.record(
        "supplement",
        {"materials": sorted(have or {}), "fields": sorted(facts or {}), "lacking": lacking},
        private={"facts": facts} if facts else None,
    )
