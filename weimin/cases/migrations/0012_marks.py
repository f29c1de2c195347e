"""What counts against an office is found without reading the whole trail."""

from django.db import migrations

SQL = """
CREATE INDEX trail_marks ON trail_event (occurred_at)
 WHERE verb IN ('notify_again', 'done_outside')
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0011_restricted"), ("trail", "0002_protection")]
    operations = [migrations.RunSQL(SQL, "DROP INDEX trail_marks")]
