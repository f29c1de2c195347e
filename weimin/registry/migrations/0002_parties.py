"""Who speaks for an organisation by law."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='organisation',
            name='legal_representative',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
    ]
