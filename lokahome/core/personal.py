"""What the ground itself holds of people: uploads, documents, answers, the audit log."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.files.storage import storages
from django.db import transaction
from django.db.models import QuerySet

from lokahome.core import housekeeping
from lokahome.core.audit.models import AuditPersonalData
from lokahome.core.files.images import make_jpeg
from lokahome.core.files.models import Upload
from lokahome.core.privacy.holdings import (
    EVERYTHING,
    Holding,
    PersonalData,
    named,
    register,
)
from lokahome.core.privacy.retention import Retention, register_retention

LOOSE_UPLOADS_KEPT = timedelta(hours=48)
AUDIT_VALUES_KEPT = timedelta(days=365)
CHAIN = "The audit chain: ids, states and staff's grounds, sealed row by row."


def _redrawn(raw: bytes) -> bytes:
    return make_jpeg(raw).content


register(
    PersonalData(
        app="core",
        holdings=(
            Holding(
                model="core.Upload",
                person="owner_id",
                hidden=("file_name",),
                files=named("private", "file_name"),
                # Never as it came, not even to whoever sent it.
                redraw=_redrawn,
                deleted=True,
            ),
            Holding(
                model="core.IdempotencyKey",
                person="scope",
                written="user:{}",
                hidden=("fingerprint", "headers"),
                deleted=True,
            ),
            Holding(
                model="core.SealedDocument",
                person="people__contains",
                hidden=("people", "file_name", "seal", "seal_version"),
                files=named("private", "file_name"),
                files_kept=True,
                keeps=(EVERYTHING,),
                kept="Receipts and contracts: accounting pieces, and the other party's"
                " proof. Ten years.",
            ),
            Holding(
                model="core.AuditPersonalData",
                person="person_id",
                deleted=True,
            ),
            Holding(
                model="core.AuditEvent",
                person="actor_id",
                keeps=(EVERYTHING,),
                kept=CHAIN,
            ),
            Holding(
                model="core.StateChange",
                person="actor_id",
                keeps=(EVERYTHING,),
                kept=CHAIN,
            ),
        ),
    )
)


def _old_uploads(now: datetime) -> QuerySet[Upload]:
    return Upload.objects.filter(created_at__lt=now - LOOSE_UPLOADS_KEPT).exclude(
        status=Upload.Status.ATTACHED
    )


def _forget_uploads(now: datetime) -> int:
    """Delete loose uploads, each with its file: the row is the last to know the name."""
    gone = 0
    for upload in _old_uploads(now).iterator(100):
        with transaction.atomic():
            row = _old_uploads(now).select_for_update().filter(pk=upload.pk).first()
            if row is None:
                continue  # attached meanwhile
            if row.file_name:
                storages["private"].delete(row.file_name)
            row.delete()
            gone += 1
    return gone


def _old_audit_values(now: datetime) -> QuerySet[AuditPersonalData]:
    return AuditPersonalData.objects.filter(created_at__lt=now - AUDIT_VALUES_KEPT)


for rule in (
    Retention(
        name="core.idempotency_keys",
        what="answers kept for a phone that asks again",
        kept=housekeeping.KEYS_KEPT,
        why="a phone may come back after weeks; later the answer is of no use",
        due=housekeeping.old_keys,
        job="core.clean_up",
    ),
    Retention(
        name="core.deliveries",
        what="deliveries of the outbox that were made",
        kept=housekeeping.DELIVERIES_KEPT,
        why="to look into what went wrong last month",
        due=housekeeping.old_deliveries,
        job="core.clean_up",
    ),
    Retention(
        name="core.rate_windows",
        what="windows of limits: a digest and moments",
        kept=timedelta(0),
        why="nothing counts in them any more",
        due=housekeeping.old_windows,
        job="core.clean_up",
    ),
    Retention(
        name="core.loose_uploads",
        what="uploads, with their files, that were attached to nothing",
        kept=LOOSE_UPLOADS_KEPT,
        why="a phone attaches what it sent within the hour",
        due=_old_uploads,
        forget=_forget_uploads,
    ),
    Retention(
        name="core.audit_values",
        what="addresses, agents and names beside the audit log",
        kept=AUDIT_VALUES_KEPT,
        why="to look into an intrusion; the log itself keeps ids",
        due=_old_audit_values,
    ),
):
    register_retention(rule)
