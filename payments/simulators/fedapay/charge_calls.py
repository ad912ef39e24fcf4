"""The calls about transactions."""

from typing import Any

from payments.simulators.fedapay import wire
from payments.simulators.fedapay.charges import Charges
from payments.simulators.fedapay.office import Office
from payments.simulators.fedapay.reading import (
    Call,
    charge_fields,
    checked_number,
    listed,
    single,
)
from payments.simulators.fedapay.records import Transaction
from payments.simulators.fedapay.wire import WireError
from payments.simulators.hostile import Reply


class ChargeCalls:
    """Answer each call from the records, change through `Charges`."""

    def __init__(self, office: Office, charges: Charges) -> None:
        self._records = office.records
        self._charges = charges

    def create(self, call: Call) -> Reply:
        """``POST /v1/transactions`` (201 in the docs, 200 also seen)."""
        row = self._charges.create(charge_fields(call.body))
        return single("transaction", row.id, wire.transaction(row), 201)

    def get(self, call: Call) -> Reply:
        """``GET /v1/transactions/{id}``."""
        row = self._known(int(call.path["id"]))
        return single("transaction", row.id, wire.transaction(row))

    def find(self, call: Call) -> Reply:
        """``GET /v1/transactions/merchant/{reference}``: path from one guide only."""
        row = self._known(self._records.by_reference.get(call.path["reference"], 0))
        return single("transaction", row.id, wire.transaction(row))

    def search(self, call: Call) -> Reply:
        """``GET /v1/transactions/search``: newest first."""
        rows = self._records.transactions.values()
        return listed(call, "transactions", rows, wire.transaction, wire.words)

    def token(self, call: Call) -> Reply:
        """``POST /v1/transactions/{id}/token``: {token, url of the payment page}."""
        row = self._known(int(call.path["id"]))
        token = self._charges.token(row)
        pair = {"token": token, "url": f"{call.origin}/pay/{token}"}
        return Reply(200, pair, f"transaction/{row.id}")

    def push(self, call: Call) -> Reply:
        """``POST /v1/{mode}`` or ``POST /v1/transactions/{mode}``: prompt the payer."""
        mode = call.path["mode"]
        if mode not in wire.COLLECT_MODES:
            raise WireError(400, "Opération non autorisée")
        row = self._by_token(call.body.get("token"))
        if row is None:
            raise WireError(422, "Jeton invalide", {"token": ["n'est pas valide"]})
        self._charges.push(row, mode, checked_number(call.body))
        reply = single("payment_intent", row.id, wire.intent(row))
        return Reply(reply.status, reply.payload, f"transaction/{row.id}")

    def fees(self, call: Call) -> Reply:
        """``GET /v1/transactions/fees?token=&mode=`` (Node SDK; fields partly ours)."""
        row = self._by_token(call.query.get("token"))
        if row is None:
            raise WireError(404, "Jeton introuvable")
        fee = wire.collect_fee(row.amount)
        payload = {
            "amount_debited": row.amount,
            "amount_transferred": row.amount - fee,
            "apply_fees_to_merchant": True,
            "commission": "0.018",
            "fees": fee,
        }
        return Reply(200, payload)

    def reference(self, call: Call) -> str | None:
        """Return our reference of the transaction a call names."""
        if "id" in call.path:
            row = self._records.transactions.get(int(call.path["id"]))
        else:
            row = self._by_token(call.body.get("token"))
        return row.merchant_reference if row else None

    def _by_token(self, token: Any) -> Transaction | None:
        found = self._records.by_token.get(token) if isinstance(token, str) else None
        return self._records.transactions.get(found) if found else None

    def _known(self, number: int) -> Transaction:
        row = self._records.transactions.get(number)
        if row is None:
            raise WireError(404, "Transaction introuvable")
        return row
