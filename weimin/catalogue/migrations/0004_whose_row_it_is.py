"""A row of a pack is the pack's to change; what was entered in the administration is not.

Until now offices, posts and readiness came from packs only, and a delegation that was entered
in the administration has the event that says so.
"""

from django.db import migrations, models

_LAST = "(SELECT pack FROM catalogue_pack_version ORDER BY id DESC LIMIT 1)"
SQL = f"""
UPDATE network_office SET pack = {_LAST} WHERE EXISTS (SELECT FROM catalogue_pack_version);
UPDATE network_post SET pack = {_LAST} WHERE EXISTS (SELECT FROM catalogue_pack_version);
UPDATE catalogue_readiness SET pack = {_LAST} WHERE EXISTS (SELECT FROM catalogue_pack_version);
UPDATE catalogue_delegation d SET pack = {_LAST}
 WHERE EXISTS (SELECT FROM catalogue_pack_version)
   AND NOT EXISTS (SELECT FROM trail_event e
                    WHERE e.subject_type = 'delegation' AND e.subject_id = d.id);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0003_epoch"),
        ("network", "0004_what_ends_has_an_heir"),
        ("trail", "0002_protection"),
    ]
    operations = [
        migrations.AddField("delegation", "pack", models.TextField(blank=True, default=""),
                            preserve_default=False),
        migrations.AddField("readiness", "pack", models.TextField(blank=True, default=""),
                            preserve_default=False),
        migrations.RunSQL(SQL),
    ]
