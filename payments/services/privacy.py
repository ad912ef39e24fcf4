"""What this app holds of people, table by table. None of it is emptied but rumours."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.privacy.holdings import EVERYTHING, Holding, PersonalData, register
from lokahome.core.privacy.obstacles import register_obstacle
from payments.models import Charge, ChargeStatus, Escrow, EscrowStatus, Transfer
from payments.models.transfer_states import RESERVING, TransferStatus
from payments.queries import payable_of

BOOKS = (
    "Accounting records (OHADA, art. 67: chronological, never altered): ids and"
    " amounts, the wallet's number encrypted. Ten years."
)
UNSETTLED_CHARGES = (
    ChargeStatus.CREATED,
    ChargeStatus.PENDING,
    ChargeStatus.REQUIRES_ACTION,
    ChargeStatus.IN_REVIEW,
    ChargeStatus.DISPUTED,
)
UNSETTLED_TRANSFERS = (TransferStatus.PROPOSED, TransferStatus.APPROVED, *RESERVING)


def has_money_held(person_id: UUID) -> bool:
    """Say whether an escrow holds money that the person paid, or may earn."""
    mine = Q(payer_id=person_id) | Q(payee_id=person_id)
    return Escrow.objects.filter(mine, status=EscrowStatus.HELD).exists()


def has_money_owed(person_id: UUID) -> bool:
    """Say whether the person is owed money, or some is on its way to them."""
    if payable_of(person_id).amount > 0:
        return True
    return Transfer.objects.filter(
        party_id=person_id, status__in=UNSETTLED_TRANSFERS
    ).exists()


def has_open_charge(person_id: UUID) -> bool:
    """Say whether a payment of theirs, or to them, has no end yet."""
    mine = Q(payer_id=person_id) | Q(payee_id=person_id)
    return Charge.objects.filter(mine, status__in=UNSETTLED_CHARGES).exists()


register_obstacle("money.held", _("De l’argent est encore en garde."), has_money_held)
register_obstacle("money.owed", _("De l’argent vous est encore dû."), has_money_owed)
register_obstacle(
    "charge.open", _("Un paiement n’est pas encore terminé."), has_open_charge
)

register(
    PersonalData(
        app="payments",
        holdings=(
            *(
                Holding(
                    model=model,
                    person=person,
                    hidden=hidden,
                    keeps=(EVERYTHING,),
                    kept=BOOKS,
                )
                for model, person, hidden in (
                    ("payments.Charge", "payer_id", ("payer_phone_digest",)),
                    # Whose wallet paid is the payer's own.
                    (
                        "payments.Charge",
                        "payee_id",
                        ("payer_phone", "payer_phone_digest", "page_url", "meta"),
                    ),
                    ("payments.Escrow", "payer_id", ()),
                    ("payments.Escrow", "payee_id", ()),
                    (
                        "payments.Transfer",
                        "party_id",
                        ("phone_digest", "proposed_by_id", "approved_by_id", "reason"),
                    ),
                    ("payments.Receipt", "charge__payer_id", ()),
                    ("payments.LedgerAccount", "party_id", ()),
                    ("payments.Posting", "account__party_id", ()),
                    ("payments.JournalEntry", "charge__payer_id", ()),
                    ("payments.JournalEntry", "transfer__party_id", ()),
                    ("payments.GatewayCall", "charge__payer_id", ()),
                    ("payments.GatewayCall", "transfer__party_id", ()),
                )
            ),
            *(
                Holding(
                    model="payments.GatewayNotice",
                    person=person,
                    hidden=("headers", "body_digest"),
                    emptied={"raw_body": b"", "headers": {}},
                    keeps=(
                        "gateway",
                        "event_id",
                        "kind",
                        "object_type",
                        "gateway_object_id",
                        "body_digest",
                    ),
                    kept="That the gateway told of a payment, and the digest of how.",
                )
                for person in ("charge__payer_id", "transfer__party_id")
            ),
        ),
    )
)
