"""Money that goes out: proposed by one person, decided by another."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.queries.identity import can_be_paid
from accounts.queries.staff import is_same_human
from lokahome.core.db.locks import locked
from lokahome.core.errors import (
    FieldError,
    InvalidInput,
    NotAllowed,
    StaleVersion,
    StateConflict,
)
from lokahome.core.money import Money
from payments.models import TRANSFER_STATES, Escrow, Refund, Transfer
from payments.policies import (
    APPROVE_TRANSFER,
    PROPOSE_TRANSFER,
    in_parts,
    may_act_on_transfers,
)
from payments.queries import payout_due
from payments.services.proposing import new_payout, new_refunds
from payments.services.reserving import (
    goes_to_its_payee,
    locked_transfer,
    owed_back,
    reserve,
)


class MakerCannotApprove(NotAllowed):
    """Who proposed a transfer does not approve it: four eyes."""

    code = "transfer.maker_cannot_approve"

    def default_detail(self) -> str:
        return _("La personne qui propose un transfert ne peut pas l’approuver.")


class PartyCannotDecide(NotAllowed):
    """Who pays or receives the money neither proposes nor decides about it."""

    code = "transfer.party_cannot_decide"

    def default_detail(self) -> str:
        return _("Vous êtes concerné par cette somme : un collègue doit décider.")


class NothingDue(StateConflict):
    """All that was owed is paid out, or proposed already."""

    code = "transfer.nothing_due"

    def default_detail(self) -> str:
        return _("Rien de plus n’est dû : tout est déjà versé ou proposé.")


class WalletChanged(StateConflict):
    """The payee has another number than when the payout was proposed."""

    code = "transfer.wallet_changed"

    def default_detail(self) -> str:
        return _(
            "Le numéro du bénéficiaire a changé : refusez, puis proposez à nouveau."
        )


class PayeeNotVerified(StateConflict):
    """What the payee proved so far does not let money be paid out to them."""

    code = "payout.level"
    title = gettext_lazy("Le dossier du bénéficiaire n’est pas complet")

    def default_detail(self) -> str:
        return _(
            "Un versement demande un rôle de niveau 2 : pièces à vérifier d’abord."
        )


class TransferReasonMissing(InvalidInput):
    """A decision about a transfer came without its reason."""

    code = "transfer.reason_missing"

    def default_detail(self) -> str:
        return _("Indiquez le motif de la décision.")


@transaction.atomic
def propose_payout(*, escrow_id: UUID, actor: User, now: datetime) -> Transfer:
    """Propose to pay out what the escrow released to its payee and nobody sent yet.

    At most what one transfer may carry; the rest is proposed next. Goes to the number
    at which the payee is reached today. Raises NotFound, NotAllowed, PartyCannotDecide,
    NothingDue, NoWallet. Locks the escrow; publishes TransferProposed.
    """
    escrow = locked(Escrow.objects.all(), escrow_id)
    _check_staff(actor, PROPOSE_TRANSFER, escrow)
    due = payout_due(escrow_id)
    if not due:
        raise NothingDue
    return new_payout(
        escrow=escrow, amount=in_parts(due)[0], proposed_by_id=actor.pk, now=now
    )


@transaction.atomic
def propose_refunds(
    *, escrow_id: UUID, actor: User, now: datetime, reason: str
) -> list[Transfer]:
    """Propose again what an escrow owes its payer after a refund failed or was refused.

    Raises as `propose_payout` does, and TransferReasonMissing. Locks the escrow;
    publishes TransferProposed for each.
    """
    escrow = locked(Escrow.objects.all(), escrow_id)
    _check_staff(actor, PROPOSE_TRANSFER, escrow)
    reason = _given(reason)
    live = Refund.objects.live().filter(escrow=escrow)
    asked = live.aggregate(sum=Sum("amount", default=0))["sum"]
    due = owed_back(escrow) - Money(asked, escrow.currency)
    if due.amount <= 0:
        raise NothingDue
    decided = escrow.charges.exclude(escrow_part="")
    return new_refunds(
        escrow=escrow,
        amount=due,
        charges=list(decided.order_by("escrow_part", "-captured_at", "-id")),
        proposed_by_id=actor.pk,
        reason=reason,
        now=now,
    )


@transaction.atomic
def approve_transfer(
    *,
    transfer_id: UUID,
    actor: User,
    reason: str,
    now: datetime,
    version: int | None = None,
) -> Transfer:
    """Approve a proposed transfer and reserve its money; the gateway is called next.

    *version* is the one the decider saw. Raises NotFound, NotAllowed,
    MakerCannotApprove, PartyCannotDecide, StaleVersion, TransferReasonMissing,
    TransitionRefused when it was decided already, WalletChanged, PayeeNotVerified,
    NotCovered; all with nothing changed. Locks the escrow and the transfer; publishes
    TransferReserved.
    """
    transfer, escrow = locked_transfer(transfer_id)
    _check_staff(actor, APPROVE_TRANSFER, escrow)
    if is_same_human(actor.pk, transfer.proposed_by_id):
        raise MakerCannotApprove
    if version is not None and version != transfer.version:
        raise StaleVersion
    transfer.reason = _given(reason)
    transfer.approved_by_id, transfer.approved_at = actor.pk, now
    TRANSFER_STATES.apply(
        transfer,
        "approve",
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=transfer.reason,
        update_fields=("reason", "approved_by_id", "approved_at"),
    )
    if not goes_to_its_payee(transfer):
        raise WalletChanged
    is_payout = transfer.kind == Transfer.Kind.PAYOUT
    if is_payout and not can_be_paid(transfer.party_id):
        raise PayeeNotVerified
    reserve(transfer, escrow, now=now)
    return transfer


@transaction.atomic
def refuse_transfer(
    *,
    transfer_id: UUID,
    actor: User,
    reason: str,
    now: datetime,
    version: int | None = None,
) -> Transfer:
    """Refuse a proposed transfer; what it was about may be proposed again.

    Raises NotFound, NotAllowed, PartyCannotDecide, StaleVersion, TransferReasonMissing,
    TransitionRefused. Locks the escrow and the transfer.
    """
    transfer, escrow = locked_transfer(transfer_id)
    _check_staff(actor, APPROVE_TRANSFER, escrow)
    if version is not None and version != transfer.version:
        raise StaleVersion
    transfer.reason, transfer.ended_at = _given(reason), now
    TRANSFER_STATES.apply(
        transfer,
        "refuse",
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=transfer.reason,
        update_fields=("reason", "ended_at"),
    )
    return transfer


def _check_staff(actor: User, needed: str, escrow: Escrow) -> None:
    if not may_act_on_transfers(
        is_active=actor.is_active,
        is_staff=actor.is_staff,
        permissions=actor.get_all_permissions(),
        needed=needed,
    ):
        raise NotAllowed
    if is_same_human(actor.pk, escrow.payer_id, escrow.payee_id):
        raise PartyCannotDecide


def _given(reason: str) -> str:
    text = reason.strip()
    if not text:
        raise TransferReasonMissing(
            errors=[FieldError("required", _("Le motif manque."), pointer="/reason")]
        )
    return text[:500]
