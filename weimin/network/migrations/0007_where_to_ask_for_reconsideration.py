"""The internet channel of an organ of reconsideration: 行政复议法 art. 22(2)."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('network', '0006_what_the_administration_decides'),
    ]

    operations = [
        migrations.AddField(
            model_name='office',
            name='reconsideration',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
    ]
