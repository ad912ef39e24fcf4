"""The calls about events, balances and currencies."""

from typing import Any

from payments.simulators.fedapay import wire
from payments.simulators.fedapay.office import Office
from payments.simulators.fedapay.reading import Call, listed
from payments.simulators.fedapay.records import Event
from payments.simulators.hostile import Reply


class OtherCalls:
    """Read-only calls."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def events(self, call: Call) -> Reply:
        """``GET /v1/events``."""
        return listed(call, "events", self._office.records.events.values(), _event)

    def balances(self, call: Call) -> Reply:
        """``GET /v1/balances``: one balance, what the book says is owed to us."""
        net = self._office.book.totals()["net"]
        row = {"klass": "v1/balance", "id": 1, "amount": net, "mode": "momo_test"}
        return listed(call, "balances", [row], dict)

    def currencies(self, call: Call) -> Reply:
        """``GET /v1/currencies``."""
        return listed(call, "currencies", [wire.CURRENCY], dict)


def _event(event: Event) -> dict[str, Any]:
    return {
        "klass": "v1/event",
        "id": event.id,
        "type": event.name,
        "object": event.name.partition(".")[0],
        "object_id": event.object_id,
        "entity": event.entity,
    }
