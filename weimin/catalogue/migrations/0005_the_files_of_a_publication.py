"""What was published can be had again: its files are kept, and never change either."""

import django.db.models.deletion
from django.db import migrations, models

SQL = """
CREATE TRIGGER pack_archive_stays BEFORE UPDATE OR DELETE ON catalogue_pack_archive
    FOR EACH ROW EXECUTE FUNCTION catalogue_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0004_whose_row_it_is")]
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
