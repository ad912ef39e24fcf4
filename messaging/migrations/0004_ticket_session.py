import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_sessions'),
        ('messaging', '0003_notifications'),
    ]

    operations = [
        # Tickets live for half a minute: none outlasts a migration.
        migrations.RunSQL("DELETE FROM messaging_realtimeticket", migrations.RunSQL.noop),
        migrations.AddField(
            model_name='realtimeticket',
            name='session',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.session', verbose_name='session'),
        ),
        migrations.RemoveConstraint(
            model_name='outgoingmessage',
            name='messaging_out_recipient',
        ),
        migrations.AddField(
            model_name='outgoingmessage',
            name='invitation_id',
            field=models.UUIDField(blank=True, editable=False, null=True, verbose_name='invitation d’agence'),
        ),
        migrations.AddConstraint(
            model_name='outgoingmessage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code_request_id', None), ('email_id', None), ('invitation_id', None), ('person_id__isnull', False)), models.Q(('code_request_id__isnull', False), ('email_id', None), ('invitation_id', None), ('person_id', None)), models.Q(('code_request_id', None), ('email_id__isnull', False), ('invitation_id', None), ('person_id', None)), models.Q(('code_request_id', None), ('email_id', None), ('invitation_id__isnull', False), ('person_id', None)), _connector='OR'), name='messaging_out_recipient'),
        ),
    ]
