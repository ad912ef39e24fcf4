"""Signing in by code. The code proves a SIM; whether that is enough, the account says."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import (
    CodeRequest,
    Phone,
    Session,
    SignInChallenge,
    User,
)
from accounts.policies.signing_in import may_sign_in, takes_over
from accounts.queries.signing_in import knows_device
from accounts.services.moderation.standing import suspended
from accounts.services.people.losses import take_back_loss
from accounts.services.signing_in.challenging import (
    ChallengeNeeded,
    digest_of,
    needed,
    open_challenge,
    why_not_enough,
)
from accounts.services.signing_in.codes import (
    CodeSpent,
    hash_code,
    locked_request,
    try_code,
)
from accounts.services.signing_in.external_identities import (
    LinkedElsewhere,
    OnePerService,
    link_identity,
    read_link_token,
)
from accounts.services.signing_in.guessing import Guesser
from accounts.services.signing_in.holding import join, mark_verified, use_notice
from accounts.services.signing_in.proofs import ProofNeeded, is_proved
from accounts.services.signing_in.sessions import end_sessions, open_session
from accounts.services.signing_in.stakes import is_at_stake
from lokahome.core.db.locks import advisory_lock
from lokahome.core.errors import DomainError, NotAllowed

ANSWER_STANDS = timedelta(seconds=60)
"""A phone on a bad network loses the answer, and asks again with the code it has."""


class AccountClosed(NotAllowed):
    """The account behind the number may not sign in."""

    code = "account.closed"
    title = gettext_lazy("Ce compte est fermé")


class StaffDoor(NotAllowed):
    """Members of staff work in the back-office: the API gives them no token."""

    code = "auth.staff_door"
    title = gettext_lazy("L’équipe passe par le back-office")

    def default_detail(self) -> str:
        return _(
            "Ce compte est celui d’un membre de l’équipe : utilisez le back-office."
        )


class SignedIn(NamedTuple):
    """Whose session was opened, whether the account is new, what became of a link."""

    user: User
    is_new: bool
    session: Session
    link_refused: str = ""
    """The code of the refusal to link an outside account; empty without one."""


class _HolderChanged(Exception):
    """The number changed hands between the look and the lock."""


def verify_code(
    *,
    request_id: UUID,
    code: str,
    now: datetime,
    device_key: UUID | None = None,
    client_ip: str = "",
    link_token: str | None = None,
) -> SignedIn | ChallengeNeeded:
    """Return a session of who holds the number, or what their account asks for as well.

    A number without an account gets one, as a tenant at level 0. The account of a known
    one is challenged when something is at stake in it and the device is new; when there
    is anything in it and it was silent for long; when the SIM was reported lost, unless
    nobody proved that (`take_back_loss`); unless 72 hours' notice went by. An account
    with nothing at stake is a new device's alone from then on: its other sessions end, no
    other device is known any more.

    The session stands, or the code is not used up: one transaction makes both. The same
    right code from the same device returns the same session, or challenge, for
    ANSWER_STANDS, until its first token was used. *link_token* links an outside account
    on the way (`external_identities.link_identity`), where the account is new or has no
    better proof than the code; a refusal to is no refusal to sign in. Raises CodeWrong
    (a try is gone), CodeSpent, AccountClosed, StaffDoor, LinkTokenRefused, RateLimited.
    Locks the person, then the request, so that parallel guesses are counted one by one.
    Must not be called inside a transaction: a refusal has to leave its count.
    """
    if link_token is not None:
        read_link_token(link_token, device_key=device_key, now=now)
    asked = CodeRequest.objects.filter(
        pk=request_id, purpose=CodeRequest.Purpose.SIGN_IN
    )
    number = asked.values_list("phone", flat=True).first() or ""
    guesser = Guesser(client_ip, device_key)
    while True:
        try:
            return _verify(request_id, number, code, guesser, link_token, now)
        except _HolderChanged:
            continue


def _verify(
    request_id: UUID,
    number: str,
    code: str,
    guesser: Guesser,
    link_token: str | None,
    now: datetime,
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
        if again := _answered_before(request, holder, code, guesser.device_key, now):
            return again
        refusal = try_code(request, code, now, guesser)
        if refusal is None and request is not None:
            # Two requests for one new number may be verified at once: one person.
            advisory_lock("phone", number)
            phone = Phone.objects.current().filter(number=number).first()
            if (phone.user_id if phone else None) != (holder.pk if holder else None):
                raise _HolderChanged
            if phone is None or holder is None:
                person = join(number, request.language, now)
                entry = _Entry(request, guesser.device_key, link_token, now)
                return entry.open(person, is_new=True)
            refusal = why_shut(holder, now)
            if refusal is None:
                entry = _Entry(request, guesser.device_key, link_token, now)
                return _enter(holder, phone, entry)
    raise refusal or CodeSpent()


def _answered_before(
    request: CodeRequest | None,
    holder: User | None,
    code: str,
    device_key: UUID | None,
    now: datetime,
) -> SignedIn | ChallengeNeeded | None:
    """Return what a right code was answered with, whose answer the device has lost."""
    if request is None or request.used_at is None or device_key is None:
        return None
    digest = hash_code(request_id=request.pk, code=code)
    is_same = hmac.compare_digest(request.code_hash, digest)
    if not is_same or now - request.used_at > ANSWER_STANDS:
        return None
    if holder is None:
        # The first of two at once has made the person meanwhile.
        if Phone.objects.current().filter(number=request.phone).exists():
            raise _HolderChanged
        return None
    asked = SignInChallenge.objects.filter(
        code_request=request,
        person=holder,
        device_digest=digest_of(device_key),
        status=SignInChallenge.Status.OPEN,
    )
    if (challenge := asked.first()) is not None:
        return needed(challenge, holder)
    opened = Session.objects.alive(now).filter(
        opened_by=request.pk, user=holder, device__key_digest=digest_of(device_key)
    )
    session = opened.exclude(tokens__used_at__isnull=False).first()
    if session is None or why_shut(holder, now) is not None:
        return None
    return SignedIn(holder, holder.created_at >= request.created_at, session)


def why_shut(person: User, now: datetime) -> DomainError | None:
    """Return why *person* gets no session, whatever they prove; None when they may."""
    if person.is_staff:
        return StaffDoor()
    if not may_sign_in(is_active=person.is_active):
        return closed_account(person, now)
    return None


def closed_account(person: User, now: datetime) -> DomainError:
    """Return why *person* may not sign in: until when, and how to appeal, or closed."""
    return suspended(person.pk, now=now) or AccountClosed()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A right code, and what its answer brought along."""

    request: CodeRequest
    device_key: UUID | None
    link_token: str | None
    now: datetime

    def open(self, person: User, *, is_new: bool = False) -> SignedIn:
        """Open the session of a locked *person*, and link what is to be linked."""
        session = open_session(
            user=person,
            method=Session.Method.CODE,
            device_key=self.device_key,
            device_name=self.request.device,
            opened_by=self.request.pk,
            now=self.now,
        )
        link_refused = self._link(person, session, is_new=is_new)
        return SignedIn(person, is_new, session, link_refused)

    def _link(self, person: User, session: Session, *, is_new: bool) -> str:
        if self.link_token is None:
            return ""
        # As at me/identities: who holds the phone for a minute links nothing for good.
        if not is_new and not is_proved(session, self.now):
            return ProofNeeded.code
        try:
            link_identity(
                user=person,
                token=self.link_token,
                device_key=self.device_key,
                now=self.now,
            )
        except (LinkedElsewhere, OnePerService) as refusal:
            return refusal.code
        return ""


def _enter(person: User, phone: Phone, entry: _Entry) -> SignedIn | ChallengeNeeded:
    device_key, now = entry.device_key, entry.now
    take_back_loss(phone, device_key=device_key, now=now)
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
        return entry.open(person)
    if use_notice(phone, digest_of(device_key), now):
        # Nobody contested, yet nobody proved anything either: payouts wait once more.
        mark_verified(phone, now, is_held_anew=True)
        return entry.open(person)
    return open_challenge(
        person=person,
        given=SignInChallenge.Given.CODE,
        reason=reason,
        device_key=device_key,
        phone=phone,
        code_request=entry.request,
        now=now,
    )
