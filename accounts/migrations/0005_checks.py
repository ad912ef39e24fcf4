import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import lokahome.core.crypto.fields


def name_reasons(apps, schema_editor):
    """Give documents that were refused before reasons had names the general one."""
    alias = schema_editor.connection.alias  # the owner’s: the other role may not yet
    checks = apps.get_model("accounts", "IdentityCheck").objects.using(alias)
    refused = checks.filter(status__in=("unreadable", "refused"))
    refused.update(reason_code="other")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_phones")]

    operations = [
        migrations.AlterModelOptions(
            name='identitycheck',
            options={'permissions': (('decide_identity_check', 'Peut vérifier les identités'),), 'verbose_name': 'pièce à vérifier', 'verbose_name_plural': 'pièces à vérifier'},
        ),
        migrations.RemoveConstraint(
            model_name='identitycheck',
            name='accounts_identity_one_waiting',
        ),
        migrations.RemoveConstraint(
            model_name='identitycheck',
            name='accounts_identity_document',
        ),
        migrations.RemoveConstraint(
            model_name='identitycheck',
            name='accounts_identity_decided_is_whole',
        ),
        migrations.RemoveIndex(
            model_name='identitycheck',
            name='accounts_identity_waiting',
        ),
        migrations.AddField(
            model_name='identitycheck',
            name='back_upload_id',
            field=models.UUIDField(blank=True, null=True, unique=True, verbose_name='verso'),
        ),
        migrations.AddField(
            model_name='identitycheck',
            name='digits_digest',
            field=models.CharField(blank=True, max_length=64, verbose_name='empreinte des derniers chiffres'),
        ),
        migrations.AddField(
            model_name='identitycheck',
            name='end_cause',
            field=models.CharField(blank=True, choices=[('date', 'Date de validité passée'), ('silence', 'Douze mois sans connexion'), ('replaced', 'Remplacée par une autre pièce')], max_length=10, verbose_name='cause de la fin'),
        ),
        migrations.AddField(
            model_name='identitycheck',
            name='expires_on',
            field=models.DateField(blank=True, null=True, verbose_name='valable jusqu’au'),
        ),
        migrations.AddField(
            model_name='identitycheck',
            name='files_deleted_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='fichiers supprimés le'),
        ),
        migrations.AddField(
            model_name='identitycheck',
            name='number',
            field=lokahome.core.crypto.fields.EncryptedTextField(blank=True, purpose='accounts.identity_number', verbose_name='numéro'),
        ),
        migrations.AddField(
            model_name='identitycheck',
            name='number_digest',
            field=models.CharField(blank=True, max_length=64, verbose_name='empreinte du numéro'),
        ),
        migrations.AddField(
            model_name='identitycheck',
            name='number_last3',
            field=models.CharField(blank=True, max_length=3, verbose_name='fin du numéro'),
        ),
        migrations.AddField(
            model_name='identitycheck',
            name='purpose',
            field=models.CharField(choices=[('identity', 'Identité'), ('ownership', 'Propriété ou mandat'), ('professional', 'Profession'), ('tax', 'Impôt')], default='identity', max_length=12, verbose_name='ce qu’elle prouve'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='identitycheck',
            name='reason_code',
            field=models.CharField(blank=True, choices=[('blurred', 'Photo floue ou reflet'), ('cut', 'Pièce coupée'), ('side_missing', 'Il manque un côté'), ('out_of_date', 'Pièce périmée'), ('other_name', 'Nom différent de celui du compte'), ('other_number', 'Numéro différent de celui saisi'), ('not_taken', 'Pièce non acceptée'), ('altered', 'Image modifiée ou copie d’écran'), ('not_theirs', 'Pièce de quelqu’un d’autre'), ('other', 'Autre')], max_length=16, verbose_name='nature du motif'),
        ),
        migrations.AddField(
            model_name='identitycheck',
            name='role',
            field=models.CharField(blank=True, choices=[('tenant', 'locataire'), ('landlord', 'propriétaire'), ('provider', 'prestataire'), ('admin', 'équipe')], max_length=12, verbose_name='rôle'),
        ),
        migrations.AddField(
            model_name='identitycheck',
            name='suspected_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='fraude signalée par'),
        ),
        migrations.AlterField(
            model_name='identitycheck',
            name='document_kind',
            field=models.CharField(choices=[('cip', 'Certificat d’identification personnelle (CIP)'), ('national_card', 'Carte nationale d’identité biométrique'), ('cem', 'Carte « C’est moi »'), ('passport', 'Passeport'), ('residence_permit', 'Carte de séjour'), ('consular_card', 'Carte consulaire'), ('driving_licence', 'Permis de conduire'), ('voter_card', 'Carte d’électeur'), ('land_title', 'Titre foncier'), ('sale_agreement', 'Convention de vente'), ('occupancy_permit', 'Permis d’habiter'), ('customary_holding', 'Attestation de détention coutumière'), ('utility_bill', 'Relevé d’eau ou d’électricité à son nom'), ('management_mandate', 'Mandat de gestion signé'), ('agent_card', 'Carte d’agent immobilier'), ('rccm', 'Registre du commerce (RCCM)'), ('diploma', 'Diplôme, CQP ou CQM'), ('police_record', 'Extrait du casier judiciaire'), ('ifu', 'Identifiant fiscal unique (IFU)')], max_length=20, verbose_name='nature de la pièce'),
        ),
        migrations.AlterField(
            model_name='identitycheck',
            name='status',
            field=models.CharField(choices=[('submitted', 'À vérifier'), ('suspected', 'Fraude à confirmer'), ('accepted', 'Validée'), ('unreadable', 'Illisible'), ('refused', 'Refusée'), ('fraud', 'Fraude confirmée'), ('expired', 'Expirée'), ('withdrawn', 'Retirée')], default='submitted', max_length=12, verbose_name='état'),
        ),
        migrations.AlterField(
            model_name='identitycheck',
            name='upload_id',
            field=models.UUIDField(unique=True, verbose_name='recto'),
        ),
        migrations.RunPython(name_reasons, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='identitycheck',
            index=models.Index(condition=models.Q(('status__in', ('submitted', 'suspected'))), fields=['created_at', 'id'], name='accounts_identity_waiting'),
        ),
        migrations.AddIndex(
            model_name='identitycheck',
            index=models.Index(condition=models.Q(('number_digest', ''), _negated=True), fields=['number_digest'], name='accounts_identity_number'),
        ),
        migrations.AddIndex(
            model_name='identitycheck',
            index=models.Index(condition=models.Q(('status', 'accepted')), fields=['expires_on'], name='accounts_identity_run_out'),
        ),
        migrations.AddIndex(
            model_name='identitycheck',
            index=models.Index(condition=models.Q(('files_deleted_at', None)), fields=['decided_at'], name='accounts_identity_with_files'),
        ),
        migrations.AddConstraint(
            model_name='identitycheck',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ('submitted', 'suspected'))), fields=('person', 'document_kind'), name='accounts_identity_one_waiting'),
        ),
        migrations.AddConstraint(
            model_name='identitycheck',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'accepted'), models.Q(('purpose', 'ownership'), _negated=True)), fields=('person', 'document_kind', 'role'), name='accounts_identity_one_accepted'),
        ),
        migrations.AddConstraint(
            model_name='identitycheck',
            constraint=models.CheckConstraint(condition=models.Q(('document_kind__in', ['cip', 'national_card', 'cem', 'passport', 'residence_permit', 'consular_card', 'driving_licence', 'voter_card', 'land_title', 'sale_agreement', 'occupancy_permit', 'customary_holding', 'utility_bill', 'management_mandate', 'agent_card', 'rccm', 'diploma', 'police_record', 'ifu'])), name='accounts_identity_document'),
        ),
        migrations.AddConstraint(
            model_name='identitycheck',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['identity', 'ownership', 'professional', 'tax'])), name='accounts_identity_purpose'),
        ),
        migrations.AddConstraint(
            model_name='identitycheck',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ('', 'tenant', 'landlord', 'provider'))), name='accounts_identity_role'),
        ),
        migrations.AddConstraint(
            model_name='identitycheck',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('digits_digest', ''), ('number', ''), ('number_digest', '')), models.Q(models.Q(('number', ''), _negated=True), models.Q(('number_digest', ''), _negated=True)), _connector='OR'), name='accounts_identity_number_with_digest'),
        ),
        migrations.AddConstraint(
            model_name='identitycheck',
            constraint=models.CheckConstraint(condition=models.Q(('number_digest__regex', '^([0-9a-f]{64})?$'), ('digits_digest__regex', '^([0-9a-f]{64})?$')), name='accounts_identity_digests'),
        ),
        migrations.AddConstraint(
            model_name='identitycheck',
            constraint=models.CheckConstraint(condition=models.Q(('back_upload_id', None), models.Q(('back_upload_id', models.F('upload_id')), _negated=True), _connector='OR'), name='accounts_identity_two_sides'),
        ),
        migrations.AddConstraint(
            model_name='identitycheck',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None), ('reason', ''), ('status', 'submitted')), models.Q(('decided_at', None), ('decided_by', None), ('status', 'withdrawn')), models.Q(('decided_at', None), ('decided_by', None), ('status', 'suspected'), ('suspected_by__isnull', False), models.Q(('reason', ''), _negated=True)), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('status__in', ('accepted', 'expired'))), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('status__in', ('unreadable', 'refused', 'fraud')), models.Q(('reason', ''), _negated=True), models.Q(('reason_code', ''), _negated=True)), _connector='OR'), name='accounts_identity_decided_is_whole'),
        ),
        migrations.AddConstraint(
            model_name='identitycheck',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'fraud'), _negated=True), models.Q(('suspected_by__isnull', False), models.Q(('suspected_by', models.F('decided_by')), _negated=True)), _connector='OR'), name='accounts_identity_fraud_by_two'),
        ),
        migrations.AddConstraint(
            model_name='identitycheck',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'expired'), models.Q(('end_cause', ''), _negated=True)), models.Q(models.Q(('status', 'expired'), _negated=True), ('end_cause', '')), _connector='OR'), name='accounts_identity_expired_says_why'),
        ),
        migrations.AddConstraint(
            model_name='identitycheck',
            constraint=models.CheckConstraint(condition=models.Q(('files_deleted_at', None), models.Q(('status__in', ('submitted', 'suspected')), _negated=True), _connector='OR'), name='accounts_identity_files_while_waiting'),
        ),
    ]
