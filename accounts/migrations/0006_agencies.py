import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import lokahome.core.clock
import lokahome.core.crypto.fields
import lokahome.core.ids


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_checks'),
    ]

    operations = [
        migrations.CreateModel(
            name='Agency',
            fields=[
                ('id', models.UUIDField(default=lokahome.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=lokahome.core.clock.now, editable=False, verbose_name='créé le')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('updated_at', models.DateTimeField(default=lokahome.core.clock.now, editable=False, verbose_name='modifié le')),
                ('name', models.CharField(max_length=120, verbose_name='nom')),
                ('ifu', models.CharField(blank=True, max_length=13, verbose_name='numéro IFU')),
                ('rccm', models.CharField(blank=True, max_length=40, verbose_name='numéro RCCM')),
                ('status', models.CharField(choices=[('draft', 'Dossier à vérifier'), ('active', 'Active'), ('suspended', 'Suspendue'), ('closed', 'Fermée')], default='draft', max_length=10, verbose_name='état')),
                ('status_reason', models.CharField(blank=True, max_length=500, verbose_name='motif de la décision')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='créée par')),
            ],
            options={
                'verbose_name': 'agence',
                'verbose_name_plural': 'agences',
                'ordering': ('-id',),
                'permissions': (('decide_agency', 'Décider des agences'),),
            },
        ),
        migrations.CreateModel(
            name='AgencyInvitation',
            fields=[
                ('id', models.UUIDField(default=lokahome.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=lokahome.core.clock.now, editable=False, verbose_name='créé le')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('updated_at', models.DateTimeField(default=lokahome.core.clock.now, editable=False, verbose_name='modifié le')),
                ('phone', lokahome.core.crypto.fields.EncryptedTextField(blank=True, purpose='agency_invitation.phone', verbose_name='numéro invité')),
                ('phone_digest', models.CharField(max_length=64, verbose_name='empreinte du numéro')),
                ('phone_masked', models.CharField(max_length=16, verbose_name='numéro masqué')),
                ('role', models.CharField(choices=[('owner', 'gérant principal'), ('manager', 'responsable'), ('agent', 'agent'), ('accountant', 'comptable'), ('viewer', 'lecture seule')], max_length=12, verbose_name='rôle')),
                ('status', models.CharField(choices=[('open', 'Envoyée'), ('accepted', 'Acceptée'), ('refused', 'Refusée'), ('withdrawn', 'Retirée'), ('expired', 'Expirée')], default='open', max_length=10, verbose_name='état')),
                ('expires_at', models.DateTimeField(verbose_name='expire le')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='répondu le')),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='accounts.agency', verbose_name='agence')),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='répondu par')),
                ('invited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='invité par')),
            ],
            options={
                'verbose_name': 'invitation d’agence',
                'verbose_name_plural': 'invitations d’agences',
                'ordering': ('-id',),
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.UUIDField(default=lokahome.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=lokahome.core.clock.now, editable=False, verbose_name='créé le')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('updated_at', models.DateTimeField(default=lokahome.core.clock.now, editable=False, verbose_name='modifié le')),
                ('role', models.CharField(choices=[('owner', 'gérant principal'), ('manager', 'responsable'), ('agent', 'agent'), ('accountant', 'comptable'), ('viewer', 'lecture seule')], max_length=12, verbose_name='rôle')),
                ('status', models.CharField(choices=[('active', 'Membre'), ('removed', 'Parti')], default='active', max_length=10, verbose_name='état')),
                ('removed_at', models.DateTimeField(blank=True, null=True, verbose_name='parti le')),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.agency', verbose_name='agence')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL, verbose_name='personne')),
            ],
            options={
                'verbose_name': 'membre d’agence',
                'verbose_name_plural': 'membres d’agences',
                'ordering': ('id',),
            },
        ),
        migrations.AddIndex(
            model_name='agency',
            index=models.Index(condition=models.Q(('status', 'draft')), fields=['created_at', 'id'], name='accounts_agency_waiting'),
        ),
        migrations.AddConstraint(
            model_name='agency',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='accounts_agency_has_name'),
        ),
        migrations.AddConstraint(
            model_name='agency',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ('draft', 'active', 'suspended', 'closed'))), name='accounts_agency_status'),
        ),
        migrations.AddConstraint(
            model_name='agency',
            constraint=models.CheckConstraint(condition=models.Q(('ifu', ''), ('ifu__regex', '^[0-9]{13}$'), _connector='OR'), name='accounts_agency_ifu'),
        ),
        migrations.AddConstraint(
            model_name='agency',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ('draft', 'closed')), models.Q(models.Q(('ifu', ''), _negated=True), models.Q(('rccm', ''), _negated=True)), _connector='OR'), name='accounts_agency_checked_is_registered'),
        ),
        migrations.AddConstraint(
            model_name='agency',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'suspended'), _negated=True), models.Q(('status_reason', ''), _negated=True), _connector='OR'), name='accounts_agency_suspended_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='agency',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ('active', 'suspended'))), fields=('ifu',), name='accounts_agency_one_per_ifu'),
        ),
        migrations.AddIndex(
            model_name='agencyinvitation',
            index=models.Index(fields=['agency', '-id'], name='accounts_invitation_agency'),
        ),
        migrations.AddIndex(
            model_name='agencyinvitation',
            index=models.Index(condition=models.Q(('status', 'open')), fields=['phone_digest'], name='accounts_invitation_number'),
        ),
        migrations.AddIndex(
            model_name='agencyinvitation',
            index=models.Index(condition=models.Q(('status', 'open')), fields=['expires_at'], name='accounts_invitation_expiry'),
        ),
        migrations.AddConstraint(
            model_name='agencyinvitation',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'open')), fields=('agency', 'phone_digest'), name='accounts_invitation_one_open'),
        ),
        migrations.AddConstraint(
            model_name='agencyinvitation',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ('owner', 'manager', 'agent', 'accountant', 'viewer'))), name='accounts_invitation_role'),
        ),
        migrations.AddConstraint(
            model_name='agencyinvitation',
            constraint=models.CheckConstraint(condition=models.Q(('phone_digest__regex', '^[0-9a-f]{64}$')), name='accounts_invitation_digest'),
        ),
        migrations.AddConstraint(
            model_name='agencyinvitation',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='accounts_invitation_lives'),
        ),
        migrations.AddConstraint(
            model_name='agencyinvitation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('answered_by', None), ('status', 'open')), models.Q(('answered_at', None), ('answered_by', None), ('phone', ''), ('status__in', ('withdrawn', 'expired'))), models.Q(('answered_at__isnull', False), ('answered_by__isnull', False), ('phone', ''), ('status__in', ('accepted', 'refused'))), _connector='OR'), name='accounts_invitation_answer_is_whole'),
        ),
        migrations.AddIndex(
            model_name='membership',
            index=models.Index(fields=['agency', 'id'], name='accounts_member_agency'),
        ),
        migrations.AddIndex(
            model_name='membership',
            index=models.Index(condition=models.Q(('status', 'active')), fields=['user', 'agency'], name='accounts_member_user'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'active')), fields=('agency', 'user'), name='accounts_member_once_an_agency'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ('owner', 'manager', 'agent', 'accountant', 'viewer'))), name='accounts_member_role'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('removed_at', None), ('status', 'active')), models.Q(('removed_at__gte', models.F('created_at')), ('status', 'removed')), _connector='OR'), name='accounts_member_removed_has_moment'),
        ),
    ]
