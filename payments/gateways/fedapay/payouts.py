"""FedaPay payouts: create, then start; each step found again after a lost answer.

``POST /v1/payouts`` makes a pending payout, ``PUT /v1/payouts/start`` sends it (Node
SDK 1.2.5 ``sendNow``). At most 3 a number a day and 1,000,000 F each (docs "payouts").
"""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

from payments.gateways.base import (
    PayoutEvidence,
    PayoutOrder,
    PayoutStarted,
    PayoutStatus,
)
from payments.gateways.errors import (
    GatewayError,
    GatewayRejected,
    GatewayUnavailable,
    GatewayUntrusted,
)
from payments.gateways.fedapay import listing, parsing
from payments.gateways.fedapay.calls import FedaPayCalls
from payments.gateways.fedapay.config import FedaPayConfig


class FedaPayPayouts:
    """The payout half of `FedaPayGateway`."""

    def __init__(self, config: FedaPayConfig, calls: FedaPayCalls) -> None:
        self._config = config
        self._calls = calls

    def pay_out(self, order: PayoutOrder) -> PayoutStarted:
        """Create and start, or go on from where a former try stopped."""
        known = None if order.first_attempt else self.find(order.reference)
        if known is None:
            known = self._create(order)
        ours = (order.reference, order.amount, order.currency)
        if (known.reference, known.amount, known.currency) != ours:
            raise GatewayUntrusted(
                "the gateway holds another reference, amount or currency than ordered",
                gateway_id=known.gateway_id,
            )
        if known.status is PayoutStatus.CREATED:
            try:
                known = self._start(order, known)
            except GatewayError as error:
                error.gateway_id = known.gateway_id
                raise
        return PayoutStarted(
            gateway_id=known.gateway_id, reference=order.reference, evidence=known
        )

    def find(self, reference: str) -> PayoutEvidence | None:
        """Look up by merchant reference (documented path), then by search."""
        row = listing.find(
            self._calls, "payout", reference, self._config.find_payout_path
        )
        return None if row is None else self._evidence(row)

    def fetch(self, gateway_id: str) -> PayoutEvidence:
        """Read one payout by FedaPay's id."""
        path = f"/v1/payouts/{quote(gateway_id, safe='')}"
        answer = self._calls.get(path, {"include": "currency"})
        found = self._evidence(parsing.one(answer, "payout"))
        if found.gateway_id != gateway_id:
            raise GatewayUntrusted("the answer is about another payout")
        return found

    def list(self, *, since: datetime, until: datetime) -> Iterator[PayoutEvidence]:
        """Walk the payouts created in [since, until)."""
        return listing.walk(
            self._calls, "payouts", self._evidence, since=since, until=until
        )

    def phone_number(self, phone: str) -> dict[str, str]:
        """Return FedaPay's phone object for an E.164 number of the account's country."""
        number = phone
        if self._config.phone_style == "national":
            number = phone.removeprefix(self._config.country_prefix)
        # The country is lower case: upper case was refused (integrators).
        return {"number": number, "country": self._config.country}

    def _evidence(self, row: parsing.Json) -> PayoutEvidence:
        return parsing.payout(row, self._config.currency_ids)

    def _create(self, order: PayoutOrder) -> PayoutEvidence:
        body = {
            "amount": order.amount,
            "currency": {"iso": order.currency},
            "mode": self._config.payout_modes[order.operator],
            "description": order.description,
            "merchant_reference": order.reference,
            "include": "currency",
        }
        try:
            answer = self._calls.post("/v1/payouts", body)
        except GatewayRejected as refusal:
            if refusal.code != "duplicate_reference":
                raise
            found = self.find(order.reference)
            if found is None:
                raise GatewayUnavailable(
                    "the reference is taken but was not found", sent=True
                ) from None
            return found
        return self._evidence(parsing.one(answer, "payout"))

    def _start(self, order: PayoutOrder, known: PayoutEvidence) -> PayoutEvidence:
        entry = {
            "id": int(known.gateway_id),
            "phone_number": self.phone_number(order.phone),
        }
        try:
            answer = self._calls.put("/v1/payouts/start", {"payouts": [entry]})
        except GatewayRejected as refusal:
            if refusal.code != "wrong_state":
                raise
            # Our earlier start was still on its way when we looked: it won.
            return self.fetch(known.gateway_id)
        rows, _ = parsing.many(answer, "payouts")
        for row in rows:
            if isinstance(row, dict) and str(row.get("id")) == known.gateway_id:
                return self._evidence(row)
        raise GatewayUntrusted("the start answered without our payout")
