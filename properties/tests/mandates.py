"""Mandates for tests, made by the services, and people in an agency's context."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

from accounts.models import Agency, AgencyContext, User
from accounts.queries.agencies import agency_context
from lokahome.core import clock
from lokahome.core.files.uploads import announce_upload, receive_upload
from properties.models import Listing, Mandate, Unit
from properties.services.handling import take_handling
from properties.services.mandates import accept_mandate, propose_mandate
from properties.tests import factories as make


def paper(owner: User):
    """Return the whole upload of a signed mandate."""
    content = make.jpeg()
    announced = announce_upload(
        owner_id=owner.pk,
        kind="mandate",
        mime="image/jpeg",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        now=clock.now(),
    )
    return receive_upload(upload=announced, content=content, now=clock.now())


def within(user: User, agency: Agency) -> User:
    """Return *user* as a request in the agency's name sees them."""
    seen = User.objects.get(pk=user.pk)
    seen.context = agency_context(user.pk, agency.pk)
    assert seen.context is not None
    return seen


def as_role(user: User, agency: Agency, role: str) -> User:
    """Return *user* in the agency's context as if they had *role* there."""
    seen = User.objects.get(pk=user.pk)
    seen.context = AgencyContext(agency_id=agency.pk, role=role)
    return seen


def proposed(owner: User, unit: Unit, agency: Agency, **values) -> Mandate:
    """Return a proposal for a year from today."""
    today: date = clock.today()
    values = {
        "fee_bps": 400,
        "starts_on": today,
        "expires_on": today + timedelta(days=364),
        **values,
    }
    values.setdefault("upload_id", None)
    values["upload_id"] = values["upload_id"] or paper(owner).pk
    return propose_mandate(
        landlord=owner, unit_id=unit.pk, agency_id=agency.pk, now=clock.now(), **values
    )


def mandate(owner: User, unit: Unit, agency: Agency, by: User, **values) -> Mandate:
    """Return an active mandate, accepted by the member *by*."""
    offer = proposed(owner, unit, agency, **values)
    return accept_mandate(
        mandate_id=offer.pk, actor=within(by, agency), now=clock.now()
    )


def handled(listing: Listing, agency: Agency, by: User) -> Listing:
    """Return *listing*, taken over by the member *by* of the agency."""
    return take_handling(
        listing_id=listing.pk, actor=within(by, agency), now=clock.now()
    )
