"""更正登记信息: a mistake of entry is mended in the open."""

from typing import Any

from weimin.cases.facts import checked, unanswered
from weimin.cases.file import CaseFile
from weimin.cases.verb import verb
from weimin.kernel.errors import Invalid


@verb("更正登记信息")
def correct(file: CaseFile, *, facts: dict[str, Any], reason: str) -> None:
    """Change answers of the form; what stood there before stays in the trail.

    Steps that already ran keep their results; steps that open later see the corrected facts.
    Raises Invalid for a wrong answer, a required one that was emptied, or a missing reason.
    """
    if not reason.strip():
        raise Invalid(fields={"reason": "请写明更正的原因"})
    before = file.row["facts"]
    after = {**before, **checked(file.item, {**before, **facts}, only=set(facts))}
    known = {field.key for field in unanswered(file.item, before)}
    if emptied := [f for f in unanswered(file.item, after) if f.key not in known]:
        raise Invalid(fields={f.key: f"{f.label}必须填写，不能改成空的" for f in emptied})
    changed = sorted(key for key in after if after.get(key) != before.get(key))
    if not changed:
        raise Invalid("没有任何改动")
    file.set(facts=after)
    file.record(
        "correct", {"reason": reason.strip(), "fields": changed},
        private={"before": {k: before.get(k) for k in changed},
                 "after": {k: after.get(k) for k in changed}},
    )
