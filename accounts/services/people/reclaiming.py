"""« Ce n’est pas moi »: one act that undoes what somebody else brought to an account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from accounts.events import AccountReclaimed
from accounts.models import Email, Phone, Session, SignInChallenge, SignInNotice, User
from accounts.services.signing_in.lapsing import end_challenges, end_notices
from accounts.services.signing_in.proofs import require_recent_proof
from accounts.services.signing_in.sessions import end_sessions, forget_devices_since
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.events.outbox import append

UNDONE = timedelta(hours=72)
"""How far back: what is older had its two days in which all numbers heard of it."""


@dataclass(frozen=True, slots=True)
class Reclaimed:
    """How many of each went."""

    sessions: int
    numbers: int
    addresses: int
    identities: int
    password: bool


@transaction.atomic
def reclaim(*, session: Session, now: datetime) -> Reclaimed:
    """Shut out who came into the account of *session*'s person; return what went.

    Every other session ends and no other device is known. Numbers, addresses and linked
    accounts of the last 72 hours go, an address that one of them replaced is in use
    again, a password that a code set since opens nothing any more; challenges and
    notices lapse. One number that works stays: an older one, or the first. Raises
    ProofNeeded; a code by SMS is enough, as it only shuts doors, and never by a number of
    the last 48 hours beside another. Locks the person, then what hangs on them; publishes
    SessionsEnded and AccountReclaimed.
    """
    require_recent_proof(session, now, sms_is_enough=True)
    person = locked(User.objects.get_queryset().active(), session.user_id)
    since = now - UNDONE
    sessions = end_sessions(
        user_id=person.pk,
        reason=Session.EndReason.CONTESTED,
        now=now,
        keep=session.pk,
    )
    forget_devices_since(user_id=person.pk, since=since, keep=session.pk)
    phones = Phone.objects.filter(user=person)
    done = Reclaimed(
        sessions=sessions,
        numbers=_release_numbers(person, since, now),
        addresses=_release_addresses(person, since, now),
        identities=SocialAccount.objects.filter(
            user=person, date_joined__gte=since
        ).delete()[0],
        password=_drop_password(person, since),
    )
    end_challenges(SignInChallenge.objects.filter(person=person), now=now)
    end_notices(SignInNotice.objects.filter(phone__in=phones), now=now)
    deed = record(
        "person.reclaimed",
        subject=f"user:{person.pk}",
        actor_id=person.pk,
        details={
            "numbers": done.numbers,
            "addresses": done.addresses,
            "identities": done.identities,
            "password": done.password,
        },
    )
    append(AccountReclaimed(person_id=person.pk, deed_id=deed.pk))
    return done


def _release_numbers(person: User, since: datetime, now: datetime) -> int:
    held = Phone.objects.current().filter(user=person).order_by("created_at", "id")
    rows = list(held.select_for_update(no_key=True))
    # A lost one opens nothing by itself: it does not stand for one that works.
    works = [row for row in rows if row.lost_at is None]
    older = [row for row in works if not _came_since(row, since)]
    # Who has none that is older keeps the first: it is what the account was born with,
    # or the only way that is left to reach its person.
    kept = older or works[:1] or rows[:1]
    gone = [row for row in rows if row not in kept and _came_since(row, since)]
    for phone in gone:
        phone.released_at = max(now, phone.verified_at)
        phone.release_reason = Phone.ReleaseReason.REMOVED
        phone.save(update_fields={"released_at", "release_reason"})
    return len(gone)


def _came_since(phone: Phone, since: datetime) -> bool:
    """Say whether it came to the account since; found again, it is held anew, not new."""
    return min(phone.created_at, phone.held_since) >= since


def _release_addresses(person: User, since: datetime, now: datetime) -> int:
    mine = Email.objects.filter(user=person).select_for_update(no_key=True)
    young = [
        *mine.claimed(),
        *mine.current().filter(verified_at__gte=since),
    ]
    _release(young, now)
    replaced = mine.filter(verified_at__lt=since, released_at__gte=since)
    before = replaced.order_by("-released_at").first()
    if before is not None and not mine.current().exists():
        before.released_at = None
        before.save(update_fields={"released_at"})
    return len(young)


def _release(emails: Iterable[Email], now: datetime) -> None:
    for email in emails:
        email.released_at = max(now, email.verified_at or now)
        email.save(update_fields={"released_at"})


def _drop_password(person: User, since: datetime) -> bool:
    reset_at = person.password_reset_at
    if reset_at is None or reset_at < since or not person.has_usable_password():
        return False
    person.set_unusable_password()
    person.password_reset_at = None
    person.save(update_fields={"password", "password_reset_at"})
    return True
