"""Proving again who one is: before what a borrowed phone or an open screen must not do."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import (
    CodeRequest,
    Email,
    IdentityCheck,
    Phone,
    Session,
    SignInNotice,
    User,
)
from accounts.models.limits import SETTLES_AFTER
from accounts.queries.identity import document_digits_match
from accounts.services.signing_in.codes import (
    CodeSpent,
    last_request_for,
    request_code,
    request_letter,
    try_code,
)
from accounts.services.signing_in.external_identities import link_proves
from accounts.services.signing_in.proof_limits import take_proof_limits
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import (
    DomainError,
    FieldError,
    InvalidInput,
    NotAllowed,
    StateConflict,
)

RECENT = timedelta(minutes=10)


class ProofMethod(models.TextChoices):
    """How a person proves that it is them. A SIM alone is the first proof, not another."""

    PASSWORD = "password", gettext_lazy("mot de passe")
    SMS_CODE = "sms_code", gettext_lazy("code par SMS")
    EMAIL_CODE = "email_code", gettext_lazy("code par courriel")
    DOCUMENT_DIGITS = "document_digits", gettext_lazy("chiffres de la pièce d’identité")


CHANNELS = {
    ProofMethod.SMS_CODE.value: CodeRequest.Channel.SMS,
    ProofMethod.EMAIL_CODE.value: CodeRequest.Channel.EMAIL,
}


class ProofNeeded(NotAllowed):
    """This asks for a proof of the last minutes; *methods* are those the person has."""

    code = "auth.proof_needed"
    title = gettext_lazy("Confirmez que c’est vous")

    def default_detail(self) -> str:
        return _("Confirmez votre identité, puis recommencez.")


class ProofWrong(InvalidInput):
    """The password, the code or the digits are not right; a try is gone."""

    code = "proof.wrong"
    title = gettext_lazy("Preuve incorrecte")

    def default_detail(self) -> str:
        return _("Ce n’est pas la bonne réponse. Vérifiez et réessayez.")


class ProofUnavailable(StateConflict):
    """The account has no number or no address that a code could go to."""

    code = "proof.unavailable"

    def default_detail(self) -> str:
        return _("Ce moyen n’existe pas pour ce compte. Choisissez-en un autre.")


def methods_of(person: User, *, with_sms: bool, now: datetime) -> list[str]:
    """Return how *person* can prove who they are; *with_sms* unless the SIM spoke.

    What is newer than 48 hours proves nothing: a password that a code set, an address;
    nor does an address that two accounts proved.
    """
    checks = IdentityCheck.objects.accepted().filter(person=person)
    has = {
        ProofMethod.PASSWORD: password_proves(person, now),
        ProofMethod.SMS_CODE: with_sms and proving_number(person.pk, now) is not None,
        ProofMethod.EMAIL_CODE: Email.objects.proving(now).filter(user=person).exists(),
        ProofMethod.DOCUMENT_DIGITS: checks.exclude(digits_digest="").exists(),
    }
    return [method.value for method, is_there in has.items() if is_there]


def methods_in_session(person: User, now: datetime) -> list[str]:
    """Return how *person* proves who they are where a phone may be in others' hands.

    An open screen reads the codes that come to it: ``sms_code`` is a way of those only
    who have no other.
    """
    others = methods_of(person, with_sms=False, now=now)
    return others or methods_of(person, with_sms=True, now=now)


def password_proves(person: User, now: datetime) -> bool:
    """Say whether the password is more than the code that set it."""
    if not person.has_usable_password():
        return False
    reset_at = person.password_reset_at
    return reset_at is None or now - reset_at >= SETTLES_AFTER


def proving_number(person_id: UUID, now: datetime) -> str | None:
    """Return the number (E.164) whose code proves who somebody is, or None.

    The one that they are called at; never one of the last 48 hours beside another, be
    that one lost; never one about which a notice waits: who holds its SIM is the
    question.
    """
    doubted = (
        SignInNotice.objects.waiting().filter(closes_at__gt=now).values("phone_id")
    )
    held = Phone.objects.reachable().filter(user_id=person_id).exclude(pk__in=doubted)
    phone = held.by_standing(now).first()
    if phone is None:
        return None
    older = Phone.objects.current().filter(
        user_id=person_id, held_since__lt=phone.held_since
    )
    is_new = now - phone.held_since < SETTLES_AFTER
    return None if is_new and older.exists() else phone.number


def is_right(
    person: User, method: str, value: str, *, request: CodeRequest | None, now: datetime
) -> bool:
    """Say whether *value* proves that *person* is there; *request* is a code's, locked.

    A method that the person does not have costs the same work and is wrong. A code that
    is tried loses a try; the right one is used up.
    """
    if method == ProofMethod.PASSWORD:
        if password_proves(person, now):
            # No setter: a rehash would be written under the caller's lock on the row.
            return check_password(value, person.password)
        make_password(value)
        return False
    if method == ProofMethod.DOCUMENT_DIGITS:
        return document_digits_match(person.pk, value)
    if try_code(request, value, now) is not None:
        return False
    if method == ProofMethod.SMS_CODE:
        return True
    # The address may have left the account, or come to another one, since it was sent.
    if request is None or request.email_id is None:
        return False
    proving = Email.objects.proving(now).filter(user=person, pk=request.email_id)
    return proving.exists()


def wrong() -> ProofWrong:
    """Return the refusal of a wrong proof."""
    return ProofWrong(errors=[FieldError("wrong", _("Incorrect."), pointer="/value")])


def require_recent_proof(
    session: Session,
    now: datetime,
    within: timedelta = RECENT,
    *,
    sms_is_enough: bool = False,
) -> None:
    """Raise ProofNeeded unless the person of *session* proved who they are *within*.

    Signing in is a proof: who just did is not asked twice. But a code by SMS, there or
    here, is one for those alone who have no other method (*sms_is_enough*: for all, as
    to what can only shut a thief out), and not by a number of the last 48 hours beside
    an older one.
    """
    if is_proved(session, now, within, sms_is_enough=sms_is_enough):
        return
    if sms_is_enough:
        methods = methods_of(session.user, with_sms=True, now=now)
    else:
        methods = methods_in_session(session.user, now)
    nothing_left = _(
        "Ce compte n’a plus aucun moyen de le prouver. Écrivez au support."
    )
    raise ProofNeeded("" if methods else nothing_left, members={"methods": methods})


def is_proved(
    session: Session,
    now: datetime,
    within: timedelta = RECENT,
    *,
    sms_is_enough: bool = False,
) -> bool:
    """Say whether the person of *session* proved who they are; see the above."""
    person = session.user
    spoken = methods_spoken(session, now, within)
    if spoken - {ProofMethod.SMS_CODE.value, BARE_CODE}:
        return True
    if not spoken:
        return False
    if not sms_is_enough and methods_of(person, with_sms=False, now=now):
        return False
    return ProofMethod.SMS_CODE.value in spoken or not _has_newcomer(person, now)


BARE_CODE = "code"
"""A sign-in by code alone: by whichever number, which nobody wrote down."""


def methods_spoken(session: Session, now: datetime, within: timedelta) -> set[str]:
    """Return by what the person of *session* proved who they are *within*, or nothing.

    `ProofMethod`s, `BARE_CODE`, or ``oidc``. What a code set or linked in the last 48
    hours says no more than that code.
    """
    spoken = set()
    if session.proved_at is not None and now - session.proved_at <= within:
        spoken.add(session.proved_by)
    if now - session.started_at <= within:
        by = session.method
        if by == Session.Method.PASSWORD and not password_proves(session.user, now):
            by = Session.Method.CODE
        if by == Session.Method.OIDC and not link_proves(session.user_id, now):
            by = Session.Method.CODE
        spoken.add(BARE_CODE if by == Session.Method.CODE else str(by))
    return spoken


def _has_newcomer(person: User, now: datetime) -> bool:
    """Say whether a number came beside an older one in the last 48 hours."""
    mine = Phone.objects.current().filter(user=person)
    newest = mine.order_by("held_since").last()
    is_new = newest is not None and now - newest.held_since < SETTLES_AFTER
    return is_new and mine.count() > 1


@transaction.atomic
def request_proof_code(
    *,
    session: Session,
    method: str,
    client_ip: str,
    now: datetime,
    device_key: UUID | None = None,
) -> CodeRequest:
    """Return a new request for a code that proves who goes on in *session*.

    *method* is ``sms_code`` or ``email_code``: to the number that the person is called
    at, or to an address that proves. Raises ProofUnavailable, RateLimited. Publishes
    CodeRequested.
    """
    person = session.user
    if method == ProofMethod.EMAIL_CODE:
        email = Email.objects.proving(now).select_related("user").filter(user=person)
        if (address := email.first()) is None:
            raise ProofUnavailable
        return request_letter(
            email=address,
            purpose=CodeRequest.Purpose.PROOF,
            bound_id=session.pk,
            client_ip=client_ip,
            now=now,
        )
    number = proving_number(person.pk, now)
    if number is None:
        raise ProofUnavailable
    return request_code(
        phone=number,
        client_ip=client_ip,
        device_key=device_key,
        purpose=CodeRequest.Purpose.PROOF,
        person_id=person.pk,
        bound_id=session.pk,
        language=person.language,
        now=now,
    )


def prove_again(*, session: Session, method: str, value: str, now: datetime) -> Session:
    """Return *session*, whose person proved again by *value* who they are.

    Codes are those that this session asked for last. A code by SMS does not take the
    place of a better proof of the last minutes. Raises ProofWrong (a try is gone),
    CodeSpent, RateLimited. Locks the person, then the session. Must not be called inside
    a transaction: a refusal has to leave its count behind.
    """
    take_proof_limits(
        person_id=session.user_id,
        door_id=session.pk,
        method=method,
        has_method=method in methods_of(session.user, with_sms=True, now=now),
        now=now,
    )
    refusal: DomainError | None = None
    with transaction.atomic(durable=True):
        person = locked(User.objects.get_queryset().active(), session.user_id)
        row = locked(Session.objects.alive(now).filter(user=person), session.pk)
        request = None
        if channel := CHANNELS.get(method):
            request = last_request_for(row.pk, CodeRequest.Purpose.PROOF, channel)
            if request is None:
                refusal = CodeSpent()
        if refusal is None and is_right(
            person, method, value, request=request, now=now
        ):
            better = methods_spoken(row, now, RECENT) - {
                ProofMethod.SMS_CODE,
                BARE_CODE,
            }
            if method != ProofMethod.SMS_CODE or not better:
                row.proved_at, row.proved_by = now, ProofMethod(method).value
                row.save(update_fields={"proved_at", "proved_by"})
            record(
                "session.proved",
                subject=f"session:{row.pk}",
                actor_id=person.pk,
                details={"method": method},
            )
            return row
    raise refusal or wrong()
