"""The tables of money."""

from payments.models.call import GatewayCall
from payments.models.charge import Charge
from payments.models.charge_states import CHARGE_STATES, ChargeStatus
from payments.models.escrow import ESCROW_STATES, Escrow, EscrowStatus
from payments.models.ledger import JournalEntry, LedgerAccount, Posting
from payments.models.notice import GatewayNotice
from payments.models.receipt import Receipt
from payments.models.reconciliation import ReconciliationRun
from payments.models.transfer import Payout, Refund, Transfer
from payments.models.transfer_states import TRANSFER_STATES, TransferStatus

__all__ = [
    "CHARGE_STATES",
    "ESCROW_STATES",
    "TRANSFER_STATES",
    "Charge",
    "ChargeStatus",
    "Escrow",
    "EscrowStatus",
    "GatewayCall",
    "GatewayNotice",
    "JournalEntry",
    "LedgerAccount",
    "Payout",
    "Posting",
    "Receipt",
    "ReconciliationRun",
    "Refund",
    "Transfer",
    "TransferStatus",
]
