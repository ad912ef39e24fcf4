"""Codes: request, mint, try.

Who asks learns nothing: a number with an account and one without get the same answer.
The code itself exists in two places only, the SMS and the mind of its reader; the row
keeps an HMAC under a key that is not in the database, bound to the request's id. Before
there is one, and where there will never be one, a decoy stands there: a guess is wrong,
and costs a try, whether or not anybody was there to receive a code.
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
from accounts.models import CodeRequest, Email
from accounts.models.limits import MAX_TRIES
from accounts.queries.signing_in import (
    is_device_of_number,
    is_settled_device_of_number,
)
from accounts.services.signing_in.code_costs import require_money, spend_code
from accounts.services.signing_in.guessing import (
    Guesser,
    asker_digest,
    count_guess,
    count_idle_answer,
)
from accounts.services.signing_in.limits import (
    CODE,
    PROOF,
    take_code_limits,
    take_letter_limits,
)
from lokahome.core.crypto.lookups import keyed_digest
from lokahome.core.db.locks import advisory_lock, locked
from lokahome.core.errors import DomainError, FieldError, InvalidInput
from lokahome.core.events.outbox import append
from lokahome.core.ids import uuid7
from lokahome.core.phones import normalise_phone

LIFETIME = timedelta(minutes=10)
PROVING = (CodeRequest.Purpose.PROOF, CodeRequest.Purpose.CHALLENGE)
"""Asked for by who is in already, or proved one thing: to a number of their own."""


class CodeWrong(InvalidInput):
    """The code is not the one that was sent; another try is left."""

    code = "code.wrong"
    title = gettext_lazy("Code incorrect")

    def default_detail(self) -> str:
        return _("Ce code n’est pas le bon. Vérifiez le dernier message reçu.")


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
    device_key: UUID | None = None,
    person_id: UUID | None = None,
    bound_id: UUID | None = None,
) -> CodeRequest:
    """Return a new request for a code to *phone*; the code does not exist yet.

    *request_id* may come from the client: the same id and number return the same
    request, without another SMS; another number raises RequestIdTaken. But to sign in,
    *person_id* asks, and the code serves *bound_id* alone (a session, a challenge).
    Raises InvalidPhone, and RateLimited (see `limits` and `code_costs`; the money is
    spent when the code is minted). Publishes CodeRequested.
    """
    number = normalise_phone(phone)
    if request_id is not None:
        known = asked_before(request_id, number, purpose, bound_id)
        if known is not None:
            return known
    asker = asker_digest(client_ip, device_key)
    take_code_limits(
        phone=number,
        client_ip=client_ip,
        device_key=device_key,
        by=own_count(number, asker, purpose, now, person_id),
        kind=PROOF if purpose in PROVING else CODE,
        now=now,
    )
    is_own = is_settled_device_of_number(number, asker, now)
    require_money(phone=number, is_own=is_own, now=now)
    return _asked(
        CodeRequest(
            id=request_id or uuid7(),
            phone=number,
            number_digest=number_digest(number),
            asker_digest=asker,
            purpose=CodeRequest.Purpose(purpose),
            person_id=person_id,
            bound_id=bound_id,
            language=language,
            device=device,
            expires_at=now + LIFETIME,
            created_at=now,
        )
    )


def asked_before(
    request_id: UUID, number: str, purpose: str, bound_id: UUID | None = None
) -> CodeRequest | None:
    """Return the request that *number* made with this id before, None for a new id.

    Raises RequestIdTaken for another number's, or another purpose's. Two copies of one
    request may arrive at once: the second waits, and finds the first.
    """
    advisory_lock("code_request", str(request_id))
    known = CodeRequest.objects.filter(pk=request_id).first()
    if known is None:
        return None
    asked = (known.number_digest, known.purpose, known.bound_id)
    if asked != (number_digest(number), purpose, bound_id):
        raise RequestIdTaken
    return known


def own_count(
    number: str,
    asker: str,
    purpose: str,
    now: datetime,
    person_id: UUID | None = None,
) -> str:
    """Return whose own count a request is in, empty for strangers to the number.

    Whoever proves something to their own account, and a device on which the number's
    person signed in before: strangers cannot use up their codes. The money that is kept
    from strangers is another matter: a password makes any device known at once, so it
    waits until one was known for SETTLES_AFTER.
    """
    if purpose in PROVING:
        return str(person_id)
    return asker if is_device_of_number(number, asker, now) else ""


def number_digest(number: str) -> str:
    """Return the keyed digest by which a request knows the *number* that was asked for."""
    return keyed_digest(number, purpose="code_request")


def decoy() -> str:
    """Return a hash that no code meets, to stand where a code's will, or will never."""
    return secrets.token_hex(32)


