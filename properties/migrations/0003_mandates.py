import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import lokahome.core.clock
import lokahome.core.ids


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_agencies'),
        ('properties', '0002_tickets'),
    ]

    operations = [
        migrations.CreateModel(
            name='Mandate',
            fields=[
                ('id', models.UUIDField(default=lokahome.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=lokahome.core.clock.now, editable=False, verbose_name='créé le')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('updated_at', models.DateTimeField(default=lokahome.core.clock.now, editable=False, verbose_name='modifié le')),
                ('fee_bps', models.IntegerField(verbose_name='honoraires (points de base)')),
                ('rules_version', models.CharField(max_length=20, verbose_name='version des règles')),
                ('includes_listing', models.BooleanField(default=False, verbose_name='annonce comprise')),
                ('proof_id', models.UUIDField(unique=True, verbose_name='mandat signé')),
                ('starts_on', models.DateField(verbose_name='début')),
                ('expires_on', models.DateField(verbose_name='échéance')),
                ('status', models.CharField(choices=[('proposed', 'Proposé'), ('active', 'En cours'), ('declined', 'Refusé'), ('ended', 'Terminé'), ('expired', 'Échu')], default='proposed', max_length=10, verbose_name='état')),
                ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='accepté le')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='terminé le')),
                ('end_reason', models.CharField(blank=True, max_length=500, verbose_name='motif de la fin')),
            ],
            options={
                'verbose_name': 'mandat',
                'verbose_name_plural': 'mandats',
                'ordering': ('-id',),
                'permissions': (('decide_mandate', 'Mettre fin à un mandat'),),
            },
        ),
        migrations.AddField(
            model_name='application',
            name='agency',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.agency', verbose_name='agence'),
        ),
        migrations.AddField(
            model_name='listing',
            name='agency',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.agency', verbose_name='agence'),
        ),
        migrations.AddIndex(
            model_name='application',
            index=models.Index(condition=models.Q(('agency__isnull', False)), fields=['agency', '-id'], name='properties_application_lead'),
        ),
        migrations.AddIndex(
            model_name='listing',
            index=models.Index(condition=models.Q(('agency__isnull', False)), fields=['agency', '-id'], name='properties_listing_handled'),
        ),
        migrations.AddField(
            model_name='mandate',
            name='agency',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.agency', verbose_name='agence'),
        ),
        migrations.AddField(
            model_name='mandate',
            name='landlord',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='propriétaire'),
        ),
        migrations.AddField(
            model_name='mandate',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mandates', to='properties.unit', verbose_name='logement'),
        ),
        migrations.AddIndex(
            model_name='mandate',
            index=models.Index(fields=['landlord', '-id'], name='properties_mandate_landlord'),
        ),
        migrations.AddIndex(
            model_name='mandate',
            index=models.Index(fields=['agency', '-id'], name='properties_mandate_agency'),
        ),
        migrations.AddIndex(
            model_name='mandate',
            index=models.Index(condition=models.Q(('status__in', ['proposed', 'active'])), fields=['expires_on', 'id'], name='properties_mandate_expiry'),
        ),
        migrations.AddConstraint(
            model_name='mandate',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['proposed', 'active'])), fields=('unit', 'agency'), name='properties_mandate_one_live'),
        ),
        migrations.AddConstraint(
            model_name='mandate',
            constraint=models.UniqueConstraint(condition=models.Q(('includes_listing', True), ('status__in', ['proposed', 'active'])), fields=('unit',), name='properties_mandate_one_for_the_listing'),
        ),
        migrations.AddConstraint(
            model_name='mandate',
            constraint=models.CheckConstraint(condition=models.Q(('fee_bps__range', (0, 1000))), name='properties_mandate_fee_within_cap'),
        ),
        migrations.AddConstraint(
            model_name='mandate',
            constraint=models.CheckConstraint(condition=models.Q(('expires_on__gte', models.F('starts_on'))), name='properties_mandate_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='mandate',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('accepted_at', None), ('status__in', ['proposed', 'declined'])), models.Q(('accepted_at__isnull', False), ('ended_at', None), ('status', 'active')), models.Q(('ended_at__isnull', False), ('status__in', ['ended', 'expired'])), _connector='OR'), name='properties_mandate_status_has_moments'),
        ),
    ]
