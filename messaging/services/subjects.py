"""Who takes part in a conversation: its subject says it, nobody is invited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.errors import NotFound, StateConflict
from marketplace.models import Job
from properties.models import Application, Lease, Listing

TALKED_ABOUT = (
    Application.Status.SENT,
    Application.Status.UNDER_REVIEW,
    *Application.ACCEPTED_STATES,
)
"""States of an application in which its parties may begin to talk."""


class WithOneself(StateConflict):
    """The subject has nobody else to talk to: one's own listing, for example."""

    code = "conversation.with_oneself"
    title = gettext_lazy("Une conversation se tient à deux")


class ListingClosed(StateConflict):
    """The listing is not published, so nobody new may ask about it."""

    code = "conversation.listing_closed"
    title = gettext_lazy("Cette annonce n’est plus publiée")


@dataclass(frozen=True, slots=True)
class Parties:
    """Who takes part, and the key under which their conversation exists once."""

    key: str
    people: frozenset[UUID]


def read_subject(subject: str) -> tuple[str, UUID]:
    """Return the noun and the id of *subject*; raises NotFound for any other text."""
    noun, _colon, text = subject.partition(":")
    try:
        row_id = UUID(text)
    except ValueError:
        raise NotFound from None
    if noun not in SUBJECTS or subject != f"{noun}:{row_id}":
        raise NotFound
    return noun, row_id


def parties_of(subject: str, person: User) -> Parties:
    """Return who talks about *subject* (``"lease:<uuid>"``) when *person* opens it.

    Raises NotFound for what does not exist or what *person* may not see or has no part
    in, WithOneself, ListingClosed.
    """
    noun, row_id = read_subject(subject)
    parties = SUBJECTS[noun](row_id, person)
    if person.pk not in parties.people:
        raise NotFound
    if len(parties.people) < 2:
        raise WithOneself
    return parties


def _listing(row_id: UUID, person: User) -> Parties:
    listing = Listing.objects.visible_to(person).filter(pk=row_id).first()
    if listing is None:
        raise NotFound
    if listing.landlord_id == person.pk:
        raise WithOneself
    if listing.status != Listing.Status.PUBLISHED:
        raise ListingClosed
    people = frozenset({person.pk, listing.landlord_id})
    # Many ask about one listing, each in a conversation of their own.
    return Parties(f"listing:{row_id}:{person.pk}", people)


def _application(row_id: UUID, person: User) -> Parties:
    # Once it was refused or taken back, neither has a reason to find the other by it.
    alive = Application.objects.visible_to(person).filter(status__in=TALKED_ABOUT)
    row = alive.filter(pk=row_id).first()
    if row is None:
        raise NotFound
    return Parties(f"application:{row_id}", frozenset({row.tenant_id, row.landlord_id}))


def _lease(row_id: UUID, person: User) -> Parties:
    # An ended one has a deposit to talk about; one that never came to be, nothing.
    real = Lease.objects.exclude(status=Lease.Status.ABANDONED)
    row = real.visible_to(person).filter(pk=row_id).first()
    if row is None:
        raise NotFound
    return Parties(f"lease:{row_id}", frozenset({row.tenant_id, row.landlord_id}))


def _job(row_id: UUID, person: User) -> Parties:
    row = Job.objects.visible_to(person).filter(pk=row_id).first()
    if row is None:
        raise NotFound
    people = {row.customer_id, row.provider_id}
    if row.occupant_id:
        people.add(row.occupant_id)
    return Parties(f"job:{row_id}", frozenset(people))


SUBJECTS: dict[str, Callable[[UUID, User], Parties]] = {
    "listing": _listing,
    "application": _application,
    "lease": _lease,
    "job": _job,
}
