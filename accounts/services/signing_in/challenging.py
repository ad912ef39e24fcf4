"""Asking for a second proof: one alone may be somebody else's SIM, mailbox or app."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import (
    CHALLENGE_STATES,
    CodeRequest,
    Phone,
    SignInChallenge,
    User,
)
from accounts.models.session import device_digest
from accounts.policies.signing_in import same_as, second_proof_reason
from accounts.queries.signing_in import knows_device, last_active_at
from accounts.services.signing_in.external_identities import link_proves
from accounts.services.signing_in.proofs import methods_of
from accounts.services.signing_in.stakes import has_history, is_at_stake
from lokahome.core.audit.record import record
from lokahome.core.errors import StateConflict

CHALLENGE_LIFETIME = timedelta(minutes=30)


class NoNumber(StateConflict):
    """No SIM spoke at this challenge: there is no number to give notice of or to take."""

    code = "challenge.no_number"
    title = gettext_lazy("Cette connexion n’a pas commencé par un numéro")

    def default_detail(self) -> str:
        return _("Connectez-vous d’abord par un code SMS.")


def why_not_enough(
    person_id: UUID,
    *,
    device_key: UUID | None,
    now: datetime,
    is_lost: bool = False,
) -> str | None:
    """Return why one proof opens no session of *person_id*, or None when it does.

    *is_lost* is whether that proof was a SIM which was reported lost.
    """
    last = last_active_at(person_id)
    return second_proof_reason(
        is_lost=is_lost,
        is_at_stake=is_at_stake(person_id),
        has_history=has_history(person_id),
        knows_device=knows_device(person_id, device_key, now),
        silent_for=now - last if last else None,
    )


@dataclass(frozen=True, slots=True)
class ChallengeNeeded:
    """The first proof was right and is used up; the account asks for another one."""

    challenge: SignInChallenge
    methods: list[str]


def open_challenge(
    *,
    person: User,
    given: str,
    reason: str,
    device_key: UUID | None,
    now: datetime,
    phone: Phone | None = None,
    code_request: CodeRequest | None = None,
    new_password: str = "",
) -> ChallengeNeeded:
    """Return a new challenge of *person*, who is locked, and what answers it.

    *given* is a `SignInChallenge.Given`, *reason* a `SignInChallenge.Reason`; *phone* is
    the number whose SIM spoke, with ``code`` alone. *new_password* is the **hash**
    (`make_password`) that a reset by e-mail sets once the challenge is answered. Whoever
    answers does so from the device of *device_key*, by one of the methods.
    """
    challenge = SignInChallenge(
        person=person,
        given=SignInChallenge.Given(given),
        phone=phone,
        code_request=code_request,
        device_digest=digest_of(device_key),
        reason=SignInChallenge.Reason(reason),
        new_password=new_password,
        expires_at=now + CHALLENGE_LIFETIME,
        created_at=now,
    )
    challenge.save(force_insert=True)
    record(
        "sign_in.challenged",
        subject=f"user:{person.pk}",
        actor_id=None,
        details={"challenge_id": str(challenge.pk), "given": given, "why": reason},
    )
    return needed(challenge, person)


def needed(challenge: SignInChallenge, person: User) -> ChallengeNeeded:
    """Return *challenge* with the methods that *person* has beside what they gave."""
    methods = methods_of(person, with_sms=True, now=challenge.created_at)
    same = same_things(challenge)
    return ChallengeNeeded(challenge, [name for name in methods if name not in same])


def same_things(challenge: SignInChallenge) -> frozenset[str]:
    """Return the methods that add nothing to what was given at *challenge*.

    A link that was young then may be the same SIM's doing: a code adds nothing to it.
    """
    is_link = challenge.given == SignInChallenge.Given.EXTERNAL
    proves = not is_link or link_proves(challenge.person_id, challenge.created_at)
    return same_as(challenge.given, is_young=not proves)


def number_of(challenge: SignInChallenge) -> Phone:
    """Return the number whose SIM spoke at *challenge*; raises NoNumber for none."""
    if challenge.phone is None:
        raise NoNumber
    return challenge.phone


def digest_of(device_key: UUID | None) -> str:
    """Return the digest under which challenges and notices know a device, or none."""
    return device_digest(device_key) if device_key is not None else ""


def close_challenge(
    challenge: SignInChallenge,
    action: str,
    *,
    who: str,
    now: datetime,
    method: str = "",
) -> None:
    """Move a locked *challenge* to one of its ends, *method* being what proved it.

    A password that it kept waiting is forgotten with its end.
    """
    challenge.closed_at = now
    challenge.method = method
    challenge.new_password = ""
    CHALLENGE_STATES.apply(
        challenge,
        action,
        who=who,
        actor_id=None,
        now=now,
        update_fields=("closed_at", "method", "new_password", "tries"),
    )
