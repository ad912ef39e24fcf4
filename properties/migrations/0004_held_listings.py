from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("properties", "0003_mandates")]

    operations = [
        migrations.AddField(
            model_name="listing",
            name="is_held",
            field=models.BooleanField(default=False, verbose_name="retenue"),
        ),
    ]