@transaction.atomic
def request_letter(
    *, email: Email, purpose: str, bound_id: UUID | None, client_ip: str, now: datetime
) -> CodeRequest:
    """Return a new request for a code to the proved address *email*; see `request_code`.

    Raises RateLimited. Publishes CodeRequested.
    """
    take_letter_limits(person_id=email.user_id, client_ip=client_ip, now=now)
    return _asked(
        CodeRequest(
            channel=CodeRequest.Channel.EMAIL,
            email=email,
            purpose=CodeRequest.Purpose(purpose),
            person_id=email.user_id,
            bound_id=bound_id,
            language=email.user.language,
            expires_at=now + LIFETIME,
            created_at=now,
        )
    )


def _asked(request: CodeRequest) -> CodeRequest:
    request.code_hash = decoy()
    request.save(force_insert=True)
    append(CodeRequested(request_id=request.pk))
    return request


@transaction.atomic
def mint_code(*, request_id: UUID, now: datetime) -> str:
    """Return a new code of six digits for *request_id*, and keep its hash only.

    Called when the message is about to leave. One that could not be sent is tried
    again with a new code, which replaces the one nobody received; the time limit and
    the tries already made stay. An SMS is paid for here, once. Raises CodeSpent when the
    request cannot be used any more, RateLimited when the day's money is spent. Locks the
    request.
    """
    request = locked(CodeRequest.objects.all(), request_id)
    if not _usable(request, now):
        raise CodeSpent
    if request.channel == CodeRequest.Channel.SMS and request.minted_at is None:
        asker = request.asker_digest
        is_own = is_settled_device_of_number(request.phone, asker, now)
        spend_code(phone=request.phone, is_own=is_own, now=now)
    code = f"{secrets.randbelow(1_000_000):06d}"
    request.code_hash = hash_code(request_id=request.pk, code=code)
    request.minted_at = now
    request.save(update_fields={"code_hash", "minted_at"})
    return code


def locked_request(request_id: UUID, purpose: str) -> CodeRequest | None:
    """Return the request for *purpose*, locked until the transaction ends, or None."""
    rows = CodeRequest.objects.select_for_update(no_key=True, of=("self",))
    return rows.filter(pk=request_id, purpose=purpose).first()


def last_request_for(bound_id: UUID, purpose: str, channel: str) -> CodeRequest | None:
    """Return the newest request that *bound_id* alone may answer, locked, or None."""
    rows = CodeRequest.objects.select_for_update(no_key=True, of=("self",))
    asked = rows.filter(bound_id=bound_id, purpose=purpose, channel=channel)
    return asked.order_by("-id").first()


def try_code(
    request: CodeRequest | None,
    code: str,
    now: datetime,
    guesser: Guesser | None = None,
) -> DomainError | None:
    """Try *code* for a locked *request*: None when it is right, else the refusal.

    The refusal, CodeWrong or CodeSpent, is returned and not raised: whoever calls has
    to commit the try that it cost. A right code uses the request up. *guesser* is whose
    wrong answers are counted, where nothing else limits them; raises RateLimited, with
    nothing tried (see `guessing`).
    """
    if request is None or not _usable(request, now):
        if guesser and (request is None or guesser.digest != request.asker_digest):
            count_idle_answer(guesser, now=now)
        return CodeSpent()
    right = is_code_of(request, code)
    if guesser is not None:
        count_guess(request, guesser, is_right=right, now=now)
    request.tries += 1
    if right:
        request.used_at = now
    request.save(update_fields={"tries", "used_at"})
    if right:
        return None
    return CodeWrong(
        errors=[FieldError("wrong", _("Code incorrect."), pointer="/code")]
    )


def is_code_of(request: CodeRequest, code: str) -> bool:
    """Say whether *code* is the one of *request*, which may be over; nothing is tried."""
    return hmac.compare_digest(
        request.code_hash, hash_code(request_id=request.pk, code=code)
    )


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
