"""Finding a person, or keeping one who came for the first time."""

from datetime import date

from weimin.kernel import codes, vault
from weimin.kernel.text import tidy
from weimin.registry.models import Person


def known_person(number: str) -> Person | None:
    """Whoever has that (checked) identity number, if he was ever here."""
    return Person.objects.filter(identity_hash=vault.lookup(number)).first()


def home_of(person: Person, on: date) -> str:
    """The code of the village where the household is; of what it was merged into, on that day."""
    area = person.household.standing(on) if person.household else None
    return area.code if area else ""


def person_by_identity(identity: object, name: str, household: str | None = None) -> Person:
    """The person of that identity number; made, with this name, on the first visit.

    Raises ValueError in words for a wrong number, or for a stranger without a name.
    """
    number = codes.identity_number(identity)
    found = known_person(number)
    if found is not None:
        return found
    if not tidy(name):
        raise ValueError("请填写姓名")
    person = Person(name=tidy(name)[:40], birth=codes.birth_of(number), sex=codes.sex_of(number),
                    household_id=household)
    person.set_identity(number)
    person.save()
    return person
