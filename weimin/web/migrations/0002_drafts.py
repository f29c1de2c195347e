"""Applications that are not sent yet, kept for whoever fills them in."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('web', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('item', models.TextField()),
                ('sealed', models.BinaryField()),
                ('touched_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(db_index=True)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'web_draft',
                'constraints': [models.UniqueConstraint(fields=('account', 'item'), name='one_draft_of_an_item')],
            },
        ),
    ]
