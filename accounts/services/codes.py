"""Sign-in codes: request, mint, verify.

Who asks learns nothing: a number with an account and one without get the same answer.
The code itself exists in two places only, the SMS and the mind of its reader; the row
keeps an HMAC under a key that is not in the database, bound to the request's id.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import CodeRequested
from accounts.models import CodeRequest, Phone, RoleGrant, User
from accounts.models.limits import MAX_TRIES
from accounts.policies import may_sign_in
from accounts.services.sign_in_limits import take_code_limits
from lokahome.core.audit.record import record
from lokahome.core.db.locks import advisory_lock, locked
from lokahome.core.errors import DomainError, FieldError, InvalidInput, NotAllowed
from lokahome.core.events.outbox import append
from lokahome.core.ids import uuid7
from lokahome.core.phones import normalise_phone

LIFETIME = timedelta(minutes=10)


class CodeWrong(InvalidInput):
    """The code is not the one that was sent; another try is left."""

    code = "code.wrong"
    title = gettext_lazy("Code incorrect")

    def default_detail(self) -> str:
        return _("Ce code n’est pas le bon. Vérifiez le dernier SMS reçu.")


class CodeSpent(DomainError):
    """The request is unknown, used, too old, or was tried too often: ask for another."""

    code = "code.spent"
    status = 410
    title = gettext_lazy("Code expiré")

    def default_detail(self) -> str:
        return _("Ce code n’est plus valable. Demandez-en un autre.")


class RequestIdTaken(InvalidInput):
    """The client's id was used for another number before."""

    code = "code.request_id_taken"


class AccountClosed(NotAllowed):
    """The account behind the number may not sign in."""

    code = "account.closed"
    title = gettext_lazy("Ce compte est fermé")


@transaction.atomic
def request_code(
    *,
    phone: str,
    client_ip: str,
    now: datetime,
    purpose: str = CodeRequest.Purpose.SIGN_IN,
    request_id: UUID | None = None,
    language: str = "fr",
    device: str = "",
) -> CodeRequest:
    """Return a new request for a code to *phone*; the code does not exist yet.

    *request_id* may come from the client: the same id and number return the same
    request, without another SMS; another number raises RequestIdTaken. Raises
    InvalidPhone, and RateLimited (see `sign_in_limits`). Publishes CodeRequested.
    """
    number = normalise_phone(phone)
    if request_id is not None:
        # Two copies of one request may arrive at once; the second must find the first.
        advisory_lock("code_request", str(request_id))
        known = CodeRequest.objects.filter(pk=request_id).first()
        if known is not None:
            if (known.phone, known.purpose) != (number, purpose):
                raise RequestIdTaken
            return known
    take_code_limits(phone=number, client_ip=client_ip, now=now)
    request = CodeRequest(
        id=request_id or uuid7(),
        phone=number,
        purpose=CodeRequest.Purpose(purpose),
        language=language,
        device=device,
        expires_at=now + LIFETIME,
        created_at=now,
    )
    request.save(force_insert=True)
    append(CodeRequested(request_id=request.pk))
    return request


@transaction.atomic
def mint_code(*, request_id: UUID, now: datetime) -> str:
    """Return a new code of six digits for *request_id*, and keep its hash only.

    Called when the SMS is about to leave. A message that could not be sent is tried
    again with a new code, which replaces the one nobody received; the time limit and
    the tries already made stay. Raises CodeSpent when the request cannot be used any
    more. Locks the request.
    """
    request = locked(CodeRequest.objects.all(), request_id)
    if not _usable(request, now):
        raise CodeSpent
    code = f"{secrets.randbelow(1_000_000):06d}"
    request.code_hash = hash_code(request_id=request.pk, code=code)
    request.minted_at = now
    request.save(update_fields={"code_hash", "minted_at"})
    return code


def verify_code(*, request_id: UUID, code: str, now: datetime) -> tuple[User, bool]:
    """Return the person who holds the number, and whether they are new here.

    A new person becomes a tenant at level 0; a known one has their number marked as
    verified now. Raises CodeWrong (a try is gone), CodeSpent, AccountClosed. Locks the
    request, so that parallel guesses are counted one by one. Must not be called inside a
    transaction: a refusal has to leave its count behind.
    """
    with transaction.atomic(durable=True):
        request = (
            CodeRequest.objects.select_for_update(no_key=True)
            .filter(pk=request_id)
            .first()
        )
        refusal = _try(request, code, now)
        if refusal is None and request is not None:
            person, created = _person_behind(request, now)
            if may_sign_in(is_active=person.is_active):
                return person, created
            refusal = AccountClosed()
    raise refusal or CodeSpent()


def hash_code(*, request_id: UUID, code: str) -> str:
    """Return the keyed hash under which *code* is kept for *request_id*, in hex."""
    message = f"{request_id}:{code}".encode()
    key = settings.CODE_HASH_KEY.encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def _usable(request: CodeRequest, now: datetime) -> bool:
    return (
        request.used_at is None
        and now < request.expires_at
        and request.tries < MAX_TRIES
    )


def _try(request: CodeRequest | None, code: str, now: datetime) -> DomainError | None:
    if request is None or not request.code_hash or not _usable(request, now):
        return CodeSpent()
    request.tries += 1
    right = hmac.compare_digest(
        request.code_hash, hash_code(request_id=request.pk, code=code)
    )
    if right:
        request.used_at = now
    request.save(update_fields={"tries", "used_at"})
    if right:
        return None
    return CodeWrong(
        errors=[FieldError("wrong", _("Code incorrect."), pointer="/code")]
    )


def _person_behind(request: CodeRequest, now: datetime) -> tuple[User, bool]:
    # Two requests for one new number may be verified at once: one person, not two.
    advisory_lock("phone", request.phone)
    phone = (
        Phone.objects.current()
        .select_related("user")
        .filter(number=request.phone)
        .first()
    )
    if phone is not None:
        phone.verified_at = now
        phone.save(update_fields={"verified_at"})
        return phone.user, False
    person = User.objects.create_person(language=request.language)
    Phone(user=person, number=request.phone, verified_at=now).save()
    RoleGrant(user=person, role=RoleGrant.Role.TENANT).save()
    record("person.joined", subject=f"user:{person.pk}", actor_id=person.pk)
    return person, True
