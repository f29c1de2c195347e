"""Certificates that were issued here and stand in for a paper of the next case (K6)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import connection


@dataclass(frozen=True, slots=True)
class Held:
    """A valid certificate of somebody."""

    id: int
    number: str


def held(
    types: Collection[str], *, on: date, person: int | None = None, organisation: int | None = None
) -> dict[str, Held]:
    """The newest certificate of each of these types that a holder has, of those valid on that day."""
    if not types or not (person or organisation):
        return {}
    column = "holder_person_id" if person else "holder_organisation_id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT ON (type) type, id, number FROM registry_certificate WHERE {column} = %s"
            " AND type = ANY(%s) AND revoked_at IS NULL"
            " AND (valid_to IS NULL OR valid_to >= %s) ORDER BY type, id DESC",
            [person or organisation, list(types), on],
        )
        return {kind: Held(id, number) for kind, id, number in cursor.fetchall()}
