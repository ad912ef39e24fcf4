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
    SignInChallenge,
    SignInNotice,
    User,
)
from accounts.models.limits import MAX_TRIES
from accounts.policies.signing_in import may_sign_in
from accounts.services.signing_in.codes import last_request_for, request_letter
from accounts.services.signing_in.entering import (
    SignedIn,
    close_challenge,
    closed_account,
    digest_of,
    join,
    mark_verified,
)
from accounts.services.signing_in.lapsing import end_notices
from accounts.services.signing_in.limits import take_proof_limits
from accounts.services.signing_in.notices import open_notice
from accounts.services.signing_in.proofs import (
    CHANNELS,
    ProofMethod,
    ProofUnavailable,
    is_right,
    wrong,
)
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
    """Return the account's person, who gave a second proof on top of the code.

    Raises ProofWrong (a try is gone), ChallengeSpent, AccountClosed, RateLimited. Locks
    the person, then the challenge: parallel tries are counted one by one, and one wins.
    Must not be called inside a transaction: a refusal has to leave its count behind.
    """
    person_id = person_behind(challenge_id, device_key, now)
    take_proof_limits(person_id=person_id, method=method, now=now)
    refusal: DomainError
    with transaction.atomic(durable=True):
        person = locked(User.objects.get_queryset(), person_id)
        challenge = open_locked(challenge_id, device_key, now)
        challenge.tries += 1
        request = None
        if channel := CHANNELS.get(method):
            purpose = CodeRequest.Purpose.CHALLENGE
            request = last_request_for(challenge.pk, purpose, channel)
        if is_right(person, method, value, request=request, now=now):
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
                mark_verified(challenge.phone, now)
                return SignedIn(person, False, _device_name(challenge))
            refusal = closed_account(person, now)
        else:
            refusal = wrong()
            challenge.save(update_fields={"tries"})
            if challenge.tries >= MAX_TRIES:
                close_challenge(challenge, "spend", who="system", now=now)
    raise refusal


@transaction.atomic
def request_challenge_letter(
    *, challenge_id: UUID, device_key: UUID | None, client_ip: str, now: datetime
) -> CodeRequest:
    """Return a new request for a code to the account's proved address.

    Raises ChallengeSpent, ProofUnavailable when there is no address, RateLimited. Locks
    the person, then the challenge; publishes CodeRequested.
    """
    person_id = person_behind(challenge_id, device_key, now)
    person = locked(User.objects.get_queryset(), person_id)
    challenge = open_locked(challenge_id, device_key, now)
    address = Email.objects.current().select_related("user").filter(user=person).first()
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
    """Detach the number from the account that asked for more; return a new person.

    The old account goes on without the number and hears of it by its other channels.
    Raises ChallengeSpent, and NumberReserved for a SIM that was reported lost less than
    LOST_STAYS ago. Locks the old person, the challenge, then the number; publishes
    PhoneTakenOver.
    """
    person_id = person_behind(challenge_id, device_key, now)
    locked(User.objects.get_queryset(), person_id)
    challenge = open_locked(challenge_id, device_key, now)
    phone = challenge.phone
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
    return SignedIn(newcomer, True, _device_name(challenge))


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
        SignInChallenge.objects.select_for_update(no_key=True, of=("self", "phone"))
        .select_related("phone")
        .filter(
            pk=challenge_id,
            device_digest=digest_of(device_key),
            status=SignInChallenge.Status.OPEN,
            expires_at__gt=now,
            phone__released_at=None,
        )
        .first()
    )
    if challenge is None:
        raise ChallengeSpent
    return challenge


def _device_name(challenge: SignInChallenge) -> str:
    return challenge.code_request.device if challenge.code_request else ""


@transaction.atomic
def give_notice(
    *, challenge_id: UUID, device_key: UUID | None, now: datetime
) -> SignInNotice:
    """Return the notice that the account's other channels get; see `open_notice`.

    The challenge stays open: a proof found meanwhile is quicker. Raises ChallengeSpent,
    and what `open_notice` raises. Locks the person, then the challenge.
    """
    person_id = person_behind(challenge_id, device_key, now)
    locked(User.objects.get_queryset(), person_id)
    challenge = open_locked(challenge_id, device_key, now)
    return open_notice(challenge=challenge, now=now)
