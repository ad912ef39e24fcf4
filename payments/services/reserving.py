"""Setting money apart for a transfer, and giving it back: the ledger's side.

Lock order of everything about money held and sent: charge, escrow, transfer, then the
advisory key of a person's payable.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.queries.people import has_open_account, payout_cooling_until, phone_of
from lokahome.core.clock import PORTO_NOVO, utc_text
from lokahome.core.db.locks import advisory_lock, locked
from lokahome.core.errors import NotFound, StateConflict
from lokahome.core.events.outbox import append
from lokahome.core.failpoints import declare, failpoint
from lokahome.core.money import Money
from payments.events import TransferReserved
from payments.models import (
    TRANSFER_STATES,
    Charge,
    Escrow,
    JournalEntry,
    Transfer,
)
from payments.models.chart import ESCROW, PAYEE_PAYABLE, SUSPENSE, TRANSFER_RESERVED
from payments.models.ledger import INTERNAL
from payments.models.transfer import TransferQuerySet
from payments.policies import SEND_WINDOW
from payments.queries import account_balance
from payments.services.checking import UNSENT_WAIT
from payments.services.ledger import Leg, leg, post_entry

declare("transfer.after_reserve")


class NotCovered(StateConflict):
    """The money of a transfer is not there (any more): nothing is sent on credit."""

    code = "transfer.not_covered"

    def default_detail(self) -> str:
        return _("La somme n’est plus disponible pour ce destinataire.")


class PayoutCooling(StateConflict):
    """The payee's number is new, or new again: money waits until *until*."""

    code = "payout.cooling"
    title = gettext_lazy("Le numéro du bénéficiaire est trop récent")

    def default_detail(self) -> str:
        return _("Un numéro reçoit de l’argent 48 heures après son ajout.")


def locked_transfer(transfer_id: UUID) -> tuple[Transfer, Escrow]:
    """Return a transfer and its escrow, both locked, the escrow first; NotFound."""
    found = Transfer.objects.filter(pk=transfer_id).values_list("escrow_id").first()
    if found is None:
        raise NotFound
    escrow = locked(Escrow.objects.all(), found[0])
    return locked(Transfer.objects.all(), transfer_id), escrow


def source_of(transfer: Transfer) -> tuple[str, UUID]:
    """Return the account, and its party, that a transfer takes its money from."""
    if transfer.kind == Transfer.Kind.REFUND:
        return ESCROW, transfer.escrow_id
    return PAYEE_PAYABLE, transfer.party_id


def goes_to_its_payee(transfer: Transfer) -> bool:
    """True unless a payout is for a number that is not its payee's (any more).

    Lines are recycled, numbers are stolen, SIMs reported lost, and a closed account is
    paid nothing. A refund goes to the wallet that paid.
    Neither goes to a number that was put into the row later.
    """
    if not transfer.has_its_number:
        return False
    if transfer.kind == Transfer.Kind.REFUND:
        return True
    is_open = has_open_account(transfer.party_id)
    return is_open and phone_of(transfer.party_id) == transfer.phone


def owed_back(escrow: Escrow) -> Money:
    """Return what an escrow owes its payer, sent already or not."""
    returned = escrow.charges.filter(escrow_part=Charge.EscrowPart.RETURNED)
    late = returned.aggregate(sum=Sum("captured_amount", default=0))["sum"]
    return Money((escrow.to_payer or 0) + late, escrow.currency)


