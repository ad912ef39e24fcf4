"""Passwords: set, changed, and set anew by whoever forgot theirs.

Asking for a reset does the same work for every number: one row with a decoy, one fact.
Whether there is somebody to send a code to is found out afterwards, where nobody
measures it; a guess is answered alike, and nothing is paid for a number of nobody.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import CodeRequested, PasswordChanged, PasswordResetRequested
from accounts.models import CodeRequest, Email, Phone, Session, SignInChallenge, User
from accounts.services.signing_in.challenging import (
    ChallengeNeeded,
    open_challenge,
    why_not_enough,
)
from accounts.services.signing_in.code_costs import require_money
from accounts.services.signing_in.codes import (
    LIFETIME,
    CodeSpent,
    asked_before,
    decoy,
    is_code_of,
    locked_request,
    number_digest,
    own_count,
    try_code,
)
from accounts.services.signing_in.guessing import Guesser, asker_digest
from accounts.services.signing_in.limits import take_code_limits
from accounts.services.signing_in.proofs import require_recent_proof
from accounts.services.signing_in.sessions import end_sessions, trust_device
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import (
    DomainError,
    FieldError,
    InvalidInput,
    NotAllowed,
    NotFound,
)
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


def change_password(
    *, session: Session, old_password: str, new_password: str, now: datetime
) -> int:
    """Give the person of *session* a new password; return how many sessions ended.

    All but *session* end. Raises PasswordWrong; for somebody without a password yet,
    ProofNeeded unless they proved lately who they are. *new_password* is valid already.
    Locks the person, once both hashes are computed: nobody waits for them. Publishes
    PasswordChanged and SessionsEnded.
    """
    known = User.objects.get_queryset().active().filter(pk=session.user_id).first()
    if known is None:
        raise NotFound
    if not known.has_usable_password():
        require_recent_proof(session, now)
    elif not check_password(old_password, known.password):
        raise _wrong_password()
    encoded = make_password(new_password)
    with transaction.atomic():
        person = locked(User.objects.get_queryset().active(), known.pk)
        if person.password != known.password:
            raise _wrong_password()
        return put_password(person, encoded, now, keep=session.pk)


def _wrong_password() -> PasswordWrong:
    detail = _("Ce n’est pas votre mot de passe actuel.")
    return PasswordWrong(errors=[FieldError("wrong", detail, pointer="/old_password")])


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
    RequestIdTaken. Raises InvalidPhone, RateLimited: letters and SMS are counted apart.
    Nothing is paid yet. Publishes PasswordResetRequested.
    """
    number = normalise_phone(phone)
    if request_id is not None:
        known = asked_before(request_id, number, RESET)
        if known is not None:
            return known
    asker = asker_digest(client_ip, device_key)
    by = own_count(number, asker, RESET, now)
    take_code_limits(
        phone=number,
        client_ip=client_ip,
        device_key=device_key,
        by=by,
        kind="letter" if by_email else "code",
        now=now,
    )
    if not by_email:
        require_money(phone=number, is_own=bool(by), now=now)
    request = CodeRequest(
        id=request_id or uuid7(),
        phone=number,
        number_digest=number_digest(number),
        asker_digest=asker,
        code_hash=decoy(),
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
def send_reset_code(*, request_id: UUID, by_email: bool, now: datetime) -> bool:
    """Let the code of a reset leave, and say whether somebody is there to receive it.

    By e-mail it goes to the address that proves who the number's person is. Safe to
    repeat. Locks the request; publishes CodeRequested.
    """
    request = locked_request(request_id, RESET)
    if request is None or request.person_id is not None:
        return False
    held = Phone.objects.current().filter(number=request.phone, user__is_active=True)
    phone = held.filter(user__is_staff=False).select_related("user").first()
    if phone is None:
        return False
    if by_email:
        request.email = Email.objects.proving(now).filter(user=phone.user).first()
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
) -> ChallengeNeeded | None:
    """Set *new_password* for whom the code of *request_id* was sent to; all sessions end.

    A code proves a SIM or a mailbox, and one alone is no more here than at a sign-in.
    Where that would ask for a second proof, a code by SMS is refused, and one by e-mail
    returns a challenge: the password waits in it, hashed, and nothing else changes.
    Otherwise the device is the one that is known from then on: the password signs in
    there, and elsewhere once it is 48 hours old.
    Raises CodeWrong (a try is gone), CodeSpent, ResetRefused, RateLimited. Locks the
    person, then the request; publishes PasswordChanged and SessionsEnded. Must not be
    called inside a transaction: a refusal has to leave its count behind.
    """
    found = CodeRequest.objects.filter(pk=request_id, purpose=RESET).first()
    is_right = found is not None and is_code_of(found, code)
    # Hashed before anything is locked, and for nobody who guesses.
    encoded = make_password(new_password) if is_right else ""
    person_id = found.person_id if found else None
    with transaction.atomic(durable=True):
        people = User.objects.get_queryset().select_for_update(no_key=True)
        # One query, whether somebody was meant or not.
        person = people.filter(pk=person_id or UUID(int=0)).first()
        request = locked_request(request_id, RESET)
        refusal = try_code(request, code, now, Guesser(client_ip, device_key))
        if refusal is None and request is not None and person is not None and encoded:
            refusal = _why_not(person, request, device_key, now)
            if refusal is None:
                return _reset(person, request, encoded, device_key, now)
    raise refusal or CodeSpent()


def _why_not(
    person: User, request: CodeRequest, device_key: UUID | None, now: datetime
) -> DomainError | None:
    if not person.is_active or person.is_staff:
        return ResetRefused()
    if request.email_id is not None:
        proving = Email.objects.proving(now).filter(user=person, pk=request.email_id)
        return None if proving.exists() else ResetRefused()
    phone = Phone.objects.current().filter(user=person, number=request.phone).first()
    if phone is None:
        return ResetRefused()
    is_lost = phone.lost_at is not None
    why = why_not_enough(person.pk, device_key=device_key, now=now, is_lost=is_lost)
    return None if why is None else ResetRefused()


def _reset(
    person: User,
    request: CodeRequest,
    encoded: str,
    device_key: UUID | None,
    now: datetime,
) -> ChallengeNeeded | None:
    if request.email_id is not None:
        why = why_not_enough(person.pk, device_key=device_key, now=now)
        if why is not None:
            return open_challenge(
                person=person,
                given=SignInChallenge.Given.EMAIL,
                reason=why,
                device_key=device_key,
                code_request=request,
                new_password=encoded,
                now=now,
            )
    put_password(person, encoded, now)
    # The code would have signed in there: so may the password, which is worth as much.
    trust_device(person, device_key, now)
    return None


def put_password(
    person: User, encoded: str, now: datetime, *, keep: UUID | None = None
) -> int:
    """Set the hash *encoded* as the password of a locked *person*.

    Unless it takes the place of another in the session *keep*, it is new in the account
    and proves nothing for 48 hours. Ends every session but *keep* and returns how many; publishes PasswordChanged and
    SessionsEnded.
    """
    if keep is None or not person.has_usable_password():
        # A code set it: for 48 hours it is worth no more than that code.
        person.password_reset_at = now
    person.password = encoded
    person.save(update_fields={"password", "password_reset_at"})
    record("person.password_set", subject=f"user:{person.pk}", actor_id=person.pk)
    append(PasswordChanged(person_id=person.pk, since=now))
    return end_sessions(
        user_id=person.pk,
        reason=Session.EndReason.PASSWORD_CHANGED,
        now=now,
        keep=keep,
    )
