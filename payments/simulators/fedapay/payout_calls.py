"""The calls about payouts."""

from payments.simulators.fedapay import wire
from payments.simulators.fedapay.office import Office
from payments.simulators.fedapay.payouts import Payouts
from payments.simulators.fedapay.reading import (
    Call,
    checked_number,
    listed,
    payout_fields,
    single,
)
from payments.simulators.fedapay.records import Payout
from payments.simulators.fedapay.wire import WireError
from payments.simulators.hostile import Reply


class PayoutCalls:
    """Answer each call from the records, change through `Payouts`."""

    def __init__(self, office: Office, payouts: Payouts) -> None:
        self._records = office.records
        self._payouts = payouts

    def create(self, call: Call) -> Reply:
        """``POST /v1/payouts``: a pending payout that moves nothing."""
        row = self._payouts.create(payout_fields(call.body))
        return single("payout", row.id, wire.payout(row), 201)

    def start(self, call: Call) -> Reply:
        """``PUT /v1/payouts/start`` {payouts: [{id, phone_number}]}."""
        entries = call.body.get("payouts")
        if not isinstance(entries, list) or not entries:
            raise WireError(422, "Aucun envoi", {"payouts": ["est obligatoire"]})
        started: list[Payout] = []
        for entry in entries:
            if not isinstance(entry, dict) or type(entry.get("id")) is not int:
                raise WireError(422, "Envoi invalide", {"id": ["n'est pas valide"]})
            row = self._known(entry["id"])
            self._payouts.start(row, checked_number(entry))
            started.append(row)
        rows = [wire.payout(row) for row in started]
        return Reply(200, {"v1/payouts": rows}, f"payout/{started[0].id}")

    def get(self, call: Call) -> Reply:
        """``GET /v1/payouts/{id}``."""
        row = self._known(int(call.path["id"]))
        return single("payout", row.id, wire.payout(row))

    def find(self, call: Call) -> Reply:
        """``GET /v1/payouts/merchant/{reference}``."""
        by_reference = self._records.payouts_by_reference
        row = self._known(by_reference.get(call.path["reference"], 0))
        return single("payout", row.id, wire.payout(row))

    def search(self, call: Call) -> Reply:
        """``GET /v1/payouts/search``: newest first."""
        rows = self._records.payouts.values()
        return listed(call, "payouts", rows, wire.payout, wire.words)

    def reference(self, call: Call) -> str | None:
        """Return our reference of the (first) payout a call names."""
        number = int(call.path["id"]) if "id" in call.path else 0
        entries = call.body.get("payouts")
        if isinstance(entries, list) and entries and isinstance(entries[0], dict):
            named = entries[0].get("id")
            number = named if isinstance(named, int) else 0
        row = self._records.payouts.get(number)
        return row.merchant_reference if row else None

    def _known(self, number: int) -> Payout:
        row = self._records.payouts.get(number)
        if row is None:
            raise WireError(404, "Envoi introuvable")
        return row
