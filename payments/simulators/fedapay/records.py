"""FedaPay's objects as the simulator holds them, rebuilt by replaying the book."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from payments.simulators.book import Entry


def stamp(at: float) -> str:
    """Return the time as FedaPay writes it: ISO 8601, milliseconds, Z."""
    moment = datetime.fromtimestamp(at, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Step:
    """Something a payer will do at wall-clock time `due`."""

    due: float
    action: str
    error_code: str | None = None


@dataclass(slots=True)
class Transaction:
    """One collect."""

    id: int
    reference: str
    merchant_reference: str
    amount: int
    currency: str
    description: str
    callback_url: str | None
    custom_metadata: dict[str, Any]
    created_at: float
    expires_at: float
    status: str = "pending"
    mode: str | None = None
    number: str | None = None
    fees: int | None = None
    last_error_code: str | None = None
    amount_shift: int = 0
    pushes: int = 0
    webhooks: list[str] = field(default_factory=list)
    plan: list[Step] = field(default_factory=list)
    times: dict[str, float] = field(default_factory=dict)
    updated_at: float = 0.0


@dataclass(slots=True)
class Payout:
    """One payout; pending until it is started."""

    id: int
    reference: str
    merchant_reference: str
    amount: int
    currency: str
    description: str
    mode: str
    created_at: float
    number: str | None = None
    status: str = "pending"
    fees: int = 0
    last_error_code: str | None = None
    webhooks: list[str] = field(default_factory=list)
    plan: list[Step] = field(default_factory=list)
    times: dict[str, float] = field(default_factory=dict)
    updated_at: float = 0.0


@dataclass(slots=True)
class Event:
    """One change that a webhook tells; `entity` is the object as it was then."""

    id: str
    name: str
    object_id: int
    reference: str
    entity: dict[str, Any]
    created_at: float


@dataclass(slots=True)
class Records:
    """Every object, and the indexes the API needs."""

    transactions: dict[int, Transaction] = field(default_factory=dict)
    payouts: dict[int, Payout] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    by_reference: dict[str, int] = field(default_factory=dict)
    payouts_by_reference: dict[str, int] = field(default_factory=dict)
    by_token: dict[str, int] = field(default_factory=dict)

    def apply(self, entry: Entry) -> None:
        """Take one entry into account; the only place where objects change."""
        noun, _, verb = entry.kind.partition(".")
        if noun == "transaction":
            self._transaction(entry, verb)
        elif noun == "payout":
            self._payout(entry, verb)
        elif entry.kind == "event.created":
            data = entry.data
            self.events[data["id"]] = Event(
                data["id"],
                data["name"],
                entry.object_id,
                entry.reference,
                data["entity"],
                entry.at,
            )

    def _transaction(self, entry: Entry, verb: str) -> None:
        data = entry.data
        if verb == "created":
            row = Transaction(
                id=entry.object_id, created_at=entry.at, updated_at=entry.at, **data
            )
            self.transactions[row.id] = row
            if row.merchant_reference:
                self.by_reference[row.merchant_reference] = row.id
            return
        row = self.transactions[entry.object_id]
        row.updated_at = entry.at
        if verb == "token":
            self.by_token[data["token"]] = row.id
        elif verb == "pushed":
            row.mode, row.number = data["mode"], data["number"]
            row.status, row.last_error_code = "pending", None
            row.pushes += 1
            row.webhooks = data["webhooks"]
            row.amount_shift = data["amount_shift"]
            row.plan = [Step(**step) for step in data["plan"]]
        elif verb == "delayed":
            for step in row.plan:
                step.due += data["seconds"]
        elif verb == "noted":
            row.last_error_code = data["error_code"]
            row.plan = row.plan[1:]
        else:
            self._ended(row, entry, verb)

    def _ended(self, row: Transaction, entry: Entry, verb: str) -> None:
        row.status = verb
        row.times[f"{verb}_at"] = entry.at
        row.last_error_code = entry.data.get("error_code")
        row.plan = row.plan[1:] if entry.data.get("planned") else []
        if verb == "approved":
            row.amount, row.fees = entry.amount, entry.fee
            row.mode = row.mode or "momo_test"

    def _payout(self, entry: Entry, verb: str) -> None:
        data = entry.data
        if verb == "created":
            row = Payout(
                id=entry.object_id, created_at=entry.at, updated_at=entry.at, **data
            )
            self.payouts[row.id] = row
            if row.merchant_reference:
                self.payouts_by_reference[row.merchant_reference] = row.id
            return
        row = self.payouts[entry.object_id]
        row.updated_at = entry.at
        if verb == "delayed":
            for step in row.plan:
                step.due += data["seconds"]
            return
        row.status = verb
        row.times[f"{verb}_at"] = entry.at
        row.last_error_code = data.get("error_code")
        if verb == "started":
            row.number = data["number"]
            row.webhooks = data.get("webhooks", [])
            row.plan = [Step(**step) for step in data["plan"]]
        else:
            row.plan = row.plan[1:] if data.get("planned") else []
        if verb == "sent":
            row.fees = entry.fee
