"""A duty lasts until the next one, a kept answer names its event, a number has one index.

Answers that were kept under the old form are dropped: whoever repeats a request over an upgrade
is told what the case says now.
"""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now

DUTY = """
ALTER TABLE cases_duty DROP CONSTRAINT one_lead_at_a_time, DROP CONSTRAINT cases_duty_pkey;
ALTER TABLE cases_duty ADD COLUMN since timestamptz;
UPDATE cases_duty SET since = lower(during);
ALTER TABLE cases_duty ALTER COLUMN since SET NOT NULL, DROP COLUMN id, DROP COLUMN during;
ALTER TABLE cases_duty ADD CONSTRAINT one_lead_at_a_time PRIMARY KEY (case_id, since);
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_parties")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(DUTY)],
            state_operations=[
                migrations.RemoveConstraint("duty", "one_lead_at_a_time"),
                migrations.RemoveField("duty", "id"),
                migrations.RemoveField("duty", "during"),
                migrations.AddField("duty", "since", models.DateTimeField(), preserve_default=False),
                migrations.AddField(
                    "duty", "pk",
                    models.CompositePrimaryKey(
                        "case", "since", blank=True, editable=False, primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
        ),
        migrations.DeleteModel("reply"),
        migrations.CreateModel(
            "Reply",
            [
                ("key", models.UUIDField(primary_key=True, serialize=False)),
                ("case", models.ForeignKey(db_constraint=False, db_index=False, on_delete=models.deletion.PROTECT,
                                           to="cases.case")),
                ("seq", models.IntegerField()),
                ("version", models.IntegerField()),
                ("day", models.DateField(db_default=Now())),
                ("asked", models.BinaryField()),
                ("state", models.TextField()),
            ],
            options={
                "db_table": "cases_reply",
                "indexes": [django.contrib.postgres.indexes.BrinIndex(
                    fields=["day"], name="reply_age")],
            },
        ),
        migrations.AlterField("case", "number", models.TextField(db_collation="C")),
        migrations.AddConstraint(
            "case", models.UniqueConstraint(fields=["number"], name="a_number_is_given_once"),
        ),
    ]
