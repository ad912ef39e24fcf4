"""The ground's tables, gathered for Django from the rooms that own them."""

from lokahome.core.api.idempotency import IdempotencyKey
from lokahome.core.audit.models import (
    AuditEntry,
    AuditEvent,
    AuditPersonalData,
    AuditSeal,
    StateChange,
)
from lokahome.core.documents.models import DocumentNumber, SealedDocument
from lokahome.core.events.models import Delivery, OutboxEvent
from lokahome.core.files.models import Upload
from lokahome.core.limits import RateWindow

__all__ = [
    "AuditEntry",
    "AuditEvent",
    "AuditPersonalData",
    "AuditSeal",
    "Delivery",
    "DocumentNumber",
    "IdempotencyKey",
    "OutboxEvent",
    "RateWindow",
    "SealedDocument",
    "StateChange",
    "Upload",
]
