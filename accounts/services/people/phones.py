"""One's own numbers: one more, one less. The others are told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import (
    PhoneAdded,
    PhoneRemoved,
    PhoneTakenOver,
)
from accounts.models import (
    CodeRequest,
    Phone,
    Sanction,
    Session,
    SignInChallenge,
    SignInNotice,
    User,
)
from accounts.models.limits import SETTLES_AFTER
from accounts.policies.people import (
    may_add_number_alone,
    may_give_number_up,
)
from accounts.services.moderation.barring import look_at_newcomer
from accounts.services.signing_in.codes import locked_request, request_code, try_code
from accounts.services.signing_in.guessing import Guesser
from accounts.services.signing_in.lapsing import end_challenges, end_notices
from accounts.services.signing_in.proofs import (
    methods_of,
    require_recent_proof,
)
from accounts.services.signing_in.sessions import end_sessions
from accounts.services.signing_in.stakes import has_history, is_at_stake
from lokahome.core.audit.record import record
from lokahome.core.clock import utc_text
from lokahome.core.db.locks import advisory_lock, locked
from lokahome.core.errors import DomainError, NotFound, StateConflict
from lokahome.core.events.outbox import append


class PhoneHeldElsewhere(StateConflict):
    """Another account holds the number; one that is open and empty gives it up."""

    code = "phone.held_elsewhere"
    title = gettext_lazy("Ce numéro a un autre compte")

    def default_detail(self) -> str:
        return _(
            "Demandez d’abord l’effacement de l’autre compte, ou écrivez au support."
        )


class LastPhone(StateConflict):
    """An account keeps at least one number; add the new one first."""

    code = "phone.last"
    title = gettext_lazy("C’est votre seul numéro")

    def default_detail(self) -> str:
        return _("Ajoutez d’abord votre nouveau numéro.")


class NewPhoneRests(StateConflict):
    """The number that would be left is too new to stand alone; wait until *until*."""

    code = "phone.too_new"
    title = gettext_lazy("Votre nouveau numéro est trop récent")

    def default_detail(self) -> str:
        return _("Gardez l’ancien 48 heures, ou déclarez sa carte SIM perdue.")


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

    The answer is the same whoever holds it. Who lost their number to somebody else and
    has no other way to prove who they are adds one from a session and a device that the
    account knew days before. Raises ProofNeeded, InvalidPhone, RateLimited. Publishes
    CodeRequested.
    """
    if not _speaks_alone(session, now):
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


