"""Webhooks: stored as they came, once, and followed by asking the gateway."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lokahome.core.errors import DomainError
from lokahome.core.events.outbox import append
from lokahome.core.failpoints import declare, failpoint
from lokahome.core.ids import uuid7
from payments.events import GatewayNoticeReceived
from payments.gateways.base import ChargeEvidence, ObjectType, WebhookNotice
from payments.gateways.errors import GatewayError, GatewayRejected, GatewayUntrusted
from payments.models import Charge, GatewayNotice, Transfer
from payments.services.calls import ask
from payments.services.confirming import GatewaySilent, confirm_with_gateway
from payments.services.discrepancies import (
    Difference,
    as_facts,
    keep_in_suspense,
    report_difference,
)
from payments.services.outcomes import apply_evidence
from payments.services.payout_rumours import look_into_payout
from payments.services.routing import gateway_named

declare("callback.after_inbox", "callback.before_answer")
log = structlog.get_logger(__name__)

BODY_KEPT = timedelta(days=400)
"""Bodies may name a payer: kept past the year in which a payment can be contested
(to be confirmed with counsel), then emptied; digest, ids and dates stay."""
MAX_BODY_BYTES = 256 * 1024
WEBHOOK = "webhook"
_KEPT_HEADERS = {"content-type", "user-agent", "x-fedapay-signature"}


class WebhookRefused(DomainError):
    """The signature is absent, wrong or too old, or the body is not a notice."""

    code = "payment.webhook_refused"
    status = 401
    title = gettext_lazy("Ce webhook n’est pas authentique")

    def default_detail(self) -> str:
        return _("La signature est absente, fausse ou trop ancienne.")


def record_notice(
    *, gateway: str, headers: Mapping[str, str], raw_body: bytes, now: datetime
) -> bool:
    """Store a genuine webhook; return False when the same one was stored before.

    Raises UnknownGateway and WebhookRefused, with nothing stored. Publishes
    GatewayNoticeReceived when it is new. 200 parallel copies make one row and one event.
    """
    try:
        notice = gateway_named(gateway).read_webhook(
            headers=headers, raw_body=raw_body, now=now
        )
    except GatewayUntrusted as error:
        log.warning("webhook refused", gateway=gateway, why=str(error))
        raise WebhookRefused from error
    with transaction.atomic():
        notice_id = _insert(gateway, headers, raw_body, notice, now)
        if notice_id is None:
            return False
        append(GatewayNoticeReceived(notice_id=notice_id, gateway=gateway))
    failpoint("callback.after_inbox")
    return True


_INSERT = """
INSERT INTO payments_gatewaynotice
  (id, created_at, gateway, event_id, kind, object_type, gateway_object_id, signed_at,
   occurred_at, raw_body, body_digest, headers, body_kept_until, outcome)
VALUES (%(id)s, %(now)s, %(gateway)s, %(event_id)s, %(kind)s, %(object_type)s,
        %(gateway_object_id)s, %(signed_at)s, %(occurred_at)s, %(raw_body)s,
        %(body_digest)s, %(headers)s::jsonb, %(body_kept_until)s, 'waiting')
