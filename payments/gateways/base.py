"""What a gateway can do for us, in our words; each adapter translates its own.

Amounts are integers in the currency's minor unit (XOF has none: francs). Times are
aware datetimes in UTC. Every order carries *our* reference, saved and committed before
the call and used again on each retry; every retry starts by looking it up.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from payments.gateways.errors import (
    GatewayError,
    GatewayRejected,
    GatewayUnavailable,
    GatewayUntrusted,
)

__all__ = [
    "Capabilities",
    "ChargeEvidence",
    "ChargeOrder",
    "ChargeStarted",
    "EvidenceStatus",
    "FailureCode",
    "Gateway",
    "GatewayError",
    "GatewayRejected",
    "GatewayUnavailable",
    "GatewayUntrusted",
    "NextAction",
    "ObjectType",
    "Operator",
    "PayoutEvidence",
    "PayoutOrder",
    "PayoutStarted",
    "PayoutStatus",
    "WebhookNotice",
]


class Operator(StrEnum):
    """Whose wallet the phone number belongs to."""

    MTN = "mtn"
    MOOV = "moov"
    CELTIIS = "celtiis"


class EvidenceStatus(StrEnum):
    """What a gateway says about a charge. FAILED and EXPIRED may still become PAID."""

    WAITING = "waiting"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    PARTLY_REFUNDED = "partly_refunded"

    @property
    def was_paid(self) -> bool:
        """True when the payer's money was taken, whatever happened afterwards."""
        return self in (self.PAID, self.REFUNDED, self.PARTLY_REFUNDED)


class PayoutStatus(StrEnum):
    """What a gateway says about a payout. CREATED moves no money yet."""

    CREATED = "created"
    WAITING = "waiting"
    PAID = "paid"
    FAILED = "failed"


class FailureCode(StrEnum):
    """Why a payment failed, in words a payer can be told."""

    DECLINED_BY_PAYER = "declined_by_payer"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    TIMED_OUT = "timed_out"
    UNKNOWN = "unknown"


class NextAction(StrEnum):
    """What the payer must do now."""

    WAIT_FOR_PROMPT = "wait_for_prompt"
    OPEN_PAGE = "open_page"
    NOTHING = "nothing"


class ObjectType(StrEnum):
    """What a webhook talks about."""

    CHARGE = "charge"
    PAYOUT = "payout"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a gateway offers; services ask before they promise."""

    push: bool
    page: bool
    payouts: bool
    refunds: bool
    signed_webhooks: bool
    find_by_reference: bool
    listing: bool
    currencies: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeOrder:
    """Take `amount` from a payer.

    With `operator` and `phone` (E.164) the payer is prompted on the phone, without
    them the payer must open a page. `first_attempt` is True only when the caller knows
    that nothing was ever sent with this reference; it saves the look-up.
    """

    reference: str
    amount: int
    currency: str
    description: str
    operator: Operator | None = None
    phone: str | None = field(default=None, repr=False)
    return_url: str | None = None
    first_attempt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeEvidence:
    """What the gateway said about one charge, checked for shape, not for truth of ours.

    The caller compares `amount`, `currency` and `reference` with its own row. `fee` is
    what the gateway kept; None until it has computed it (FedaPay fills `fees` late).
    `payer_debited` and `net` are given when the gateway gives them: their difference is
    `fee`, and who bore it shows in which of them equals `amount`. `settled` means the
    money is on our available balance. `raw` is for the record, never for logs.
    """

    gateway_id: str
    reference: str | None
    status: EvidenceStatus
    raw_status: str
    amount: int
    currency: str
    fee: int | None
    payer_debited: int | None = None
    net: int | None = None
    settled: bool = False
    mode: str | None = None
    operator: Operator | None = None
    payer_phone: str | None = field(default=None, repr=False)
    failure_code: FailureCode | None = None
    raw_failure_code: str | None = None
    created_at: datetime | None = None
    approved_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeStarted:
    """A charge exists at the gateway under our reference.

    `evidence` is given when the gateway already said more than "waiting" (a retry that
    finds the charge paid or failed).
    """

    gateway_id: str
    reference: str
    next_action: NextAction
    page_url: str | None = field(default=None, repr=False)
    evidence: ChargeEvidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutOrder:
    """Send `amount` to a wallet; `phone` in E.164."""

    reference: str
    amount: int
    currency: str
    description: str
    operator: Operator
    phone: str = field(repr=False)
    first_attempt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutEvidence:
    """What the gateway said about one payout; read `ChargeEvidence` for the fields."""

    gateway_id: str
    reference: str | None
    status: PayoutStatus
    raw_status: str
    amount: int
    currency: str
    fee: int | None
    mode: str | None = None
    operator: Operator | None = None
    failure_code: FailureCode | None = None
    raw_failure_code: str | None = None
    created_at: datetime | None = None
    sent_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutStarted:
    """A payout exists and was started; `evidence` is what the gateway says of it."""

    gateway_id: str
    reference: str
    evidence: PayoutEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookNotice:
    """A rumour with a good signature: which object to ask the gateway about.

    `event_id` is unique per event, not per delivery: a replay has the same. `kind` is
    the gateway's own event name.
    """

    event_id: str
    kind: str
    object_type: ObjectType
    gateway_object_id: str
    occurred_at: datetime | None
    signed_at: datetime


class Gateway(ABC):
    """One gateway. Thread-safe; holds no state between calls but its connections.

    Every verb raises `GatewayUnavailable`, `GatewayRejected` or `GatewayUntrusted` and
    must be called outside any database transaction.
    """

    name: ClassVar[str]
    capabilities: ClassVar[Capabilities]

    @abstractmethod
    def start_charge(self, order: ChargeOrder) -> ChargeStarted:
        """Create the charge and prompt the payer, or go on from where a try stopped.

        Safe to repeat: an existing charge with this reference is found and continued,
        never created twice, and a payer already prompted is not prompted again.
        """

    @abstractmethod
    def find_charge(self, reference: str) -> ChargeEvidence | None:
        """Look a charge up by our reference; None when the gateway has none."""

    @abstractmethod
    def fetch_charge(self, gateway_id: str) -> ChargeEvidence:
        """Ask for one charge by the gateway's id."""

    @abstractmethod
    def list_charges(
        self, *, since: datetime, until: datetime
    ) -> Iterator[ChargeEvidence]:
        """Yield every charge *created* in [since, until), each once, any order.

        A charge can be approved after the day it was created: reconcile with a window
        that reaches back as far as a charge may wait.
        """

    @abstractmethod
    def pay_out(self, order: PayoutOrder) -> PayoutStarted:
        """Create and start a payout, or go on from where a try stopped."""

    @abstractmethod
    def find_payout(self, reference: str) -> PayoutEvidence | None:
        """Look a payout up by our reference; None when the gateway has none."""

    @abstractmethod
    def fetch_payout(self, gateway_id: str) -> PayoutEvidence:
        """Ask for one payout by the gateway's id."""

    @abstractmethod
    def list_payouts(
        self, *, since: datetime, until: datetime
    ) -> Iterator[PayoutEvidence]:
        """Yield every payout created in [since, until), each once, any order."""

    @abstractmethod
    def read_webhook(
        self, *, headers: Mapping[str, str], raw_body: bytes, now: datetime
    ) -> WebhookNotice:
        """Verify a webhook over its raw bytes and say what it is about.

        Raises `GatewayUntrusted` when the signature, its age or the shape is wrong.
        Money is never booked from it: ask the gateway next.
        """
