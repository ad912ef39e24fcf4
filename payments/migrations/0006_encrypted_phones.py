"""Numbers of wallets are encrypted; their digests are terms in their place."""

from django.db import migrations, models

import lokahome.core.crypto.fields
from lokahome.core.crypto.encrypting import encrypt
from payments.models.transfer_states import DROP_TRANSFER_STEPS_SQL, transfer_steps_sql
from payments.models.wallets import wallet_digest

COLUMNS = (
    ("Transfer", "phone", "payments.transfer_phone"),
    ("Charge", "payer_phone", "payments.payer_phone"),
)


def encrypt_numbers(apps, schema_editor):
    """Encrypt what was written plainly, and keep its digest."""
    database = schema_editor.connection.alias
    for model, column, purpose in COLUMNS:
        rows = apps.get_model("payments", model)._base_manager.using(database)
        for pk, phone in rows.values_list("pk", column).iterator(500):
            rows.filter(pk=pk).update(
                **{
                    column: encrypt(phone, purpose=purpose) if phone else "",
                    f"{column}_digest": wallet_digest(phone),
                }
            )


class Migration(migrations.Migration):
    dependencies = [("payments", "0005_reconciliation_flow")]
    operations = [
        migrations.AddField(
            "charge",
            "payer_phone_digest",
            models.CharField(
                default="", max_length=64, verbose_name="empreinte du numéro"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "transfer",
            "phone_digest",
            models.CharField(
                default="", max_length=64, verbose_name="empreinte du numéro"
            ),
            preserve_default=False,
        ),
        # Terms do not change; here they do, once, by the owner. The plain text before
        # has no way back: this migration is not reversible.
        migrations.RunSQL(DROP_TRANSFER_STEPS_SQL),
        migrations.AlterField(
            "charge", "payer_phone", models.TextField(verbose_name="téléphone du payeur")
        ),
        migrations.AlterField(
            "transfer",
            "phone",
            models.TextField(verbose_name="téléphone du destinataire"),
        ),
        migrations.RunPython(encrypt_numbers),
        migrations.AlterField(
            "charge",
            "payer_phone",
            lokahome.core.crypto.fields.EncryptedTextField(
                purpose="payments.payer_phone", verbose_name="téléphone du payeur"
            ),
        ),
        migrations.AlterField(
            "transfer",
            "phone",
            lokahome.core.crypto.fields.EncryptedTextField(
                purpose="payments.transfer_phone",
                verbose_name="téléphone du destinataire",
            ),
        ),
        migrations.RunSQL(transfer_steps_sql()),
        migrations.AddConstraint(
            "charge",
            models.CheckConstraint(
                condition=models.Q(payer_phone_digest__regex=r"^[0-9a-f]{64}$"),
                name="charge_phone_has_digest",
            ),
        ),
        migrations.AddConstraint(
            "transfer",
            models.CheckConstraint(
                condition=models.Q(phone_digest__regex=r"^[0-9a-f]{64}$"),
                name="transfer_phone_has_digest",
            ),
        ),
    ]
