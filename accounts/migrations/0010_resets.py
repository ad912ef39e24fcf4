from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_staff_security")]

    operations = []
