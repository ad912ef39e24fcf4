"""What ends when somebody leaves for good, and what has to end first."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.db.locks import locked
from lokahome.core.privacy.obstacles import register_obstacle
from properties.models import Application, Listing, Property, Ticket
from properties.models.geo import blurred
from properties.models.listings import LISTING_STATES
from properties.queries.stakes import has_lease
from properties.services.applications import decline_application, withdraw_application
from properties.services.mandate_ends import end_mandates_from
from properties.services.tickets import close_ticket

TAKEN_DOWN = (
    Listing.Status.SUBMITTED,
    Listing.Status.PUBLISHED,
    Listing.Status.PAUSED,
)


def settle(person_id: UUID, now: datetime) -> None:
    """End what would go on without its person: applications, mandates, listings, tickets.

    The pins of the person's homes become the blurred ones that the public knew.
    """
    person = User.objects.get(pk=person_id)
    gone = _("Le compte a été effacé.")
    for application in Application.objects.filter(
        status__in=Application.OPEN_STATES, tenant=person
    ).order_by("id"):
        withdraw_application(application_id=application.pk, tenant=person, now=now)
    received = Application.objects.waiting() | Application.objects.filter(
        status=Application.Status.ACCEPTED
    )
    for application in received.filter(landlord=person).order_by("id"):
        decline_application(
            application_id=application.pk, landlord=person, reason=gone, now=now
        )
    for ticket in Ticket.objects.filter(
        opened_by=person, status__in=(Ticket.Status.OPEN, Ticket.Status.DECIDED)
    ).order_by("id"):
        close_ticket(ticket_id=ticket.pk, person=person, reason=gone, now=now)
    end_mandates_from(landlord_id=person_id, now=now)
    for listing in Listing.objects.filter(
        landlord=person, status__in=TAKEN_DOWN
    ).order_by("id"):
        LISTING_STATES.apply(
            locked(Listing.objects.all(), listing.pk),
            "expire",
            who="system",
            actor_id=None,
            now=now,
        )
    for home in Property.objects.filter(landlord=person):
        Property.objects.filter(pk=home.pk).update(pin=blurred(home.pin, home.pk))


register_obstacle(
    "lease.living",
    gettext_lazy(
        "Un bail est à signer, en cours, ou attend que sa caution soit rendue."
    ),
    has_lease,
)
