from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_resets")]

    operations = [
        migrations.AddField(
            model_name="session",
            name="proved_by",
            field=models.CharField(
                blank=True, max_length=20, verbose_name="preuve donnée par"
            ),
            preserve_default=False,
        ),
        # A proof counts for ten minutes: none outlasts a migration.
        migrations.RunSQL(
            "UPDATE accounts_session SET proved_at = NULL WHERE proved_at IS NOT NULL",
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            model_name="user",
            name="password_reset_at",
            field=models.DateTimeField(
                blank=True, null=True, verbose_name="mot de passe redemandé le"
            ),
        ),
        migrations.AddField(
            model_name="phone",
            name="let_in_at",
            field=models.DateTimeField(
                blank=True, null=True, verbose_name="a ouvert à un appareil inconnu le"
            ),
        ),
        migrations.AlterModelOptions(
            name="phone",
            options={
                "permissions": (
                    ("lift_phone_loss", "Peut lever la perte d’un numéro"),
                ),
                "verbose_name": "numéro de téléphone",
                "verbose_name_plural": "numéros de téléphone",
            },
        ),
        migrations.AlterModelOptions(
            name="signinnotice",
            options={
                "permissions": (
                    ("open_sign_in_notice", "Peut ouvrir un préavis de connexion"),
                ),
                "verbose_name": "préavis de connexion",
                "verbose_name_plural": "préavis de connexion",
            },
        ),
        migrations.RemoveField(model_name="identitycheck", name="number_last3"),
        migrations.AddIndex(
            model_name="email",
            index=models.Index(
                condition=models.Q(
                    ("released_at", None), ("verified_at__isnull", False)
                ),
                fields=["address"],
                name="accounts_email_current",
            ),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("proved_at", None), ("proved_by", "")),
                    models.Q(
                        ("proved_at__isnull", False),
                        models.Q(("proved_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="accounts_session_proof_is_whole",
            ),
        ),
    ]
