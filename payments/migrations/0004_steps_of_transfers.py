"""The database's own guards: steps of charges (again), escrows and transfers."""

from django.db import migrations

from payments.models.charge_states import edges_sql
from payments.models.escrow import DROP_ESCROW_STEPS_SQL, escrow_steps_sql
from payments.models.transfer_states import (
    DROP_TRANSFER_STEPS_SQL,
    transfer_steps_sql,
)


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_escrow_and_transfers")]
    operations = [
        # A charge's escrow is one of its terms now; the older text needs no way back.
        migrations.RunSQL(edges_sql(), migrations.RunSQL.noop),
        migrations.RunSQL(escrow_steps_sql(), DROP_ESCROW_STEPS_SQL),
        migrations.RunSQL(transfer_steps_sql(), DROP_TRANSFER_STEPS_SQL),
    ]
