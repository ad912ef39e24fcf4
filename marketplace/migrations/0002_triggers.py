"""The database's own guard: a quote is the sum of its lines."""

from django.db import migrations

from marketplace.models.quotes import DROP_TOTAL_SQL, TOTAL_SQL


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0001_initial")]
    operations = [migrations.RunSQL(TOTAL_SQL, DROP_TOTAL_SQL)]
