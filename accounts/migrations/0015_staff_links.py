from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0014_revocations")]

    operations = []
