"""Proving again who one is: before what a borrowed phone or an open screen must not do."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import CodeRequest, Email, IdentityCheck, Session, User
from accounts.queries.identity import document_digits_match
from accounts.queries.people import phone_of
from accounts.services.signing_in.codes import (
    CodeSpent,
    last_request_for,
    request_code,
    request_letter,
    try_code,
)
from accounts.services.signing_in.limits import take_proof_limits
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


def methods_of(person: User, *, with_sms: bool) -> list[str]:
    """Return how *person* can prove who they are; *with_sms* unless the SIM spoke."""
    checks = IdentityCheck.objects.accepted().filter(person=person)
    has = {
        ProofMethod.PASSWORD: person.has_usable_password(),
        ProofMethod.SMS_CODE: with_sms and phone_of(person.pk) is not None,
        ProofMethod.EMAIL_CODE: Email.objects.current().filter(user=person).exists(),
        ProofMethod.DOCUMENT_DIGITS: checks.exclude(digits_digest="").exists(),
    }
    return [method.value for method, is_there in has.items() if is_there]


def is_right(
    person: User, method: str, value: str, *, request: CodeRequest | None, now: datetime
) -> bool:
    """Say whether *value* proves that *person* is there; *request* is a code's, locked.

    A method that the person does not have costs the same work and is wrong. A code that
    is tried loses a try; the right one is used up.
    """
    if method == ProofMethod.PASSWORD:
        if person.has_usable_password():
            # No setter: a rehash would be written under the caller's lock on the row.
            return check_password(value, person.password)
        make_password(value)
        return False
    if method == ProofMethod.DOCUMENT_DIGITS:
        return document_digits_match(person.pk, value)
    return try_code(request, value, now) is None


def wrong() -> ProofWrong:
    """Return the refusal of a wrong proof."""
    return ProofWrong(errors=[FieldError("wrong", _("Incorrect."), pointer="/value")])


def require_recent_proof(
    session: Session, now: datetime, within: timedelta = RECENT
) -> None:
    """Raise ProofNeeded unless the person of *session* proved who they are *within*.

    Signing in is a proof: who just did is not asked twice.
    """
    last = max(session.started_at, session.proved_at or session.started_at)
    if now - last > within:
        methods = methods_of(session.user, with_sms=True)
        raise ProofNeeded(members={"methods": methods})


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

    *method* is ``sms_code`` or ``email_code``. Raises ProofUnavailable, RateLimited.
    Publishes CodeRequested.
    """
    person = session.user
    if method == ProofMethod.EMAIL_CODE:
        email = Email.objects.current().select_related("user").filter(user=person)
        if (address := email.first()) is None:
            raise ProofUnavailable
        return request_letter(
            email=address,
            purpose=CodeRequest.Purpose.PROOF,
            bound_id=session.pk,
            client_ip=client_ip,
            now=now,
        )
    number = phone_of(person.pk)
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

    Codes are those that this session asked for last. Raises ProofWrong (a try is gone),
    CodeSpent, RateLimited. Locks the person, then the session. Must not be called inside
    a transaction: a refusal has to leave its count behind.
    """
    take_proof_limits(person_id=session.user_id, method=method, now=now)
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
