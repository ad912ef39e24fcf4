from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_staff_security")]

    operations = [
        migrations.RemoveConstraint(
            model_name="coderequest", name="accounts_code_hash_with_mint"
        ),
        migrations.AddField(
            model_name="coderequest",
            name="number_digest",
            field=models.CharField(
                blank=True, max_length=64, verbose_name="empreinte du numéro demandé"
            ),
        ),
        migrations.AddField(
            model_name="coderequest",
            name="asker_digest",
            field=models.CharField(
                blank=True, max_length=64, verbose_name="empreinte de qui demande"
            ),
        ),
        migrations.AddField(
            model_name="codespending",
            name="warned_percent",
            field=models.PositiveSmallIntegerField(
                default=0, verbose_name="seuil annoncé (%)"
            ),
        ),
        migrations.AddConstraint(
            model_name="coderequest",
            constraint=models.CheckConstraint(
                condition=Q(code_hash="", minted_at=None)
                | Q(code_hash__regex=r"^[0-9a-f]{64}$"),
                name="accounts_code_hash_with_mint",
            ),
        ),
    ]
