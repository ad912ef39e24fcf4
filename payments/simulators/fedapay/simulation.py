"""FedaPay behind the control interface and the console."""

from typing import Any

from starlette.routing import Route

from payments.simulators.agenda import Agenda
from payments.simulators.book import Book
from payments.simulators.faults import Faults
from payments.simulators.fedapay import receivers
from payments.simulators.fedapay.charges import ACTIONS, Charges
from payments.simulators.fedapay.office import GATEWAY, Office
from payments.simulators.fedapay.outcomes import OTHER, OUTCOMES
from payments.simulators.fedapay.page import PaymentPage
from payments.simulators.fedapay.payouts import ENDINGS, Payouts
from payments.simulators.fedapay.records import Payout, Transaction, stamp
from payments.simulators.fedapay.routes import Api
from payments.simulators.fedapay.wire import WireError
from payments.simulators.gateway import NotAllowed, NotKnown


class FedaPay:
    """One FedaPay account."""

    name = GATEWAY

    def __init__(
        self,
        book: Book,
        agenda: Agenda,
        faults: Faults,
        *,
        secret_key: str,
        webhook_secret: str,
        webhook_url: str,
    ) -> None:
        self._office = Office(
            book,
            agenda,
            faults,
            webhook_url=webhook_url,
            webhook_secret=webhook_secret,
        )
        self._charges = Charges(self._office)
        self._payouts = Payouts(self._office)
        self._api = Api(
            self._office, self._charges, self._payouts, secret_key=secret_key
        )
        self._page = PaymentPage(self._office, self._charges)
        self.courier = self._office.courier

    def routes(self) -> list[Route]:
        """Return the API and the hosted payment page."""
        return [*self._api.routes(), *self._page.routes()]

    def resume(self) -> None:
        """Take up plans and the deliveries that were tried without success."""
        self._charges.resume()
        self._payouts.resume()
        for event in self._office.records.events.values():
            box = self.courier.boxes.get(event.id)
            if box is not None and not box.delivered:
                self.courier.retry(self._office.letter(event))

    def charges(self, reference: str | None = None) -> list[dict[str, Any]]:
        """Return the transactions, newest first."""
        rows = reversed(self._office.records.transactions.values())
        return [
            {
                "id": row.id,
                "reference": row.merchant_reference,
                "amount": row.amount,
                "fee": row.fees or 0,
                "status": row.status,
                "mode": row.mode,
                "ending": (row.number or "")[-3:],
                "pushes": row.pushes,
                "description": row.description,
                "error_code": row.last_error_code,
                "waiting_for": row.plan[0].action if row.plan else None,
                "created_at": stamp(row.created_at),
                "updated_at": stamp(row.updated_at),
            }
            for row in rows
            if reference in (None, row.merchant_reference)
        ]

    def payouts(self, reference: str | None = None) -> list[dict[str, Any]]:
        """Return the payouts, newest first."""
        rows = reversed(self._office.records.payouts.values())
        return [
            {
                "id": row.id,
                "reference": row.merchant_reference,
                "amount": row.amount,
                "fee": row.fees,
                "status": row.status,
                "mode": row.mode,
                "ending": (row.number or "")[-3:],
                "description": row.description,
                "error_code": row.last_error_code,
                "waiting_for": row.plan[0].action if row.plan else None,
                "created_at": stamp(row.created_at),
                "updated_at": stamp(row.updated_at),
            }
            for row in rows
            if reference in (None, row.merchant_reference)
        ]

    def events(self, reference: str | None = None) -> list[dict[str, Any]]:
        """Return the events, newest first."""
        found = []
        for event in reversed(self._office.records.events.values()):
            if reference not in (None, event.reference):
                continue
            box = self.courier.boxes.get(event.id)
            found.append(
                {
                    "id": event.id,
                    "name": event.name,
                    "object_id": event.object_id,
                    "reference": event.reference,
                    "attempts": box.attempts if box else 0,
                    "delivered": box.delivered if box else False,
                    "last_answer": box.last_status if box else "",
                    "at": stamp(event.created_at),
                }
            )
        return found

    def calls(self) -> list[dict[str, Any]]:
        """Return the last 200 API calls."""
        return list(self._api.log)

    def act(self, kind: str, key: str, action: str, body: dict[str, Any]) -> None:
        """Approve, decline, cancel, expire, transfer, refund, delay, forge; send, fail.

        Raises `NotKnown` or `NotAllowed`.
        """
        try:
            if kind == "payouts" and action in ENDINGS:
                self._payouts.end(self._payout(key), action)
            elif kind == "charges" and action in ACTIONS:
                code = body.get("error_code")
                self._charges.act(
                    self._transaction(key),
                    action,
                    error_code=str(code) if code else None,
                )
            elif kind == "charges" and action == "delay":
                seconds = float(body.get("seconds", 60))
                self._charges.delay(self._transaction(key), seconds)
            elif kind == "payouts" and action == "delay":
                seconds = float(body.get("seconds", 60))
                self._payouts.delay(self._payout(key), seconds)
            elif kind == "charges" and action == "forge":
                self._forge("transaction", self._transaction(key))
            elif kind == "payouts" and action == "forge":
                self._forge("payout", self._payout(key))
            else:
                raise NotKnown(f"{kind}/{action}")
        except WireError as refusal:
            raise NotAllowed(str(refusal)) from refusal

    def replay(self, event_id: str, body: dict[str, Any]) -> None:
        """Send an event again: ``copies``, ``drift`` seconds of the stamp, ``altered``."""
        event = self._office.records.events.get(event_id)
        if event is None:
            raise NotKnown(event_id)
        letter = self._office.letter(event)
        for _ in range(min(int(body.get("copies", 1)), 1000)):
            self.courier.send_again(
                letter,
                drift=int(body.get("drift", 0)),
                altered=bool(body.get("altered", False)),
            )

    def numbers(self) -> list[tuple[str, str, str]]:
        """Return the endings, what they do as payers and what as receivers."""
        rows = [
            (ending, outcome.label, receivers.receiver_of(ending).label)
            for ending, outcome in OUTCOMES.items()
        ]
        return [*rows, ("…", OTHER.label, receivers.OTHER.label)]

    def _forge(self, noun: str, row: Transaction | Payout) -> None:
        events = self._office.records.events.values()
        mine = [e for e in events if e.object_id == row.id and e.name.startswith(noun)]
        self.courier.send_forged(self._office.letter(mine[-1]))

    def _transaction(self, key: str) -> Transaction:
        records = self._office.records
        number = records.by_reference.get(key) or (int(key) if key.isdigit() else 0)
        row = records.transactions.get(number)
        if row is None:
            raise NotKnown(key)
        return row

    def _payout(self, key: str) -> Payout:
        records = self._office.records
        known = records.payouts_by_reference.get(key)
        row = records.payouts.get(known or (int(key) if key.isdigit() else 0))
        if row is None:
            raise NotKnown(key)
        return row
