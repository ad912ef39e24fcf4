"""Reconciliation of what goes out: the gateway's payouts beside our transfers.

As `reconciliation` does for charges: nothing is concluded from the list alone. Where it
suggests that we missed something, the gateway is asked about that one payout.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from payments.gateways.base import PayoutEvidence, PayoutStatus
from payments.models import ReconciliationRun, Transfer, TransferStatus
from payments.policies import payout_differences
from payments.services.confirming import GatewaySilent
from payments.services.gateway_lists import (
    BATCH,
    RECONCILIATION,
    SETTLING,
    walked,
)
from payments.services.matching import HEAL
from payments.services.payout_matching import (
    PayoutMismatch,
    booked_payouts,
    compare_payouts,
    sent_but_not_listed,
)
from payments.services.payout_rumours import (
    ask_about_transfer,
    fetch_payout_evidence,
)
from payments.services.routing import gateway_named
from payments.services.transfer_differences import (
    CLASS_OF,
    TransferDifference,
    report_transfer,
    report_unknown_payout,
)
from payments.services.transfer_outcomes import apply_payout_evidence


def reconcile_payouts(
    *, gateway: str, window_from: datetime, window_until: datetime, now: datetime
) -> ReconciliationRun:
    """Compare the payouts *gateway* created in the window with ours; return the run.

    Heals what was missed and opens a case for each remaining difference. Safe twice, at
    once and late. When the gateway's list breaks off, nothing is concluded from what is
    absent and the run ends ``unanswered``.
    """
    run = ReconciliationRun(
        gateway=gateway,
        flow=ReconciliationRun.Flow.OUT,
        window_from=window_from,
        window_until=window_until,
        started_at=now,
    )
    run.save()
    found: Counter[str] = Counter()
    listed, is_whole = walked(
        gateway_named(gateway).list_payouts,
        gateway=gateway,
        window_from=window_from,
        window_until=window_until,
    )
    answered = is_whole
    try:
        for start in range(0, len(listed), BATCH):
            batch = listed[start : start + BATCH]
            said = {row.gateway_id: row for row in batch}
            for mismatch in compare_payouts(gateway, batch):
                _treat(gateway, mismatch, said[mismatch.gateway_id], run, found, now)
        if is_whole:
            _look_for_absent(gateway, listed, run, found, now)
    except GatewaySilent:
        answered = False
    _close(run, listed, found, answered=answered, now=now)
    return run


def _treat(
    gateway: str,
    mismatch: PayoutMismatch,
    said: PayoutEvidence,
    run: ReconciliationRun,
    found: Counter[str],
    now: datetime,
) -> None:
    if mismatch.transfer_id is None:
        # The list is a rumour too: only a direct answer makes a case.
        evidence = fetch_payout_evidence(
            gateway=gateway, gateway_id=said.gateway_id, source=RECONCILIATION
        )
        if evidence is not None and evidence.status is PayoutStatus.PAID:
            found[TransferDifference.MISSING_HERE.value] += 1
            report_unknown_payout(gateway=gateway, evidence=evidence, now=now)
        return
    before = Transfer.objects.get(pk=mismatch.transfer_id)
    after = ask_about_transfer(before, said.gateway_id, source=RECONCILIATION, now=now)
    if mismatch.verdict == HEAL:
        differing = payout_differences(after, said)
        if differing:
            found[CLASS_OF[differing[0]].value] += 1
        elif (after.status, after.provider_fee) != (before.status, before.provider_fee):
            run.healed += 1
        return
    difference = TransferDifference(mismatch.verdict)
    found[difference.value] += 1
    report_transfer(difference, after, said, now)


def _look_for_absent(
    gateway: str,
    listed: Sequence[PayoutEvidence],
    run: ReconciliationRun,
    found: Counter[str],
    now: datetime,
) -> None:
    absent: list[UUID] = sent_but_not_listed(
        gateway,
        (row.gateway_id for row in listed),
        since=run.window_from,
        until=min(run.window_until, now - SETTLING),
    )
    for transfer in Transfer.objects.filter(pk__in=absent).order_by("pk"):
        evidence = fetch_payout_evidence(
            gateway=gateway,
            gateway_id=transfer.gateway_id,
            source=RECONCILIATION,
            transfer_id=transfer.pk,
        )
        if evidence is not None and evidence.status is PayoutStatus.PAID:
            apply_payout_evidence(transfer_id=transfer.pk, evidence=evidence, now=now)
            continue
        found[TransferDifference.MISSING_THERE.value] += 1
        report_transfer(TransferDifference.MISSING_THERE, transfer, evidence, now)


def _close(
    run: ReconciliationRun,
    listed: Sequence[PayoutEvidence],
    found: Counter[str],
    *,
    answered: bool,
    now: datetime,
) -> None:
    paid = [
        row
        for row in listed
        if row.status is PayoutStatus.PAID and row.currency == "XOF"
    ]
    arrived = Q(status=TransferStatus.SUCCEEDED)
    ours: dict[str, Any] = Transfer.objects.filter(
        gateway=run.gateway,
        approved_at__gte=run.window_from,
        approved_at__lt=run.window_until,
    ).aggregate(
        count=Count("pk"),
        arrived=Count("pk", filter=arrived),
        total=Sum("amount", filter=arrived, default=0),
    )
    run.listed = len(listed)
    run.listed_paid = len(paid)
    run.listed_sum = sum(row.amount for row in paid)
    run.listed_fees = sum(row.fee or 0 for row in paid)
    run.ours = ours["count"]
    run.ours_captured = ours["arrived"]
    run.ours_sum = ours["total"]
    run.ledger_sum = booked_payouts(run.gateway, (row.gateway_id for row in paid))
    run.differences = dict(found)
    states = ReconciliationRun.State
    run.state = states.DIFFERENT if found else states.AGREED
    if not answered:
        run.state = states.UNANSWERED
    run.ended_at = now
    run.save()
