"""Two indexes of certificates repeated others."""
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('network', '0006_what_the_administration_decides'),
        ('registry', '0002_parties'),
    ]

    operations = [
        migrations.AlterField(
            model_name='certificate',
            name='holder_person',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='registry.person'),
        ),
        migrations.AlterField(
            model_name='certificate',
            name='number',
            field=models.TextField(),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.UniqueConstraint(fields=('number',), name='a_certificate_number_is_given_once'),
        ),
    ]
