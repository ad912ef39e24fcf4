"""What is open and whose time has come is asked about; no webhook is needed for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from lokahome.core.events.outbox import append
from payments.events import ChargeCheckDue, TransferCheckDue
from payments.models import Charge, Transfer
from payments.models.charge import ChargeQuerySet
from payments.models.transfer import TransferQuerySet

BATCH = 200
LOST_AFTER = timedelta(minutes=10)
"""A check that was asked for this long ago is asked for again (its row was parked)."""
READ_AFTER = timedelta(seconds=10)
"""Reading an open charge asks the gateway when nobody did for this long."""


@transaction.atomic
def request_due_checks(*, now: datetime) -> int:
    """Ask for a check of each open charge and transfer that is due; return how many.

    At most one check of a row is outstanding. Several may run at once: rows are taken
    with SKIP LOCKED. Publishes ChargeCheckDue and TransferCheckDue for each.
    """
    charges = _take_due(Charge.objects.open(), now)
    for pk, gateway in charges:
        append(ChargeCheckDue(charge_id=pk, gateway=gateway))
    transfers = _take_due(Transfer.objects.open(), now)
    for pk, gateway in transfers:
        append(TransferCheckDue(transfer_id=pk, gateway=gateway))
    return len(charges) + len(transfers)


def _take_due(
    rows: ChargeQuerySet | TransferQuerySet, now: datetime
) -> list[tuple[UUID, str]]:
    due = list(
        rows.filter(next_check_at__lte=now)
        .filter(_nobody_asked(now))
        .order_by("next_check_at")
        .select_for_update(skip_locked=True, no_key=True)
        .values_list("pk", "gateway")[:BATCH]
    )
    taken = rows.model.objects.filter(pk__in=[pk for pk, _ in due])
    taken.update(check_requested_at=now)
    return due


def request_check_on_read(*, charge: Charge, now: datetime) -> bool:
    """Ask for a check because somebody looks at an open *charge*; False when not due.

    Exact under parallel reads: one conditional UPDATE decides. Publishes
    ChargeCheckDue.
    """
    if not charge.is_open or not charge.may_have_been_sent:
        return False
    quiet_since = now - READ_AFTER
    with transaction.atomic():
        taken = (
            Charge.objects.open()
            .filter(pk=charge.pk, created_at__lte=quiet_since)
            .filter(Q(checked_at__isnull=True) | Q(checked_at__lte=quiet_since))
            .filter(_nobody_asked(now))
            .update(check_requested_at=now)
        )
        if taken:
            append(ChargeCheckDue(charge_id=charge.pk, gateway=charge.gateway))
    return bool(taken)


def _nobody_asked(now: datetime) -> Q:
    return Q(check_requested_at__isnull=True) | Q(
        check_requested_at__lt=now - LOST_AFTER
    )
