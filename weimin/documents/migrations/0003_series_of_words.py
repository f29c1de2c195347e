"""A series belongs to a 代字, whichever office bears it: nobody gets a number a second time."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0002_uploads'),
        ('network', '0009_words_of_offices'),
    ]

    operations = [
        migrations.AddField(
            model_name='paperseries',
            name='organ',
            field=models.TextField(default=''),
            preserve_default=False,
        ),
        migrations.RunSQL("UPDATE documents_series SET organ = office_id::text", migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name='paperseries', name='series_once'),
        migrations.RemoveField(model_name='paperseries', name='office'),
        migrations.AddConstraint(
            model_name='paperseries',
            constraint=models.UniqueConstraint(fields=('organ', 'form', 'year'), name='series_once'),
        ),
    ]
