"""Payouts: created, started, sent; at most 3 a number in 24 h and 1,000,000 F each.

A number ending in 001 receives after 2 s, one ending in 004 never answers, any other
fails (the sandbox's rule for collects, applied here to payouts).
"""

import secrets
import time
from typing import Any

from payments.simulators.fedapay import wire
from payments.simulators.fedapay.office import FIRST_ID, Office, taken, wrong_state
from payments.simulators.fedapay.outcomes import API_ERROR
from payments.simulators.fedapay.records import Payout
from payments.simulators.fedapay.wire import WireError

DAY = 24 * 3600.0
MOST_A_DAY = 3
LARGEST = 1_000_000
ENDINGS = {"send": "sent", "fail": "failed"}


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
        ending = number[-3:]
        due = office.agenda.due_in(2)
        plan = [{"due": due, "action": "fail", "error_code": API_ERROR}]
        if ending == "001":
            plan = [{"due": due, "action": "send"}]
        elif ending == "004":
            plan = []
        office.write("payout.started", row, {"number": number, "plan": plan})
        office.tell("payout.started", row)
        office.plan(row, self._step)

    def end(self, row: Payout, action: str, *, error_code: str | None = None) -> None:
        """Let a started payout arrive (``send``) or fail (``fail``)."""
        if row.status != "started":
            raise wrong_state()
        state = ENDINGS[action]
        sent = state == "sent"
        self._office.write(
            f"payout.{state}",
            row,
            {"error_code": error_code},
            amount=row.amount if sent else 0,
            fee=wire.payout_fee(row.amount) if sent else 0,
        )
        self._office.tell(f"payout.{state}", row)

    def resume(self) -> None:
        """Take up the plans that a restart interrupted."""
        for row in self._office.records.payouts.values():
            self._office.plan(row, self._step)

    def _step(self, row: Payout) -> None:
        step = row.plan[0]
        self.end(row, step.action, error_code=step.error_code)


def _limit(message: str) -> WireError:
    # The limits are documented, the shape of their refusal is not.
    return WireError(422, message, {"limit": [message]})
