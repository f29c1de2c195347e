"""Personal content that is kept and not used: 个人信息保护法 art. 47(2)."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0009_fewer_bytes_a_case'),
    ]

    operations = [
        migrations.AddField(
            model_name='case',
            name='restricted',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
