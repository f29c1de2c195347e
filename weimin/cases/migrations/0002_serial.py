"""The serial of case numbers: a sequence, so that no number is given twice, ever."""

from django.db import migrations

SQL = "CREATE SEQUENCE cases_serial MINVALUE 1 MAXVALUE 99999999 NO CYCLE OWNED BY cases_case.number"


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]
    operations = [migrations.RunSQL(SQL, "DROP SEQUENCE cases_serial")]
