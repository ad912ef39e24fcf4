from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0017_young_passwords")]

    operations = [
        migrations.AddField(
            model_name="phone",
            name="unproved_loss_at",
            field=models.DateTimeField(
                blank=True,
                null=True,
                verbose_name="dernière perte déclarée sans preuve",
            ),
        ),
    ]
