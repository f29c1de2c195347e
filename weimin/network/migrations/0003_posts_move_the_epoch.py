"""Posts and their holders are kept in memory too, so their changes move the epoch."""

from django.db import migrations

SQL = """
CREATE TRIGGER post_moves AFTER INSERT OR UPDATE OR DELETE ON network_post
    FOR EACH STATEMENT EXECUTE FUNCTION network_bump();
CREATE TRIGGER holding_moves AFTER INSERT OR UPDATE OR DELETE ON network_holding
    FOR EACH STATEMENT EXECUTE FUNCTION network_bump();
"""


class Migration(migrations.Migration):
    dependencies = [("network", "0002_epoch_and_holders")]
    operations = [migrations.RunSQL(SQL)]
