"""Exactly one accountable post with a holder, at every moment: refused at commit otherwise."""

from django.db import migrations

SQL = """
CREATE FUNCTION cases_keep_holder() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM network_holding
         WHERE post_id = OLD.post_id AND NOT deputy AND during @> current_date
    ) AND EXISTS (
        SELECT FROM cases_case WHERE lead_post_id = OLD.post_id AND state <> 'closed'
    ) THEN
        RAISE EXCEPTION 'post % still answers for open cases', OLD.post_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_lead_post_keeps_a_holder';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER a_lead_post_keeps_a_holder
    AFTER UPDATE OR DELETE ON network_holding DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION cases_keep_holder();
CREATE INDEX case_lead ON cases_case (lead_post_id) WHERE state <> 'closed';
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_serial"), ("network", "0002_epoch_and_holders")]
    operations = [migrations.RunSQL(SQL)]
