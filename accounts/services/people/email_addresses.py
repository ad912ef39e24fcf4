"""E-mail addresses: claimed, then proved by the code that is sent there.

As with numbers, the code exists in the letter and in the mind of its reader; the row
keeps an HMAC under a key that is not in the database, bound to the claim's id.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import EmailChanged, EmailCodeRequested
from accounts.models import Email, Session, User
from accounts.models.limits import MAX_TRIES
from accounts.services.people.email_rules import clean_address
from accounts.services.signing_in.codes import LIFETIME, CodeSpent, CodeWrong, hash_code
from accounts.services.signing_in.limits import fingerprint
from accounts.services.signing_in.proofs import require_recent_proof
from lokahome.core import limits
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import DomainError, FieldError
from lokahome.core.events.outbox import append

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PER_PERSON = 5
PER_PERSON_A_DAY = 10
PER_ADDRESS_A_DAY = 15
"""Whoever the mailbox belongs to did not ask for a letter from each of our people."""
OF_ONE_ADDRESS_A_DAY = 3
"""By one person: a few strangers must not use up what the mailbox's owner may claim."""


@transaction.atomic
def claim_email(*, session: Session, address: str, now: datetime) -> Email:
    """Return a new claim of *session*'s person to *address*, to prove in 10 minutes.

    An earlier claim that was not proved is given up. The address in use stays until
    the new one is proved. Raises ProofNeeded (an address proves later who one is),
    AddressRefused, RateLimited. Locks the person; publishes EmailCodeRequested.
    Addresses are compared in lower case.
    """
    address = clean_address(address)
    require_recent_proof(session, now)
    person = locked(User.objects.get_queryset().active(), session.user_id)
    _take_limits(person.pk, address, now)
    for earlier in Email.objects.claimed().filter(user=person):
        _release(earlier, now)
    claim = Email(user=person, address=address, expires_at=now + LIFETIME)
    claim.save(force_insert=True)
    append(EmailCodeRequested(email_id=claim.pk))
    return claim


@transaction.atomic
def mint_email_code(*, email_id: UUID, now: datetime) -> str:
    """Return a new code of six digits for the claim, and keep its hash only.

    Called when the letter is about to leave; see `codes.mint_code`. Raises NotFound,
    CodeSpent when the claim can be proved no more. Locks the claim.
    """
    claim = locked(Email.objects.all(), email_id)
    if not _provable(claim, now):
        raise CodeSpent
    code = f"{secrets.randbelow(1_000_000):06d}"
    claim.code_hash = hash_code(request_id=claim.pk, code=code)
    claim.minted_at = now
    claim.save(update_fields={"code_hash", "minted_at"})
    return code


def verify_email(
    *, session: Session, email_id: UUID, code: str, now: datetime
) -> Email:
    """Return the claim, proved: letters go to it now, the earlier one is past.

    It proves who its person is in 48 hours, unless another account proved it too. Once
    proved, it stays so however often this is called. Raises ProofNeeded, NotFound for
    another person's claim, CodeWrong (a try is gone), CodeSpent. Locks the person, then
    the claim; publishes EmailChanged: the address before and all numbers are told. Must
    not be called inside a transaction: a refusal has to leave its count.
    """
    with transaction.atomic(durable=True):
        person = locked(User.objects.get_queryset().active(), session.user_id)
        claim = locked(Email.objects.visible_to(person), email_id)
        if claim.verified_at is not None and claim.released_at is None:
            return claim
        require_recent_proof(session, now)
        refusal = _try(claim, code, now)
        if refusal is None:
            _make_current(claim, now)
            return claim
    raise refusal


@transaction.atomic
def remove_email(*, session: Session, email_id: UUID, now: datetime) -> None:
    """Write no more to an address, or give a claim to one up; again changes nothing.

    Raises ProofNeeded (an address is a way to prove who one is), NotFound for another
    person's. Locks the person, then the address; of one that was in use publishes
    EmailChanged: itself and all numbers are told.
    """
    require_recent_proof(session, now)
    person = locked(User.objects.get_queryset().active(), session.user_id)
    email = locked(Email.objects.visible_to(person), email_id)
    if email.released_at is not None:
        return
    _release(email, now)
    record(
        "person.email_removed",
        subject=f"user:{person.pk}",
        actor_id=person.pk,
        details={"email_id": str(email.pk)},
    )
    if email.verified_at is not None:
        append(_changed(email, former=email, now=now))


def _take_limits(user_id: UUID, address: str, now: datetime) -> None:
    for name, key, limit, window in (
        ("email.person", str(user_id), PER_PERSON, HOUR),
        ("email.person_day", str(user_id), PER_PERSON_A_DAY, DAY),
        (
            "email.address_own",
            f"{user_id}:{fingerprint(address)}",
            OF_ONE_ADDRESS_A_DAY,
            DAY,
        ),
    ):
        limits.take(name, key, limit=limit, window=window, now=now)
    proved = Email.objects.filter(address=address, verified_at__isnull=False)
    if not proved.filter(user_id=user_id).exists():
        limits.take(
            "email.address_day",
            fingerprint(address),
            limit=PER_ADDRESS_A_DAY,
            window=DAY,
            now=now,
        )


def _provable(claim: Email, now: datetime) -> bool:
    return (
        claim.verified_at is None
        and claim.released_at is None
        and now < claim.expires_at
        and claim.tries < MAX_TRIES
    )


def _try(claim: Email, code: str, now: datetime) -> DomainError | None:
    if not claim.code_hash or not _provable(claim, now):
        return CodeSpent()
    claim.tries += 1
    claim.save(update_fields={"tries"})
    if hmac.compare_digest(claim.code_hash, hash_code(request_id=claim.pk, code=code)):
        return None
    return CodeWrong(
        _("Ce code n’est pas le bon. Vérifiez le dernier courriel reçu."),
        errors=[FieldError("wrong", _("Code incorrect."), pointer="/code")],
    )


def _make_current(claim: Email, now: datetime) -> None:
    former = Email.objects.current().filter(user_id=claim.user_id).first()
    if former is not None:
        _release(former, now)
    claim.verified_at = now
    claim.save(update_fields={"verified_at"})
    record(
        "person.email_verified",
        subject=f"user:{claim.user_id}",
        actor_id=claim.user_id,
        details={"email_id": str(claim.pk)},
    )
    append(_changed(claim, former=former, now=now))


def _changed(email: Email, *, former: Email | None, now: datetime) -> EmailChanged:
    return EmailChanged(
        email_id=email.pk,
        person_id=email.user_id,
        former_id=former.pk if former is not None else None,
        since=now,
    )


def _release(email: Email, now: datetime) -> None:
    # Two requests may have read the clock in the other order than they came in.
    email.released_at = max(now, email.verified_at or now)
    email.save(update_fields={"released_at"})
