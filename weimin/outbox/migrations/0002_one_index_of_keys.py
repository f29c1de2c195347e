"""The key of an effect is looked up whole: the index for prefixes goes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]
    operations = [
        migrations.AlterField("message", "key", models.TextField()),
        migrations.AddConstraint(
            "message", models.UniqueConstraint(fields=["key"], name="an_effect_is_posted_once"),
        ),
    ]
