"""A gateway in memory, for tests of services alone. The wire has its simulator."""

import itertools
import json
import threading
from dataclasses import replace
from datetime import datetime

from django.db import connection

from lokahome.core import clock
from payments.gateways.base import (
    Capabilities,
    ChargeEvidence,
    ChargeStarted,
    EvidenceStatus,
    FailureCode,
    Gateway,
    NextAction,
    ObjectType,
    PayoutEvidence,
    PayoutStarted,
    PayoutStatus,
    WebhookNotice,
)
from payments.gateways.errors import GatewayRejected, GatewayUntrusted


class FakeGateway(Gateway):
    """Keeps charges and payouts in dicts; `next_error` is raised by the next call, once.

    `lose_answer` makes the next start take effect and then fail as a time-out would.
    Payouts are numbered like charges, so the same number may name one of each.
    """

    name = "fedapay"
    capabilities = Capabilities(
        push=True,
        page=True,
        payouts=True,
        refunds=False,
        signed_webhooks=True,
        find_by_reference=True,
        listing=True,
        currencies=frozenset({"XOF"}),
    )

    def __init__(self):
        self.charges = {}
        self.payouts = {}
        self.calls = []
        self.next_error = None
        self.lose_answer = None
        self.always = None
        self._ids = itertools.count(1001)
        self._payout_ids = itertools.count(1001)
        self._lock = threading.Lock()

    # --- what a test arranges ---------------------------------------------------------
    def only(self, reference) -> ChargeEvidence:
        (found,) = [c for c in self.charges.values() if c.reference == reference]
        return found

    def change(self, reference, /, **changes) -> ChargeEvidence:
        found = replace(self.only(reference), **changes)
        self.charges[found.gateway_id] = found
        return found

    def approve(self, reference, /, *, fee=None, **changes) -> ChargeEvidence:
        found = self.only(reference)
        return self.change(
            reference,
            status=EvidenceStatus.PAID,
            raw_status="approved",
            fee=fee,
            payer_debited=changes.get("amount", found.amount),
            approved_at=clock.now(),
            failure_code=None,
            **changes,
        )

    def decline(self, reference, code=FailureCode.DECLINED_BY_PAYER):
        return self.change(
            reference,
            status=EvidenceStatus.FAILED,
            raw_status="declined",
            failure_code=code,
        )

    def lapse(self, reference):
        return self.change(
            reference,
            status=EvidenceStatus.EXPIRED,
            raw_status="expired",
            failure_code=FailureCode.TIMED_OUT,
        )

    def add(self, **fields) -> ChargeEvidence:
        values = {
            "gateway_id": str(next(self._ids)),
            "reference": None,
            "status": EvidenceStatus.WAITING,
            "raw_status": "pending",
            "amount": 35_000,
            "currency": "XOF",
            "fee": None,
            "created_at": clock.now(),
        }
        evidence = ChargeEvidence(**{**values, **fields})
        self.charges[evidence.gateway_id] = evidence
        return evidence

    def payout(self, reference) -> PayoutEvidence:
        (found,) = [p for p in self.payouts.values() if p.reference == reference]
        return found

    def change_payout(self, reference, /, **changes) -> PayoutEvidence:
        found = replace(self.payout(reference), **changes)
        self.payouts[found.gateway_id] = found
        return found

    def deliver(self, reference, /, *, fee=300, **changes) -> PayoutEvidence:
        return self.change_payout(
            reference,
            status=PayoutStatus.PAID,
            raw_status="sent",
            fee=fee,
            sent_at=clock.now(),
            failure_code=None,
            **changes,
        )

    def bounce(self, reference, code=FailureCode.UNKNOWN) -> PayoutEvidence:
        return self.change_payout(
            reference,
            status=PayoutStatus.FAILED,
            raw_status="failed",
            failure_code=code,
        )

    def add_payout(self, **fields) -> PayoutEvidence:
        values = {
            "gateway_id": str(next(self._payout_ids)),
            "reference": None,
            "status": PayoutStatus.WAITING,
            "raw_status": "started",
            "amount": 20_000,
            "currency": "XOF",
            "fee": None,
            "created_at": clock.now(),
        }
        evidence = PayoutEvidence(**{**values, **fields})
        self.payouts[evidence.gateway_id] = evidence
        return evidence

    def webhook(self, gateway_id, *, event_id="1", kind="transaction.approved"):
        body = json.dumps({"id": event_id, "name": kind, "entity": {"id": gateway_id}})
        return body.encode(), {"X-Fedapay-Signature": "good"}

    # --- what the gateway does --------------------------------------------------------
    def _called(self, verb):
        assert not [
            b for b in connection.atomic_blocks if not b._from_testcase
        ], "a gateway was called inside a transaction"
        self.calls.append(verb)
        if self.always is not None:
            raise self.always
        if self.next_error is not None:
            error, self.next_error = self.next_error, None
            raise error

    def start_charge(self, order):
        self._called("start_charge")
        with self._lock:
            known = [c for c in self.charges.values() if c.reference == order.reference]
            if known and order.first_attempt:
                raise GatewayRejected("duplicate_reference", "taken")
            evidence = (
                known[0]
                if known
                else self.add(
                    reference=order.reference,
                    amount=order.amount,
                    currency=order.currency,
                )
            )
        if self.lose_answer is not None:
            error, self.lose_answer = self.lose_answer, None
            raise error
        waiting = evidence.status is EvidenceStatus.WAITING
        return ChargeStarted(
            gateway_id=evidence.gateway_id,
            reference=order.reference,
            next_action=NextAction.WAIT_FOR_PROMPT if waiting else NextAction.NOTHING,
            evidence=None if waiting else evidence,
        )

    def find_charge(self, reference):
        self._called("find_charge")
        found = [c for c in self.charges.values() if c.reference == reference]
        return found[0] if found else None

    def fetch_charge(self, gateway_id):
        self._called("fetch_charge")
        if gateway_id not in self.charges:
            raise GatewayRejected("not_found", "no such charge")
        return self.charges[gateway_id]

    def list_charges(self, *, since: datetime, until: datetime):
        self._called("list_charges")
        for evidence in list(self.charges.values()):
            if since <= evidence.created_at < until:
                yield evidence

    def read_webhook(self, *, headers, raw_body, now):
        given = {name.lower(): value for name, value in headers.items()}
        if given.get("x-fedapay-signature") != "good":
            raise GatewayUntrusted("bad signature", sent=False)
        payload = json.loads(raw_body)
        return WebhookNotice(
            event_id=str(payload["id"]),
            kind=payload["name"],
            object_type={
                "transaction": ObjectType.CHARGE,
                "payout": ObjectType.PAYOUT,
            }.get(payload["name"].partition(".")[0], ObjectType.OTHER),
            gateway_object_id=str(payload["entity"]["id"]),
            occurred_at=now,
            signed_at=now,
        )

    def pay_out(self, order):
        self._called("pay_out")
        with self._lock:
            known = [p for p in self.payouts.values() if p.reference == order.reference]
            if known and order.first_attempt:
                raise GatewayRejected("duplicate_reference", "taken")
            evidence = (
                known[0]
                if known
                else self.add_payout(
                    reference=order.reference,
                    amount=order.amount,
                    currency=order.currency,
                )
            )
        if self.lose_answer is not None:
            error, self.lose_answer = self.lose_answer, None
            raise error
        return PayoutStarted(
            gateway_id=evidence.gateway_id,
            reference=order.reference,
            evidence=evidence,
        )

    def find_payout(self, reference):
        self._called("find_payout")
        found = [p for p in self.payouts.values() if p.reference == reference]
        return found[0] if found else None

    def fetch_payout(self, gateway_id):
        self._called("fetch_payout")
        if gateway_id not in self.payouts:
            raise GatewayRejected("not_found", "no such payout")
        return self.payouts[gateway_id]

    def list_payouts(self, *, since: datetime, until: datetime):
        self._called("list_payouts")
        for evidence in list(self.payouts.values()):
            if since <= evidence.created_at < until:
                yield evidence
