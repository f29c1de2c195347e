"""A first password is good for one log-in; three administrators are three people.

三员分立: who looks after the system, who grants posts, and who checks both are never the same
person at the same time, and none of them handles cases (GB/T 22239, 安全管理中心). Decreed days
move the epoch too: every process keeps the calendar in memory.
"""

from django.db import migrations, models

SQL = """
CREATE FUNCTION network_administrators_of(roles text[]) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(array_agg(r ORDER BY r), '{}') FROM unnest(roles) r
     WHERE r IN ('sysadmin', 'secadmin', 'auditor')
$$;
CREATE FUNCTION network_keep_administrators_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE mine text[];
BEGIN
    SELECT network_administrators_of(roles) INTO mine FROM network_post WHERE id = NEW.post_id;
    IF EXISTS (
        SELECT FROM network_holding h JOIN network_post p ON p.id = h.post_id
         WHERE h.account_id = NEW.account_id AND h.id <> NEW.id AND h.during && NEW.during
           AND network_administrators_of(p.roles) <> mine
    ) THEN
        RAISE EXCEPTION 'account % would hold posts that are kept apart', NEW.account_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'administrators_are_apart';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER administrators_are_apart
    AFTER INSERT OR UPDATE ON network_holding
    FOR EACH ROW EXECUTE FUNCTION network_keep_administrators_apart();

CREATE TRIGGER decree_moves AFTER INSERT ON worktime_decree
    FOR EACH STATEMENT EXECUTE FUNCTION network_bump();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0004_what_ends_has_an_heir"),
        ("worktime", "0001_initial"),
    ]
    operations = [
        migrations.AddField(
            model_name="account",
            name="must_change",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(SQL),
    ]
