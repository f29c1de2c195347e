"""The epoch's one row, and the rule that nobody leaves a post that still answers for cases."""

from django.db import migrations

SQL = """
INSERT INTO network_epoch (id, number) VALUES (1, 1);

CREATE FUNCTION network_bump() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE network_epoch SET number = number + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER office_line_moves AFTER INSERT OR UPDATE OR DELETE ON network_office_line
    FOR EACH STATEMENT EXECUTE FUNCTION network_bump();
CREATE TRIGGER office_moves AFTER INSERT OR UPDATE OR DELETE ON network_office
    FOR EACH STATEMENT EXECUTE FUNCTION network_bump();
CREATE TRIGGER area_moves AFTER INSERT OR UPDATE OR DELETE ON network_area
    FOR EACH STATEMENT EXECUTE FUNCTION network_bump();
"""


class Migration(migrations.Migration):
    dependencies = [("network", "0001_initial")]
    operations = [migrations.RunSQL(SQL)]
