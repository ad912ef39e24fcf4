"""Everything about FedaPay that may differ between accounts, hosts and documents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from payments.gateways.base import Operator

# Collection and payout name the same network differently (integrators, live 2026).
COLLECT_MODES: Mapping[Operator, str] = MappingProxyType(
    {Operator.MTN: "mtn_open", Operator.MOOV: "moov", Operator.CELTIIS: "sbin"}
)
PAYOUT_MODES: Mapping[Operator, str] = MappingProxyType(
    {Operator.MTN: "mtn", Operator.MOOV: "moov", Operator.CELTIIS: "sbin"}
)
# FedaPay's own sandbox knows one mode for every network and answers 400 "Opération non
# autorisée" to the others (docs.fedapay.com "sending requests", seen 2026-09).
SANDBOX_MODES: Mapping[Operator, str] = MappingProxyType(
    dict.fromkeys(Operator, "momo_test")
)
# Hosts seen in the url of a payment token (docs, integrators).
PAGE_HOSTS = frozenset(
    {"process.fedapay.com", "sandbox-process.fedapay.com", "checkout.fedapay.com"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FedaPayConfig:
    """Keys and the points on which FedaPay's documents contradict each other.

    `webhook_secrets` holds one secret, or two while one replaces the other.
    `push_path`: ``/v1/{mode}`` (both SDKs, verified live) or
    ``/v1/transactions/{mode}`` (API reference page).
    `find_charge_path`: named by one guide only; None looks up by search alone.
    `phone_style`: ``e164`` (verified live with +22901…) or ``national`` (one guide says
    that "+" is refused).
    `page_hosts`: hosts to which a payer may be sent to pay.
    """

    secret_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    account_id: str | None = None
    modes: Mapping[Operator, str] = field(default_factory=lambda: COLLECT_MODES)
    payout_modes: Mapping[Operator, str] = field(default_factory=lambda: PAYOUT_MODES)
    push_path: str = "/v1/{mode}"
    find_charge_path: str | None = "/v1/transactions/merchant/{reference}"
    find_payout_path: str | None = "/v1/payouts/merchant/{reference}"
    phone_style: Literal["e164", "national"] = "e164"
    country_prefix: str = "+229"
    country: str = "bj"
    currency_ids: Mapping[int, str] = field(default_factory=lambda: {1: "XOF"})
    page_hosts: frozenset[str] = PAGE_HOSTS
    tolerance_seconds: int = 300

    def __post_init__(self) -> None:
        if not self.secret_key or not self.webhook_secrets:
            raise ValueError("FedaPay needs a secret key and a webhook secret")
        if not all(self.webhook_secrets):
            raise ValueError("an empty webhook secret would accept anybody's webhook")
