"""Reads across money: balances, and where the money of a charge is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.services.moderation.parties import NOBODY, Parties, people
from lokahome.core.clock import PORTO_NOVO
from lokahome.core.documents.models import SealedDocument
from lokahome.core.money import XOF, Money, format_money
from payments.models import (
    Charge,
    ChargeStatus,
    Escrow,
    EscrowStatus,
    JournalEntry,
    Payout,
    Posting,
    Refund,
    Transfer,
    TransferStatus,
)
from payments.models.chart import (
    ESCROW,
    GATEWAY_CLEARING,
    PAYEE_PAYABLE,
    account_code,
)
from payments.models.transfer_states import RESERVING

UNDER_WAY = (*RESERVING, TransferStatus.APPROVED)


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


def has_money(person_id: UUID) -> bool:
    """Say whether money of *person_id* is here or on its way: a stake in their account."""
    whose = Q(payer_id=person_id) | Q(payee_id=person_id)
    return (
        payable_of(person_id).amount != 0
        or Escrow.objects.filter(whose, status=EscrowStatus.HELD).exists()
        or Charge.objects.open().filter(whose).exists()
        or Transfer.objects.filter(
            party_id=person_id, status__in=(TransferStatus.PROPOSED, *UNDER_WAY)
        ).exists()
    )


def has_paid(person_id: UUID) -> bool:
    """Say whether *person_id* paid or was paid here: receipts to read."""
    whose = Q(payer_id=person_id) | Q(payee_id=person_id)
    return Charge.objects.filter(whose).exists()


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


def escrows_to_pay_out() -> QuerySet[Escrow]:
    """Return the escrows whose payee is owed more than live payouts are about."""
    live = Payout.objects.live().filter(escrow=OuterRef("pk"))
    sums = live.order_by().values("escrow").annotate(sum=Sum("amount"))
    asked = Coalesce(Subquery(sums.values("sum")), 0)
    return Escrow.objects.filter(to_payee__gt=asked)


def with_refunded(charges: QuerySet[Charge]) -> QuerySet[Charge]:
    """Return *charges* with `refunded`: the francs of each that arrived back."""
    arrived = Refund.objects.filter(
        charge=OuterRef("pk"), status=TransferStatus.SUCCEEDED
    )
    sums = arrived.order_by().values("charge").annotate(sum=Sum("amount"))
    return charges.annotate(refunded=Coalesce(Subquery(sums.values("sum")), 0))


def refunded_of(charge: Charge) -> Money:
    """Return what of *charge* arrived back; asks only if `with_refunded` did not."""
    if not hasattr(charge, "refunded"):
        charge = with_refunded(Charge.objects.filter(pk=charge.pk)).get()
    known: int = getattr(charge, "refunded", 0)
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
        held = {
            "": _("%(amount)s encaissés par %(gateway)s le %(day)s, en séquestre."),
            Charge.EscrowPart.SPLIT: _(
                "%(amount)s encaissés par %(gateway)s le %(day)s, sortis du séquestre."
            ),
            Charge.EscrowPart.RETURNED: _(
                "%(amount)s encaissés par %(gateway)s le %(day)s, à rendre au payeur."
            ),
        }
        owed = _(
            "%(amount)s encaissés par %(gateway)s le %(day)s, dus au bénéficiaire."
        )
        return {
            ChargeStatus.REVERSED: _("%(amount)s repris par l’opérateur."),
            ChargeStatus.LOST: _("%(amount)s rendus au payeur après contestation."),
        }.get(
            ChargeStatus(charge.status),
            held[charge.escrow_part] if charge.escrow_id else owed,
        ) % {
            "amount": amount,
            "gateway": gateway,
            "day": _day(charge.captured_at),
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


def where_is_the_transfer(transfer: Transfer) -> str:
    """Return one sentence that says where the money of *transfer* is."""
    states = TransferStatus
    reserved = _("%(amount)s réservés, pas encore confiés à %(gateway)s.")
    return {
        states.PROPOSED: _(
            "%(amount)s n’ont pas bougé : une deuxième personne doit décider."
        ),
        states.REFUSED: _("%(amount)s n’ont pas bougé : le transfert est refusé."),
        states.APPROVED: reserved,
        states.RESERVED: reserved,
        states.SENDING: _("%(amount)s réservés ; %(gateway)s n’a pas encore confirmé."),
        states.SUCCEEDED: _("%(amount)s arrivés le %(day)s par %(gateway)s."),
        states.FAILED: _("%(amount)s ne sont pas partis et restent dus."),
        states.IN_REVIEW: _(
            "%(amount)s réservés tant que l’annonce de %(gateway)s est à vérifier."
        ),
    }[TransferStatus(transfer.status)] % {
        "amount": format_money(transfer.money),
        "gateway": transfer.gateway.capitalize(),
        "day": _day(transfer.sent_at) if transfer.sent_at else "",
    }


def where_is_the_escrow(escrow: Escrow) -> str:
    """Return one sentence that says where all the money of *escrow* is."""
    rows = Transfer.objects.filter(escrow=escrow).values_list("kind", "status")
    sums = {(kind, state): n for kind, state, n in rows.annotate(sum=Sum("amount"))}

    def of(kind: str, *states: str) -> int:
        return sum(sums.get((kind, state), 0) for state in states)

    payout, refund = Transfer.Kind.PAYOUT.value, Transfer.Kind.REFUND.value
    on_the_way = of(payout, *UNDER_WAY) + of(refund, *UNDER_WAY)
    asked_back = of(refund, TransferStatus.PROPOSED)
    waiting = of(payout, TransferStatus.PROPOSED) + asked_back
    is_split = escrow.status == EscrowStatus.SETTLED
    parts = (
        (
            (
                _("%s à rendre au payeur, à proposer")
                if is_split
                else _("%s en séquestre")
            ),
            # A refund that waits for its checker is still in the escrow's account.
            held_in(escrow.pk).amount - asked_back,
        ),
        (_("%s dus au bénéficiaire, à proposer"), payout_due(escrow.pk).amount),
        (_("%s proposés, à approuver"), waiting),
        (_("%s en cours d’envoi"), on_the_way),
        (_("%s versés au bénéficiaire"), of(payout, TransferStatus.SUCCEEDED)),
        (_("%s rendus au payeur"), of(refund, TransferStatus.SUCCEEDED)),
    )
    told = [
        text % format_money(Money(amount, escrow.currency))
        for text, amount in parts
        if amount
    ]
    return _("%s.") % ", ".join(told) if told else _("Rien n’a encore été encaissé.")


def _day(moment: datetime) -> str:
    return date_format(moment.astimezone(PORTO_NOVO), "DATETIME_FORMAT")


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


def charge_parties(charge_id: UUID) -> Parties:
    """Return payer and payee: they judge no case about the charge."""
    row = Charge.objects.filter(pk=charge_id).first()
    return Parties(others=people(row.payer_id, row.payee_id)) if row else NOBODY


def transfer_parties(transfer_id: UUID) -> Parties:
    """Return who receives it, and who proposed and approved it."""
    row = Transfer.objects.filter(pk=transfer_id).first()
    if row is None:
        return NOBODY
    return Parties(others=people(row.party_id, row.proposed_by_id, row.approved_by_id))
