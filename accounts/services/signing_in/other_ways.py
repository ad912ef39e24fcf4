"""Signing in without a code: by an outside account, or by a password."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Phone, Session, SignInChallenge, User
from accounts.models.limits import SETTLES_AFTER
from accounts.services.signing_in.challenging import (
    ChallengeNeeded,
    open_challenge,
    why_not_enough,
)
from accounts.services.signing_in.entering import SignedIn, why_shut
from accounts.services.signing_in.external_identities import link_proves
from accounts.services.signing_in.proofs import password_proves
from accounts.services.signing_in.sessions import open_session
from lokahome.core.db.locks import locked


@transaction.atomic
def enter_by_identity(
    *, person_id: UUID, device_key: UUID | None, device_name: str, now: datetime
) -> SignedIn | ChallengeNeeded:
    """Return a session of who linked an outside account, or what is asked as well.

    Whoever holds that account may be anybody who once held the number: on a device that
    is not known, and after long silence, it is one proof of two; for 48 hours from its
    link it says no more than the code it was linked by. Raises AccountClosed, StaffDoor.
    Locks the person.
    """
    person = _welcome(person_id, now)
    reason = why_not_enough(
        person.pk,
        device_key=device_key,
        now=now,
        is_lost=not link_proves(person.pk, now) and _lost_lately(person.pk, now),
    )
    if reason is not None:
        return open_challenge(
            person=person,
            given=SignInChallenge.Given.EXTERNAL,
            reason=reason,
            device_key=device_key,
            now=now,
        )
    session = open_session(
        user=person,
        method=Session.Method.OIDC,
        device_key=device_key,
        device_name=device_name,
        now=now,
    )
    return SignedIn(person, False, session)


@transaction.atomic
def enter_by_password(
    *, person_id: UUID, device_key: UUID | None, now: datetime
) -> SignedIn | ChallengeNeeded:
    """Return a session of who gave their password, or what is asked as well.

    A password is a secret of its person's, and enough. But one that a code set is for 48
    hours worth no more than that code, which opens no unknown device alone. Raises
    AccountClosed, StaffDoor. Locks the person.
    """
    person = _welcome(person_id, now)
    if not password_proves(person, now):
        is_lost = _lost_lately(person.pk, now)
        reason = why_not_enough(
            person.pk, device_key=device_key, now=now, is_lost=is_lost
        )
        if reason is not None:
            return open_challenge(
                person=person,
                given=SignInChallenge.Given.PASSWORD,
                reason=reason,
                device_key=device_key,
                now=now,
            )
    session = open_session(
        user=person, method=Session.Method.PASSWORD, device_key=device_key, now=now
    )
    return SignedIn(person, False, session)


def _welcome(person_id: UUID, now: datetime) -> User:
    person = locked(User.objects.get_queryset(), person_id)
    if (refusal := why_shut(person, now)) is not None:
        raise refusal
    return person


def _lost_lately(person_id: UUID, now: datetime) -> bool:
    """Say whether the SIM that set or linked what is young may be lost since."""
    mine = Phone.objects.current().filter(user_id=person_id)
    return mine.filter(lost_at__gt=now - SETTLES_AFTER).exists()
