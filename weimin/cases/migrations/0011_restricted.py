"""Personal content that is kept and not used: 个人信息保护法 art. 47(2)."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0010_a_number_is_found_by_its_end'),
        ('trail', '0002_protection'),
    ]

    operations = [
        migrations.AddField(
            model_name='case',
            name='restricted',
            field=models.BooleanField(db_default=False, default=False),
        ),
        # The auditor reads these among millions of events; there are few.
        migrations.RunSQL(
            "CREATE INDEX event_of_content ON trail_event (recorded_at) WHERE subject_type = 'case'"
            " AND verb IN ('restrict', 'lift', 'erase')",
            "DROP INDEX event_of_content",
        ),
    ]
