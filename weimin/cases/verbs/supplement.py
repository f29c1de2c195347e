"""补正: what was missing comes in."""

from typing import Any

from weimin.cases import clocks, materials
from weimin.cases.facts import checked
from weimin.cases.file import CaseFile
from weimin.cases.verb import verb
from weimin.kernel.errors import Invalid


@verb("提交补正材料")
def supplement(
    file: CaseFile, *, have: dict[str, int | None] | None = None,
    facts: dict[str, Any] | None = None,
) -> None:
    """Take what the notice asked for: materials (with their files) and corrected answers.

    From a resident only scans: that paper has come is for the office to say that holds it.

    When nothing is missing any more, the case waits to be accepted; a pause that waited for the
    applicant ends. A permit must be accepted then (行政许可法 art. 32(1)(5): 提交全部补正申请材料的，
    应当受理): by the next working day, in writing (art. 32(2)), and its days count from today,
    whenever somebody presses 受理. What came in may still not be what was asked for: then the
    office tells it again, with the reason of its head or of the supervisor, or refuses with a
    reason. For other types the notice term runs once more, and the days count from acceptance.
    """
    specs = {spec.key for spec in materials.wanted(file)}
    for key, file_id in (have or {}).items():
        if key not in specs:
            raise Invalid(fields={key: "这个事项不需要这份材料"})
        materials.put(file, key, "have", file_id=file_id)
    materials.check_brought(have or {}, file.actor)
    if facts:
        before = file.row["facts"]
        file.set(facts={**before, **checked(file.item, {**before, **facts}, only=set(facts))})
    if not have and not facts:
        raise Invalid("请至少补交一份材料或更正一项内容", "网上补交请附上扫描件或照片")
    lacking = materials.lacks(file)
    if not lacking and file.row["state"] == "noticed":
        file.set(state="received")
        profile = file.item.profile
        clocks.start(file, "acceptance", profile.supplement_accepts or profile.notice)
    pause = file.open_pause
    if not lacking and pause is not None and pause.reason == "supplement":
        pause.end(file.today)
        clocks.recompute(file)
    file.record(
        "supplement",
        {"materials": sorted(have or {}), "fields": sorted(facts or {}), "lacking": lacking},
        private={"facts": facts} if facts else None,
    )
