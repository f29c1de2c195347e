"""Yellow and red cards: events of their own, which an office may contest."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_warnings"), ("network", "0003_posts_move_the_epoch")]
    operations = [
        migrations.CreateModel(
            name="Card",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("colour", models.TextField()),
                ("about", models.TextField()),
                ("state", models.TextField(default="standing")),
                ("issued_at", models.DateTimeField()),
                ("case", models.ForeignKey(
                    "cases.case", django.db.models.deletion.PROTECT, db_index=False)),
                ("office", models.ForeignKey(
                    "network.office", django.db.models.deletion.PROTECT, db_index=False,
                    related_name="+")),
            ],
            options={
                "db_table": "cases_card",
                "indexes": [models.Index(fields=["office", "-issued_at"], name="card_of_office")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["case", "about", "colour"], name="one_card_per_term"),
                    models.CheckConstraint(
                        condition=Q(colour__in=["yellow", "red"]), name="card_colour_known"),
                    models.CheckConstraint(
                        condition=Q(state__in=["standing", "contested", "upheld", "withdrawn"]),
                        name="card_state_known"),
                ],
            },
        ),
    ]
