"""Money as staff see it: in and out, held, ledger, reconciliations, webhooks."""

from payments.admin import charges as charges
from payments.admin import escrows as escrows
from payments.admin import ledger as ledger
from payments.admin import notices as notices
from payments.admin import reconciliation as reconciliation
from payments.admin import transfers as transfers
