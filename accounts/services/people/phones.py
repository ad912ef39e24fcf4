"""One's own numbers: one more, one less, a SIM that was lost. The others are told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import PhoneAdded, PhoneLost, PhoneRemoved
from accounts.models import (
    CodeRequest,
    Phone,
    Session,
    SignInChallenge,
    SignInNotice,
    User,
)
from accounts.services.signing_in.codes import locked_request, request_code, try_code
from accounts.services.signing_in.lapsing import end_challenges, end_notices
from accounts.services.signing_in.guessing import Guesser
from accounts.services.signing_in.proofs import require_recent_proof
from accounts.services.signing_in.sessions import end_sessions
from lokahome.core.audit.record import record
from lokahome.core.db.locks import advisory_lock, locked
from lokahome.core.errors import DomainError, NotFound, StateConflict
from lokahome.core.events.outbox import append


class PhoneHeldElsewhere(StateConflict):
    """Another account holds the number; whoever has the SIM may detach it there."""

    code = "phone.held_elsewhere"
    title = gettext_lazy("Ce numéro a un autre compte")

    def default_detail(self) -> str:
        return _("Connectez-vous avec ce numéro, puis retirez-le de l’autre compte.")


class LastPhone(StateConflict):
    """An account keeps at least one number; add the new one first."""

    code = "phone.last"
    title = gettext_lazy("C’est votre seul numéro")

    def default_detail(self) -> str:
        return _("Ajoutez d’abord votre nouveau numéro.")


class PhonePast(StateConflict):
    """The number is no longer the person's."""

    code = "phone.past"


@transaction.atomic
def ask_for_phone(
    *,
    session: Session,
    number: str,
    client_ip: str,
    now: datetime,
    device_key: UUID | None = None,
) -> CodeRequest:
    """Return a request for a code to *number*, which the person of *session* adds.

    The answer is the same whoever holds it. Raises ProofNeeded, InvalidPhone,
    RateLimited. Publishes CodeRequested.
    """
    require_recent_proof(session, now)
    return request_code(
        phone=number,
        client_ip=client_ip,
        device_key=device_key,
        purpose=CodeRequest.Purpose.ADD_PHONE,
        person_id=session.user_id,
        bound_id=session.pk,
        language=session.user.language,
        now=now,
    )


def add_phone(
    *,
    session: Session,
    request_id: UUID,
    code: str,
    client_ip: str,
    now: datetime,
    device_key: UUID | None = None,
) -> Phone:
    """Return the number of *request_id*, now the person's current one.

    One that is theirs already stays; a lost one is found. Payouts to it wait 48 hours,
    and the numbers they had are told. Raises NotFound for a request of another session,
    CodeWrong (a try is gone), CodeSpent, PhoneHeldElsewhere, RateLimited. Locks the
    person, the request, then the number; publishes PhoneAdded. Must not be called inside
    a transaction: a refusal has to leave its count behind.
    """
    mine = CodeRequest.objects.filter(
        pk=request_id,
        purpose=CodeRequest.Purpose.ADD_PHONE,
        bound_id=session.pk,
    )
    number = mine.values_list("phone", flat=True).first()
    if number is None:
        raise NotFound
    refusal: DomainError | None = None
    with transaction.atomic(durable=True):
        person = locked(User.objects.get_queryset().active(), session.user_id)
        request = locked_request(request_id, CodeRequest.Purpose.ADD_PHONE)
        refusal = try_code(request, code, now, Guesser(client_ip, device_key))
        if refusal is None:
            advisory_lock("phone", number)
            phone = Phone.objects.current().filter(number=number).first()
            if phone is None or phone.user_id == person.pk:
                return _hold(phone, person, number, now)
            refusal = PhoneHeldElsewhere()
    raise refusal


def _hold(phone: Phone | None, person: User, number: str, now: datetime) -> Phone:
    if phone is not None and phone.lost_at is None:
        phone.verified_at = now
        phone.save(update_fields={"verified_at"})
        return phone
    if phone is None:
        phone = Phone(user=person, number=number)
    phone.verified_at = phone.held_since = now
    phone.lost_at = None
    phone.save()
    record(
        "phone.added",
        subject=f"user:{person.pk}",
        actor_id=person.pk,
        details={"phone_id": str(phone.pk)},
    )
    append(PhoneAdded(phone_id=phone.pk, person_id=person.pk, since=now))
    return phone


@transaction.atomic
def remove_phone(*, session: Session, phone_id: UUID, now: datetime) -> Phone:
    """Give a number up and return its row; the sessions of other devices end.

    Whoever takes it becomes a new person. Raises ProofNeeded, NotFound, PhonePast,
    LastPhone. Locks the person, then the number; publishes PhoneRemoved: the number
    itself is told, and the address.
    """
    require_recent_proof(session, now)
    person = locked(User.objects.get_queryset().active(), session.user_id)
    phone = _current(person, phone_id)
    others = Phone.objects.reachable().filter(user=person).exclude(pk=phone.pk)
    if not others.exists():
        raise LastPhone
    phone.released_at = max(now, phone.verified_at)
    phone.release_reason = Phone.ReleaseReason.REMOVED
    phone.save(update_fields={"released_at", "release_reason"})
    _after(phone, session, Session.EndReason.PHONE_CHANGED, "phone.removed", now)
    append(PhoneRemoved(phone_id=phone.pk, person_id=person.pk))
    return phone


@transaction.atomic
def report_loss(*, session: Session, phone_id: UUID, now: datetime) -> Phone:
    """Note that the SIM of a number is lost, and return its row.

    The number stays the person's, with their leases and their money; a code alone signs
    nobody in by it, only codes are sent there, and every other session ends. No proof is
    asked: this only closes doors, and whoever lost a phone has little at hand. Reported
    again, it stays as it is. Raises NotFound, PhonePast. Locks the person, then the
    number; publishes PhoneLost.
    """
    person = locked(User.objects.get_queryset().active(), session.user_id)
    phone = _current(person, phone_id)
    if phone.lost_at is not None:
        return phone
    phone.lost_at = now
    phone.save(update_fields={"lost_at"})
    _after(phone, session, Session.EndReason.PHONE_LOST, "phone.lost", now)
    append(PhoneLost(phone_id=phone.pk, person_id=person.pk, since=now))
    return phone


def _current(person: User, phone_id: UUID) -> Phone:
    phone = locked(Phone.objects.visible_to(person), phone_id)
    if phone.released_at is not None:
        raise PhonePast
    return phone


def _after(
    phone: Phone, session: Session, end_reason: str, action: str, now: datetime
) -> None:
    """End what the number had opened, and write down who ended it."""
    end_notices(SignInNotice.objects.filter(phone=phone), now=now)
    end_challenges(SignInChallenge.objects.filter(phone=phone), now=now)
    end_sessions(user_id=phone.user_id, reason=end_reason, now=now, keep=session.pk)
    record(
        action,
        subject=f"user:{phone.user_id}",
        actor_id=phone.user_id,
        details={"phone_id": str(phone.pk)},
    )
