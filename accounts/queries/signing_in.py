"""Where codes go, and what an account remembers of its sign-ins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db.models import Max
from django.db.models.functions import Greatest

from accounts.models import (
    CodeRequest,
    Device,
    Email,
    Phone,
    User,
)
from accounts.models.limits import SETTLES_AFTER
from accounts.models.session import device_digest
from lokahome.core.errors import DomainError
from lokahome.core.phones import normalise_phone


@dataclass(frozen=True, slots=True)
class CodeDestination:
    """Where a code goes, by which channel and in which language, and what it is for."""

    to: str
    channel: str
    language: str
    purpose: str


def code_destination(request_id: UUID) -> CodeDestination | None:
    """Return where the code of *request_id* goes, or None when nobody asked for it."""
    found = CodeRequest.objects.select_related("email").filter(pk=request_id)
    if (request := found.first()) is None:
        return None
    return CodeDestination(
        to=request.email.address if request.email else request.phone,
        channel=request.channel,
        language=request.language,
        purpose=request.purpose,
    )


NOTICE_SALT = "accounts.sign_in_notice"


def contest_link(notice_id: UUID) -> str:
    """Return the address at which whoever reads the e-mail contests a sign-in."""
    token = signing.Signer(salt=NOTICE_SALT).sign(str(notice_id))
    return f"{settings.PUBLIC_URL}/connexions/{token}"


def handle_for(identifier: str) -> str:
    """Return the handle behind *identifier*, a handle or a phone in any writing.

    What names nobody comes back as it is: the password check then costs the same time.
    """
    try:
        number = normalise_phone(identifier)
    except DomainError:
        return identifier
    holders = Phone.objects.current().filter(number=number)
    return holders.values_list("user__username", flat=True).first() or identifier


@dataclass(frozen=True, slots=True)
class EmailCodeDestination:
    """Where the code that proves an address goes and in which language it is told."""

    address: str
    language: str


def email_code_destination(email_id: UUID) -> EmailCodeDestination | None:
    """Return where the code of the claim *email_id* goes, or None for none."""
    claim = Email.objects.select_related("user").filter(pk=email_id).first()
    if claim is None:
        return None
    return EmailCodeDestination(address=claim.address, language=claim.user.language)


def knows_device(user_id: UUID, device_key: UUID | None, now: datetime) -> bool:
    """Say whether the person signed in on this device before, with all proof asked.

    And used it within `KNOWN_FOR`: whoever holds it is not taken for its person for ever.
    """
    if device_key is None:
        return False
    known = Device.objects.known(now).filter(user_id=user_id)
    return known.filter(key_digest=device_digest(device_key)).exists()


def last_active_at(user_id: UUID) -> datetime | None:
    """Return when the person last used a session, to five minutes; None for never.

    Of sessions that were deleted since, the person themselves keeps the last use.
    """
    people = User.objects.filter(pk=user_id)
    used = people.annotate(last=Greatest("used_at", Max("sessions__last_used_at")))
    return cast("datetime | None", used.values_list("last", flat=True).first())


def is_device_of_person(user_id: UUID | None, digest: str, now: datetime) -> bool:
    """Say what `knows_device` says of the device *digest*; the same work for nobody."""
    return _is_known(digest, now, user_id=user_id or UUID(int=0))


def is_device_of_number(number: str, digest: str, now: datetime) -> bool:
    """Say whether the holder of *number* (E.164) is known by this device."""
    return _is_known(
        digest, now, user__phones__number=number, user__phones__released_at=None
    )


def is_settled_device_of_number(number: str, digest: str, now: datetime) -> bool:
    """Say whether the holder of *number* (E.164) is known by this device for two days."""
    return _is_known(
        digest,
        now,
        user__phones__number=number,
        user__phones__released_at=None,
        trusted_at__lte=now - SETTLES_AFTER,
    )


def is_device_of_handle(username: str, digest: str, now: datetime) -> bool:
    """Say whether the person of this handle is known by this device."""
    return _is_known(digest, now, user__username=username)


def _is_known(digest: str, now: datetime, **whose: object) -> bool:
    known = Device.objects.known(now).filter(**whose)
    return known.filter(key_digest=digest).exists()
