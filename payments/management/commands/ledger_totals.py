"""What the ledger says that each gateway holds: to lay beside the gateway's own book."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from payments.models import LedgerAccount
from payments.models.chart import (
    GATEWAY_CLEARING,
    GATEWAY_FEES,
    SUSPENSE,
    account_code,
)
from payments.queries import account_balance


class Command(BaseCommand):
    """Print net, fees and suspense of each gateway, in francs."""

    help = "Donne les soldes du grand livre par passerelle."

    def add_arguments(self, parser: CommandParser) -> None:
        """Ask for JSON."""
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line a gateway, or one JSON object."""
        prefix = f"{GATEWAY_CLEARING}:"
        codes = LedgerAccount.objects.filter(code__startswith=prefix)
        gateways = {
            code.removeprefix(prefix) for code in codes.values_list("code", flat=True)
        }
        totals = {name: totals_of(name) for name in sorted(gateways)}
        if options["json"]:
            self.stdout.write(json.dumps(totals))
            return
        for name, amounts in totals.items():
            words = ", ".join(f"{key} {value} F" for key, value in amounts.items())
            self.stdout.write(f"{name}: {words}")


def totals_of(gateway: str) -> dict[str, int]:
    """Return what *gateway* holds for us, the fees it kept, and what awaits an owner."""
    balances = {
        name: account_balance(account_code(code, gateway=gateway)).amount
        for name, code in (
            ("net", GATEWAY_CLEARING),
            ("fees", GATEWAY_FEES),
            ("suspense", SUSPENSE),
        )
    }
    # Debit is positive: what is owed to nobody yet stands on the credit side.
    return {**balances, "suspense": -balances["suspense"]}
