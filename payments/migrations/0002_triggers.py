"""The database's own guards: steps of a charge, balance of an entry."""

from django.db import migrations

from payments.models.charge_states import DROP_EDGES_SQL, edges_sql
from payments.models.ledger import BALANCE_SQL, DROP_BALANCE_SQL


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]
    operations = [
        migrations.RunSQL(edges_sql(), DROP_EDGES_SQL),
        migrations.RunSQL(BALANCE_SQL, DROP_BALANCE_SQL),
    ]
