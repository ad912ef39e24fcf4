"""What charges and payouts share: the book, the events told, the plans carried out."""

import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar

from payments.simulators.agenda import Agenda
from payments.simulators.book import Book, Entry
from payments.simulators.faults import Faults
from payments.simulators.fedapay import wire
from payments.simulators.fedapay.records import Event, Payout, Records, Transaction
from payments.simulators.fedapay.wire import WireError
from payments.simulators.webhooks import Courier, Letter

GATEWAY = "fedapay"
# Both start at the same number: a payout id may equal a transaction id (integrators).
FIRST_ID = 100_001

Planned = TypeVar("Planned", Transaction, Payout)


class Office:
    """FedaPay's state and the only way to change it: an entry in the book."""

    def __init__(
        self,
        book: Book,
        agenda: Agenda,
        faults: Faults,
        *,
        webhook_url: str,
        webhook_secret: str,
    ) -> None:
        self.book = book
        self.agenda = agenda
        self.faults = faults
        self.records = Records()
        self.courier = Courier(book, agenda, GATEWAY)
        self._url = webhook_url
        self._secret = webhook_secret
        for entry in book.entries():
            if entry.gateway == GATEWAY:
                self.records.apply(entry)
                self.courier.apply(entry)

    def write(
        self,
        kind: str,
        row: Transaction | Payout | None,
        data: dict[str, Any],
        *,
        object_id: int = 0,
        amount: int = 0,
        fee: int = 0,
    ) -> Entry:
        """Enter a fact about `row` (None: the object is made by it) and apply it."""
        reference = row.merchant_reference if row else data["merchant_reference"]
        entry = self.book.append(
            GATEWAY,
            kind,
            object_id=row.id if row else object_id,
            reference=reference,
            amount=amount,
            fee=fee,
            data=data,
        )
        self.records.apply(entry)
        return entry

    def tell(self, name: str, row: Transaction | Payout) -> None:
        """Record an event with the object as it is now, and send its webhook."""
        entity = (
            wire.transaction(row) if isinstance(row, Transaction) else wire.payout(row)
        )
        event_id = f"evt_{secrets.token_hex(8)}"
        data = {"id": event_id, "name": name, "entity": entity}
        self.write("event.created", row, data)
        faults = self.faults.for_webhooks(row.merchant_reference)
        faults.update(dict.fromkeys(row.webhooks, 0.0))
        event = self.records.events[event_id]
        with_id = "webhook_without_id" not in faults
        self.courier.dispatch(self.letter(event, with_id=with_id), faults)

    def letter(self, event: Event, *, with_id: bool = True) -> Letter:
        """Make the webhook of an event, ready to be signed at each attempt."""
        return Letter(
            event_id=event.id,
            object_key=f"{event.name.partition('.')[0]}/{event.object_id}",
            reference=event.reference,
            url=self._url,
            body=wire.webhook_body(event, with_id=with_id),
            forged_body=wire.forged_body(event),
            sign=lambda body, at: wire.signed_headers(self._secret, body, at),
            forge=lambda body, at: wire.signed_headers("wh_sandbox_voleur", body, at),
        )

    def plan(self, row: Planned, step: Callable[[Planned], None]) -> None:
        """Have `step` called when the first step of the row's plan is due, and so on."""

        def later() -> None:
            # The plan may have changed since: a delay, a tester's click, a new push.
            # Or the clock was set back: then this waits once more, and loses nothing.
            if row.plan and row.plan[0].due <= time.time():
                step(row)
            self.plan(row, step)

        if row.plan:
            self.agenda.at(row.plan[0].due, later)


def taken() -> WireError:
    """Return the refusal of a second use of a merchant reference."""
    return WireError(
        422,
        "La référence marchand a déjà été utilisée",
        {"merchant_reference": ["a déjà été utilisée"]},
    )


def wrong_state() -> WireError:
    """Return the refusal of an action that the state does not allow (wording ours)."""
    return WireError(
        422, "Action impossible dans cet état", {"status": ["ne le permet pas"]}
    )
