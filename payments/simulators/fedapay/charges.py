"""Collects: created, pushed to a phone or paid on the page, approved or not."""

import secrets
import time
from dataclasses import asdict
from typing import Any

from payments.simulators.fedapay import wire
from payments.simulators.fedapay.office import FIRST_ID, Office, taken, wrong_state
from payments.simulators.fedapay.outcomes import Outcome, outcome_for
from payments.simulators.fedapay.records import Transaction
from payments.simulators.fedapay.wire import WireError

EXPIRES_AFTER = 24 * 3600.0

# action: (new state, states it may start from). A declined, canceled or expired
# transaction can still be approved (integrators; late confirmations are real).
ACTIONS = {
    "approve": ("approved", {"pending", "declined", "canceled", "expired"}),
    "decline": ("declined", {"pending"}),
    "cancel": ("canceled", {"pending"}),
    "expire": ("expired", {"pending", "declined", "canceled"}),
    "transfer": ("transferred", {"approved"}),
    "refund": ("refunded", {"approved", "transferred"}),
}
PAYABLE = ("pending", "declined", "canceled")


class Charges:
    """What can be done with transactions."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def create(self, fields: dict[str, Any]) -> Transaction:
        """Create a transaction; `fields` were checked by the route."""
        office = self._office
        if fields["merchant_reference"] in office.records.by_reference:
            raise taken()
        number = FIRST_ID + len(office.records.transactions)
        data = {
            "reference": f"trx_{secrets.token_urlsafe(9)}",
            "expires_at": office.agenda.due_in(EXPIRES_AFTER),
            **fields,
        }
        office.write("transaction.created", None, data, object_id=number)
        row = office.records.transactions[number]
        office.tell("transaction.created", row)
        self._plan_expiry(row)
        return row

    def token(self, row: Transaction) -> str:
        """Give out a payment token; an older one stays good."""
        if row.status not in PAYABLE:
            raise wrong_state()
        token = secrets.token_urlsafe(24)
        self._office.write("transaction.token", row, {"token": token})
        return token

    def push(self, row: Transaction, mode: str, number: str) -> Outcome:
        """Prompt the payer; what the payer does follows from the number."""
        if row.status not in PAYABLE:
            raise wrong_state()
        outcome = outcome_for(number)
        if outcome.refuse:
            raise WireError(
                422, "Numéro invalide", {"phone_number": ["n'est pas valide"]}
            )
        plan = []
        for step in outcome.steps:
            planned = asdict(step)
            planned["due"] = self._office.agenda.due_in(planned.pop("after"))
            plan.append(planned)
        data = {
            "mode": mode,
            "number": number,
            "plan": plan,
            "webhooks": list(outcome.webhooks),
            "amount_shift": outcome.amount_shift,
        }
        self._office.write("transaction.pushed", row, data)
        while row.plan and row.plan[0].due <= time.time():
            self._step(row)
        self._office.plan(row, self._step)
        return outcome

    def act(
        self,
        row: Transaction,
        action: str,
        *,
        error_code: str | None = None,
        planned: bool = False,
    ) -> None:
        """Change the state by an action of `ACTIONS`, tell it, keep it in the book."""
        state, sources = ACTIONS[action]
        if row.status not in sources:
            raise wrong_state()
        amount = fee = 0
        if action == "approve":
            amount = max(1, row.amount + row.amount_shift)
            fee = wire.collect_fee(amount)
        elif action == "refund":
            amount = row.amount
        data = {"error_code": error_code, "planned": planned}
        self._office.write(f"transaction.{state}", row, data, amount=amount, fee=fee)
        self._office.tell(f"transaction.{state}", row)

    def delay(self, row: Transaction, seconds: float) -> None:
        """Put off what the payer will do."""
        self._office.write("transaction.delayed", row, {"seconds": seconds})
        self._office.plan(row, self._step)

    def resume(self) -> None:
        """Take up the plans that a restart interrupted."""
        for row in self._office.records.transactions.values():
            self._office.plan(row, self._step)
            self._plan_expiry(row)

    def _step(self, row: Transaction) -> None:
        step = row.plan[0]
        if step.action == "note":
            data = {"error_code": step.error_code}
            self._office.write("transaction.noted", row, data)
        elif row.status in ACTIONS[step.action][1]:
            self.act(row, step.action, error_code=step.error_code, planned=True)
        else:
            row.plan.pop(0)

    def _plan_expiry(self, row: Transaction) -> None:
        def expire() -> None:
            if row.status == "pending":
                self.act(row, "expire")

        if row.status == "pending":
            self._office.agenda.at(row.expires_at, expire)
