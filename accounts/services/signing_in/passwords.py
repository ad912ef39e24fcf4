"""Passwords: set, changed, and set anew by whoever forgot theirs.

Asking for a reset does the same work for every number: one row, one fact. Whether there
is somebody to send a code to is found out afterwards, where nobody measures it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import CodeRequested, PasswordChanged, PasswordResetRequested
from accounts.models import CodeRequest, Email, Phone, Session, User
from accounts.policies.signing_in import second_proof_reason
from accounts.queries.signing_in import knows_device, last_active_at
from accounts.services.signing_in.codes import (
    LIFETIME,
    CodeSpent,
    RequestIdTaken,
    locked_request,
    try_code,
)
from accounts.services.signing_in.limits import take_code_limits, take_guess_limits
from accounts.services.signing_in.proofs import require_recent_proof
from accounts.services.signing_in.sessions import end_sessions
from accounts.services.signing_in.stakes import is_at_stake
from lokahome.core.audit.record import record
from lokahome.core.db.locks import advisory_lock, locked
from lokahome.core.errors import DomainError, FieldError, InvalidInput, NotAllowed
from lokahome.core.events.outbox import append
from lokahome.core.ids import uuid7
from lokahome.core.phones import normalise_phone

RESET = CodeRequest.Purpose.PASSWORD_RESET


class PasswordWrong(InvalidInput):
    """The password in use is not the one that was given."""

    code = "password.wrong"
    title = gettext_lazy("Mot de passe incorrect")


class ResetRefused(NotAllowed):
    """The code was right, and is not enough for this account: a SIM changes hands."""

    code = "password.reset_refused"
    title = gettext_lazy("Ce numéro ne suffit pas")

    def default_detail(self) -> str:
        return _("Demandez le code par courriel, ou connectez-vous par un code SMS.")


@transaction.atomic
def change_password(
    *, session: Session, old_password: str, new_password: str, now: datetime
) -> int:
    """Give the person of *session* a new password; return how many sessions ended.

    All but *session* end. Raises PasswordWrong; for somebody without a password yet,
    ProofNeeded unless they proved lately who they are. *new_password* is valid already.
    Locks the person; publishes PasswordChanged and SessionsEnded.
    """
    person = locked(User.objects.get_queryset().active(), session.user_id)
    if not person.has_usable_password():
        require_recent_proof(session, now)
    elif not person.check_password(old_password):
        detail = _("Ce n’est pas votre mot de passe actuel.")
        raise PasswordWrong(
            errors=[FieldError("wrong", detail, pointer="/old_password")]
        )
    return _set(person, new_password, now, keep=session.pk)


@transaction.atomic
def request_reset(
    *,
    phone: str,
    by_email: bool,
    client_ip: str,
    device_key: UUID | None,
    language: str,
    now: datetime,
    request_id: UUID | None = None,
) -> CodeRequest:
    """Return a new request for a code that sets a password anew; see `send_reset_code`.

    The same id and number return the same request, another number raises
    RequestIdTaken. Raises InvalidPhone, RateLimited. Publishes PasswordResetRequested.
    """
    number = normalise_phone(phone)
    if request_id is not None:
        # Two copies of one request may arrive at once; the second must find the first.
        advisory_lock("code_request", str(request_id))
        known = CodeRequest.objects.filter(pk=request_id).first()
        if known is not None:
            if known.purpose != RESET or known.phone not in {number, ""}:
                raise RequestIdTaken
            return known
    take_code_limits(phone=number, client_ip=client_ip, device_key=device_key, now=now)
    request = CodeRequest(
        id=request_id or uuid7(),
        phone=number,
        purpose=RESET,
        language=language,
        expires_at=now + LIFETIME,
        created_at=now,
    )
    request.save(force_insert=True)
    channel = CodeRequest.Channel.EMAIL if by_email else CodeRequest.Channel.SMS
    append(PasswordResetRequested(request_id=request.pk, channel=channel.value))
    return request


@transaction.atomic
def send_reset_code(*, request_id: UUID, by_email: bool) -> bool:
    """Let the code of a reset leave, and say whether somebody is there to receive it.

    By e-mail it goes to the address that the number's person proved. Safe to repeat.
    Locks the request; publishes CodeRequested.
    """
    request = locked_request(request_id, RESET)
    if request is None or request.person_id is not None:
        return False
    held = Phone.objects.current().filter(number=request.phone, user__is_active=True)
    phone = held.filter(user__is_staff=False).select_related("user").first()
    if phone is None:
        return False
    if by_email:
        request.email = Email.objects.current().filter(user=phone.user).first()
        if request.email is None:
            return False
        request.channel, request.phone = CodeRequest.Channel.EMAIL, ""
    request.person, request.language = phone.user, phone.user.language
    request.save(
        update_fields={"email", "channel", "phone", "person", "language"},
    )
    append(CodeRequested(request_id=request.pk))
    return True


def reset_password(
    *,
    request_id: UUID,
    code: str,
    new_password: str,
    device_key: UUID | None,
    client_ip: str,
    now: datetime,
) -> None:
    """Set *new_password* for whom the code of *request_id* was sent to; all sessions end.

    A code by SMS proves a SIM: where a sign-in would ask for a second proof, so does
    this, and the e-mail's code is one. Raises CodeWrong (a try is gone), CodeSpent,
    ResetRefused, RateLimited. Locks the person, then the request; publishes
    PasswordChanged and SessionsEnded. Must not be called inside a transaction: a
    refusal has to leave its count behind.
    """
    asked = CodeRequest.objects.filter(pk=request_id, purpose=RESET)
    known = asked.values_list("phone", "person_id").first()
    number, person_id = known or ("", None)
    take_guess_limits(phone=number, client_ip=client_ip, now=now)
    with transaction.atomic(durable=True):
        people = User.objects.get_queryset().select_for_update(no_key=True)
        # One query, whether somebody was meant or not.
        person = people.filter(pk=person_id or UUID(int=0)).first()
        request = locked_request(request_id, RESET)
        refusal = try_code(request, code, now)
        if refusal is None and request is not None and person is not None:
            refusal = _why_not(person, request, device_key, now)
            if refusal is None:
                _set(person, new_password, now)
                return
    raise refusal or CodeSpent()


def _why_not(
    person: User, request: CodeRequest, device_key: UUID | None, now: datetime
) -> DomainError | None:
    if not person.is_active or person.is_staff:
        return ResetRefused()
    if request.email is not None:
        return None if request.email.released_at is None else ResetRefused()
    phone = Phone.objects.current().filter(user=person, number=request.phone).first()
    if phone is None:
        return ResetRefused()
    last = last_active_at(person.pk)
    reason = second_proof_reason(
        is_lost=phone.lost_at is not None,
        is_at_stake=is_at_stake(person.pk),
        knows_device=knows_device(person.pk, device_key),
        silent_for=now - last if last else None,
    )
    return None if reason is None else ResetRefused()


def _set(
    person: User, new_password: str, now: datetime, *, keep: UUID | None = None
) -> int:
    return put_password(person, make_password(new_password), now, keep=keep)


def put_password(
    person: User, encoded: str, now: datetime, *, keep: UUID | None = None
) -> int:
    """Set the hash *encoded* as the password of a locked *person*.

    Ends every session but *keep* and returns how many; publishes PasswordChanged and
    SessionsEnded.
    """
    person.password = encoded
    person.save(update_fields={"password"})
    record("person.password_set", subject=f"user:{person.pk}", actor_id=person.pk)
    append(PasswordChanged(person_id=person.pk, since=now))
    return end_sessions(
        user_id=person.pk,
        reason=Session.EndReason.PASSWORD_CHANGED,
        now=now,
        keep=keep,
    )
