"""Whether a post is held is asked on the day at the counter: in UTC it is yesterday until eight."""

from django.db import migrations

SQL = """
CREATE OR REPLACE FUNCTION network_keep_held_powers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF network_administrators_of(OLD.roles) <> network_administrators_of(NEW.roles) AND EXISTS (
        SELECT FROM network_holding WHERE post_id = NEW.id
           AND (upper(during) IS NULL OR upper(during) > (now() AT TIME ZONE 'Asia/Shanghai')::date)
    ) THEN
        RAISE EXCEPTION 'post % is held: its holder would gain or lose an administration', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_held_post_keeps_its_administration';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("network", "0009_words_of_offices")]
    operations = [migrations.RunSQL(SQL)]
