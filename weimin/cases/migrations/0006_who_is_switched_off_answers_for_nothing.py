"""A holder who can't log in is no holder: refused as long as his post answers for open cases."""

from django.db import migrations

SQL = """
CREATE FUNCTION cases_keep_holder_active() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM network_holding h JOIN cases_case c ON c.lead_post_id = h.post_id
         WHERE h.account_id = NEW.id AND NOT h.deputy AND h.during @> current_date
           AND c.state <> 'closed'
    ) AND NOT NEW.is_active THEN
        RAISE EXCEPTION 'account % still answers for open cases', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_lead_post_keeps_a_holder';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER a_lead_holder_stays_active
    AFTER UPDATE OF is_active ON network_account DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active)
    EXECUTE FUNCTION cases_keep_holder_active();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0005_cards"),
        ("network", "0005_first_password_and_three_administrators"),
    ]
    operations = [migrations.RunSQL(SQL)]
