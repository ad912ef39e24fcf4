"""The sealed documents that belong to a lease."""

from __future__ import annotations

from lokahome.core.documents.models import SealedDocument, SealedDocumentQuerySet
from properties.models import Lease


def documents_of(lease: Lease) -> SealedDocumentQuerySet:
    """Return the quittances of the lease's periods and the receipts of its charges."""
    periods = lease.rent_periods.values_list("pk", flat=True)
    charges = lease.rent_payments.values_list("charge_id", flat=True)
    subjects = [f"rent_period:{pk}" for pk in periods]
    subjects += [f"charge:{pk}" for pk in charges]
    found: SealedDocumentQuerySet = SealedDocument.objects.filter(subject__in=subjects)
    return found