def is_covered(transfer: Transfer, escrow: Escrow) -> bool:
    """True when *transfer* fits into what its escrow owes and the ledger still holds.

    Expects both rows locked; takes the advisory lock of the account, so that two
    escrows of one payee do not spend the same franc.
    """
    code, party_id = source_of(transfer)
    advisory_lock("balance", code, str(party_id), transfer.currency)
    balance = -account_balance(code, party_id=party_id, currency=transfer.currency)
    # What is merely proposed has taken nothing: who comes first is covered.
    others = Transfer.objects.taking().exclude(pk=transfer.pk)
    same = _sum(others.filter(escrow=escrow, kind=transfer.kind))
    entitled = [(escrow.to_payee or 0) - same]
    if transfer.charge_id is not None:
        charge = Charge.objects.get(pk=transfer.charge_id)
        entitled = [
            owed_back(escrow).amount - same,
            (charge.captured_amount or 0) - _sum(others.filter(charge=charge)),
        ]
    return transfer.amount <= min(balance.amount, *entitled)


def reserve(transfer: Transfer, escrow: Escrow, *, now: datetime) -> None:
    """Set the money of an approved transfer apart; the gateway is called next.

    Expects both rows locked. Raises PayoutCooling, NotCovered with nothing done. Posts
    ``transfer_reserve`` and publishes TransferReserved.
    """
    _check_cooling(transfer, now)
    if not is_covered(transfer, escrow):
        raise NotCovered
    post_entry(
        kind=JournalEntry.Kind.TRANSFER_RESERVE,
        legs=(_source_leg(transfer, transfer.amount), _set_apart(transfer, -1)),
        gateway=INTERNAL,
        gateway_reference=f"transfer:{transfer.pk}",
        transfer_id=transfer.pk,
        occurred_at=now,
    )
    transfer.start_until = now + SEND_WINDOW
    transfer.next_check_at = now + UNSENT_WAIT
    TRANSFER_STATES.apply(
        transfer,
        "reserve",
        who="system",
        actor_id=None,
        now=now,
        update_fields=("start_until", "next_check_at"),
    )
    append(TransferReserved(transfer_id=transfer.pk, gateway=transfer.gateway))
    failpoint("transfer.after_reserve")


def _check_cooling(transfer: Transfer, now: datetime) -> None:
    """A refund goes back to the wallet that paid, however new it is."""
    if transfer.kind != Transfer.Kind.PAYOUT:
        return
    until = payout_cooling_until(transfer.party_id, transfer.phone)
    if until is not None and now < until:
        moment = date_format(until.astimezone(PORTO_NOVO), "DATETIME_FORMAT")
        raise PayoutCooling(
            _(
                "Le numéro du bénéficiaire est récent : versement possible le %(moment)s."
            )
            % {"moment": moment},
            members={"until": utc_text(until)},
        )


def release(transfer: Transfer, *, now: datetime) -> None:
    """Give the money of a transfer that did not arrive back to where it came from."""
    post_entry(
        kind=JournalEntry.Kind.TRANSFER_RELEASE,
        legs=(_set_apart(transfer, 1), _source_leg(transfer, -transfer.amount)),
        gateway=INTERNAL,
        gateway_reference=f"transfer:{transfer.pk}",
        transfer_id=transfer.pk,
        occurred_at=now,
    )


def debited(transfer: Transfer, escrow: Escrow) -> Leg:
    """Return the debit of a transfer that the gateway carried out.

    The reservation pays. A transfer that was told as failed has none left: then what it
    was owed from pays, or, where that went out a second time since, suspense.
    """
    if transfer.status != Transfer.Status.FAILED:
        return _set_apart(transfer, 1)
    if is_covered(transfer, escrow):
        return _source_leg(transfer, transfer.amount)
    return leg(SUSPENSE, transfer.amount, transfer.currency, gateway=transfer.gateway)


def _source_leg(transfer: Transfer, amount: int) -> Leg:
    code, party_id = source_of(transfer)
    return leg(code, amount, transfer.currency, party_id=party_id)


def _set_apart(transfer: Transfer, sign: int) -> Leg:
    amount = sign * transfer.amount
    party_id = transfer.party_id
    return leg(TRANSFER_RESERVED, amount, transfer.currency, party_id=party_id)


def _sum(rows: TransferQuerySet) -> int:
    return int(rows.aggregate(sum=Sum("amount", default=0))["sum"])
