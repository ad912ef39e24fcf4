"""The tables of money."""

from payments.models.call import GatewayCall
from payments.models.charge import Charge
from payments.models.charge_states import CHARGE_STATES, ChargeStatus
from payments.models.ledger import JournalEntry, LedgerAccount, Posting
from payments.models.notice import GatewayNotice
from payments.models.receipt import Receipt
from payments.models.reconciliation import ReconciliationRun

__all__ = [
    "CHARGE_STATES",
    "Charge",
    "ChargeStatus",
    "GatewayCall",
    "GatewayNotice",
    "JournalEntry",
    "LedgerAccount",
    "Posting",
    "Receipt",
    "ReconciliationRun",
]
