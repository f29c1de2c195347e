"""更正登记信息: a mistake of entry is mended in the open."""

from collections.abc import Mapping
from typing import Any

from weimin.cases.facts import checked, plain, unanswered
from weimin.cases.file import CaseFile
from weimin.cases.models import Party
from weimin.cases.verb import verb
from weimin.catalogue.spec import Field
from weimin.kernel import vault
from weimin.kernel.errors import Invalid
from weimin.kernel.text import mask_code, mask_name, name_of
from weimin.registry.models import Person


@verb("更正登记信息")
def correct(file: CaseFile, *, facts: dict[str, Any], reason: str) -> None:
    """Change answers of the form; what stood there before stays in the trail.

    Steps that already ran keep their results; steps that open later see the corrected facts. The
    applicant's name and phone are mended where they are kept, so that what is printed and sent
    from now on has them.
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
    _applicant(file, {field: after[field.key] for field in file.item.form if field.key in changed})
    file.set(facts=after)
    file.record(
        "correct", {"reason": reason.strip(), "fields": changed},
        private={"before": {k: before.get(k) for k in changed},
                 "after": {k: after.get(k) for k in changed}},
    )


def _applicant(file: CaseFile, changed: Mapping[Field, Any]) -> None:
    """What the form says of who the applicant is belongs to the person, not to the form alone."""
    asked = {field.prefill: field.key for field in changed if field.prefill in _OF_PERSON and changed[field]}
    person = Party.objects.select_related("person").get(case_id=file.id, role="applicant").person if asked else None
    if person is None:
        return
    said = {field.prefill: plain(value) or str(value) for field, value in changed.items()}
    columns: dict[str, Any] = {}  # in one update: one statement changes a row once
    for prefill, key in asked.items():
        try:
            columns |= _OF_PERSON[prefill](file, person, said[prefill])
        except ValueError as error:
            raise Invalid(fields={key: str(error)}) from None
    file.batch.update("registry_person", {"id": person.pk}, columns)


def _name(file: CaseFile, person: Person, name: str) -> dict[str, Any]:
    name = name_of(name)
    if person.account_id:
        file.batch.update("network_account", {"id": person.account_id}, {"name": name})
    file.set(applicant=mask_name(name))
    return {"name": name}


def _phone(file: CaseFile, person: Person, phone: str) -> dict[str, Any]:
    if person.account_id:
        raise ValueError("申请人用登记的手机号登录办事大厅，窗口不能改；换了号的，请本人用新号码登录")
    file.set(follow_hash=vault.lookup(f"{file.number}:{phone[-4:]}"))
    return {"phone_cipher": vault.encrypt(phone), "phone_hash": vault.lookup(phone),
            "phone_mask": mask_code(phone)}


def _identity(file: CaseFile, person: Person, number: str) -> dict[str, Any]:
    raise ValueError("身份证号不同就是另一个人：请撤回这一件，用正确的号码重新收件")


_OF_PERSON = {"person.name": _name, "person.phone": _phone, "person.id_number": _identity}
