"""Answering a challenge: by a second proof, or by leaving the old account alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import PhoneTakenOver
from accounts.models import (
    CodeRequest,
    Email,
    Phone,
    Session,
    SignInChallenge,
    SignInNotice,
    User,
)
from accounts.models.limits import MAX_TRIES
from accounts.policies.signing_in import may_sign_in
from accounts.services.signing_in.challenging import (
    close_challenge,
    digest_of,
    number_of,
    same_things,
)
from accounts.services.signing_in.codes import (
    last_request_for,
    request_code,
    request_letter,
)
from accounts.services.signing_in.entering import (
    SignedIn,
    closed_account,
)
from accounts.services.signing_in.holding import join, mark_verified
from accounts.services.signing_in.lapsing import end_notices
from accounts.services.signing_in.notices import open_notice
from accounts.services.signing_in.passwords import put_password
from accounts.services.signing_in.proof_limits import take_proof_limits
from accounts.services.signing_in.proofs import (
    CHANNELS,
    ProofMethod,
    ProofUnavailable,
    is_right,
    methods_of,
    proving_number,
    wrong,
)
from accounts.services.signing_in.sessions import open_session
from lokahome.core.audit.record import record
from lokahome.core.clock import utc_text
from lokahome.core.db.locks import advisory_lock, locked
from lokahome.core.errors import DomainError, StateConflict
from lokahome.core.events.outbox import append

LOST_STAYS = timedelta(days=30)
"""How long a number whose SIM was reported lost waits for its person."""


class ChallengeSpent(DomainError):
    """The challenge is unknown, answered, too old, or another device's."""

    code = "challenge.spent"
    status = 410
    title = gettext_lazy("Cette connexion n’attend plus de preuve")

    def default_detail(self) -> str:
        return _("Demandez un autre code et recommencez.")


class NumberReserved(StateConflict):
    """The SIM was reported lost: its number waits for its person until *until*."""

    code = "challenge.number_reserved"
    title = gettext_lazy("Ce numéro est réservé")

    def default_detail(self) -> str:
        return _("Ce numéro a été déclaré perdu et reste réservé à son titulaire.")


def answer_challenge(
    *,
    challenge_id: UUID,
    method: str,
    value: str,
    device_key: UUID | None,
    now: datetime,
) -> SignedIn:
    """Return a session of the account's person, who gave a second proof on top of one.

    Of a reset by e-mail the new password is set, and every other session ends. Nothing
    is paid out to the number for 48 hours, unless the proof was the password. Raises
    ProofWrong (a try is gone), ProofUnavailable for the kind of proof that was given
    already, ChallengeSpent, AccountClosed, RateLimited. Locks the person, then the
    challenge: parallel tries are counted one by one, and one wins. Must not be called
    inside a transaction: a refusal has to leave its count behind.
    """
    person_id = person_behind(challenge_id, device_key, now)
    person = User.objects.get(pk=person_id)
    take_proof_limits(
        person_id=person_id,
        door_id=challenge_id,
        method=method,
        has_method=method in methods_of(person, with_sms=True, now=now),
        now=now,
    )
    refusal: DomainError
    with transaction.atomic(durable=True):
        person = locked(User.objects.get_queryset(), person_id)
        challenge = open_locked(challenge_id, device_key, now)
        if method in same_things(challenge):
            raise ProofUnavailable
        challenge.tries += 1
        request = None
        if channel := CHANNELS.get(method):
            purpose = CodeRequest.Purpose.CHALLENGE
            request = last_request_for(challenge.pk, purpose, channel)
        if is_right(person, method, value, request=request, now=now):
            new_password = challenge.new_password
            close_challenge(
                challenge,
                "prove",
                who="holder",
                now=now,
                method=ProofMethod(method).value,
            )
            record(
                "sign_in.proved",
                subject=f"user:{person.pk}",
                actor_id=person.pk,
                details={"challenge_id": str(challenge.pk), "method": method},
            )
            if may_sign_in(is_active=person.is_active):
                if challenge.phone is not None:
                    # Card and SIM lie in one handbag: payouts wait, but for who knows.
                    lets_in = method != ProofMethod.PASSWORD
                    mark_verified(challenge.phone, now, lets_in=lets_in)
                if new_password:
                    put_password(person, new_password, now)
                return _admit(person, challenge, device_key, now, method=method)
            refusal = closed_account(person, now)
        else:
            refusal = wrong()
            challenge.save(update_fields={"tries"})
            if challenge.tries >= MAX_TRIES:
                close_challenge(challenge, "spend", who="system", now=now)
    raise refusal


@transaction.atomic
def request_challenge_code(
    *,
    challenge_id: UUID,
    method: str,
    device_key: UUID | None,
    client_ip: str,
    now: datetime,
) -> CodeRequest:
    """Return a new request for a code to the proved address or the current number.

    *method* is ``email_code`` or ``sms_code``; a number whose SIM was reported lost gets
    none. Raises ChallengeSpent, ProofUnavailable when there is no such way or the
    challenge's first proof was the same thing, RateLimited. Locks the person, then the
    challenge; publishes CodeRequested.
    """
    person_id = person_behind(challenge_id, device_key, now)
    person = locked(User.objects.get_queryset(), person_id)
    challenge = open_locked(challenge_id, device_key, now)
    if method in same_things(challenge):
        raise ProofUnavailable
    if method == ProofMethod.SMS_CODE:
        number = proving_number(person.pk, now)
        if number is None:
            raise ProofUnavailable
        return request_code(
            phone=number,
            client_ip=client_ip,
            device_key=device_key,
            purpose=CodeRequest.Purpose.CHALLENGE,
            person_id=person.pk,
            bound_id=challenge.pk,
            language=person.language,
            now=now,
        )
    proving = Email.objects.proving(now).select_related("user")
    address = proving.filter(user=person).first()
    if address is None:
        raise ProofUnavailable
    return request_letter(
        email=address,
        purpose=CodeRequest.Purpose.CHALLENGE,
        bound_id=challenge.pk,
        client_ip=client_ip,
        now=now,
    )


