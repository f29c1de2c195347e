"""What was published can be had again: its files are kept, and never change either.

And the lines that offices have came from the pack that the offices came from.
"""

import django.db.models.deletion
from django.db import migrations, models

SQL = """
CREATE TRIGGER pack_archive_stays BEFORE UPDATE OR DELETE ON catalogue_pack_archive
    FOR EACH ROW EXECUTE FUNCTION catalogue_refuse();
UPDATE network_office_line l SET pack = o.pack FROM network_office o WHERE o.id = l.office_id;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0004_whose_row_it_is"),
        ("network", "0006_what_the_administration_decides"),
    ]
    operations = [
        migrations.CreateModel(
            name="PackArchive",
            fields=[
                ("version", models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT, primary_key=True,
                    serialize=False, to="catalogue.packversion")),
                ("content", models.BinaryField()),
            ],
            options={"db_table": "catalogue_pack_archive"},
        ),
        migrations.RunSQL(SQL),
    ]
