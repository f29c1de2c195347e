"""The day from which a term is yellow stands beside its end, so that lists need not compute it."""

from django.db import migrations, models

# What runs already is warned of by calendar days until its terms are next computed.
SQL = """
UPDATE cases_clock SET warn_on = start + (due_on - start) * 2 / 3
 WHERE met_at IS NULL AND due_on > start;
UPDATE cases_step SET warn_on = opened_at::date + (due_at::date - opened_at::date) * 2 / 3
 WHERE state = 'open' AND due_at::date > opened_at::date;
UPDATE cases_case c SET warn_on = k.warn_on FROM cases_clock k
 WHERE k.case_id = c.id AND k.met_at IS NULL AND k.due_at = c.due_at AND c.state <> 'closed';
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_a_post_with_cases_keeps_its_holder")]
    operations = [
        migrations.AddField("case", "warn_on", models.DateField(null=True)),
        migrations.AddField("clock", "warn_on", models.DateField(null=True)),
        migrations.AddField("step", "warn_on", models.DateField(null=True)),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
