"""An office sees a case or does not: one row, with the reason for which it was first given."""

from django.db import migrations, models

SQL = """
DELETE FROM cases_access a USING cases_access b
 WHERE a.office_id = b.office_id AND a.case_id = b.case_id AND a.why > b.why;
ALTER TABLE cases_access DROP CONSTRAINT cases_access_pkey;
ALTER TABLE cases_access ADD CONSTRAINT cases_access_pkey PRIMARY KEY (office_id, case_id);
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_who_is_switched_off_answers_for_nothing")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL)],
            state_operations=[
                migrations.AlterField(
                    "access", "pk",
                    models.CompositePrimaryKey(
                        "office", "case", blank=True, editable=False, primary_key=True,
                        serialize=False,
                    ),
                )
            ],
        )
    ]
