"""Who holds a post today is asked on the day at the counter, not on that of the server.

The sessions are in UTC, where it is still yesterday until eight in the morning: so long a post could be
left empty whose last day had been the day before, and one appointed for today did not count.
"""

from django.db import migrations

TODAY = "(now() AT TIME ZONE 'Asia/Shanghai')::date"
SQL = f"""
CREATE OR REPLACE FUNCTION cases_keep_holder() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM network_holding
         WHERE post_id = OLD.post_id AND NOT deputy AND during @> {TODAY}
    ) AND EXISTS (
        SELECT FROM cases_case WHERE lead_post_id = OLD.post_id AND state <> 'closed'
    ) THEN
        RAISE EXCEPTION 'post % still answers for open cases', OLD.post_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_lead_post_keeps_a_holder';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION cases_keep_holder_active() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM network_holding h JOIN cases_case c ON c.lead_post_id = h.post_id
         WHERE h.account_id = NEW.id AND NOT h.deputy AND h.during @> {TODAY}
           AND c.state <> 'closed'
    ) AND NOT NEW.is_active THEN
        RAISE EXCEPTION 'account % still answers for open cases', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_lead_post_keeps_a_holder';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0012_marks")]
    operations = [migrations.RunSQL(SQL)]
