import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import lokahome.core.clock
import lokahome.core.ids


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_agencies")]

    operations = [
        migrations.CreateModel(
            name="Consent",
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
                ("purpose", models.CharField(max_length=40, verbose_name="finalité")),
                (
                    "text_version",
                    models.CharField(max_length=20, verbose_name="version du texte"),
                ),
                ("is_granted", models.BooleanField(verbose_name="accordé")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("app", "application"),
                            ("staff", "équipe, à la demande de la personne"),
                            ("erasure", "effacement du compte"),
                        ],
                        max_length=10,
                        verbose_name="donné par",
                    ),
                ),
            ],
            options={
                "verbose_name": "consentement",
                "verbose_name_plural": "consentements",
            },
        ),
        migrations.CreateModel(
            name="DataExport",
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
                    "version",
                    models.PositiveIntegerField(
                        default=1, editable=False, verbose_name="version"
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        default=lokahome.core.clock.now,
                        editable=False,
                        verbose_name="modifié le",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("requested", "En préparation"),
                            ("ready", "Prêt"),
                            ("expired", "Expiré"),
                        ],
                        default="requested",
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                (
                    "file_name",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="fichier"
                    ),
                ),
                (
                    "file_sha256",
                    models.CharField(
                        blank=True, max_length=64, verbose_name="empreinte du fichier"
                    ),
                ),
                (
                    "size_bytes",
                    models.PositiveBigIntegerField(
                        null=True, verbose_name="taille en octets"
                    ),
                ),
                (
                    "ready_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="prêt le"),
                ),
                (
                    "expires_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="expire le"
                    ),
                ),
            ],
            options={
                "verbose_name": "copie des données",
                "verbose_name_plural": "copies des données",
            },
        ),
        migrations.CreateModel(
            name="ErasureRequest",
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
                    "version",
                    models.PositiveIntegerField(
                        default=1, editable=False, verbose_name="version"
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        default=lokahome.core.clock.now,
                        editable=False,
                        verbose_name="modifié le",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("requested", "En attente d’un obstacle"),
                            ("scheduled", "Programmé"),
                            ("erasing", "En cours"),
                            ("done", "Effacé"),
                            ("cancelled", "Annulé"),
                            ("refused", "Refusé"),
                        ],
                        default="requested",
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                ("obstacles", models.JSONField(default=list, verbose_name="obstacles")),
                ("checked_at", models.DateTimeField(verbose_name="obstacles revus le")),
                (
                    "due_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="prévu le"
                    ),
                ),
                (
                    "files",
                    models.JSONField(default=list, verbose_name="fichiers à détruire"),
                ),
                (
                    "ended_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="terminé le"
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True, max_length=500, verbose_name="motif du refus"
                    ),
                ),
            ],
            options={
                "verbose_name": "demande d’effacement",
                "verbose_name_plural": "demandes d’effacement",
                "permissions": (
                    ("decide_erasurerequest", "Peut refuser une demande d’effacement"),
                ),
            },
        ),
        migrations.AddField(
            model_name="user",
            name="erased_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="effacé le"),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("erased_at", None),
                    models.Q(
                        ("full_name", ""), ("is_active", False), ("is_staff", False)
                    ),
                    _connector="OR",
                ),
                name="accounts_user_erased_is_empty",
            ),
        ),
        migrations.AddField(
            model_name="consent",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="personne",
            ),
        ),
        migrations.AddField(
            model_name="dataexport",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="personne",
            ),
        ),
        migrations.AddField(
            model_name="erasurerequest",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="refusé par",
            ),
        ),
        migrations.AddField(
            model_name="erasurerequest",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="personne",
            ),
        ),
        migrations.AddIndex(
            model_name="consent",
            index=models.Index(fields=["user", "-id"], name="accounts_consent_own"),
        ),
        migrations.AddIndex(
            model_name="consent",
            index=models.Index(
                fields=["user", "purpose", "-id"], name="accounts_consent_latest"
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose__regex", "^[a-z][a-z_]*$")),
                name="accounts_consent_purpose",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(("text_version", ""), _negated=True),
                name="accounts_consent_text",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ("app", "staff", "erasure"))),
                name="accounts_consent_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("source", "erasure"), _negated=True),
                    ("is_granted", False),
                    _connector="OR",
                ),
                name="accounts_consent_erasure_only_withdraws",
            ),
        ),
        migrations.AddIndex(
            model_name="dataexport",
            index=models.Index(fields=["user", "-id"], name="accounts_export_own"),
        ),
        migrations.AddIndex(
            model_name="dataexport",
            index=models.Index(
                condition=models.Q(("status", "requested")),
                fields=["created_at", "id"],
                name="accounts_export_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="dataexport",
            index=models.Index(
                condition=models.Q(("status", "ready")),
                fields=["expires_at"],
                name="accounts_export_to_expire",
            ),
        ),
        migrations.AddConstraint(
            model_name="dataexport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "requested")),
                fields=("user",),
                name="accounts_export_one_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="dataexport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("file_name", ""),
                        ("file_sha256", ""),
                        ("ready_at", None),
                        ("status", "requested"),
                    ),
                    models.Q(
                        ("expires_at__gt", models.F("ready_at")),
                        ("file_sha256__regex", "^[0-9a-f]{64}$"),
                        ("ready_at__isnull", False),
                        ("size_bytes__gt", 0),
                        ("status", "ready"),
                        models.Q(("file_name", ""), _negated=True),
                    ),
                    models.Q(("file_name", ""), ("status", "expired")),
                    _connector="OR",
                ),
                name="accounts_export_ready_has_file",
            ),
        ),
        migrations.AddIndex(
            model_name="erasurerequest",
            index=models.Index(fields=["user", "-id"], name="accounts_erasure_own"),
        ),
        migrations.AddIndex(
            model_name="erasurerequest",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ("requested", "scheduled", "erasing"))
                ),
                fields=["created_at", "id"],
                name="accounts_erasure_clock",
            ),
        ),
        migrations.AddIndex(
            model_name="erasurerequest",
            index=models.Index(
                condition=models.Q(("status", "scheduled")),
                fields=["due_at"],
                name="accounts_erasure_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasurerequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("status__in", ("requested", "scheduled", "erasing"))
                ),
                fields=("user",),
                name="accounts_erasure_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasurerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("status", "requested"),
                        models.Q(("obstacles", []), _negated=True),
                    ),
                    models.Q(("status", "requested"), _negated=True),
                    _connector="OR",
                ),
                name="accounts_erasure_waits_for_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasurerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("status__in", ("scheduled", "erasing", "done")), _negated=True
                    ),
                    models.Q(("due_at__isnull", False), ("obstacles", [])),
                    _connector="OR",
                ),
                name="accounts_erasure_scheduled_has_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasurerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status", "erasing"), ("files", []), _connector="OR"
                ),
                name="accounts_erasure_done_left_no_file",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasurerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at", None),
                        ("status__in", ("requested", "scheduled", "erasing")),
                    ),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("status__in", ("done", "cancelled", "refused")),
                    ),
                    _connector="OR",
                ),
                name="accounts_erasure_ended_has_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasurerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_by__isnull", False),
                        ("status", "refused"),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("status", "refused"), _negated=True),
                        ("decided_by", None),
                        ("reason", ""),
                    ),
                    _connector="OR",
                ),
                name="accounts_erasure_refused_says_why",
            ),
        ),
    ]
