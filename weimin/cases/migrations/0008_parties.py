"""What a party is to the applicant; an organisation's open cases are found by index."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0007_one_right_an_office'),
        ('registry', '0002_parties'),
    ]

    operations = [
        migrations.AddField(
            model_name='party',
            name='relation',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.AddIndex(
            model_name='party',
            index=models.Index(condition=models.Q(('organisation__isnull', False)), fields=['organisation'], name='party_organisation'),
        ),
    ]
