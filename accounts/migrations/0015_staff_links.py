import django.db.models.deletion
import lokahome.core.clock
import lokahome.core.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_revocations'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='user',
            options={'permissions': (('reveal_person', 'Peut révéler des coordonnées'),), 'verbose_name': 'utilisateur', 'verbose_name_plural': 'utilisateurs'},
        ),
        migrations.CreateModel(
            name='StaffChange',
            fields=[
                ('id', models.UUIDField(default=lokahome.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=lokahome.core.clock.now, editable=False, verbose_name='créé le')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('updated_at', models.DateTimeField(default=lokahome.core.clock.now, editable=False, verbose_name='modifié le')),
                ('kind', models.CharField(choices=[('groups', 'Changer les groupes'), ('close', 'Fermer le compte'), ('reopen', 'Rouvrir le compte'), ('password', 'Remettre un nouveau mot de passe'), ('factors', 'Retirer le second facteur')], max_length=10, verbose_name='changement')),
                ('groups', models.JSONField(default=list, verbose_name='groupes')),
                ('reason', models.CharField(max_length=500, verbose_name='motif')),
                ('needs_two', models.BooleanField(verbose_name='à deux')),
                ('status', models.CharField(choices=[('proposed', 'Attend une seconde personne'), ('done', 'Fait'), ('refused', 'Non approuvé'), ('withdrawn', 'Retiré')], default='proposed', max_length=10, verbose_name='état')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='décidé le')),
            ],
            options={
                'verbose_name': 'changement dans l’équipe',
                'verbose_name_plural': 'changements dans l’équipe',
            },
        ),
        migrations.CreateModel(
            name='StaffLink',
            fields=[
                ('id', models.UUIDField(default=lokahome.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=lokahome.core.clock.now, editable=False, verbose_name='créé le')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('updated_at', models.DateTimeField(default=lokahome.core.clock.now, editable=False, verbose_name='modifié le')),
                ('status', models.CharField(choices=[('declared', 'À vérifier'), ('confirmed', 'Vérifié'), ('ended', 'Retiré')], default='declared', max_length=10, verbose_name='état')),
                ('declared_at', models.DateTimeField(verbose_name='déclaré le')),
                ('confirmed_at', models.DateTimeField(blank=True, null=True, verbose_name='vérifié le')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='retiré le')),
            ],
            options={
                'verbose_name': 'compte personnel d’un membre de l’équipe',
                'verbose_name_plural': 'comptes personnels de l’équipe',
                'permissions': (('manage_staff', 'Peut changer l’équipe'),),
            },
        ),
        migrations.AddField(
            model_name='staffchange',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='décidé par'),
        ),
        migrations.AddField(
            model_name='staffchange',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='staff_changes', to=settings.AUTH_USER_MODEL, verbose_name='membre de l’équipe'),
        ),
        migrations.AddField(
            model_name='staffchange',
            name='proposed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='demandé par'),
        ),
        migrations.AddField(
            model_name='stafflink',
            name='confirmed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='vérifié par'),
        ),
        migrations.AddField(
            model_name='stafflink',
            name='declared_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='déclaré par'),
        ),
        migrations.AddField(
            model_name='stafflink',
            name='person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='staff_accounts', to=settings.AUTH_USER_MODEL, verbose_name='compte personnel'),
        ),
        migrations.AddField(
            model_name='stafflink',
            name='staff',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='staff_links', to=settings.AUTH_USER_MODEL, verbose_name='membre de l’équipe'),
        ),
        migrations.AddIndex(
            model_name='staffchange',
            index=models.Index(fields=['person', '-id'], name='accounts_staffchange_person'),
        ),
        migrations.AddIndex(
            model_name='staffchange',
            index=models.Index(condition=models.Q(('status', 'proposed')), fields=['created_at', 'id'], name='accounts_staffchange_waiting'),
        ),
        migrations.AddConstraint(
            model_name='staffchange',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'proposed')), fields=('person',), name='accounts_staffchange_one_waiting'),
        ),
        migrations.AddConstraint(
            model_name='staffchange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ('groups', 'reopen')), models.Q(('groups', []), _negated=True)), models.Q(('groups', []), ('kind__in', ('close', 'password', 'factors'))), _connector='OR'), name='accounts_staffchange_kind'),
        ),
        migrations.AddConstraint(
            model_name='staffchange',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='accounts_staffchange_says_why'),
        ),
        migrations.AddConstraint(
            model_name='staffchange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None), ('status', 'proposed')), models.Q(('decided_at__isnull', False), ('status__in', ('done', 'refused', 'withdrawn'))), _connector='OR'), name='accounts_staffchange_state_is_whole'),
        ),
        migrations.AddConstraint(
            model_name='staffchange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('proposed_by', None), models.Q(('proposed_by', models.F('person')), _negated=True), _connector='OR'), models.Q(('decided_by', None), models.Q(('decided_by', models.F('person')), _negated=True), _connector='OR')), name='accounts_staffchange_not_by_oneself'),
        ),
        migrations.AddConstraint(
            model_name='staffchange',
            constraint=models.CheckConstraint(condition=models.Q(('needs_two', False), models.Q(('status', 'done'), _negated=True), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='accounts_staffchange_four_eyes'),
        ),
        migrations.AddIndex(
            model_name='stafflink',
            index=models.Index(fields=['person'], name='accounts_stafflink_person'),
        ),
        migrations.AddIndex(
            model_name='stafflink',
            index=models.Index(condition=models.Q(('status', 'declared')), fields=['declared_at', 'id'], name='accounts_stafflink_waiting'),
        ),
        migrations.AddConstraint(
            model_name='stafflink',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ('declared', 'confirmed'))), fields=('staff', 'person'), name='accounts_stafflink_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='stafflink',
            constraint=models.CheckConstraint(condition=models.Q(('person', None), models.Q(('person', models.F('staff')), _negated=True), _connector='OR'), name='accounts_stafflink_two_accounts'),
        ),
        migrations.AddConstraint(
            model_name='stafflink',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at', None), ('confirmed_by', None), ('ended_at', None), ('status', 'declared')), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False), ('ended_at', None), ('status', 'confirmed')), models.Q(('ended_at__isnull', False), ('status', 'ended')), _connector='OR'), name='accounts_stafflink_state_is_whole'),
        ),
        migrations.AddConstraint(
            model_name='stafflink',
            constraint=models.CheckConstraint(condition=models.Q(('confirmed_by', None), models.Q(models.Q(('confirmed_by', models.F('staff')), _negated=True), models.Q(('declared_by', None), models.Q(('confirmed_by', models.F('declared_by')), _negated=True), _connector='OR')), _connector='OR'), name='accounts_stafflink_two_people'),
        ),
    ]
