from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """The first proof of a challenge, and what a session answers."""

    dependencies = [("accounts", "0011_proofs")]

    operations = [
        migrations.RemoveField(model_name="device", name="platform"),
        migrations.AddField(
            model_name="session",
            name="opened_by",
            field=models.UUIDField(
                editable=False,
                null=True,
                unique=True,
                verbose_name="preuve qui l’a ouverte",
            ),
        ),
        migrations.AlterField(
            model_name="session",
            name="end_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("signed_out", "déconnexion"),
                    ("everywhere", "déconnexion partout"),
                    ("revoked", "fermée depuis un autre appareil"),
                    ("device_forgotten", "appareil oublié"),
                    ("password_changed", "mot de passe changé"),
                    ("phone_changed", "numéro changé"),
                    ("phone_lost", "carte SIM perdue"),
                    ("contested", "connexion contestée"),
                    ("suspended", "compte suspendu"),
                    ("staff", "fermée par l’équipe"),
                    ("erased", "compte effacé"),
                    ("reused", "jeton présenté deux fois"),
                    ("taken_over", "compte repris par son numéro"),
                ],
                max_length=20,
                verbose_name="raison de la fin",
            ),
        ),
        migrations.AddField(
            model_name="signinchallenge",
            name="given",
            field=models.CharField(
                choices=[
                    ("code", "code par SMS"),
                    ("email", "code par courriel"),
                    ("external", "compte d’un autre service"),
                ],
                default="code",
                max_length=10,
                verbose_name="première preuve",
            ),
        ),
        migrations.AddField(
            model_name="signinchallenge",
            name="new_password",
            field=models.CharField(
                blank=True,
                editable=False,
                max_length=128,
                verbose_name="mot de passe à poser",
            ),
        ),
        migrations.AlterField(
            model_name="signinchallenge",
            name="phone",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=models.deletion.CASCADE,
                related_name="+",
                to="accounts.phone",
                verbose_name="numéro",
            ),
        ),
        migrations.AddConstraint(
            model_name="signinchallenge",
            constraint=models.CheckConstraint(
                condition=Q(given="code", phone__isnull=False)
                | Q(given__in=("email", "external"), phone=None),
                name="accounts_challenge_given",
            ),
        ),
        migrations.AddConstraint(
            model_name="signinchallenge",
            constraint=models.CheckConstraint(
                condition=~Q(given="code", method="sms_code")
                & ~Q(given="email", method="email_code")
                & ~Q(given="external", method="email_code"),
                name="accounts_challenge_two_proofs",
            ),
        ),
        migrations.AddConstraint(
            model_name="signinchallenge",
            constraint=models.CheckConstraint(
                condition=~Q(status="left") | Q(given="code"),
                name="accounts_challenge_left_by_sim",
            ),
        ),
        migrations.AddConstraint(
            model_name="signinchallenge",
            constraint=models.CheckConstraint(
                condition=Q(new_password="") | Q(status="open", given="email"),
                name="accounts_challenge_password_waits",
            ),
        ),
    ]
