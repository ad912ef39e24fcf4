"""Reads about people that other apps need, by id and at the moment of use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db.models import Max

from accounts.models import (
    Agency,
    AgencyContext,
    AgencyInvitation,
    AgencyRole,
    Appeal,
    Case,
    CodeRequest,
    Device,
    Email,
    IdentityCheck,
    Membership,
    Phone,
    Purpose,
    Report,
    RoleGrant,
    Session,
    User,
)
from accounts.models.identity_check import digits_digest
from accounts.models.phone import PhoneQuerySet
from accounts.models.session import device_digest
from accounts.policies import may_be_paid
from lokahome.core.crypto.lookups import same_digest
from lokahome.core.errors import DomainError
from lokahome.core.phones import normalise_phone


def person_name(user_id: UUID) -> str:
    """Return the person's name, or an empty string when they gave none."""
    names = User.objects.filter(pk=user_id).values_list("full_name", flat=True)
    return names.first() or ""


def phone_of(user_id: UUID) -> str | None:
    """Return the number at which the person is reached (E.164), or None.

    The one that became theirs last: signing in by another one changes nothing.
    """
    return _numbers(user_id).values_list("number", flat=True).first()


def other_number_of(user_id: UUID, phone_id: UUID) -> str | None:
    """Return the number at which the person is reached beside *phone_id*, or None."""
    others = _numbers(user_id).exclude(pk=phone_id)
    return others.values_list("number", flat=True).first()


def _numbers(user_id: UUID) -> PhoneQuerySet:
    held = Phone.objects.reachable().filter(user_id=user_id, user__erased_at=None)
    return held.order_by("-held_since", "-id")


def has_open_account(user_id: UUID) -> bool:
    """Say whether the person may sign in: nothing is paid out to a closed account."""
    return User.objects.get_queryset().active().filter(pk=user_id).exists()


def number_of(phone_id: UUID) -> str | None:
    """Return the number of a row, past ones included: an old number is told it is past."""
    numbers = Phone.objects.filter(pk=phone_id).values_list("number", flat=True)
    return numbers.first() or None


def number_theirs_since(user_id: UUID, number: str) -> datetime | None:
    """Return since when the person holds *number* (E.164), None when it is not theirs."""
    held = Phone.objects.reachable().filter(user_id=user_id, number=number)
    return held.values_list("held_since", flat=True).first()


PAYOUT_COOLING = timedelta(hours=48)
"""Whoever took an account over adds a number first and asks for the money next."""
ONE_CLOCK = timedelta(minutes=1)


def payout_cooling_until(user_id: UUID, number: str) -> datetime | None:
    """Return until when nothing is paid out to *number*; None when it may be now.

    48 hours from when the number became theirs, or became the current one because the
    person gave up, or lost, a newer one. The number that an account was born with has
    replaced none, so it does not wait, unless it was lost and found since. None as well
    for a number that is not theirs. Compare with the clock: it may be past.
    """
    rows = list(Phone.objects.filter(user_id=user_id).order_by("created_at", "id"))
    held = [
        row
        for row in rows
        if row.number == number and row.released_at is None and row.lost_at is None
    ]
    if not held:
        return None
    phone = held[0]
    newer = [row for row in rows if row.held_since > phone.held_since]
    left = [moment for row in newer for moment in (row.released_at, row.lost_at)]
    moments = [moment for moment in left if moment is not None]
    was_born_with = (
        phone == rows[0] and phone.held_since <= phone.created_at + ONE_CLOCK
    )
    if not was_born_with:
        moments.append(phone.held_since)
    return max(moments) + PAYOUT_COOLING if moments else None


def language_of(user_id: UUID) -> str:
    """Return ``fr`` or ``en``; ``fr`` for somebody unknown."""
    languages = User.objects.filter(pk=user_id).values_list("language", flat=True)
    return languages.first() or "fr"


@dataclass(frozen=True, slots=True)
class CodeDestination:
    """Where a code goes, by which channel, and in which language it is told."""

    to: str
    channel: str
    language: str