@transaction.atomic
def leave_account(
    *, challenge_id: UUID, device_key: UUID | None, now: datetime
) -> SignedIn:
    """Detach the number from the account that asked for more; open a new person's session.

    The old account goes on without the number and hears of it by its other channels.
    Raises ChallengeSpent, NoNumber, AccountClosed for an account that was closed since:
    nobody starts anew that way; and NumberReserved for a SIM that was reported lost less
    than LOST_STAYS ago. Locks the old person, the challenge, then the number; publishes
    PhoneTakenOver.
    """
    person_id = person_behind(challenge_id, device_key, now)
    challenge = _of_open_account(challenge_id, device_key, now)
    phone = number_of(challenge)
    advisory_lock("phone", phone.number)
    if phone.lost_at is not None and now < phone.lost_at + LOST_STAYS:
        until = phone.lost_at + LOST_STAYS
        raise NumberReserved(members={"until": utc_text(until)})
    phone.released_at = max(now, phone.verified_at)
    phone.release_reason = Phone.ReleaseReason.TAKEN_OVER
    phone.save(update_fields={"released_at", "release_reason"})
    end_notices(SignInNotice.objects.filter(phone=phone), now=now)
    close_challenge(challenge, "leave", who="holder", now=now)
    record(
        "phone.taken_over",
        subject=f"user:{person_id}",
        actor_id=None,
        details={"phone_id": str(phone.pk), "challenge_id": str(challenge.pk)},
    )
    append(PhoneTakenOver(phone_id=phone.pk, person_id=person_id))
    language = challenge.code_request.language if challenge.code_request else "fr"
    newcomer = join(phone.number, language, now)
    return _admit(newcomer, challenge, device_key, now, is_new=True)


def person_behind(challenge_id: UUID, device_key: UUID | None, now: datetime) -> UUID:
    """Return whose account asks, without a lock; raises ChallengeSpent."""
    rows = SignInChallenge.objects.filter(
        pk=challenge_id,
        device_digest=digest_of(device_key),
        status=SignInChallenge.Status.OPEN,
        expires_at__gt=now,
    )
    person_id = rows.values_list("person_id", flat=True).first()
    if person_id is None:
        raise ChallengeSpent
    return person_id


def open_locked(
    challenge_id: UUID, device_key: UUID | None, now: datetime
) -> SignInChallenge:
    """Return an open challenge of this device, locked after its person.

    Raises ChallengeSpent, as well when the number left the account meanwhile.
    """
    challenge = (
        SignInChallenge.objects.select_for_update(no_key=True, of=("self",))
        .filter(
            pk=challenge_id,
            device_digest=digest_of(device_key),
            status=SignInChallenge.Status.OPEN,
            expires_at__gt=now,
        )
        .first()
    )
    if challenge is None:
        raise ChallengeSpent
    if challenge.phone_id is not None:
        challenge.phone = locked(Phone.objects.all(), challenge.phone_id)
        if challenge.phone.released_at is not None:
            raise ChallengeSpent
    return challenge


def _of_open_account(
    challenge_id: UUID, device_key: UUID | None, now: datetime
) -> SignInChallenge:
    person_id = person_behind(challenge_id, device_key, now)
    person = locked(User.objects.get_queryset(), person_id)
    if not may_sign_in(is_active=person.is_active):
        raise closed_account(person, now)
    return open_locked(challenge_id, device_key, now)


METHODS = {
    SignInChallenge.Given.CODE.value: Session.Method.CODE,
    SignInChallenge.Given.EMAIL.value: Session.Method.PASSWORD,
    SignInChallenge.Given.EXTERNAL.value: Session.Method.OIDC,
    SignInChallenge.Given.PASSWORD.value: Session.Method.PASSWORD,
}
"""By which way a session counts as opened whose sign-in began with this proof."""


def _admit(
    person: User,
    challenge: SignInChallenge,
    device_key: UUID | None,
    now: datetime,
    *,
    method: str = "",
    is_new: bool = False,
) -> SignedIn:
    is_letter = challenge.given == SignInChallenge.Given.EMAIL
    if is_letter and method == ProofMethod.SMS_CODE:
        method = ProofMethod.EMAIL_CODE.value  # the better one of two
    session = open_session(
        user=person,
        method=METHODS[challenge.given],
        device_key=device_key,
        device_name=challenge.code_request.device if challenge.code_request else "",
        proved_by=method,
        now=now,
    )
    return SignedIn(person, is_new, session)


@transaction.atomic
def give_notice(
    *, challenge_id: UUID, device_key: UUID | None, now: datetime
) -> SignInNotice:
    """Return the notice that the account's other channels get; see `open_notice`.

    The challenge stays open: a proof found meanwhile is quicker. Raises ChallengeSpent,
    NoNumber, AccountClosed, and what `open_notice` raises. Locks the person, then the
    challenge.
    """
    challenge = _of_open_account(challenge_id, device_key, now)
    return open_notice(challenge=challenge, now=now)
