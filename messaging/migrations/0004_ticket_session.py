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
    ]
