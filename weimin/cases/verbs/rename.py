"""更正姓名: a person keeps his identity number, and is called otherwise from now on."""

from typing import Any

from weimin.cases.file import CaseFile
from weimin.cases.models import Party
from weimin.cases.verb import verb
from weimin.catalogue.spec import ItemSpec
from weimin.kernel.errors import Invalid
from weimin.kernel.text import mask_name, name_of
from weimin.registry.models import Person

GROUNDS = {"mistake": "登记时写错了", "changed": "公安机关已经变更姓名"}


@verb("更正姓名")
def rename(file: CaseFile, *, person: int, name: str, ground: str, reason: str) -> None:
    """Call a party of this case by another name, in the registry and in this case.

    Who may is who holds the case and saw the papers: a name is what every counter compares with
    the card. The old name stays in this event, erasable like all that is personal; papers that
    were sealed stay as they were. Labels and answers of his other cases are left to those who hold them.

    Raises Invalid for somebody who is no party, no new name, or what was not said.
    """
    party = Party.objects.filter(case_id=file.row["id"], person_id=person).first()
    known = Person.objects.select_for_update().filter(pk=person).first()
    if party is None or known is None:
        raise Invalid(fields={"person": "请选择这件事的当事人"})
    wrong = {}
    try:
        new = name_of(name)
    except ValueError as error:
        new, wrong["name"] = "", str(error)
    if not new:
        wrong.setdefault("name", "请填写证件上的姓名")
    elif new == known.name:
        wrong["name"] = "和登记的姓名一样，没有改动"
    if ground not in GROUNDS:
        wrong["ground"] = "请选择为什么更正"
    if not reason.strip():
        wrong["reason"] = "请写明核对了什么证件（不要写姓名，这段话会一直保留）"
    if wrong:
        raise Invalid(fields=wrong)
    old = known.name
    file.batch.add("UPDATE registry_person SET name = %s WHERE id = %s", [new, person])
    if known.account_id:
        file.batch.add("UPDATE network_account SET name = %s WHERE id = %s", [new, known.account_id])
    if party.role == "applicant":
        file.set(applicant=mask_name(new))
    facts = _renamed(file.item, file.row["facts"], old, new)
    if facts != file.row["facts"]:
        file.set(facts=facts)
    file.record("rename", {"role": party.role, "ground": GROUNDS[ground], "reason": reason.strip()},
                private={"before": old, "after": new})


def _renamed(item: ItemSpec, facts: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """The answers that say who the parties are, with the new name."""
    changed = dict(facts)
    for field in item.form:
        value = facts.get(field.key)
        if field.prefill == "person.name" and value == old:
            changed[field.key] = new
        elif field.prefill == "household.members":
            changed[field.key] = [row | {"name": new} if row.get("name") == old else row for row in value or []]
    return {key: value for key, value in changed.items() if key in facts}
