"""What a resident is told of his case, in whose words, and when: one short message each.

The message leaves through the outbox after the commit. It names the item and the number and
says what to do; it holds nothing that identifies (a message is read by whoever holds the phone).
"""

from typing import TYPE_CHECKING, Any

from weimin.kernel.clock import say_date
from weimin.kernel.codes import group_case_number
from weimin.outbox import post

if TYPE_CHECKING:
    from weimin.cases.file import CaseFile

PORT = "resident"


def _promised(file: "CaseFile") -> str:
    clock = file.clocks.get("promise") or file.clocks.get("decision")
    return f"，承诺 {say_date(clock.due_on)} 前办结" if clock and clock.due_on else ""


def _words(file: "CaseFile", verb: str, data: dict[str, Any]) -> str | None:
    """What is said of an event; None when nothing needs to be said."""
    if verb == "accept":
        return f"已受理{_promised(file)}。"
    if verb in ("notify_missing", "notify_again"):
        labels = {field.key: field.label for field in file.item.form}
        asked = [*data["missing"], *data.get("wrong", ()), *(labels[key] for key in data["form"] if key in labels)]
        return f"需要补充：{'、'.join(asked) or '见告知书'}。补齐即受理，任何服务站都能补。"
    if verb == "refuse":
        return "不予受理，理由和救济途径见书面决定。"
    if verb == "transfer":
        return f"已移送{data['to'][1]}办理，期限不变。"
    if verb == "succeed" and "competent" in data:
        return f"因机构调整，现由{data['competent'][2]}办理，期限不变。"
    if verb == "extend":
        return f"经批准延长办理期限{_promised(file)}。理由见通知书。"
    if verb == "suspend":
        return f"需要等待（{data['expected']}），结束后会继续办理。"
    if verb == "revoke":
        return f"证照已被{data['kind']}（{data['basis']}），不能再用。理由见办件；不服的可以申请行政复议或者提起行政诉讼。"
    said = "已有结果，请查看或等待送达。" if data.get("decided") else ""
    steps = file.item.flow.steps
    mine = [steps[k].title for k in data.get("opened", ()) if steps[k].who.line == "applicant"]
    if mine:
        said += f"请您办理：{'、'.join(mine)}。可以在网上办，也可以到任何服务站。"
    return said or None


def tell(file: "CaseFile") -> None:
    """Post what the events of this file mean to the resident, in the same statement as they."""
    person = file.row.get("contact_id")
    if person is None:
        return
    for link in file.links:
        words = _words(file, link.draft.verb, dict(link.draft.data or {}))
        if words is None:
            continue
        number = group_case_number(file.row["number"])
        text = f"【为民】您的“{file.item.name}”（{number}）{words}"
        key = f"case-{file.row['id']}-{link.seq}"
        payload = {"person": str(person), "text": text}
        file.batch.add(post.INSERT, post.params(PORT, key, file.subject, payload, file.now))


