"""Posts end like offices; who names an office or a post is known; decrees move the epoch."""

from django.db import migrations, models

SQL = """
CREATE TRIGGER decreed_day_moves AFTER INSERT OR UPDATE OR DELETE ON worktime_day
    FOR EACH STATEMENT EXECUTE FUNCTION network_bump();
CREATE TRIGGER office_hours_move AFTER INSERT OR UPDATE OR DELETE ON worktime_hours
    FOR EACH STATEMENT EXECUTE FUNCTION network_bump();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0003_posts_move_the_epoch"),
        ("worktime", "0001_initial"),
    ]
    operations = [
        migrations.AddField("office", "pack", models.TextField(blank=True, default=""),
                            preserve_default=False),
        migrations.AddField("post", "pack", models.TextField(blank=True, default=""),
                            preserve_default=False),
        migrations.AddField("post", "valid_to", models.DateField(null=True)),
        migrations.RunSQL(SQL),
    ]
