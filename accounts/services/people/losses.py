"""SIMs that were lost: reported, taken back by whoever has them, lifted by staff."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy

from accounts.events import PhoneLossLifted, PhoneLost
from accounts.models import Device, Phone, Session, User
from accounts.models.session import device_digest
from accounts.policies.people import may_lift_loss, may_take_loss_back
from accounts.queries.staff import humans_of
from accounts.services.people.phones import close_after
from accounts.services.signing_in.proofs import (
    BARE_CODE,
    RECENT,
    ProofMethod,
    is_proved,
    methods_spoken,
    proving_number,
)
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import NotAllowed, NotFound, StateConflict
from lokahome.core.events.outbox import append


class PhonePast(StateConflict):
    """The number is no longer the person's."""

    code = "phone.past"


class NotLost(StateConflict):
    """Nobody reported the SIM of this number lost."""

    code = "phone.not_lost"
    title = gettext_lazy("Ce numéro n’est pas déclaré perdu")


@transaction.atomic
def report_loss(*, session: Session, phone_id: UUID, now: datetime) -> Phone:
    """Note that the SIM of a number is lost, and return its row.

    The number stays the person's, with their leases and their money; a code alone signs
    nobody in by it, only codes are sent there, and every other session ends. No proof is
    asked: this only closes doors, and whoever lost a phone has little at hand; but
    without one of the last minutes *session* ends as well, so that a borrowed phone does
    not keep what it shuts others out of, and whoever has the SIM takes the loss back
    (`take_back_loss`). Reported again, it stays as it is, unless this time it is proved.
    Raises NotFound, PhonePast. Locks the person, then the number; publishes PhoneLost.
    """
    person = locked(User.objects.get_queryset().active(), session.user_id)
    phone = _current(person, phone_id)
    proves_loss = _proves_loss(session, phone, now)
    if phone.lost_at is None:
        phone.lost_at = now
        append(PhoneLost(phone_id=phone.pk, person_id=person.pk, since=now))
    elif not (phone.is_loss_unproved and proves_loss):
        return phone
    phone.unproved_loss_at = None if proves_loss else now
    phone.save(update_fields={"lost_at", "unproved_loss_at"})
    keep = session if is_proved(session, now) else None
    close_after(phone, keep, Session.EndReason.PHONE_LOST, "phone.lost", now)
    return phone


def _proves_loss(session: Session, phone: Phone, now: datetime) -> bool:
    """Say whether the person of *session* proved who they are by more than this SIM.

    A code that came to it just now says that it lies here, not that it is lost; once it
    is lost, nobody can tell any more where the code of the last minutes came to.
    """
    spoken = methods_spoken(session, now, RECENT) - {BARE_CODE}
    is_lost = phone.lost_at is not None
    if is_lost or proving_number(session.user_id, now) == phone.number:
        spoken.discard(ProofMethod.SMS_CODE)
    return bool(spoken) and is_proved(session, now)


def take_back_loss(phone: Phone, *, device_key: UUID | None, now: datetime) -> bool:
    """Note that a SIM is not lost after all, if its loss was unproved; say whether.

    A right code came just now from *phone*, to the device of *device_key*. Where the
    account knew that device before the loss, a borrowed phone or a stolen token reported
    it: their person goes on. Payouts wait as for a new number. Expects the person
    locked; publishes PhoneLossLifted: every number and the address are told.
    """
    if phone.lost_at is None or device_key is None:
        return False
    known = Device.objects.known(now).filter(
        user_id=phone.user_id,
        key_digest=device_digest(device_key),
        trusted_at__lt=phone.lost_at,
    )
    if not may_take_loss_back(
        is_unproved=phone.is_loss_unproved, knew_device=known.exists()
    ):
        return False
    _lift(phone, actor_id=phone.user_id, reason="", now=now)
    return True


@transaction.atomic
def lift_loss(*, phone_id: UUID, actor_id: UUID, reason: str, now: datetime) -> Phone:
    """Note for *reason* that a number is in its person's hands again; return its row.

    Staff *actor_id* heard them; payouts wait as for a new number. Raises NotFound,
    PhonePast, NotLost, NotAllowed for one's own. Locks the person, then the number;
    publishes PhoneLossLifted: every number and the address are told.
    """
    held = Phone.objects.filter(pk=phone_id).values_list("user_id", flat=True)
    if (person_id := held.first()) is None:
        raise NotFound
    person = locked(User.objects.get_queryset(), person_id)
    if not may_lift_loss(is_own=person.pk in humans_of(actor_id)):
        raise NotAllowed
    phone = _current(person, phone_id)
    if phone.lost_at is None:
        raise NotLost
    _lift(phone, actor_id=actor_id, reason=reason, now=now)
    return phone


def _lift(phone: Phone, *, actor_id: UUID, reason: str, now: datetime) -> None:
    phone.lost_at = phone.unproved_loss_at = None
    phone.held_since = now
    phone.save(update_fields={"lost_at", "unproved_loss_at", "held_since"})
    record(
        "phone.loss_lifted",
        subject=f"user:{phone.user_id}",
        actor_id=actor_id,
        reason=reason,
        details={"phone_id": str(phone.pk)},
    )
    append(PhoneLossLifted(phone_id=phone.pk, person_id=phone.user_id, since=now))


def _current(person: User, phone_id: UUID) -> Phone:
    phone = locked(Phone.objects.visible_to(person), phone_id)
    if phone.released_at is not None:
        raise PhonePast
    return phone