ON CONFLICT DO NOTHING RETURNING id
"""


def _insert(
    gateway: str,
    headers: Mapping[str, str],
    raw_body: bytes,
    notice: WebhookNotice,
    now: datetime,
) -> UUID | None:
    kept = {
        name.lower(): value[:500]
        for name, value in headers.items()
        if name.lower() in _KEPT_HEADERS
    }
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "id": uuid7(),
                "now": now,
                "gateway": gateway,
                "event_id": notice.event_id[:120],
                "kind": notice.kind[:64],
                "object_type": notice.object_type.value,
                "gateway_object_id": notice.gateway_object_id[:64],
                "signed_at": notice.signed_at,
                "occurred_at": notice.occurred_at,
                "raw_body": raw_body,
                "body_digest": hashlib.sha256(raw_body).hexdigest(),
                "headers": json.dumps(kept),
                "body_kept_until": now + BODY_KEPT,
            },
        )
        row = cursor.fetchone()
    return row[0] if row else None


def follow_notice(*, notice_id: UUID, now: datetime) -> None:
    """Ask the gateway about what a stored notice talks of; twice is harmless.

    What we do not know is a case only if the gateway itself confirms that it took or
    sent money. Raises GatewaySilent when the gateway does not answer.
    """
    notice = GatewayNotice.objects.filter(pk=notice_id).first()
    if notice is None or notice.handled_at is not None:
        return
    if notice.object_type == ObjectType.CHARGE:
        _follow_charge(notice, now)
    elif notice.object_type == ObjectType.PAYOUT:
        _follow_payout(notice, now)
    else:
        _close(notice, GatewayNotice.Outcome.IGNORED, now)


def _follow_charge(notice: GatewayNotice, now: datetime) -> None:
    charge = Charge.objects.filter(
        gateway=notice.gateway, gateway_id=notice.gateway_object_id
    ).first()
    if charge is not None:
        confirm_with_gateway(charge_id=charge.pk, now=now, source=WEBHOOK)
        _close(notice, GatewayNotice.Outcome.CONFIRMED, now, charge=charge)
        return
    evidence = fetch_evidence(
        gateway=notice.gateway, gateway_id=notice.gateway_object_id, source=WEBHOOK
    )
    charge = None if evidence is None else charge_of(notice.gateway, evidence)
    if charge is not None:
        ask_about(charge, notice.gateway_object_id, source=WEBHOOK, now=now)
        _close(notice, GatewayNotice.Outcome.CONFIRMED, now, charge=charge)
        return
    if evidence is not None and evidence.status.was_paid:
        report_unknown_money(gateway=notice.gateway, evidence=evidence, now=now)
    _close(notice, GatewayNotice.Outcome.UNKNOWN, now)


def _follow_payout(notice: GatewayNotice, now: datetime) -> None:
    transfer = look_into_payout(
        gateway=notice.gateway,
        gateway_id=notice.gateway_object_id,
        source=WEBHOOK,
        now=now,
    )
    outcomes = GatewayNotice.Outcome
    outcome = outcomes.UNKNOWN if transfer is None else outcomes.CONFIRMED
    _close(notice, outcome, now, transfer=transfer)


def fetch_evidence(
    *, gateway: str, gateway_id: str, source: str, charge_id: UUID | None = None
) -> ChargeEvidence | None:
    """Return what the gateway says of its own id, None when it knows none.

    Raises GatewaySilent.
    """
    adapter = gateway_named(gateway)
    try:
        return ask(
            lambda: adapter.fetch_charge(gateway_id),
            gateway=gateway,
            verb="fetch_charge",
            charge_id=charge_id,
            source=source,
        )
    except GatewayRejected as refusal:
        if refusal.code == "not_found":
            return None
        raise GatewaySilent from refusal
    except GatewayError as error:
        raise GatewaySilent from error


def ask_about(charge: Charge, gateway_id: str, *, source: str, now: datetime) -> Charge:
    """Ask about the transaction *gateway_id* that bears our charge's reference.

    Another one than the charge's own is asked for by its id, so that a second payment
    under one reference is seen. Returns the charge; raises GatewaySilent.
    """
    if charge.gateway_id in ("", gateway_id):
        return confirm_with_gateway(charge_id=charge.pk, now=now, source=source)
    evidence = fetch_evidence(
        gateway=charge.gateway,
        gateway_id=gateway_id,
        source=source,
        charge_id=charge.pk,
    )
    if evidence is None:
        return charge
    return apply_evidence(charge_id=charge.pk, evidence=evidence, now=now)


def charge_of(gateway: str, evidence: ChargeEvidence) -> Charge | None:
    """Return our charge that *evidence* is about, by our reference."""
    if not evidence.reference:
        return None
    return Charge.objects.filter(gateway=gateway, reference=evidence.reference).first()


def report_unknown_money(
    *, gateway: str, evidence: ChargeEvidence, now: datetime
) -> bool:
    """Keep money that no charge of ours explains in suspense, and open a case."""
    keep_in_suspense(gateway=gateway, evidence=evidence, charge=None, now=now)
    return report_difference(
        Difference.MISSING_HERE,
        subject=f"gateway-charge:{gateway}:{evidence.gateway_id}",
        evidence={"gateway": as_facts(gateway, evidence)},
        now=now,
    )


def erase_old_bodies(*, now: datetime) -> int:
    """Empty the bodies whose time is over; return how many."""
    old = GatewayNotice.objects.filter(body_kept_until__lt=now).exclude(raw_body=b"")
    return old.update(raw_body=b"", headers={})


def _close(
    notice: GatewayNotice,
    outcome: GatewayNotice.Outcome,
    now: datetime,
    *,
    charge: Charge | None = None,
    transfer: Transfer | None = None,
) -> None:
    GatewayNotice.objects.filter(pk=notice.pk, handled_at=None).update(
        outcome=outcome, handled_at=now, charge=charge, transfer=transfer
    )
