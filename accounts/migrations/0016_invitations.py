from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0015_staff_links")]

    operations = [
        migrations.AddField(
            model_name="agencyinvitation",
            name="rings",
            field=models.BooleanField(
                default=True, verbose_name="le numéro est prévenu"
            ),
        ),
    ]
