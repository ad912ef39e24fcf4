import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_barred")]

    operations = [
        migrations.RemoveConstraint(
            model_name="identitycheck",
            name="accounts_identity_not_by_oneself",
        ),
        migrations.RemoveConstraint(
            model_name="identitycheck",
            name="accounts_identity_digests",
        ),
        migrations.RemoveConstraint(
            model_name="identitycheck",
            name="accounts_identity_decided_is_whole",
        ),
        migrations.RemoveConstraint(
            model_name="sanction",
            name="accounts_sanction_not_by_oneself",
        ),
        migrations.AddField(
            model_name="identitycheck",
            name="back_file_digest",
            field=models.CharField(
                blank=True, max_length=64, verbose_name="empreinte du verso"
            ),
        ),
        migrations.AddField(
            model_name="identitycheck",
            name="doubted_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="mise en doute par",
            ),
        ),
        migrations.AddField(
            model_name="identitycheck",
            name="file_digest",
            field=models.CharField(
                blank=True, max_length=64, verbose_name="empreinte du recto"
            ),
        ),
        migrations.AddField(
            model_name="identitycheck",
            name="revoked_at",
            field=models.DateTimeField(
                blank=True, null=True, verbose_name="validation retirée le"
            ),
        ),
        migrations.AddField(
            model_name="identitycheck",
            name="revoked_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="validation retirée par",
            ),
        ),
        migrations.AddField(
            model_name="identitycheck",
            name="vouched_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="trouvée bonne par",
            ),
        ),
        migrations.AddField(
            model_name="identitycheck",
            name="warned_at",
            field=models.DateTimeField(
                blank=True, null=True, verbose_name="fin annoncée le"
            ),
        ),
        migrations.AddField(
            model_name="sanction",
            name="lift_asked_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="levée demandée par",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="used_at",
            field=models.DateTimeField(
                blank=True, null=True, verbose_name="dernière session oubliée"
            ),
        ),
        migrations.AlterField(
            model_name="identitycheck",
            name="status",
            field=models.CharField(
                choices=[
                    ("submitted", "À vérifier"),
                    ("suspected", "Fraude à confirmer"),
                    ("accepted", "Validée"),
                    ("unreadable", "Illisible"),
                    ("refused", "Refusée"),
                    ("fraud", "Fraude confirmée"),
                    ("expired", "Expirée"),
                    ("revoked", "Validation retirée"),
                    ("withdrawn", "Retirée"),
                ],
                default="submitted",
                max_length=12,
                verbose_name="état",
            ),
        ),
        migrations.AddIndex(
            model_name="identitycheck",
            index=models.Index(
                condition=models.Q(("file_digest", ""), _negated=True),
                fields=["file_digest"],
                name="accounts_identity_file",
            ),
        ),
        migrations.AddIndex(
            model_name="identitycheck",
            index=models.Index(
                condition=models.Q(("back_file_digest", ""), _negated=True),
                fields=["back_file_digest"],
                name="accounts_identity_back_file",
            ),
        ),
        migrations.AddConstraint(
            model_name="identitycheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("number_digest__regex", "^([0-9a-f]{64})?$"),
                    ("digits_digest__regex", "^([0-9a-f]{64})?$"),
                    ("file_digest__regex", "^([0-9a-f]{64})?$"),
                    ("back_file_digest__regex", "^([0-9a-f]{64})?$"),
                ),
                name="accounts_identity_digests",
            ),
        ),
        migrations.AddConstraint(
            model_name="identitycheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at", None),
                        ("decided_by", None),
                        ("reason", ""),
                        ("status", "submitted"),
                    ),
                    models.Q(
                        ("decided_at", None),
                        ("decided_by", None),
                        ("status", "withdrawn"),
                    ),
                    models.Q(
                        ("decided_at", None),
                        ("decided_by", None),
                        ("status", "suspected"),
                        ("suspected_by__isnull", False),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("status__in", ("accepted", "expired")),
                    ),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("status__in", ("unreadable", "refused", "fraud", "revoked")),
                        models.Q(("reason", ""), _negated=True),
                        models.Q(("reason_code", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="accounts_identity_decided_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="identitycheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_by", None),
                        models.Q(("decided_by", models.F("person")), _negated=True),
                        _connector="OR",
                    ),
                    models.Q(
                        ("vouched_by", None),
                        models.Q(("vouched_by", models.F("person")), _negated=True),
                        _connector="OR",
                    ),
                    models.Q(
                        ("doubted_by", None),
                        models.Q(("doubted_by", models.F("person")), _negated=True),
                        _connector="OR",
                    ),
                    models.Q(
                        ("revoked_by", None),
                        models.Q(("revoked_by", models.F("person")), _negated=True),
                        _connector="OR",
                    ),
                ),
                name="accounts_identity_not_by_oneself",
            ),
        ),
        migrations.AddConstraint(
            model_name="identitycheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("vouched_by", None),
                    ("status", "submitted"),
                    models.Q(
                        ("status__in", ("accepted", "expired", "revoked")),
                        models.Q(("vouched_by", models.F("decided_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="accounts_identity_vouched_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="identitycheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("doubted_by", None),
                    models.Q(
                        ("status__in", ("accepted", "revoked")),
                        models.Q(("reason", ""), _negated=True),
                        models.Q(("reason_code", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="accounts_identity_doubt_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="identitycheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("revoked_at__isnull", False),
                        ("revoked_by__isnull", False),
                        ("status", "revoked"),
                        models.Q(
                            ("doubted_by", None),
                            models.Q(
                                ("revoked_by", models.F("doubted_by")), _negated=True
                            ),
                            _connector="OR",
                        ),
                    ),
                    models.Q(
                        models.Q(("status", "revoked"), _negated=True),
                        ("revoked_at", None),
                        ("revoked_by", None),
                    ),
                    _connector="OR",
                ),
                name="accounts_identity_revoked_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="sanction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_by", models.F("person")), _negated=True),
                    models.Q(
                        ("second_by", None),
                        models.Q(("second_by", models.F("person")), _negated=True),
                        _connector="OR",
                    ),
                    models.Q(
                        ("lifted_by", None),
                        models.Q(("lifted_by", models.F("person")), _negated=True),
                        _connector="OR",
                    ),
                    models.Q(
                        ("lift_asked_by", None),
                        models.Q(("lift_asked_by", models.F("person")), _negated=True),
                        _connector="OR",
                    ),
                ),
                name="accounts_sanction_not_by_oneself",
            ),
        ),
        migrations.AddConstraint(
            model_name="sanction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("lift_asked_by", None),
                    models.Q(
                        ("status__in", ("active", "expired", "lifted")),
                        models.Q(("lift_reason", ""), _negated=True),
                        models.Q(
                            ("lifted_by", None),
                            models.Q(
                                ("lifted_by", models.F("lift_asked_by")), _negated=True
                            ),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="accounts_sanction_lifted_by_another",
            ),
        ),
    ]