def _speaks_alone(session: Session, now: datetime) -> bool:
    person = session.user
    device = session.device
    return may_add_number_alone(
        has_number=Phone.objects.current().filter(user=person).exists(),
        methods=methods_of(person, with_sms=True, now=now),
        session_age=now - session.started_at,
        trusted_for=now - device.trusted_at if device and device.trusted_at else None,
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
    """Return the number of *request_id*, now the person's: in 48 hours the current one.

    One that is theirs already stays; a lost one is found; one of an account in which
    there is nothing leaves that account. Payouts to it wait 48 hours, and the numbers
    they had are told; one of somebody sanctioned opens a case, as when its holder joins.
    Raises NotFound for a request of another session, CodeWrong (a try
    is gone), CodeSpent, PhoneHeldElsewhere, RateLimited. Locks the person and the
    number's holder by id, the request, then the number; publishes PhoneAdded, and
    PhoneTakenOver of an empty account. Must not be called inside a transaction: a
    refusal has to leave its count behind.
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
        holder_id = _holder_of(number)
        everybody = sorted({session.user_id, holder_id or session.user_id})
        for one in everybody:
            locked(User.objects.get_queryset(), one)
        person = locked(User.objects.get_queryset().active(), session.user_id)
        request = locked_request(request_id, CodeRequest.Purpose.ADD_PHONE)
        refusal = try_code(request, code, now, Guesser(client_ip, device_key))
        if refusal is None:
            advisory_lock("phone", number)
            phone = Phone.objects.current().filter(number=number).first()
            if phone is None or phone.user_id == person.pk:
                return _hold(phone, person, number, now)
            if phone.user_id == holder_id and _gives_up(phone, now):
                return _hold(None, person, number, now)
            refusal = PhoneHeldElsewhere()
    raise refusal


def _holder_of(number: str) -> UUID | None:
    held = Phone.objects.current().filter(number=number)
    return held.values_list("user_id", flat=True).first()


def _gives_up(phone: Phone, now: datetime) -> bool:
    """Take the number from a locked holder whose account holds nothing; say whether."""
    holder, holder_id = phone.user, phone.user_id
    if not may_give_number_up(
        is_active=holder.is_active,
        is_staff=holder.is_staff,
        is_sanctioned=_is_sanctioned(holder_id),
        is_lost=phone.lost_at is not None,
        is_empty=not (is_at_stake(holder_id) or has_history(holder_id)),
    ):
        return False
    phone.released_at = max(now, phone.verified_at)
    phone.release_reason = Phone.ReleaseReason.TAKEN_OVER
    phone.save(update_fields={"released_at", "release_reason"})
    end_challenges(SignInChallenge.objects.filter(phone=phone), now=now)
    record(
        "phone.taken_over",
        subject=f"user:{holder_id}",
        actor_id=None,
        details={"phone_id": str(phone.pk)},
    )
    append(PhoneTakenOver(phone_id=phone.pk, person_id=holder_id))
    return True


def _is_sanctioned(person_id: UUID) -> bool:
    """Say whether more than a warning is in force, or waits for its second person."""
    lasting = (Sanction.Status.PROPOSED, Sanction.Status.ACTIVE)
    theirs = Sanction.objects.filter(person_id=person_id, status__in=lasting)
    return theirs.exclude(kind=Sanction.Kind.WARN).exists()


def _hold(phone: Phone | None, person: User, number: str, now: datetime) -> Phone:
    if phone is not None and phone.lost_at is None:
        phone.verified_at = now
        phone.save(update_fields={"verified_at"})
        return phone
    is_new = phone is None
    if phone is None:
        phone = Phone(user=person, number=number)
    phone.verified_at = phone.held_since = now
    phone.lost_at = None
    phone.save()
    if is_new:
        look_at_newcomer(person_id=person.pk, number=number, now=now)
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

    Whoever takes it becomes a new person. What was given up stays so. Raises ProofNeeded,
    NotFound, LastPhone, and NewPhoneRests while all that is left is newer than 48 hours:
    its person has that long to say that it is not theirs. Locks the person, then the number; publishes PhoneRemoved: the number
    itself is told, and the address.
    """
    require_recent_proof(session, now)
    person = locked(User.objects.get_queryset().active(), session.user_id)
    phone = locked(Phone.objects.visible_to(person), phone_id)
    if phone.released_at is not None:
        return phone
    others = Phone.objects.reachable().filter(user=person).exclude(pk=phone.pk)
    if not others.exists():
        raise LastPhone
    newer = others.filter(held_since__gte=phone.held_since)
    if newer.exists() and not others.settled(now).exists():
        until = newer.earliest("held_since").held_since + SETTLES_AFTER
        raise NewPhoneRests(members={"until": utc_text(until)})
    phone.released_at = max(now, phone.verified_at)
    phone.release_reason = Phone.ReleaseReason.REMOVED
    phone.save(update_fields={"released_at", "release_reason"})
    close_after(phone, session, Session.EndReason.PHONE_CHANGED, "phone.removed", now)
    append(PhoneRemoved(phone_id=phone.pk, person_id=person.pk))
    return phone


def close_after(
    phone: Phone, keep: Session | None, end_reason: str, action: str, now: datetime
) -> None:
    """End what the number had opened, and write down who ended it."""
    end_notices(SignInNotice.objects.filter(phone=phone), now=now)
    end_challenges(SignInChallenge.objects.filter(phone=phone), now=now)
    end_sessions(
        user_id=phone.user_id,
        reason=end_reason,
        now=now,
        keep=keep.pk if keep is not None else None,
    )
    record(
        action,
        subject=f"user:{phone.user_id}",
        actor_id=phone.user_id,
        details={"phone_id": str(phone.pk)},
    )