def code_destination(request_id: UUID) -> CodeDestination | None:
    """Return where the code of *request_id* goes, or None when nobody asked for it."""
    found = CodeRequest.objects.select_related("email").filter(pk=request_id)
    if (request := found.first()) is None:
        return None
    return CodeDestination(
        to=request.email.address if request.email else request.phone,
        channel=request.channel,
        language=request.language,
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


def email_of(user_id: UUID) -> str | None:
    """Return the address that the person proved to read, or None."""
    current = Email.objects.current().filter(user_id=user_id, user__erased_at=None)
    return current.values_list("address", flat=True).first()


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


def reporters_of(case_id: UUID) -> list[UUID]:
    """Return who reported what the case is about, the first one first."""
    reports = Report.objects.filter(case_id=case_id).order_by("id")
    return list(reports.values_list("reporter_id", flat=True))


@dataclass(frozen=True, slots=True)
class Answer:
    """What staff answered in a case: the words are read by id, no event holds them."""

    decision: str
    reason: str
    decided_by_id: UUID | None


def answer_of(case_id: UUID) -> Answer | None:
    """Return the answer of a decided case, None while it is open or unknown."""
    case = Case.objects.filter(pk=case_id, status=Case.Status.DECIDED).first()
    if case is None:
        return None
    return Answer(
        decision=case.decision, reason=case.reason, decided_by_id=case.decided_by_id
    )


@dataclass(frozen=True, slots=True)
class Overturning:
    """Who took the answer to a case back on appeal, and why."""

    reason: str
    decided_by_id: UUID


def overturning_of(case_id: UUID) -> Overturning | None:
    """Return how an appeal took the answer to a case back, None where none did."""
    taken_back = Appeal.objects.filter(
        case_id=case_id, status=Appeal.Status.OVERTURNED
    ).first()
    if taken_back is None or taken_back.decided_by_id is None:
        return None
    return Overturning(taken_back.answer, taken_back.decided_by_id)


def knows_device(user_id: UUID, device_key: UUID | None) -> bool:
    """Say whether the person signed in on this device before, with all proof asked."""
    if device_key is None:
        return False
    known = Device.objects.filter(user_id=user_id, trusted_at__isnull=False)
    return known.filter(key_digest=device_digest(device_key)).exists()


def last_active_at(user_id: UUID) -> datetime | None:
    """Return when the person last used a session, to five minutes; None for never."""
    last = Session.objects.filter(user_id=user_id).aggregate(Max("last_used_at"))
    return cast("datetime | None", last["last_used_at__max"])


def agency_context(user_id: UUID, agency_id: UUID) -> AgencyContext | None:
    """Return in which role the person may act in the agency's name now, None for not.

    None as well for an agency that does not exist, was suspended or closed: who asks
    learns nothing. One query.
    """
    roles = Membership.objects.active().filter(
        user_id=user_id,
        agency_id=agency_id,
        agency__status__in=Agency.OPERATING_STATES,
    )
    role = roles.values_list("role", flat=True).first()
    return None if role is None else AgencyContext(agency_id=agency_id, role=role)


def role_levels(user_id: UUID) -> dict[str, int]:
    """Return the person's hats and their levels; empty for somebody unknown."""
    grants = RoleGrant.objects.filter(user_id=user_id)
    return dict(grants.values_list("role", "level"))


def can_be_paid(user_id: UUID) -> bool:
    """Say whether the person's file lets money be paid out to them today."""
    return may_be_paid(role_levels(user_id))


def document_digits_match(user_id: UUID, digits: str) -> bool:
    """Say whether *digits* are the last four of a document that proved who they are.

    The work is the same whether the person is known or not, and whether it fits.
    """
    asked = digits_digest(user_id, digits)
    checks = IdentityCheck.objects.accepted().filter(
        person_id=user_id, purpose=Purpose.IDENTITY
    )
    known = checks.exclude(digits_digest="").values_list("digits_digest", flat=True)
    # No short cut: every document is compared, whichever fits.
    return sum([same_digest(asked, item) for item in known]) > 0


@dataclass(frozen=True, slots=True)
class InvitationDestination:
    """Where an invitation goes, in which language, and what it says."""

    phone: str
    language: str
    agency_name: str
    person_id: UUID | None
    """Who holds the number, if anybody has an account with it."""


def invitation_destination(invitation_id: UUID) -> InvitationDestination | None:
    """Return where *invitation_id* goes, None once it needs no message any more.

    A number without an account is spoken to in the inviter's language.
    """
    invitation = (
        AgencyInvitation.objects.open()
        .select_related("agency", "invited_by")
        .filter(pk=invitation_id)
        .first()
    )
    if invitation is None:
        return None
    held = Phone.objects.current().filter(number=invitation.phone, user__is_active=True)
    holder = held.select_related("user").first()
    speaker = invitation.invited_by if holder is None else holder.user
    return InvitationDestination(
        phone=invitation.phone,
        language=speaker.language,
        agency_name=invitation.agency.name,
        person_id=None if holder is None else holder.user_id,
    )


def agency_leaders(agency_id: UUID) -> list[UUID]:
    """Return who answers for an agency now: its owners and managers."""
    members = Membership.objects.active().filter(
        agency_id=agency_id, role__in=(AgencyRole.OWNER, AgencyRole.MANAGER)
    )
    return list(members.order_by("id").values_list("user_id", flat=True))


def active_agency(agency_id: UUID) -> Agency | None:
    """Return the agency if staff checked it and it may work, or None."""
    return Agency.objects.active().filter(pk=agency_id).first()


def lead_ids() -> list[UUID]:
    """Return whoever is in charge of the staff."""
    people = User.objects.get_queryset().active().filter(groups__name="lead")
    return list(people.filter(is_staff=True).values_list("pk", flat=True))
