"""Reconciliation: the gateway's list beside our charges, our call log and our ledger.

It concludes nothing by itself. Where the list suggests that we missed something, the
gateway is asked about that one charge and the answer takes the usual way; what then
still differs is a case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, Sum

from payments.gateways.base import ChargeEvidence
from payments.models import Charge, ReconciliationRun
from payments.models.charge_states import CAPTURED
from payments.policies import amount_taken
from payments.services.confirming import GatewaySilent
from payments.services.discrepancies import Difference, as_facts, report_difference
from payments.services.gateway_lists import (
    BATCH,
    RECONCILIATION,
    SETTLING,
    walked,
)
from payments.services.matching import (
    HEAL,
    Mismatch,
    booked_sum,
    captured_but_not_listed,
    compare,
)
from payments.services.notices import ask_about, fetch_evidence, report_unknown_money
from payments.services.outcomes import apply_evidence
from payments.services.payout_reconciliation import reconcile_payouts
from payments.services.routing import BUILDERS, gateway_named

NARROW, WIDE = timedelta(hours=2), timedelta(days=9)
"""A short look often, and one further back than a charge may wait for its payer, or a
transfer for its gateway."""
WIDE_EVERY = timedelta(minutes=30)


def reconcile_due(*, now: datetime) -> list[ReconciliationRun]:
    """Reconcile what each gateway took and what it sent; return the runs.

    The window reaches up to *now*. It is wide when the last complete wide run of the
    same gateway and flow is older than WIDE_EVERY.
    """
    runs = []
    flows = ReconciliationRun.Flow
    for gateway in BUILDERS:
        for flow, compare_flow in (
            (flows.IN, reconcile_gateway),
            (flows.OUT, reconcile_payouts),
        ):
            recent_wide = ReconciliationRun.objects.filter(
                gateway=gateway,
                flow=flow,
                started_at__gt=now - WIDE_EVERY,
                window_from__lt=now - WIDE + WIDE_EVERY,
                state__in=(
                    ReconciliationRun.State.AGREED,
                    ReconciliationRun.State.DIFFERENT,
                ),
            ).exists()
            span = NARROW if recent_wide else WIDE
            runs.append(
                compare_flow(
                    gateway=gateway, window_from=now - span, window_until=now, now=now
                )
            )
    return runs


def reconcile_gateway(
    *, gateway: str, window_from: datetime, window_until: datetime, now: datetime
) -> ReconciliationRun:
    """Compare the charges *gateway* created in the window with ours; return the run.

    Heals what was missed and opens a case for each remaining difference. Safe twice, at
    once and late: every effect is idempotent. When the gateway's list breaks off,
    nothing is concluded from what is absent and the run ends ``unanswered``.
    """
    run = ReconciliationRun(
        gateway=gateway,
        window_from=window_from,
        window_until=window_until,
        started_at=now,
    )
    run.save()
    found: Counter[str] = Counter()
    listed, is_whole = walked(
        gateway_named(gateway).list_charges,
        gateway=gateway,
        window_from=window_from,
        window_until=window_until,
    )
    answered = is_whole
    try:
        for start in range(0, len(listed), BATCH):
            batch = listed[start : start + BATCH]
            said = {row.gateway_id: row for row in batch}
            for mismatch in compare(gateway, batch):
                _treat(gateway, mismatch, said[mismatch.gateway_id], run, found, now)
        if is_whole:
            _look_for_absent(gateway, listed, run, found, now)
    except GatewaySilent:
        answered = False
    _close(run, listed, found, answered=answered, now=now)
    return run


def _treat(
    gateway: str,
    mismatch: Mismatch,
    said: ChargeEvidence,
    run: ReconciliationRun,
    found: Counter[str],
    now: datetime,
) -> None:
    if mismatch.charge_id is None:
        # The list is a rumour too: only a direct answer makes a case.
        evidence = fetch_evidence(
            gateway=gateway, gateway_id=said.gateway_id, source=RECONCILIATION
        )
        if evidence is not None and evidence.status.was_paid:
            found[Difference.MISSING_HERE.value] += 1
            report_unknown_money(gateway=gateway, evidence=evidence, now=now)
        return
    before = Charge.objects.get(pk=mismatch.charge_id)
    after = ask_about(before, said.gateway_id, source=RECONCILIATION, now=now)
    if mismatch.verdict == HEAL:
        changed = (after.status, after.provider_fee) != (
            before.status,
            before.provider_fee,
        )
        run.healed += changed and after.status != Charge.Status.IN_REVIEW
        if after.status == Charge.Status.IN_REVIEW:
            found[_class_of(after, said)] += 1
        return
    difference = Difference(mismatch.verdict)
    found[difference.value] += 1
    report_difference(
        difference,
        subject=f"charge:{after.pk}",
        evidence={
            "ours": {
                "reference": after.reference,
                "amount": after.amount,
                "currency": after.currency,
                "status": after.status,
                "fee": after.provider_fee,
            },
            "gateway": as_facts(gateway, said),
        },
        now=now,
    )


def _class_of(charge: Charge, said: ChargeEvidence) -> str:
    if said.currency != charge.currency:
        return Difference.CURRENCY.value
    if said.amount != charge.amount:
        return Difference.AMOUNT.value
    if said.reference != charge.reference:
        return Difference.REFERENCE.value
    return Difference.DUPLICATE.value


def _look_for_absent(
    gateway: str,
    listed: Sequence[ChargeEvidence],
    run: ReconciliationRun,
    found: Counter[str],
    now: datetime,
) -> None:
    absent: list[UUID] = captured_but_not_listed(
        gateway,
        (row.gateway_id for row in listed),
        since=run.window_from,
        until=min(run.window_until, now - SETTLING),
    )
    for charge in Charge.objects.filter(pk__in=absent).order_by("pk"):
        evidence = fetch_evidence(
            gateway=gateway,
            gateway_id=charge.gateway_id,
            source=RECONCILIATION,
            charge_id=charge.pk,
        )
        if evidence is not None and evidence.status.was_paid:
            apply_evidence(charge_id=charge.pk, evidence=evidence, now=now)
            continue
        found[Difference.MISSING_THERE.value] += 1
        report_difference(
            Difference.MISSING_THERE,
            subject=f"charge:{charge.pk}",
            evidence={
                "ours": {
                    "reference": charge.reference,
                    "gateway_id": charge.gateway_id,
                    "amount": charge.amount,
                    "currency": charge.currency,
                },
                "gateway": as_facts(gateway, evidence) if evidence else None,
            },
            now=now,
        )


def _close(
    run: ReconciliationRun,
    listed: Sequence[ChargeEvidence],
    found: Counter[str],
    *,
    answered: bool,
    now: datetime,
) -> None:
    paid = [row for row in listed if row.status.was_paid and row.currency == "XOF"]
    ours = Charge.objects.filter(
        gateway=run.gateway,
        created_at__gte=run.window_from,
        created_at__lt=run.window_until,
    ).aggregate(
        count=Count("pk"),
        captured=Count("pk", filter=Q(status__in=CAPTURED)),
        total=Sum("captured_amount", default=0),
    )
    run.listed = len(listed)
    run.listed_paid = len(paid)
    run.listed_sum = sum(amount_taken(row) for row in paid)
    run.listed_fees = sum(row.fee or 0 for row in paid)
    run.ours = ours["count"]
    run.ours_captured = ours["captured"]
    run.ours_sum = ours["total"]
    run.ledger_sum = booked_sum(run.gateway, (row.gateway_id for row in paid))
    run.differences = dict(found)
    states = ReconciliationRun.State
    run.state = states.DIFFERENT if found else states.AGREED
    if not answered:
        run.state = states.UNANSWERED
    run.ended_at = now
    run.save()
