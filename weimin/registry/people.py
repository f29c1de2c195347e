"""Finding a person or an organisation, or keeping one that came for the first time."""

from datetime import date

from django.db import connection

from weimin.kernel import codes, vault
from weimin.kernel.text import name_of, tidy
from weimin.registry.models import Organisation, Person

OTHER_NAME = "姓名与这个身份证号登记的不一致，请对照证件；确已改名的，留空按登记的姓名收件，再在办件里“更正姓名”"


def known_person(number: str) -> Person | None:
    """Whoever has that (checked) identity number, if he was ever here."""
    # Asked at every intake: the ORM takes several times as long to write and read the same statement.
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {','.join(_PERSON)} FROM registry_person WHERE identity_hash = %s",
                       [vault.lookup(number)])
        row = cursor.fetchone()
    return Person.from_db(connection.alias, _PERSON, row) if row else None


_PERSON = [field.attname for field in Person._meta.concrete_fields]


def home_of(person: Person, on: date) -> str:
    """The code of the village where the household is; of what it was merged into, on that day."""
    area = person.household.standing(on) if person.household else None
    return area.code if area else ""


def places_of(person: Person, on: date) -> dict[str, str]:
    """Where somebody is registered and where he lives, under the names by which forms ask for it."""
    return {"person.household_area": home_of(person, on),
            "person.residence_area": person.residence_id or ""}


def person_by_identity(
    identity: object, name: str, household: str | None = None, *, by_stranger: bool = False
) -> Person:
    """The person of that identity number; made, with this name, on the first visit.

    ``by_stranger``: whoever asks is not an officer, and must know the name himself; an officer
    may leave it out.
    Raises ValueError in words for a wrong number, another name than the registered one, a name
    too long, or a stranger without a name.
    """
    number = codes.identity_number(identity)
    found = known_person(number)
    if found is not None:
        if by_stranger and tidy(name) != found.name:
            raise ValueError("身份证号与姓名对不上，请对照证件再填一次")
        if tidy(name) not in ("", found.name):
            raise ValueError(OTHER_NAME)
        return found
    if not tidy(name):
        raise ValueError("请填写姓名")
    person = Person(name=name_of(name), birth=codes.birth_of(number), sex=codes.sex_of(number),
                    household_id=household)
    person.set_identity(number)
    person.save()
    return person


def organisation_by_code(
    uscc: object, name: str, legal_representative: str, *, by_stranger: bool = False
) -> Organisation:
    """The organisation of that unified social credit code; made on its first visit.

    An officer who has the licence before him sets a new legal representative; ``by_stranger``
    nothing of a known organisation is changed.
    Raises ValueError in words for a wrong code, a name too long, or an unknown one without a name.
    """
    code = codes.organisation_code(uscc)
    found = Organisation.objects.filter(uscc=code).first()
    speaker = name_of(legal_representative, "法定代表人姓名")
    if found is None:
        if not tidy(name) or not speaker:
            raise ValueError("第一次来的单位，请填写单位名称和法定代表人")
        return Organisation.objects.create(uscc=code, name=name_of(name, "单位名称", 100),
                                           legal_representative=speaker)
    if speaker and speaker != found.legal_representative and not by_stranger:
        found.legal_representative = speaker
        found.save(update_fields=["legal_representative"])
    return found
