"""Writing one message: number, name, code and text are read, or minted, as it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.queries.agencies import invitation_destination
from accounts.queries.people import language_of
from accounts.queries.signing_in import code_destination, email_code_destination
from accounts.services.people.email_addresses import mint_email_code
from accounts.services.signing_in.codes import CodeSpent, mint_code
from lokahome.core.errors import RateLimited
from messaging.models import OutgoingMessage
from messaging.services.contexts import values_of
from messaging.services.numbers import address_of_message, number_of_message
from messaging.services.rendering import render_email, render_sms

CODE = "code"
EMAIL_CODE = "email_code"
INVITATION = "agency_invited"


class Undeliverable(Exception):
    """The message can never leave; *code* says why in one word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Letter:
    """An address and words, alive only while they are handed over."""

    to: str
    text: str
    title: str = ""
    """The subject of an e-mail; an SMS has none."""


def write_letter(message: OutgoingMessage, *, now: datetime) -> Letter:
    """Return what *message* says and to where; raises Undeliverable.

    A code is minted here: a lost letter makes its code worthless, the next has another.
    """
    if message.code_request_id is not None:
        return _code(message.code_request_id, now)
    if message.email_id is not None:
        return _email_code(message.email_id, now)
    if message.invitation_id is not None:
        return _invitation(message.invitation_id)
    if message.person_id is None:
        raise Undeliverable("nobody")
    if message.channel == OutgoingMessage.Channel.EMAIL:
        return _email(message, message.person_id)
    return _sms(message, message.person_id)


def _sms(message: OutgoingMessage, person_id: UUID) -> Letter:
    number = number_of_message(message, person_id)
    if number is None:
        raise Undeliverable("no_phone")
    (values,) = values_of([(message.template, message.context_ids)])
    text = render_sms(
        template=message.template, language=language_of(person_id), values=values
    )
    return Letter(to=number, text=text)


def _email(message: OutgoingMessage, person_id: UUID) -> Letter:
    address = address_of_message(message, person_id)
    if address is None:
        raise Undeliverable("no_email")
    (values,) = values_of([(message.template, message.context_ids)])
    words = render_email(
        template=message.template, language=language_of(person_id), values=values
    )
    return Letter(to=address, title=words.title, text=words.body)


def _code(request_id: UUID, now: datetime) -> Letter:
    destination = code_destination(request_id)
    if destination is None:
        raise Undeliverable("nobody")
    try:
        code = mint_code(request_id=request_id, now=now)
    except CodeSpent:
        raise Undeliverable("too_late") from None
    except RateLimited:
        raise Undeliverable("no_money") from None
    values = {"code": code, "deed": destination.purpose}
    if destination.channel == OutgoingMessage.Channel.EMAIL:
        words = render_email(
            template=CODE, language=destination.language, values=values
        )
        return Letter(to=destination.to, title=words.title, text=words.body)
    text = render_sms(template=CODE, language=destination.language, values=values)
    return Letter(to=destination.to, text=text)


def _invitation(invitation_id: UUID) -> Letter:
    destination = invitation_destination(invitation_id)
    if destination is None:
        raise Undeliverable("too_late")
    text = render_sms(
        template=INVITATION,
        language=destination.language,
        values={"name": destination.agency_name},
    )
    return Letter(to=destination.phone, text=text)


def _email_code(email_id: UUID, now: datetime) -> Letter:
    destination = email_code_destination(email_id)
    if destination is None:
        raise Undeliverable("nobody")
    try:
        code = mint_email_code(email_id=email_id, now=now)
    except CodeSpent:
        raise Undeliverable("too_late") from None
    words = render_email(
        template=EMAIL_CODE, language=destination.language, values={"code": code}
    )
    return Letter(to=destination.address, title=words.title, text=words.body)
