from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0015_staff_links")]

    operations = []
