"""Money as staff see it: payments, ledger, reconciliations, webhooks."""

from payments.admin import charges as charges
from payments.admin import ledger as ledger
from payments.admin import notices as notices
from payments.admin import reconciliation as reconciliation
