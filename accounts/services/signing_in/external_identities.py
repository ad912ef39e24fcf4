"""Accounts that people have at another service, as a way to sign in here.

Which account it is, `accounts.api.oidc` has found out. Here it is known by a keyed digest
of its subject only: no name, no address, nothing to match by but what its person linked
after proving their number.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy

from accounts.events import ExternalIdentityLinked
from accounts.models import OidcNonce, Session, User
from accounts.models.limits import SETTLES_AFTER
from accounts.queries.people import ONE_CLOCK
from accounts.services.signing_in.sessions import end_session
from lokahome.core.audit.record import record
from lokahome.core.crypto.lookups import keyed_digest
from lokahome.core.db.locks import advisory_lock, locked
from lokahome.core.errors import NotAuthenticated, NotFound, StateConflict
from lokahome.core.events.outbox import append

NONCE_LIFETIME = timedelta(minutes=10)
LINK_LIFETIME = timedelta(minutes=30)
_signer = signing.Signer(salt="lokahome.identity-links")


class NonceRefused(NotAuthenticated):
    """The identity token answers no attempt of this device: unknown, used or too old."""

    code = "oidc.nonce_refused"


class LinkTokenRefused(NotAuthenticated):
    """The link token is forged, too old, or another device's: sign in there again."""

    code = "oidc.link_refused"


class LinkedElsewhere(StateConflict):
    """That account opens somebody else's account here already."""

    code = "oidc.linked_elsewhere"
    title = gettext_lazy("Ce compte externe est lié à un autre compte LOKAHOME")


class OnePerService(StateConflict):
    """The person has linked another account of the same service."""

    code = "oidc.one_per_provider"
    title = gettext_lazy("Un autre compte de ce service est déjà lié")


@dataclass(frozen=True, slots=True)
class Nonce:
    """What the app puts into its request at the other service, and until when."""

    nonce: str
    expires_at: datetime


def subject_digest(provider: str, subject: str) -> str:
    """Return the digest under which *subject* of *provider* is known, 64 hex digits."""
    return keyed_digest(subject, purpose=f"oidc:{provider}")


def new_nonce(*, provider: str, device_key: UUID | None, now: datetime) -> Nonce:
    """Return a new nonce for one attempt of one device; its digest alone is kept."""
    raw = secrets.token_urlsafe(32)
    expires_at = now + NONCE_LIFETIME
    OidcNonce(
        provider=provider,
        digest=_nonce_digest(raw),
        device_digest=_device(device_key),
        expires_at=expires_at,
        created_at=now,
    ).save(force_insert=True)
    return Nonce(raw, expires_at)


def use_nonce(
    *, provider: str, nonce: str, device_key: UUID | None, now: datetime
) -> None:
    """Use a nonce up. One statement: of two tokens with one nonce, one is refused.

    Raises NonceRefused.
    """
    waiting = OidcNonce.objects.filter(
        provider=provider,
        digest=_nonce_digest(nonce),
        device_digest=_device(device_key),
        used_at=None,
        expires_at__gt=now,
    )
    if not waiting.update(used_at=now):
        raise NonceRefused


def forget_nonces(*, now: datetime) -> int:
    """Delete the nonces that ended by *now*; return how many."""
    return OidcNonce.objects.filter(expires_at__lte=now).delete()[0]


def holder_of(provider: str, subject: str) -> User | None:
    """Return who linked *subject* of *provider*, None for nobody."""
    known = SocialAccount.objects.select_related("user").filter(
        provider=provider, uid=subject_digest(provider, subject)
    )
    account = known.first()
    person: User | None = account.user if account is not None else None
    return person


def link_proves(person_id: UUID, now: datetime) -> bool:
    """Say whether outside accounts are more than the code by which they were linked.

    Whoever linked one may have held the SIM for a minute: for 48 hours it says no more
    than a code does, unless the account here was made with it.
    """
    links = SocialAccount.objects.filter(user_id=person_id)
    young = links.filter(date_joined__gt=now - SETTLES_AFTER)
    later = young.exclude(date_joined__lte=F("user__created_at") + ONE_CLOCK)
    return links.exists() and not later.exists()


def link_token(
    *, provider: str, subject: str, device_key: UUID | None, now: datetime
) -> tuple[str, datetime]:
    """Return a token by which this device links *subject*, and until when: 30 minutes."""
    ends = now + LINK_LIFETIME
    told = [
        provider,
        subject_digest(provider, subject),
        _device(device_key),
        int(ends.timestamp()),
    ]
    return _signer.sign_object(told), ends


def read_link_token(
    token: str, *, device_key: UUID | None, now: datetime
) -> tuple[str, str]:
    """Return (provider, digest of the subject) of *token*; raises LinkTokenRefused."""
    try:
        provider, uid, device, ends = _signer.unsign_object(token)
    except (signing.BadSignature, ValueError) as error:
        raise LinkTokenRefused from error
    if now.timestamp() >= ends or device != _device(device_key):
        raise LinkTokenRefused
    return provider, uid


@transaction.atomic
def link_identity(
    *, user: User, token: str, device_key: UUID | None, now: datetime
) -> SocialAccount:
    """Link the account of a link token to *user*, who has just proved their number.

    Again changes nothing. Raises LinkTokenRefused, LinkedElsewhere, OnePerService. Locks
    the person, then the outside account; publishes ExternalIdentityLinked.
    """
    provider, uid = read_link_token(token, device_key=device_key, now=now)
    person = locked(User.objects.get_queryset().active(), user.pk)
    advisory_lock("oidc", provider, uid)
    known = SocialAccount.objects.filter(provider=provider, uid=uid).first()
    if known is not None:
        if known.user_id != person.pk:
            raise LinkedElsewhere
        return known
    if SocialAccount.objects.filter(provider=provider, user=person).exists():
        raise OnePerService
    account = SocialAccount.objects.create(
        user=person, provider=provider, uid=uid, extra_data={}
    )
    deed = record(
        "person.identity_linked",
        subject=f"user:{person.pk}",
        actor_id=person.pk,
        details={"provider": provider},
    )
    append(
        ExternalIdentityLinked(
            person_id=person.pk, identity_id=deed.pk, provider=provider
        )
    )
    return account


@transaction.atomic
def unlink_identity(*, user: User, provider: str, now: datetime) -> None:
    """Let *provider* open the account no more, and end the sessions it opened.

    Raises NotFound. Locks the person, then the sessions; publishes SessionsEnded.
    """
    person = locked(User.objects.get_queryset(), user.pk)
    gone, _by_table = SocialAccount.objects.filter(
        user=person, provider=provider
    ).delete()
    if not gone:
        raise NotFound
    opened = Session.objects.filter(
        user=person, method=Session.Method.OIDC, ended_at=None
    )
    for session_id in opened.order_by("id").values_list("pk", flat=True):
        end_session(
            session_id=session_id,
            user_id=person.pk,
            reason=Session.EndReason.REVOKED,
            now=now,
        )
    record(
        "person.identity_unlinked",
        subject=f"user:{person.pk}",
        actor_id=person.pk,
        details={"provider": provider},
    )


def _nonce_digest(nonce: str) -> str:
    return keyed_digest(nonce, purpose="oidc.nonce")


def _device(key: UUID | None) -> str:
    return keyed_digest(str(key or ""), purpose="oidc.device")
