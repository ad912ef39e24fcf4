"""What the ledger says that each gateway holds: to lay beside the gateway's own book."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Sum

from payments.models import JournalEntry, LedgerAccount, Posting
from payments.models.chart import (
    GATEWAY_CLEARING,
    GATEWAY_FEES,
    SUSPENSE,
    account_code,
)
from payments.queries import account_balance

_KINDS = JournalEntry.Kind
TAKEN = (_KINDS.CAPTURE, _KINDS.SUSPENSE, _KINDS.SUSPENSE_RELEASE)
SENT = (_KINDS.TRANSFER_SENT, _KINDS.TRANSFER_FEE, _KINDS.TRANSFER_SUSPENSE)


class Command(BaseCommand):
    """Print what each gateway holds, took, sent and kept, in francs."""

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
    """Return the francs of *gateway*, under the names that its own book uses.

    ``net``: what it holds for us; ``fees`` and ``payout_fees``: what it kept of charges
    and for payouts; ``suspense``: taken and nobody's yet, less what was sent and is
    unexplained; ``collected`` and ``paid_out``: all that it took and all that it sent.
    """
    clearing = account_code(GATEWAY_CLEARING, gateway=gateway)
    fees = account_code(GATEWAY_FEES, gateway=gateway)
    suspense = account_code(SUSPENSE, gateway=gateway)
    moved_in, moved_out = _moved(gateway, TAKEN), _moved(gateway, SENT)
    payout_fees = moved_out.get(fees, 0)
    return {
        "net": account_balance(clearing).amount,
        "fees": account_balance(fees).amount - payout_fees,
        # Debit is positive: what is owed to nobody yet stands on the credit side.
        "suspense": -account_balance(suspense).amount,
        "collected": moved_in.get(clearing, 0) + moved_in.get(fees, 0),
        "paid_out": -moved_out.get(clearing, 0) - payout_fees,
        "payout_fees": payout_fees,
    }


def _moved(gateway: str, kinds: tuple[JournalEntry.Kind, ...]) -> dict[str, int]:
    """Return what entries of *kinds* moved on each account, in francs."""
    rows = Posting.objects.filter(
        entry__gateway=gateway, entry__kind__in=kinds, account__currency="XOF"
    )
    return dict(rows.values_list("account__code").annotate(sum=Sum("amount")))
