"""Who decided that an office has a line, and which fields of a pack's row the pack leaves alone.

Until now lines came from packs only. An administrator's power stands alone in its post, and nobody
gains or loses one by a change of the post he holds: granting it is the security administrator's.
"""

import django.contrib.postgres.fields
from django.db import migrations, models

SQL = """
-- NOT VALID: a place that has such a post already must be able to upgrade; its pack is refused.
ALTER TABLE network_post ADD CONSTRAINT administrators_stand_alone
    CHECK (network_administrators_of(roles) = '{}' OR cardinality(roles) = 1) NOT VALID;

CREATE FUNCTION network_keep_held_powers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF network_administrators_of(OLD.roles) <> network_administrators_of(NEW.roles) AND EXISTS (
        SELECT FROM network_holding WHERE post_id = NEW.id
           AND (upper(during) IS NULL OR upper(during) > current_date)
    ) THEN
        RAISE EXCEPTION 'post % is held: its holder would gain or lose an administration', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_held_post_keeps_its_administration';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER a_held_post_keeps_its_administration
    AFTER UPDATE OF roles ON network_post
    FOR EACH ROW EXECUTE FUNCTION network_keep_held_powers();
"""


def _kept() -> django.contrib.postgres.fields.ArrayField:
    return django.contrib.postgres.fields.ArrayField(
        base_field=models.TextField(), db_default=[], default=list)


class Migration(migrations.Migration):
    dependencies = [("network", "0005_first_password_and_three_administrators")]
    operations = [
        migrations.AddField("office", "kept", _kept()),
        migrations.AddField("post", "kept", _kept()),
        migrations.AddField("officeline", "pack", models.TextField(blank=True, default=""),
                            preserve_default=False),
        migrations.RunSQL(SQL),
    ]
