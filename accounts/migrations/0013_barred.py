import django.db.models.deletion
import lokahome.core.clock
import lokahome.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_challenges")]

    operations = [
        migrations.CreateModel(
            name="BarredTrace",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=lokahome.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=lokahome.core.clock.now,
                        editable=False,
                        verbose_name="créé le",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("phone", "numéro de téléphone"),
                            ("document", "pièce"),
                        ],
                        max_length=10,
                        verbose_name="nature",
                    ),
                ),
                ("digest", models.CharField(max_length=64, verbose_name="empreinte")),
                ("ends_at", models.DateTimeField(verbose_name="gardée jusqu’au")),
                (
                    "sanction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="traces",
                        to="accounts.sanction",
                        verbose_name="exclusion",
                    ),
                ),
            ],
            options={
                "verbose_name": "trace d’une exclusion",
                "verbose_name_plural": "traces d’exclusions",
                "indexes": [
                    models.Index(
                        fields=["kind", "digest"], name="accounts_barred_known"
                    ),
                    models.Index(fields=["ends_at"], name="accounts_barred_ending"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["sanction", "kind", "digest"],
                        name="accounts_barred_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("phone", "document"))),
                        name="accounts_barred_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")),
                        name="accounts_barred_digest",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("created_at"))),
                        name="accounts_barred_has_time",
                    ),
                ],
            },
        ),
    ]
