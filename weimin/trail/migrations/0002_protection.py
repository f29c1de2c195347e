"""The trail can be added to and read: by trigger for everybody, by grants for the application.

A session setting that switches triggers off would be no protection; these triggers know none.
The application's role is not the owner and can't drop them.
"""

from django.db import migrations

APP_ROLE = "weimin_app"

REFUSE = """
CREATE FUNCTION trail_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the trail is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER trail_event_stays BEFORE UPDATE OR DELETE ON trail_event
    FOR EACH ROW EXECUTE FUNCTION trail_refuse();
CREATE TRIGGER trail_event_not_truncated BEFORE TRUNCATE ON trail_event
    FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse();
CREATE TRIGGER trail_root_stays BEFORE UPDATE OR DELETE ON trail_root
    FOR EACH ROW EXECUTE FUNCTION trail_refuse();
CREATE TRIGGER trail_root_not_truncated BEFORE TRUNCATE ON trail_root
    FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse();
CREATE TRIGGER trail_private_stays BEFORE UPDATE ON trail_private
    FOR EACH ROW EXECUTE FUNCTION trail_refuse();
CREATE TRIGGER trail_reveal_stays BEFORE UPDATE OR DELETE ON trail_reveal
    FOR EACH ROW EXECUTE FUNCTION trail_refuse();
"""

# The time of record is the database's: it lies between the start of the transaction and now.
CLOCK = """
CREATE FUNCTION trail_check_clock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.recorded_at < now() OR NEW.recorded_at > clock_timestamp() THEN
        RAISE EXCEPTION 'recorded_at % is not the time of this transaction', NEW.recorded_at
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER trail_event_clock BEFORE INSERT ON trail_event
    FOR EACH ROW EXECUTE FUNCTION trail_check_clock();
"""

# Erasing personal content is a right of the person (PIPL art. 47), so it must be possible,
# but only through this door, which leaves the event that says so to its caller.
ERASE = f"""
CREATE FUNCTION trail_erase(of_type text, of_id bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE erased bigint;
BEGIN
    DELETE FROM public.trail_private WHERE subject_type = of_type AND subject_id = of_id;
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END $$;
REVOKE ALL ON FUNCTION trail_erase(text, bigint) FROM PUBLIC;

DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
        REVOKE ALL ON trail_event, trail_private, trail_root, trail_reveal FROM {APP_ROLE};
        GRANT SELECT, INSERT ON trail_event, trail_private, trail_root, trail_reveal TO {APP_ROLE};
        GRANT EXECUTE ON FUNCTION trail_erase(text, bigint) TO {APP_ROLE};
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("trail", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE), migrations.RunSQL(CLOCK), migrations.RunSQL(ERASE)]
