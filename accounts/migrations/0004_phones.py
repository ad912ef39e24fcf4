import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import lokahome.core.clock
import lokahome.core.ids


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_sessions'),
    ]

    operations = [
        migrations.CreateModel(
            name='CodeSpending',
            fields=[
                ('id', models.UUIDField(default=lokahome.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=lokahome.core.clock.now, editable=False, verbose_name='créé le')),
                ('day', models.DateField(verbose_name='jour')),
                ('prefix', models.CharField(blank=True, max_length=4, verbose_name='indicatif')),
                ('sent', models.PositiveIntegerField(default=0, verbose_name='envois')),
                ('cost', models.PositiveIntegerField(default=0, verbose_name='coût (F)')),
            ],
            options={
                'verbose_name': 'dépense de codes',
                'verbose_name_plural': 'dépenses de codes',
                'constraints': [models.UniqueConstraint(fields=('day', 'prefix'), name='accounts_spending_day'), models.CheckConstraint(condition=models.Q(('prefix__regex', '^[0-9]{0,4}$')), name='accounts_spending_prefix')],
                'indexes': [],
            },
        ),
        migrations.RemoveConstraint(
            model_name='coderequest',
            name='accounts_code_purpose',
        ),
        migrations.AddField(
            model_name='coderequest',
            name='bound_id',
            field=models.UUIDField(blank=True, null=True, verbose_name='sert seulement à'),
        ),
        migrations.AddField(
            model_name='coderequest',
            name='channel',
            field=models.CharField(choices=[('sms', 'SMS'), ('email', 'courriel')], default='sms', max_length=10, verbose_name='canal'),
        ),
        migrations.AddField(
            model_name='coderequest',
            name='email',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.email', verbose_name='adresse de courriel'),
        ),
        migrations.AddField(
            model_name='coderequest',
            name='person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='personne'),
        ),
        migrations.AlterField(
            model_name='coderequest',
            name='phone',
            field=models.CharField(blank=True, max_length=16, verbose_name='numéro de téléphone'),
        ),
        migrations.AlterField(
            model_name='coderequest',
            name='purpose',
            field=models.CharField(choices=[('sign_in', 'connexion'), ('add_phone', 'nouveau numéro'), ('proof', 'confirmation d’identité'), ('challenge', 'seconde preuve à la connexion'), ('password_reset', 'nouveau mot de passe')], max_length=20, verbose_name='usage'),
        ),
        migrations.AddField(
            model_name='phone',
            name='held_since',
            field=models.DateTimeField(default=lokahome.core.clock.now, verbose_name='détenu depuis'),
        ),
        migrations.AddField(
            model_name='phone',
            name='lost_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='déclaré perdu le'),
        ),
        migrations.AddField(
            model_name='phone',
            name='release_reason',
            field=models.CharField(blank=True, choices=[('removed', 'retiré par la personne'), ('taken_over', 'repris par un nouveau compte'), ('erased', 'données effacées')], max_length=12, verbose_name='motif de libération'),
        ),
        migrations.RunSQL(
            sql='UPDATE accounts_phone SET held_since = created_at',
            reverse_sql='',
        ),
        migrations.AddIndex(
            model_name='coderequest',
            index=models.Index(condition=models.Q(('bound_id__isnull', False)), fields=['bound_id', '-id'], name='accounts_code_bound'),
        ),
        migrations.AddIndex(
            model_name='phone',
            index=models.Index(fields=['user', '-id'], name='accounts_phone_own'),
        ),
        migrations.AddConstraint(
            model_name='coderequest',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ('sign_in', 'add_phone', 'proof', 'challenge', 'password_reset'))), name='accounts_code_purpose'),
        ),
        migrations.AddConstraint(
            model_name='coderequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('channel', 'sms'), ('email', None), models.Q(('phone', ''), _negated=True)), models.Q(('channel', 'email'), ('email__isnull', False), ('phone', '')), _connector='OR'), name='accounts_code_channel'),
        ),
        migrations.AddConstraint(
            model_name='coderequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('purpose__in', ('add_phone', 'proof', 'challenge')), _negated=True), models.Q(('bound_id__isnull', False), ('person__isnull', False)), _connector='OR'), name='accounts_code_bound_to_somebody'),
        ),
        migrations.AddConstraint(
            model_name='phone',
            constraint=models.CheckConstraint(condition=models.Q(('release_reason', ''), models.Q(('release_reason__in', ('removed', 'taken_over', 'erased')), ('released_at__isnull', False)), _connector='OR'), name='accounts_phone_reason_of_release'),
        ),
        migrations.CreateModel(
            name='SignInChallenge',
            fields=[
                ('id', models.UUIDField(default=lokahome.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=lokahome.core.clock.now, editable=False, verbose_name='créé le')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('updated_at', models.DateTimeField(default=lokahome.core.clock.now, editable=False, verbose_name='modifié le')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='personne')),
                ('phone', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.phone', verbose_name='numéro')),
                ('code_request', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.coderequest', verbose_name='demande de code')),
                ('device_digest', models.CharField(blank=True, max_length=64, verbose_name='empreinte de l’appareil')),
                ('reason', models.CharField(choices=[('new_device', 'appareil inconnu'), ('silence', 'long silence'), ('lost', 'carte SIM déclarée perdue')], max_length=12, verbose_name='motif')),
                ('status', models.CharField(choices=[('open', 'En attente'), ('proved', 'Seconde preuve donnée'), ('left', 'Nouveau compte ouvert'), ('spent', 'Essais épuisés'), ('lapsed', 'Expirée')], default='open', max_length=10, verbose_name='état')),
                ('method', models.CharField(blank=True, max_length=20, verbose_name='preuve donnée')),
                ('tries', models.PositiveSmallIntegerField(default=0, verbose_name='essais')),
                ('expires_at', models.DateTimeField(verbose_name='expire le')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='close le')),
            ],
            options={
                'verbose_name': 'seconde preuve demandée',
                'verbose_name_plural': 'secondes preuves demandées',
                'indexes': [models.Index(fields=['person', '-id'], name='accounts_challenge_person'), models.Index(condition=models.Q(('status', 'open')), fields=['expires_at'], name='accounts_challenge_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('tries__gte', 0), ('tries__lte', 5)), name='accounts_challenge_tries'), models.CheckConstraint(condition=models.Q(('reason__in', ('new_device', 'silence', 'lost'))), name='accounts_challenge_reason'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('status', 'open')), models.Q(('closed_at__isnull', False), ('status__in', ('proved', 'left', 'spent', 'lapsed'))), _connector='OR'), name='accounts_challenge_closed'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'proved'), models.Q(('method', ''), _negated=True)), models.Q(models.Q(('status', 'proved'), _negated=True), ('method', '')), _connector='OR'), name='accounts_challenge_proved_by')],
            },
        ),
        migrations.CreateModel(
            name='SignInNotice',
            fields=[
                ('id', models.UUIDField(default=lokahome.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=lokahome.core.clock.now, editable=False, verbose_name='créé le')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('updated_at', models.DateTimeField(default=lokahome.core.clock.now, editable=False, verbose_name='modifié le')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='personne')),
                ('phone', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.phone', verbose_name='numéro')),
                ('device_digest', models.CharField(blank=True, max_length=64, verbose_name='empreinte de l’appareil')),
                ('status', models.CharField(choices=[('waiting', 'En cours'), ('contested', 'Contesté'), ('used', 'Utilisé'), ('lapsed', 'Expiré')], default='waiting', max_length=10, verbose_name='état')),
                ('opens_at', models.DateTimeField(verbose_name='ouvre le')),
                ('closes_at', models.DateTimeField(verbose_name='se ferme le')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='clos le')),
            ],
            options={
                'verbose_name': 'préavis de connexion',
                'verbose_name_plural': 'préavis de connexion',
                'indexes': [models.Index(fields=['person', '-id'], name='accounts_notice_person'), models.Index(condition=models.Q(('status', 'waiting')), fields=['closes_at'], name='accounts_notice_waiting')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'waiting')), fields=('phone', 'device_digest'), name='accounts_notice_one_waiting'), models.CheckConstraint(condition=models.Q(('closes_at__gt', models.F('opens_at')), ('opens_at__gt', models.F('created_at'))), name='accounts_notice_in_order'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('status', 'waiting')), models.Q(('closed_at__isnull', False), ('status__in', ('contested', 'used', 'lapsed'))), _connector='OR'), name='accounts_notice_closed')],
            },
        ),
    ]
