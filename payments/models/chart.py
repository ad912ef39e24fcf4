"""The chart of accounts, as code: what each account holds, with its SYSCOHADA number.

Numbers follow the SYSCOHADA révisé (2018) chart; the accountant of the platform has the
last word on them before go-live. Debit is positive and credit negative everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChartAccount:
    """One line of the chart. ``per_gateway`` codes end in ``:<gateway>``."""

    code: str
    syscohada: str
    label: str
    of_party: bool = False
    per_gateway: bool = False


GATEWAY_CLEARING = "gateway_clearing"
PAYEE_PAYABLE = "payee_payable"
ESCROW = "escrow"
TRANSFER_RESERVED = "transfers_reserved"
GATEWAY_FEES = "gateway_fees"
PLATFORM_COMMISSION = "platform_commission"
SUSPENSE = "suspense"

CHART = {
    item.code: item
    for item in (
        # 552: electronic money on mobile phones; what a gateway holds for us.
        ChartAccount(
            GATEWAY_CLEARING, "552", "Avoirs chez la passerelle", per_gateway=True
        ),
        # 4731 Mandants: money collected in the name of somebody else, owed to them.
        ChartAccount(PAYEE_PAYABLE, "4731", "Dû aux bénéficiaires", of_party=True),
        # 4733 Commettants: entrusted by a payer for one purpose, nobody else's until the
        # work is judged; the party is the escrow, not a person.
        ChartAccount(ESCROW, "4733", "Fonds en séquestre", of_party=True),
        # 585 Virements de fonds: ordered and not yet carried out by the gateway; back to
        # zero for each receiver once every order has ended.
        ChartAccount(
            TRANSFER_RESERVED, "585", "Transferts en cours d’exécution", of_party=True
        ),
        # 6317: fees on instruments of electronic money.
        ChartAccount(GATEWAY_FEES, "6317", "Frais de la passerelle", per_gateway=True),
        # 706: services sold. Zero for now: no commission is taken.
        ChartAccount(PLATFORM_COMMISSION, "706", "Commission de la plateforme"),
        # 4712: sundry creditors; money received whose owner is not yet certain.
        ChartAccount(SUSPENSE, "4712", "Encaissements à affecter", per_gateway=True),
    )
}


def account_code(code: str, *, gateway: str = "") -> str:
    """Return the account code of *code*, with its gateway where the chart has one.

    Raises KeyError for a code outside the chart, ValueError for a missing gateway.
    """
    item = CHART[code]
    if item.per_gateway != bool(gateway):
        raise ValueError(
            f"{code}: the gateway is {'missing' if not gateway else 'extra'}"
        )
    return f"{code}:{gateway}" if gateway else code


def chart_of(account: str) -> ChartAccount:
    """Return the line of the chart that the account code *account* belongs to."""
    return CHART[account.partition(":")[0]]
