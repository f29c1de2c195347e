"""As the database's superuser: each column of each row of a case is changed in turn, and found."""

import psycopg
import pytest
from django.db import models

from tests.trail.conftest import COPY, Tamper
from weimin.cases.models import Access, Card, Case, Clock, Duty, Material, Party, Pause, Reply, Step
from weimin.cases.proof import NOT_PROVABLE, TABLES
from weimin.ops.postgres import SUPERUSER
from weimin.registry.models import Certificate
from weimin.voice import proof as voice_proof
from weimin.voice.models import Rating

MODELS = (Case, Step, Clock, Duty, Pause, Card, Material, Party, Certificate, Rating)
REASONS = {**NOT_PROVABLE, "voice_rating": voice_proof.NOT_PROVABLE}

# What another value of a column is, by its type; the row must keep to the table's constraints.
OTHER = {
    "DateTimeField": "coalesce({c}, now()) + interval '1 hour'",
    "DateField": "coalesce({c}, current_date) + 1",
    "BooleanField": "NOT {c}",
    "TextField": "coalesce({c}, '') || 'x'",
    "BinaryField": "'\\x00'",
    "JSONField": "'{{\"forged\": 1}}'",
    "DateTimeRangeField": "tstzrange(lower({c}) - interval '1 hour', upper({c}))",
}
SPECIAL = {
    ("cases_case", "area_id"): "area_id = '430421103201'",
    ("cases_case", "state"): "state = 'decided', closed_at = NULL",
    ("cases_card", "state"): "state = 'withdrawn'",
    ("cases_card", "colour"): "colour = CASE colour WHEN 'red' THEN 'yellow' ELSE 'red' END",
    ("cases_step", "state"): "state = 'void'",
    ("cases_party", "person_id"): "person_id = person_id + 1",
    ("cases_party", "organisation_id"): "organisation_id = 1, person_id = NULL",
    ("registry_certificate", "holder_organisation_id"): "holder_organisation_id = 1",
    ("voice_rating", "level"): "level = 5",
}

NAMING = ("id", "case_id", "key", "branch", "round", "kind", "role", "seq", "contact", "number",
          "about", "colour")


def columns(model: type[models.Model]) -> list[tuple[type[models.Model], models.Field]]:
    return [(model, f) for f in model._meta.concrete_fields if f.column]


PROVABLE = [
    (model, field) for each in MODELS for model, field in columns(each)
    if field.column not in REASONS.get(model._meta.db_table, {})
]


def change_of(model: type[models.Model], field: models.Field) -> str:
    """SQL that changes that column in one row of the case that was lived to its end."""
    table, column = model._meta.db_table, field.column
    to = SPECIAL.get((table, column))
    if to is None:
        kind = field.get_internal_type()
        to = f"{column} = " + OTHER.get(kind, "coalesce({c}, 0) + 1").format(c=column)
    whole = "(SELECT max(id) FROM cases_case)"
    where = f"id = {whole}" if model is Case else f"case_id = {whole}"
    return f"UPDATE {table} SET {to} WHERE ctid = (SELECT min(ctid) FROM {table} WHERE {where})"


def test_every_table_of_a_case_is_folded_or_said_not_to_be() -> None:
    folded = {"cases_case", *(table.name for table in TABLES.values())}
    known = {m._meta.db_table for m in (*MODELS, Access, Reply)} - {"voice_rating"}
    assert known == folded | {table for table, why in REASONS.items() if "*" in why}
    for table, why in NOT_PROVABLE.items():
        model = next(m for m in (*MODELS, Access, Reply) if m._meta.db_table == table)
        assert set(why) <= {"*", *(f.column for f in model._meta.concrete_fields)}, table


@pytest.mark.parametrize(
    ("model", "field"), PROVABLE, ids=lambda v: getattr(v, "column", None) or v._meta.db_table
)
def test_a_changed_column_is_found_and_named(
    tamper: Tamper, model: type[models.Model], field: models.Field
) -> None:
    report = tamper(change_of(model, field))
    assert report.broken
    said = " ".join(map(str, report.broken))
    assert field.column in said or (field.column in NAMING and "不见了" in said), said


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.db_table)
def test_a_row_that_was_deleted_is_found(tamper: Tamper, model: type[models.Model]) -> None:
    table = model._meta.db_table
    report = tamper(f"DELETE FROM {table} WHERE ctid = (SELECT max(ctid) FROM {table})")
    assert any("不见了" in str(broken) for broken in report.broken)


def test_the_words_say_what_is_and_what_should_be(tamper: Tamper) -> None:
    report = tamper("UPDATE cases_case SET office_id = office_id + 1, due_at = now()"
                    " WHERE id = (SELECT min(id) FROM cases_case)")
    first, second = (str(broken) for broken in report.broken)
    assert "的 due_at 与链上不符：行是 " in second or "的 due_at 与链上不符：行是 " in first
    assert all(said.startswith("案件 ") and "，链上是 " in said for said in (first, second))


def test_personal_content_is_named_and_not_shown(tamper: Tamper) -> None:
    report = tamper("UPDATE cases_case SET facts = facts || '{\"birth\": \"1900-01-01\"}'"
                    " WHERE facts ->> 'birth' = '1940-03-08'")
    assert ["facts" in str(b) and "1900" not in str(b) for b in report.broken] == [True]


@pytest.mark.parametrize("sql", [
    "INSERT INTO registry_certificate (number, type, name, holder_person_id, case_id, office_id,"
    " issued_on, code, revoked_why, data) SELECT '伪造〔2026〕1号', type, name, holder_person_id,"
    " case_id, office_id, issued_on, 'AAAAAAAA', '', '{}' FROM registry_certificate LIMIT 1",
    "INSERT INTO registry_certificate (number, type, name, holder_person_id, case_id, office_id,"
    " issued_on, code, revoked_why, data) SELECT '伪造〔2026〕2号', type, name, holder_person_id,"
    " 987654321, office_id, issued_on, 'AAAAAAAA', '', '{}' FROM registry_certificate LIMIT 1",
    "INSERT INTO cases_case (number, state, outcome, channel, applicant, facts, received_at, late,"
    " confidential, version, area_id, item_version_id, lead_post_id, office_id, receiver_id)"
    " SELECT '26999999999', 'received', '', channel, applicant, facts, received_at, late,"
    " confidential, version, area_id, item_version_id, lead_post_id, office_id, receiver_id"
    " FROM cases_case LIMIT 1",
    "INSERT INTO voice_rating (case_id, contact, office_id, level, words, rated_at, channel)"
    " SELECT case_id, 2, office_id, 5, '', now(), 'web' FROM voice_rating",
])
def test_a_row_that_was_made_up_is_found(tamper: Tamper, sql: str) -> None:
    report = tamper(sql)
    assert any("多出来的" in str(b) or "没有任何记录" in str(b) for b in report.broken)


def test_what_the_reader_of_one_case_sees_is_the_same(
    tamper: Tamper, committed: tuple, django_db_blocker
) -> None:
    with psycopg.connect(committed[0].url(SUPERUSER, COPY)) as root:
        (last,) = root.execute("SELECT max(id) FROM cases_case").fetchone()
    from django.conf import settings

    from weimin.trail.verify import verify

    tamper(f"UPDATE cases_case SET late = NOT late WHERE id = {last}")
    one = verify(keys=settings.KEYS, subject=("case", last))
    assert (one.chains, ["late" in str(b) for b in one.broken]) == (1, [True])
