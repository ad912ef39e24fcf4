"""Reads across money: balances, and where the money of a charge is."""

from __future__ import annotations

from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from lokahome.core.clock import PORTO_NOVO
from lokahome.core.documents.models import SealedDocument
from lokahome.core.money import XOF, Money, format_money
from payments.models import (
    Charge,
    ChargeStatus,
    Escrow,
    JournalEntry,
    Payout,
    Posting,
    Refund,
    TransferStatus,
)
from payments.models.chart import (
    ESCROW,
    GATEWAY_CLEARING,
    PAYEE_PAYABLE,
    account_code,
)


def account_balance(
    code: str, *, party_id: UUID | None = None, currency: str = XOF
) -> Money:
    """Return the balance of an account, derived from its postings (debit positive)."""
    rows = Posting.objects.filter(
        account__code=code, account__party_id=party_id, account__currency=currency
    )
    return Money(rows.aggregate(sum=Sum("amount", default=0))["sum"], currency)


def payable_of(person_id: UUID) -> Money:
    """Return what *person_id* is owed and no transfer has set apart yet."""
    return -account_balance(account_code(PAYEE_PAYABLE), party_id=person_id)


def held_in(escrow_id: UUID) -> Money:
    """Return what an escrow holds now, what is on its way back to the payer not counted.

    Zero for an escrow that does not exist.
    """
    return -account_balance(account_code(ESCROW), party_id=escrow_id)


def payout_due(escrow_id: UUID) -> Money:
    """Return what the escrow released to its payee and no live payout is about."""
    escrow = Escrow.objects.filter(pk=escrow_id).first()
    if escrow is None or escrow.to_payee is None:
        return Money(0)
    live = Payout.objects.live().filter(escrow=escrow)
    asked = live.aggregate(sum=Sum("amount", default=0))["sum"]
    return Money(max(0, escrow.to_payee - asked), escrow.currency)


def with_refunded(charges: QuerySet[Charge]) -> QuerySet[Charge]:
    """Return *charges* with `refunded`: the francs of each that arrived back."""
    arrived = Refund.objects.filter(
        charge=OuterRef("pk"), status=TransferStatus.SUCCEEDED
    )
    sums = arrived.order_by().values("charge").annotate(sum=Sum("amount"))
    return charges.annotate(refunded=Coalesce(Subquery(sums.values("sum")), 0))


def refunded_of(charge: Charge) -> Money:
    """Return what of *charge* arrived back; asks only if `with_refunded` did not."""
    known: int | None = getattr(charge, "refunded", None)
    if known is None:
        known = with_refunded(Charge.objects.filter(pk=charge.pk)).values_list(
            "refunded", flat=True
        )[0]
    return Money(known, charge.currency)


def held_by_gateway(gateway: str) -> Money:
    """Return what *gateway* holds for us, its fees taken off."""
    return account_balance(account_code(GATEWAY_CLEARING, gateway=gateway))


def receipt_document(document_id: UUID) -> SealedDocument:
    """Return the paper of a receipt."""
    return SealedDocument.objects.get(pk=document_id)


def where_is_the_money(charge: Charge) -> str:
    """Return one sentence, in the reader's language, that says where the money is."""
    amount = format_money(charge.money)
    gateway = charge.gateway.capitalize()
    if charge.is_captured and charge.captured_at is not None:
        moment = charge.captured_at.astimezone(PORTO_NOVO)
        return {
            ChargeStatus.REVERSED: _("%(amount)s repris par l’opérateur."),
            ChargeStatus.LOST: _("%(amount)s rendus au payeur après contestation."),
        }.get(
            ChargeStatus(charge.status),
            _("%(amount)s encaissés par %(gateway)s le %(day)s, dus au bénéficiaire."),
        ) % {
            "amount": amount,
            "gateway": gateway,
            "day": date_format(moment, "DATETIME_FORMAT"),
        }
    kept = suspense_of(charge)
    if kept is not None:
        return _("%(amount)s encaissés par %(gateway)s, en attente d’affectation.") % {
            "amount": format_money(kept) if kept.currency == XOF else str(kept),
            "gateway": gateway,
        }
    if charge.status in (ChargeStatus.FAILED, ChargeStatus.EXPIRED):
        return _("%(amount)s n’ont pas quitté le compte du payeur.") % {
            "amount": amount
        }
    if charge.may_have_been_sent:
        return _(
            "%(amount)s demandés au payeur ; %(gateway)s n’a pas encore confirmé."
        ) % {"amount": amount, "gateway": gateway}
    return _("%(amount)s : la demande n’est pas encore partie.") % {"amount": amount}


def suspense_of(charge: Charge) -> Money | None:
    """Return what the gateway took under the charge's number and nobody owns yet."""
    if not charge.gateway_id:
        return None
    entries = JournalEntry.objects.filter(
        gateway=charge.gateway, gateway_reference=charge.gateway_id
    )
    kinds = dict(entries.values_list("kind", "pk"))
    entry = kinds.get(JournalEntry.Kind.SUSPENSE)
    if entry is None or JournalEntry.Kind.SUSPENSE_RELEASE in kinds:
        return None
    # The one credit of the entry; the debits are what the gateway holds and kept.
    posting = Posting.objects.select_related("account").get(entry=entry, amount__lt=0)
    return Money(-posting.amount, posting.account.currency)
