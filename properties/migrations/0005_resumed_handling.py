from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("properties", "0004_held_listings")]

    operations = [
        migrations.AddField(
            model_name="mandate",
            name="resumes_handling",
            field=models.BooleanField(
                default=False, verbose_name="annonce à reprendre"
            ),
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("resumes_handling", False),
                    models.Q(("includes_listing", True), ("status", "active")),
                    _connector="OR",
                ),
                name="properties_mandate_resumes_what_it_may",
            ),
        ),
    ]
