"""A published version is what running cases stand on: nobody changes it."""

from django.db import migrations

SQL = """
CREATE FUNCTION catalogue_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published version never changes: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER item_version_stays BEFORE UPDATE OR DELETE ON catalogue_item_version
    FOR EACH ROW EXECUTE FUNCTION catalogue_refuse();
CREATE TRIGGER pack_version_stays BEFORE UPDATE OR DELETE ON catalogue_pack_version
    FOR EACH ROW EXECUTE FUNCTION catalogue_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial")]
    operations = [migrations.RunSQL(SQL)]
