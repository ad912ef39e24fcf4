"""Payouts: created, started, sent; at most 3 a number in 24 h and 1,000,000 F each.

What happens to one follows from the wallet's number; read `receivers`. That a failed one
may arrive after all is invented, as nothing documents that it cannot.
"""

import secrets
import time
from dataclasses import asdict
from typing import Any

from payments.simulators.fedapay import wire
from payments.simulators.fedapay.office import FIRST_ID, Office, taken, wrong_state
from payments.simulators.fedapay.receivers import receiver_of
from payments.simulators.fedapay.records import Payout
from payments.simulators.fedapay.wire import WireError

DAY = 24 * 3600.0
MOST_A_DAY = 3
LARGEST = 1_000_000
# action: (new state, states it may start from).
ENDINGS = {"send": ("sent", {"started", "failed"}), "fail": ("failed", {"started"})}


class Payouts:
    """What can be done with payouts."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def create(self, fields: dict[str, Any]) -> Payout:
        """Create a payout; nothing moves until it is started."""
        office = self._office
        if fields["merchant_reference"] in office.records.payouts_by_reference:
            raise taken()
        if fields["amount"] > LARGEST:
            raise _limit("Le montant dépasse 1 000 000 F")
        number = FIRST_ID + len(office.records.payouts)
        data = {"reference": f"pay_{secrets.token_urlsafe(9)}", **fields}
        office.write("payout.created", None, data, object_id=number)
        row = office.records.payouts[number]
        office.tell("payout.created", row)
        return row

    def start(self, row: Payout, number: str) -> None:
        """Send a payout; refused when it was started before or above the limits."""
        office = self._office
        if row.status != "pending":
            raise wrong_state()
        since = time.time() - DAY * office.agenda.scale
        recent = sum(
            other.number == number
            and other.status != "failed"
            and other.times.get("started_at", 0) > since
            for other in office.records.payouts.values()
        )
        if recent >= MOST_A_DAY:
            raise _limit("Plus de 3 envois vers ce numéro en 24 h")
        outcome = receiver_of(number)
        if outcome.refuse:
            raise WireError(
                422, "Numéro invalide", {"phone_number": ["n'est pas valide"]}
            )
        plan = []
        for step in outcome.steps:
            planned = asdict(step)
            planned["due"] = office.agenda.due_in(planned.pop("after"))
            plan.append(planned)
        data = {"number": number, "plan": plan, "webhooks": list(outcome.webhooks)}
        office.write("payout.started", row, data)
        office.tell("payout.started", row)
        while row.plan and row.plan[0].due <= time.time():
            self._step(row)
        office.plan(row, self._step)

    def end(
        self,
        row: Payout,
        action: str,
        *,
        error_code: str | None = None,
        planned: bool = False,
    ) -> None:
        """Let a payout arrive (``send``) or fail (``fail``), as `ENDINGS` allows."""
        state, sources = ENDINGS[action]
        if row.status not in sources:
            raise wrong_state()
        sent = state == "sent"
        self._office.write(
            f"payout.{state}",
            row,
            {"error_code": error_code, "planned": planned},
            amount=row.amount if sent else 0,
            fee=wire.payout_fee(row.amount) if sent else 0,
        )
        self._office.tell(f"payout.{state}", row)

    def delay(self, row: Payout, seconds: float) -> None:
        """Put off what is to happen to a payout."""
        self._office.write("payout.delayed", row, {"seconds": seconds})
        self._office.plan(row, self._step)

    def resume(self) -> None:
        """Take up the plans that a restart interrupted."""
        for row in self._office.records.payouts.values():
            self._office.plan(row, self._step)

    def _step(self, row: Payout) -> None:
        step = row.plan[0]
        if row.status in ENDINGS[step.action][1]:
            self.end(row, step.action, error_code=step.error_code, planned=True)
        else:
            row.plan.pop(0)


def _limit(message: str) -> WireError:
    # The limits are documented, the shape of their refusal is not.
    return WireError(422, message, {"limit": [message]})
