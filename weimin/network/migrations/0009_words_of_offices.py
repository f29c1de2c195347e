"""机关代字: what the numbers of an office's papers begin with (GB/T 9704-2012, 7.2.5)."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('network', '0008_tokens'),
    ]

    operations = [
        migrations.AddField(
            model_name='office',
            name='document_word',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
    ]
