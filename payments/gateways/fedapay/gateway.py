"""FedaPay as a `Gateway`: charges by push or page, look-ups, lists, webhooks."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar
from urllib.parse import quote, urlsplit

from lokahome.core.http.client import OutgoingClient
from payments.gateways.base import (
    Capabilities,
    ChargeEvidence,
    ChargeOrder,
    ChargeStarted,
    EvidenceStatus,
    Gateway,
    NextAction,
    PayoutEvidence,
    PayoutOrder,
    PayoutStarted,
    WebhookNotice,
)
from payments.gateways.errors import (
    GatewayError,
    GatewayRejected,
    GatewayUnavailable,
    GatewayUntrusted,
)
from payments.gateways.fedapay import listing, parsing, webhooks
from payments.gateways.fedapay.calls import FedaPayCalls
from payments.gateways.fedapay.config import FedaPayConfig
from payments.gateways.fedapay.payouts import FedaPayPayouts


class FedaPayGateway(Gateway):
    """FedaPay over HTTP; read `FedaPayConfig` for what differs between accounts."""

    name: ClassVar[str] = "fedapay"
    # Refunds exist in the dashboard only, for MTN only (docs.fedapay.com "refunds").
    capabilities: ClassVar[Capabilities] = Capabilities(
        push=True,
        page=True,
        payouts=True,
        refunds=False,
        signed_webhooks=True,
        find_by_reference=True,
        listing=True,
        currencies=frozenset({"XOF"}),
    )

    def __init__(self, config: FedaPayConfig, http: OutgoingClient) -> None:
        self._config = config
        self._calls = FedaPayCalls(config, http)
        self._payouts = FedaPayPayouts(config, self._calls)

    def start_charge(self, order: ChargeOrder) -> ChargeStarted:
        """Create the transaction, take its token, push it to the phone (or the page).

        FedaPay replays nothing: a second create under our reference is an error, so a
        repeated call looks the reference up and goes on from there. A transaction that
        has a mode was pushed before and is not pushed again.
        """
        known = None if order.first_attempt else self.find_charge(order.reference)
        if known is None:
            known = self._create(order)
        self._check_ours(order, known)
        try:
            return self._prompt(order, known)
        except GatewayError as error:
            error.gateway_id = known.gateway_id
            raise

    def find_charge(self, reference: str) -> ChargeEvidence | None:
        """Look up by merchant reference: the direct path first, then the search.

        A 404 of the direct path proves nothing, for the path itself is documented for
        payouts only; the search has the last word.
        """
        row = listing.find(
            self._calls, "transaction", reference, self._config.find_charge_path
        )
        return None if row is None else self._evidence(row)

    def fetch_charge(self, gateway_id: str) -> ChargeEvidence:
        """Read ``GET /v1/transactions/{id}``."""
        path = f"/v1/transactions/{quote(gateway_id, safe='')}"
        answer = self._calls.get(path, {"include": "currency"})
        found = self._evidence(parsing.one(answer, "transaction"))
        if found.gateway_id != gateway_id:
            raise GatewayUntrusted("the answer is about another transaction")
        return found

    def list_charges(
        self, *, since: datetime, until: datetime
    ) -> Iterator[ChargeEvidence]:
        """Walk ``GET /v1/transactions/search``; bad rows raise after the good ones."""
        return listing.walk(
            self._calls, "transactions", self._evidence, since=since, until=until
        )

    def pay_out(self, order: PayoutOrder) -> PayoutStarted:
        """Create a payout, then start it: creating alone moves no money."""
        return self._payouts.pay_out(order)

    def find_payout(self, reference: str) -> PayoutEvidence | None:
        """Look up by merchant reference."""
        return self._payouts.find(reference)

    def fetch_payout(self, gateway_id: str) -> PayoutEvidence:
        """Read ``GET /v1/payouts/{id}``."""
        return self._payouts.fetch(gateway_id)

    def list_payouts(
        self, *, since: datetime, until: datetime
    ) -> Iterator[PayoutEvidence]:
        """Walk ``GET /v1/payouts/search``."""
        return self._payouts.list(since=since, until=until)

    def read_webhook(
        self, *, headers: Mapping[str, str], raw_body: bytes, now: datetime
    ) -> WebhookNotice:
        """Verify and read a webhook; read `webhooks.read`."""
        return webhooks.read(self._config, headers=headers, raw_body=raw_body, now=now)

    def _evidence(self, row: parsing.Json) -> ChargeEvidence:
        return parsing.charge(row, self._config.currency_ids)

    def _create(self, order: ChargeOrder) -> ChargeEvidence:
        body = {
            "description": order.description,
            "amount": order.amount,
            "currency": {"iso": order.currency},
            "merchant_reference": order.reference,
            "include": "currency",
        }
        # No customer is sent: customers are keyed by e-mail and the same e-mail
        # rewrites the former payer (docs, integrators); the push carries the phone.
        if order.return_url:
            body["callback_url"] = order.return_url
        try:
            answer = self._calls.post("/v1/transactions", body)
        except GatewayRejected as refusal:
            if refusal.code != "duplicate_reference":
                raise
            found = self.find_charge(order.reference)
            if found is None:
                raise GatewayUnavailable(
                    "the reference is taken but was not found", sent=True
                ) from None
            return found
        return self._evidence(parsing.one(answer, "transaction"))

    def _check_ours(self, order: ChargeOrder, known: ChargeEvidence) -> None:
        ours = (order.reference, order.amount, order.currency)
        if (known.reference, known.amount, known.currency) != ours:
            raise GatewayUntrusted(
                "the gateway holds another reference, amount or currency than ordered",
                gateway_id=known.gateway_id,
            )

    def _prompt(self, order: ChargeOrder, known: ChargeEvidence) -> ChargeStarted:
        if known.status is not EvidenceStatus.WAITING:
            return self._started(known, NextAction.NOTHING, evidence=known)
        if order.operator is not None and known.mode:
            return self._started(known, NextAction.WAIT_FOR_PROMPT)
        token, url = self._token(known.gateway_id)
        if order.operator is None:
            return self._started(known, NextAction.OPEN_PAGE, page_url=self._page(url))
        mode = self._config.modes[order.operator]
        body: dict[str, object] = {"token": token}
        if order.phone:
            body["phone_number"] = self._payouts.phone_number(order.phone)
        answer = self._calls.post(self._config.push_path.format(mode=mode), body)
        parsing.one(answer, "payment_intent")
        return self._started(known, NextAction.WAIT_FOR_PROMPT)

    def _token(self, gateway_id: str) -> tuple[str, str]:
        answer = self._calls.post(f"/v1/transactions/{gateway_id}/token", {})
        pair = parsing.one(answer, "token") if _nested(answer) else answer
        token = pair.get("token") if isinstance(pair, Mapping) else None
        url = pair.get("url") if isinstance(pair, Mapping) else None
        if not isinstance(token, str) or not isinstance(url, str):
            raise GatewayUntrusted("no payment token in the answer")
        return token, url

    def _page(self, url: str) -> str:
        parts = urlsplit(url)
        if parts.hostname not in self._config.page_hosts:
            raise GatewayUntrusted("the payment page is on a host we do not know")
        return url

    @staticmethod
    def _started(
        known: ChargeEvidence,
        action: NextAction,
        *,
        page_url: str | None = None,
        evidence: ChargeEvidence | None = None,
    ) -> ChargeStarted:
        return ChargeStarted(
            gateway_id=known.gateway_id,
            reference=known.reference or "",
            next_action=action,
            page_url=page_url,
            evidence=evidence,
        )


def _nested(answer: object) -> bool:
    """Tell whether the token pair is wrapped (some integrators saw ``v1/token``)."""
    if not isinstance(answer, Mapping):
        return False
    return "v1/token" in answer or isinstance(answer.get("token"), Mapping)
