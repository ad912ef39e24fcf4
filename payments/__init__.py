"""Money: gateways, charges, ledger, refunds, payouts, reconciliation."""
