"""A resident reads the last digits off a slip: a case is found by the end of its number, fast."""

from django.db import migrations

INDEX = "CREATE INDEX cases_case_number_end ON cases_case (reverse(number) text_pattern_ops)"


class Migration(migrations.Migration):
    dependencies = [("cases", "0009_fewer_bytes_a_case")]
    operations = [migrations.RunSQL(INDEX, "DROP INDEX cases_case_number_end")]
