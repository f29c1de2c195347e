"""更正登记信息: a mistake of entry is mended in the open."""

from collections.abc import Callable, Mapping
from typing import Any

from weimin.cases.facts import checked, plain, unanswered
from weimin.cases.file import CaseFile
from weimin.cases.models import Party
from weimin.cases.verb import verb
from weimin.catalogue.spec import Field
from weimin.kernel import vault
from weimin.kernel.errors import Invalid
from weimin.kernel.text import mask_code
from weimin.registry.models import Person


@verb("更正登记信息")
def correct(file: CaseFile, *, facts: dict[str, Any], reason: str) -> None:
    """Change answers of the form; what stood there before stays in the trail.

    Steps that already ran keep their results; steps that open later see the corrected facts. The
    applicant's phone is mended where it is kept, so that what is sent from now on reaches it; his
    name has a verb of its own (``rename``), and another identity number is another person.
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
    asked = {field.prefill: field for field in changed if field.prefill in _OF_PERSON and changed[field]}
    person = Party.objects.select_related("person").get(case_id=file.id, role="applicant").person if asked else None
    if person is None:
        return
    refused = {}
    for prefill, field in asked.items():
        said = plain(changed[field]) or str(changed[field])
        kept, elsewhere = _OF_PERSON[prefill]
        if kept(person, said):
            continue
        if prefill != "person.phone" or person.account_id:
            refused[field.key] = elsewhere
            continue
        file.set(follow_hash=vault.lookup(f"{file.number}:{said[-4:]}"))
        file.batch.update("registry_person", {"id": person.pk}, {
            "phone_cipher": vault.encrypt(said), "phone_hash": vault.lookup(said),
            "phone_mask": mask_code(said)})
    if refused:
        raise Invalid(fields=refused)


# Whether the registry says the same already, and where somebody must go who says otherwise.
_OF_PERSON: dict[str, tuple[Callable[[Person, str], bool], str]] = {
    "person.name": (lambda person, said: said == person.name,
                    "姓名请用“更正姓名”改，那里写明为什么改、看了什么证件"),
    "person.id_number": (lambda person, said: vault.lookup(said) == person.identity_hash,
                         "身份证号不同就是另一个人：请撤回这一件，用正确的号码重新收件"),
    "person.phone": (lambda person, said: vault.lookup(said) == person.phone_hash,
                     "申请人用登记的手机号登录办事大厅，窗口不能改；换了号的，请本人用新号码登录"),
}
