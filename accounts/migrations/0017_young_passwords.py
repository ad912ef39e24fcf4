from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """A password that a code has just set is asked for more on an unknown device."""

    dependencies = [("accounts", "0016_invitations")]

    operations = [
        migrations.AlterField(
            model_name="signinchallenge",
            name="given",
            field=models.CharField(
                choices=[
                    ("code", "code par SMS"),
                    ("email", "code par courriel"),
                    ("external", "compte d’un autre service"),
                    ("password", "mot de passe"),
                ],
                default="code",
                max_length=10,
                verbose_name="première preuve",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="signinchallenge", name="accounts_challenge_given"
        ),
        migrations.AddConstraint(
            model_name="signinchallenge",
            constraint=models.CheckConstraint(
                condition=Q(given="code", phone__isnull=False)
                | Q(given__in=("email", "external", "password"), phone=None),
                name="accounts_challenge_given",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="signinchallenge", name="accounts_challenge_two_proofs"
        ),
        migrations.AddConstraint(
            model_name="signinchallenge",
            constraint=models.CheckConstraint(
                condition=~Q(given="code", method="sms_code")
                & ~Q(given="email", method="email_code")
                & ~Q(given="external", method="email_code")
                & ~Q(
                    given="password",
                    method__in=("password", "sms_code", "email_code"),
                ),
                name="accounts_challenge_two_proofs",
            ),
        ),
    ]
