"""Signing in by code. The code proves a SIM; whether that is enough, the account says."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy

from accounts.models import (
    NOTICE_STATES,
    CodeRequest,
    Phone,
    RoleGrant,
    Session,
    SignInChallenge,
    SignInNotice,
    User,
)
from accounts.policies.signing_in import may_sign_in, takes_over
from accounts.queries.signing_in import knows_device
from accounts.services.moderation.barring import look_at_newcomer
from accounts.services.moderation.standing import suspended
from accounts.services.signing_in.challenging import (
    ChallengeNeeded,
    digest_of,
    open_challenge,
    why_not_enough,
)
from accounts.services.signing_in.codes import CodeSpent, locked_request, try_code
from accounts.services.signing_in.guessing import Guesser
from accounts.services.signing_in.sessions import end_sessions
from accounts.services.signing_in.stakes import is_at_stake
from lokahome.core.audit.record import record
from lokahome.core.db.locks import advisory_lock
from lokahome.core.errors import DomainError, NotAllowed


class AccountClosed(NotAllowed):
    """The account behind the number may not sign in."""

    code = "account.closed"
    title = gettext_lazy("Ce compte est fermé")


class SignedIn(NamedTuple):
    """Who gets tokens, whether the account is new, what the device calls itself."""

    user: User
    is_new: bool
    device_name: str = ""


class _HolderChanged(Exception):
    """The number changed hands between the look and the lock."""


def verify_code(
    *,
    request_id: UUID,
    code: str,
    now: datetime,
    device_key: UUID | None = None,
    client_ip: str = "",
) -> SignedIn | ChallengeNeeded:
    """Return who holds the number, or what their account asks for beside the code.

    A number without an account gets one, as a tenant at level 0. The account of a known
    one is challenged when something is at stake in it and the device is new; when there
    is anything in it and it was silent for long; always when the SIM was reported lost;
    unless 72 hours' notice went by. An account with nothing at stake is a new device's
    alone from then on: its other sessions end, no other device is known any more. Raises CodeWrong (a try is gone), CodeSpent, AccountClosed,
    RateLimited. Locks the person, then the request, so that parallel guesses are counted
    one by one. Must not be called inside a transaction: a refusal has to leave its count.
    """
    asked = CodeRequest.objects.filter(
        pk=request_id, purpose=CodeRequest.Purpose.SIGN_IN
    )
    number = asked.values_list("phone", flat=True).first() or ""
    guesser = Guesser(client_ip, device_key)
    while True:
        try:
            return _verify(request_id, number, code, guesser, now)
        except _HolderChanged:
            continue


def _verify(
    request_id: UUID, number: str, code: str, guesser: Guesser, now: datetime
) -> SignedIn | ChallengeNeeded:
    with transaction.atomic(durable=True):
        # The person first, as everywhere. One query, whether there is one or not.
        holder = (
            User.objects.get_queryset()
            .select_for_update(no_key=True, of=("self",))
            .filter(phones__number=number, phones__released_at=None)
            .first()
        )
        request = locked_request(request_id, CodeRequest.Purpose.SIGN_IN)
        refusal = try_code(request, code, now, guesser)
        if refusal is None and request is not None:
            # Two requests for one new number may be verified at once: one person.
            advisory_lock("phone", number)
            phone = Phone.objects.current().filter(number=number).first()
            if (phone.user_id if phone else None) != (holder.pk if holder else None):
                raise _HolderChanged
            if phone is None or holder is None:
                person = join(number, request.language, now)
                return SignedIn(person, True, request.device)
            if may_sign_in(is_active=holder.is_active):
                return _enter(holder, phone, request, guesser.device_key, now)
            refusal = closed_account(holder, now)
    raise refusal or CodeSpent()


def closed_account(person: User, now: datetime) -> DomainError:
    """Return why *person* may not sign in: until when, and how to appeal, or closed."""
    return suspended(person.pk, now=now) or AccountClosed()


def _enter(
    person: User,
    phone: Phone,
    request: CodeRequest,
    device_key: UUID | None,
    now: datetime,
) -> SignedIn | ChallengeNeeded:
    reason = why_not_enough(
        person.pk,
        device_key=device_key,
        now=now,
        is_lost=phone.lost_at is not None,
    )
    if reason is None:
        if takes_over(
            is_at_stake=is_at_stake(person.pk),
            knows_device=knows_device(person.pk, device_key, now),
        ):
            end_sessions(
                user_id=person.pk, reason=Session.EndReason.TAKEN_OVER, now=now
            )
        mark_verified(phone, now)
        return SignedIn(person, False, request.device)
    if _use_notice(phone, digest_of(device_key), now):
        # Nobody contested, yet nobody proved anything either: payouts wait once more.
        mark_verified(phone, now, is_held_anew=True)
        return SignedIn(person, False, request.device)
    return open_challenge(
        person=person,
        given=SignInChallenge.Given.CODE,
        reason=reason,
        device_key=device_key,
        phone=phone,
        code_request=request,
        now=now,
    )


def _use_notice(phone: Phone, digest: str, now: datetime) -> bool:
    notice = (
        SignInNotice.objects.waiting()
        .select_for_update(no_key=True, of=("self",))
        .filter(phone=phone, device_digest=digest, opens_at__lte=now, closes_at__gt=now)
        .first()
    )
    if notice is None:
        return False
    notice.closed_at = now
    NOTICE_STATES.apply(
        notice,
        "use",
        who="system",
        actor_id=None,
        now=now,
        update_fields=("closed_at",),
    )
    record(
        "sign_in.notice_used",
        subject=f"user:{phone.user_id}",
        actor_id=None,
        details={"notice_id": str(notice.pk)},
    )
    return True


def mark_verified(phone: Phone, now: datetime, *, is_held_anew: bool = False) -> None:
    """Note that a locked person answered from *phone*; a lost SIM is found by it."""
    phone.verified_at = now
    if is_held_anew or phone.lost_at is not None:
        phone.held_since = now
    phone.lost_at = None
    phone.save(update_fields={"verified_at", "held_since", "lost_at"})


def join(number: str, language: str, now: datetime) -> User:
    """Make the person who holds *number*; the number's advisory lock is held.

    A number whose last holder was banned and erased is no reason to refuse: publishes
    CaseOpened then, and somebody looks.
    """
    person = User.objects.create_person(language=language)
    Phone(user=person, number=number, verified_at=now, held_since=now).save()
    RoleGrant(user=person, role=RoleGrant.Role.TENANT).save()
    record("person.joined", subject=f"user:{person.pk}", actor_id=person.pk)
    look_at_newcomer(person_id=person.pk, number=number, now=now)
    return person
