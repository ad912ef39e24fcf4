import datetime

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import lokahome.core.clock
import lokahome.core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_privacy"),
    ]

    operations = [
        migrations.CreateModel(
            name="Appeal",
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
                    "words",
                    models.CharField(
                        max_length=1000, verbose_name="ce que dit la personne"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "À examiner"),
                            ("upheld", "Décision confirmée"),
                            ("overturned", "Décision annulée"),
                            ("modified", "Décision modifiée"),
                        ],
                        default="open",
                        max_length=12,
                        verbose_name="état",
                    ),
                ),
                (
                    "answer",
                    models.CharField(
                        blank=True, max_length=500, verbose_name="réponse"
                    ),
                ),
                (
                    "decided_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="décidé le"
                    ),
                ),
            ],
            options={
                "verbose_name": "recours",
                "verbose_name_plural": "recours",
            },
        ),
        migrations.CreateModel(
            name="OidcNonce",
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
                    "provider",
                    models.CharField(max_length=30, verbose_name="autre service"),
                ),
                (
                    "digest",
                    models.CharField(
                        max_length=64, unique=True, verbose_name="empreinte"
                    ),
                ),
                (
                    "device_digest",
                    models.CharField(
                        max_length=64, verbose_name="empreinte de l’appareil"
                    ),
                ),
                ("expires_at", models.DateTimeField(verbose_name="expire le")),
                (
                    "used_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="utilisé le"
                    ),
                ),
            ],
            options={
                "verbose_name": "tentative de connexion externe",
                "verbose_name_plural": "tentatives de connexion externe",
            },
        ),
        migrations.CreateModel(
            name="Sanction",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("warn", "Avertissement"),
                            ("restrict", "Restriction"),
                            ("suspend", "Suspension"),
                            ("ban", "Exclusion"),
                        ],
                        max_length=10,
                        verbose_name="nature",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("scam", "Arnaque ou fausse offre"),
                            ("off_platform", "Paiement demandé hors de LOKAHOME"),
                            ("false", "Informations fausses"),
                            ("offensive", "Insultes, menaces ou harcèlement"),
                            ("discrimination", "Discrimination"),
                            ("danger", "Danger pour quelqu’un"),
                            ("identity_fraud", "Pièce falsifiée ou d’autrui"),
                            ("payment_fraud", "Fraude au paiement"),
                            ("other", "Autre"),
                        ],
                        max_length=20,
                        verbose_name="motif",
                    ),
                ),
                (
                    "words",
                    models.CharField(max_length=500, verbose_name="motif interne"),
                ),
                (
                    "notice",
                    models.CharField(
                        max_length=500, verbose_name="texte pour la personne"
                    ),
                ),
                (
                    "days",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="durée en jours"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "Attend une seconde personne"),
                            ("active", "En vigueur"),
                            ("refused", "Non approuvée"),
                            ("expired", "Terminée"),
                            ("lifted", "Levée"),
                        ],
                        default="proposed",
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                (
                    "starts_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="en vigueur depuis"
                    ),
                ),
                (
                    "ends_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="en vigueur jusqu’au"
                    ),
                ),
                (
                    "lifted_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="levée le"
                    ),
                ),
                (
                    "lift_reason",
                    models.CharField(
                        blank=True, max_length=500, verbose_name="motif de la levée"
                    ),
                ),
            ],
            options={
                "verbose_name": "sanction",
                "verbose_name_plural": "sanctions",
                "permissions": (
                    ("impose_sanction", "Peut sanctionner un compte"),
                    ("approve_sanction", "Peut approuver une sanction lourde"),
                    ("lift_sanction", "Peut lever une sanction"),
                ),
            },
        ),
        migrations.AlterModelOptions(
            name="case",
            options={
                "permissions": (
                    ("decide_listings_case", "Peut décider les dossiers d’annonces"),
                    ("decide_identities_case", "Peut décider les dossiers d’identité"),
                    ("decide_reports_case", "Peut décider les signalements"),
                    ("decide_disputes_case", "Peut décider les litiges"),
                    ("decide_payments_case", "Peut décider les exceptions de paiement"),
                    ("decide_appeals_case", "Peut décider les recours"),
                    ("assign_case", "Peut confier un dossier à quelqu’un"),
                ),
                "verbose_name": "dossier",
                "verbose_name_plural": "dossiers",
            },
        ),
        migrations.AddField(
            model_name="case",
            name="claimed_at",
            field=models.DateTimeField(
                blank=True, null=True, verbose_name="pris en charge le"
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="claimed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="pris en charge par",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="is_restricted",
            field=models.BooleanField(default=False, verbose_name="restreint"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("claimed_at", None), ("claimed_by", None)),
                    models.Q(
                        ("claimed_at__isnull", False), ("claimed_by__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="accounts_case_claim_is_whole",
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="case",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appeals",
                to="accounts.case",
                verbose_name="dossier",
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="décidé par",
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="first_decider",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="premier décideur",
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="first_second",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="seconde personne de la décision",
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appeals",
                to=settings.AUTH_USER_MODEL,
                verbose_name="personne",
            ),
        ),
        migrations.AddIndex(
            model_name="oidcnonce",
            index=models.Index(fields=["expires_at"], name="accounts_nonce_ending"),
        ),
        migrations.AddConstraint(
            model_name="oidcnonce",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("digest__regex", "^[0-9a-f]{64}$"),
                    ("device_digest__regex", "^[0-9a-f]{64}$"),
                ),
                name="accounts_nonce_digests",
            ),
        ),
        migrations.AddConstraint(
            model_name="oidcnonce",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("created_at"))),
                name="accounts_nonce_ends_after_made",
            ),
        ),
        migrations.AddField(
            model_name="sanction",
            name="case",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sanctions",
                to="accounts.case",
                verbose_name="dossier",
            ),
        ),
        migrations.AddField(
            model_name="sanction",
            name="decided_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="décidée par",
            ),
        ),
        migrations.AddField(
            model_name="sanction",
            name="lifted_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="levée par",
            ),
        ),
        migrations.AddField(
            model_name="sanction",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sanctions",
                to=settings.AUTH_USER_MODEL,
                verbose_name="personne",
            ),
        ),
        migrations.AddField(
            model_name="sanction",
            name="replaces",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="accounts.sanction",
                verbose_name="remplace",
            ),
        ),
        migrations.AddField(
            model_name="sanction",
            name="second_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="seconde personne",
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="sanction",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appeals",
                to="accounts.sanction",
                verbose_name="sanction",
            ),
        ),
        migrations.AddIndex(
            model_name="sanction",
            index=models.Index(
                fields=["person", "-id"], name="accounts_sanction_person"
            ),
        ),
        migrations.AddIndex(
            model_name="sanction",
            index=models.Index(
                condition=models.Q(("status", "proposed")),
                fields=["created_at", "id"],
                name="accounts_sanction_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="sanction",
            index=models.Index(
                condition=models.Q(("status", "active")),
                fields=["ends_at"],
                name="accounts_sanction_ending",
            ),
        ),
        migrations.AddConstraint(
            model_name="sanction",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("status__in", ("proposed", "active")),
                    models.Q(("kind", "warn"), _negated=True),
                ),
                fields=("person", "kind"),
                name="accounts_sanction_one_live",
            ),
        ),
        migrations.AddConstraint(
            model_name="sanction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ("warn", "restrict", "suspend", "ban"))
                ),
                name="accounts_sanction_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="sanction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "reason__in",
                        (
                            "scam",
                            "off_platform",
                            "false",
                            "offensive",
                            "discrimination",
                            "danger",
                            "identity_fraud",
                            "payment_fraud",
                            "other",
                        ),
                    )
                ),
                name="accounts_sanction_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="sanction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("words", ""), _negated=True),
                    models.Q(("notice", ""), _negated=True),
                ),
                name="accounts_sanction_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="sanction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("days", None),
                    models.Q(
                        ("days__gte", 1),
                        ("days__lte", 3650),
                        ("kind__in", ("restrict", "suspend")),
                    ),
                    _connector="OR",
                ),
                name="accounts_sanction_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="sanction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ends_at", None),
                        ("lifted_at", None),
                        ("starts_at", None),
                        ("status__in", ("proposed", "refused")),
                    ),
                    models.Q(
                        ("lifted_at", None),
                        ("starts_at__isnull", False),
                        ("status", "active"),
                    ),
                    models.Q(
                        ("ends_at__isnull", False),
                        ("lifted_at", None),
                        ("status", "expired"),
                    ),
                    models.Q(
                        ("lifted_at__isnull", False),
                        ("starts_at__isnull", False),
                        ("status", "lifted"),
                        models.Q(("lift_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="accounts_sanction_state_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="sanction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_at", None),
                    models.Q(("days", None), ("ends_at", None)),
                    models.Q(("days__gte", 1), ("ends_at__gt", models.F("starts_at"))),
                    _connector="OR",
                ),
                name="accounts_sanction_end_has_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="sanction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ("proposed", "refused")),
                    ("second_by__isnull", False),
                    ("kind", "warn"),
                    models.Q(
                        (
                            "ends_at__lte",
                            django.db.models.expressions.CombinedExpression(
                                models.F("starts_at"),
                                "+",
                                models.Value(datetime.timedelta(days=30)),
                            ),
                        ),
                        ("kind__in", ("restrict", "suspend")),
                    ),
                    _connector="OR",
                ),
                name="accounts_sanction_four_eyes",
            ),
        ),
        migrations.AddConstraint(
            model_name="sanction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("second_by", None),
                    models.Q(("second_by", models.F("decided_by")), _negated=True),
                    _connector="OR",
                ),
                name="accounts_sanction_two_people",
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
                ),
                name="accounts_sanction_not_by_oneself",
            ),
        ),
        migrations.AddIndex(
            model_name="appeal",
            index=models.Index(fields=["person", "-id"], name="accounts_appeal_own"),
        ),
        migrations.AddIndex(
            model_name="appeal",
            index=models.Index(
                condition=models.Q(("status", "open")),
                fields=["created_at", "id"],
                name="accounts_appeal_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("sanction__isnull", False), ("status", "open")),
                fields=("sanction",),
                name="accounts_appeal_one_per_sanction",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("case__isnull", False), ("status", "open")),
                fields=("case",),
                name="accounts_appeal_one_per_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("case", None), ("sanction__isnull", False)),
                    models.Q(("case__isnull", False), ("sanction", None)),
                    _connector="OR",
                ),
                name="accounts_appeal_of_one_decision",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(("words", ""), _negated=True),
                name="accounts_appeal_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("answer", ""),
                        ("decided_at", None),
                        ("decided_by", None),
                        ("status", "open"),
                    ),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("status__in", ("upheld", "overturned", "modified")),
                        models.Q(("answer", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="accounts_appeal_decided_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by", None),
                    models.Q(
                        models.Q(("decided_by", models.F("person")), _negated=True),
                        models.Q(
                            ("first_decider", None),
                            models.Q(
                                ("decided_by", models.F("first_decider")), _negated=True
                            ),
                            _connector="OR",
                        ),
                        models.Q(
                            ("first_second", None),
                            models.Q(
                                ("decided_by", models.F("first_second")), _negated=True
                            ),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="accounts_appeal_other_decider",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "modified"), _negated=True),
                    ("sanction__isnull", False),
                    _connector="OR",
                ),
                name="accounts_appeal_modifies_sanctions",
            ),
        ),
    ]
