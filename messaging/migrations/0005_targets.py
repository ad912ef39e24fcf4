from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0004_ticket_session")]

    operations = [
        migrations.RemoveConstraint(
            model_name="outgoingmessage", name="messaging_out_once"
        ),
        migrations.AddField(
            model_name="outgoingmessage",
            name="target_id",
            field=models.UUIDField(
                blank=True, editable=False, null=True, verbose_name="numéro ou adresse"
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingmessage",
            constraint=models.UniqueConstraint(
                fields=("fact", "person_id", "channel", "target_id"),
                name="messaging_out_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("target_id", None),
                    ("person_id__isnull", False),
                    _connector="OR",
                ),
                name="messaging_out_target_is_theirs",
            ),
        ),
    ]
