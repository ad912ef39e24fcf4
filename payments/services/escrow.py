"""Money held for a subject: opened, filled by charges, split once to the franc."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.people.presence import require_present
from lokahome.core.db.locks import advisory_lock, locked
from lokahome.core.errors import InvalidInput, NotFound, StateConflict
from lokahome.core.events.outbox import append
from lokahome.core.failpoints import declare, failpoint
from lokahome.core.money import XOF, Money
from payments.events import EscrowSettled
from payments.models import ESCROW_STATES, Charge, Escrow, EscrowStatus, JournalEntry
from payments.models.charge import ChargeQuerySet
from payments.models.chart import ESCROW, PAYEE_PAYABLE
from payments.models.ledger import INTERNAL
from payments.services.charges import EscrowRefused
from payments.services.ledger import leg, post_entry
from payments.services.proposing import new_refunds

declare("escrow.after_ledger")


class NothingHeld(StateConflict):
    """The escrow holds no money that could be split."""

    code = "escrow.nothing_held"

    def default_detail(self) -> str:
        return _("Aucune somme n’est en garde.")


class AlreadySplit(StateConflict):
    """The escrow was split before, in another way; that stands."""

    code = "escrow.already_split"

    def default_detail(self) -> str:
        return _("La somme a déjà été répartie autrement.")


class SplitRefused(InvalidInput):
    """More is to go back to the payer than is held, or less than nothing."""

    code = "escrow.split_refused"

    def default_detail(self) -> str:
        return _("La part à rendre doit être comprise entre 0 et la somme en garde.")


@transaction.atomic
def open_escrow(
    *, subject: str, payer_id: UUID, payee_id: UUID, currency: str = XOF, now: datetime
) -> Escrow:
    """Return the escrow of *subject*, opened now if there is none.

    *subject* is opaque (``"job:<uuid>"``). Raises EscrowRefused when it exists for other
    people or another currency, or when payer and payee are one; PersonGone. Holds the
    advisory lock on the subject, and both people against an erasure.
    """
    terms = (payer_id, payee_id, currency)
    if payer_id == payee_id:
        raise EscrowRefused
    advisory_lock("escrow", subject)
    known = Escrow.objects.filter(subject=subject).first()
    if known is not None:
        if terms != (known.payer_id, known.payee_id, known.currency):
            raise EscrowRefused
        return known
    require_present(payer_id, payee_id)
    escrow = Escrow(
        subject=subject,
        payer_id=payer_id,
        payee_id=payee_id,
        currency=currency,
        created_at=now,
    )
    escrow.save(force_insert=True)
    return escrow


def hold(escrow_id: UUID, *, now: datetime) -> None:
    """Note that a charge of the escrow is being captured; its charge is locked already.

    Locks the escrow. One that was split before is held again: the money came late and
    whoever listens to ChargeSettled has it returned (`return_late_money`).
    """
    escrow = locked(Escrow.objects.all(), escrow_id)
    if escrow.status != EscrowStatus.HELD:
        ESCROW_STATES.apply(escrow, "hold", who="system", actor_id=None, now=now)


@transaction.atomic
def settle_escrow(
    *,
    escrow_id: UUID,
    to_payer: Money,
    now: datetime,
    actor_id: UUID | None,
    reason: str,
) -> Escrow:
    """Split what is held: *to_payer* goes back as refunds, the rest is the payee's.

    *actor_id* is who decided, None the system; only somebody of the staff who is no
    party counts as the maker of the refunds, which then wait for a checker. The same
    split again returns the escrow as it is. Raises NotFound, NothingHeld, SplitRefused,
    AlreadySplit, CurrencyMismatch. Locks the escrow; posts ``escrow_release``,
    publishes EscrowSettled and TransferProposed.
    """
    escrow = locked(Escrow.objects.all(), escrow_id)
    if escrow.settled_at is not None:
        if to_payer != Money(escrow.to_payer or 0, escrow.currency):
            raise AlreadySplit
        return escrow
    held = undecided(escrow)
    if not held:
        raise NothingHeld
    to_payee = held - to_payer
    if to_payer.amount < 0 or to_payee.amount < 0:
        raise SplitRefused
    _release(escrow, to_payee, now=now)
    failpoint("escrow.after_ledger")
    charges = list(_undecided(escrow).order_by("-captured_at", "-id"))
    _undecided(escrow).update(escrow_part=Charge.EscrowPart.SPLIT)
    _close(escrow, to_payee, to_payer, now=now, actor_id=actor_id, reason=reason)
    if to_payer:
        new_refunds(
            escrow=escrow,
            amount=to_payer,
            charges=charges,
            proposed_by_id=_maker(escrow, actor_id),
            reason=reason,
            now=now,
        )
    append(
        EscrowSettled(
            escrow_id=escrow.pk,
            subject_ref=escrow.subject,
            payer_id=escrow.payer_id,
            payee_id=escrow.payee_id,
            to_payer=to_payer.amount,
            to_payee=to_payee.amount,
            currency=escrow.currency,
        )
    )
    return escrow


@transaction.atomic
def return_late_money(*, escrow_id: UUID, charge_id: UUID, now: datetime) -> Escrow:
    """Give a charge back whole that was captured too late or a second time.

    For money that came into an escrow after its split, after its job was cancelled, or
    beside a charge that had paid already. Twice is harmless. Once nothing is left to
    decide about, the escrow is settled. Raises NotFound, and NothingHeld when the charge
    is not captured or was part of the split. Locks the escrow; publishes
    TransferProposed.
    """
    escrow = locked(Escrow.objects.all(), escrow_id)
    charge = Charge.objects.filter(pk=charge_id, escrow=escrow).first()
    if charge is None:
        raise NotFound
    if charge.escrow_part == Charge.EscrowPart.RETURNED:
        return escrow
    if not _undecided(escrow).filter(pk=charge_id).exists():
        raise NothingHeld
    Charge.objects.filter(pk=charge_id).update(escrow_part=Charge.EscrowPart.RETURNED)
    new_refunds(
        escrow=escrow,
        amount=Money(charge.captured_amount or 0, charge.currency),
        charges=[charge],
        proposed_by_id=None,
        reason="late or double payment",
        now=now,
    )
    if not undecided(escrow):
        nothing = Money(0, escrow.currency)
        _close(escrow, nothing, nothing, now=now, actor_id=None, reason="all returned")
    return escrow


def undecided(escrow: Escrow) -> Money:
    """Return what an escrow took in and nobody has decided about yet."""
    rows = _undecided(escrow)
    taken = rows.aggregate(sum=Sum("captured_amount", default=0))["sum"]
    return Money(taken, escrow.currency)


def _undecided(escrow: Escrow) -> ChargeQuerySet:
    return Charge.objects.captured().filter(escrow=escrow, escrow_part="")


def _close(
    escrow: Escrow,
    to_payee: Money,
    to_payer: Money,
    *,
    now: datetime,
    actor_id: UUID | None,
    reason: str,
) -> None:
    if escrow.settled_at is None:
        escrow.to_payee, escrow.to_payer = to_payee.amount, to_payer.amount
        escrow.settled_at = now
    ESCROW_STATES.apply(
        escrow,
        "settle",
        who=_kind_of(actor_id),
        actor_id=actor_id,
        now=now,
        reason=reason,
        update_fields=("to_payee", "to_payer", "settled_at"),
    )


def _release(escrow: Escrow, to_payee: Money, *, now: datetime) -> None:
    """Post what is the payee's from now on."""
    if not to_payee:
        return
    amount, currency = to_payee.amount, to_payee.currency
    post_entry(
        kind=JournalEntry.Kind.ESCROW_RELEASE,
        legs=(
            leg(ESCROW, amount, currency, party_id=escrow.pk),
            leg(PAYEE_PAYABLE, -amount, currency, party_id=escrow.payee_id),
        ),
        gateway=INTERNAL,
        gateway_reference=f"escrow:{escrow.pk}",
        occurred_at=now,
    )


def _kind_of(actor_id: UUID | None) -> str:
    if actor_id is None:
        return "system"
    return "staff" if _is_staff(actor_id) else "party"


def _maker(escrow: Escrow, actor_id: UUID | None) -> UUID | None:
    """Return who proposes the refunds: a member of staff at work, or the system."""
    if actor_id is None or actor_id in (escrow.payer_id, escrow.payee_id):
        return None
    return actor_id if _is_staff(actor_id) else None


def _is_staff(person_id: UUID) -> bool:
    return User.objects.filter(pk=person_id, is_staff=True).exists()
