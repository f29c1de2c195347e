"""Why a job failed stands beside it until it is cleared."""

from django.db import migrations, models

SQL = """
ALTER TABLE outbox_failure ADD CONSTRAINT failure_of_a_job
    FOREIGN KEY (job_id) REFERENCES procrastinate_jobs (id) ON DELETE CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0002_one_index_of_keys"),
        ("procrastinate", "0001_initial"),
    ]
    operations = [
        migrations.CreateModel(
            name="Failure",
            fields=[
                ("job_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("reason", models.TextField()),
            ],
            options={"db_table": "outbox_failure"},
        ),
        migrations.RunSQL(SQL),
    ]
