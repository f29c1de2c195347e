"""A change of delegations or of the catalogue moves the epoch, as a change of offices does."""

from django.db import migrations

SQL = """
CREATE TRIGGER delegation_moves AFTER INSERT OR UPDATE OR DELETE ON catalogue_delegation
    FOR EACH STATEMENT EXECUTE FUNCTION network_bump();
CREATE TRIGGER item_moves AFTER INSERT OR UPDATE OR DELETE ON catalogue_item
    FOR EACH STATEMENT EXECUTE FUNCTION network_bump();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0002_versions_never_change"),
        ("network", "0002_epoch_and_holders"),
    ]
    operations = [migrations.RunSQL(SQL)]
