"""Homes of a side: listings in each state, applications, leases, rent, tickets."""

from __future__ import annotations

from datetime import timedelta

from lokahome.core import clock
from lokahome.tests.security.world import Side, digits, unblurred
from properties.models import Listing
from properties.services.applications import accept_application, review_application
from properties.services.listings import pause_listing
from properties.tests import factories as make


def add_homes(side: Side) -> None:
    """Add the landlord's homes, and what the tenant has to do with them."""
    landlord, tenant = side.landlord, side.tenant
    # Two homes at two secret points: one that the tenant may know, one that nobody may.
    at, hidden_at = unblurred(*side.at), unblurred(side.at[0], side.at[1] + 0.004)
    side.people["landlord"].secrets.update(
        {
            "point": digits(at[1]),
            "path": f"Von-canari-{side.name}",
            "hidden_point": digits(hidden_at[1]),
            "hidden_path": f"Impasse-canari-{side.name}",
        }
    )
    division = make.division(f"Quartier {side.name}")
    place = _home(side, division.pk, at, f"Von-canari-{side.name}")
    hidden = _home(side, division.pk, hidden_at, f"Impasse-canari-{side.name}")
    things = side.things
    things["property"] = hidden
    things["unit"] = make.unit(landlord, place=hidden)
    things["listing_draft"] = make.listing(landlord, place=hidden)
    things["photo"] = make.photographed(landlord, things["listing_draft"])
    things["listing_draft"].refresh_from_db()
    things["listing_submitted"] = make.submitted(landlord, place=hidden)
    things["listing_paused"] = _paused(side, make.published(landlord, place=hidden))
    things["listing_published"] = make.published(landlord, place=hidden)

    things["application_sent"] = make.application(
        tenant, make.published(landlord, place=hidden)
    )
    reviewed = make.application(tenant, make.published(landlord, place=hidden))
    things["application_reviewed"] = review_application(
        application_id=reviewed.pk, landlord=landlord, now=clock.now()
    )
    accepted = make.application(
        tenant,
        make.published(landlord, place=place),
        move_in_on=clock.today() + timedelta(days=3),
    )
    things["application_accepted"], things["lease_draft"] = accept_application(
        application_id=accepted.pk, landlord=landlord, now=clock.now()
    )
    things["property_opened"] = place
    things["lease_to_sign"] = make.lease_to_sign(landlord, tenant, place=place)
    lease = make.active_lease(landlord, tenant, place=place)
    things["lease"] = lease
    things["unit_let"] = lease.unit
    things["rent_period"] = lease.rent_periods.first()
    things["ticket"] = make.ticket(lease)
    things["ticket_to_contest"] = make.decided_ticket(lease, "tenant")
    things["ticket_to_repair"] = make.decided_ticket(lease, "landlord")
    things["payment"] = make.charge(lease)


def _home(side: Side, division_id: object, at: tuple[float, float], path: str):
    home = make.home(side.landlord, at=at, division_id=division_id)
    home.path_text = path
    home.save(update_fields={"path_text"})
    return home


def _paused(side: Side, row: Listing) -> Listing:
    return pause_listing(listing_id=row.pk, actor=side.landlord, now=clock.now())
