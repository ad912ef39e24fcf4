"""Canaries in homes and in work: places, photos, and what people wrote about them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib.gis.geos import Point
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from accounts import models as people
from bench.erasure.canaries import Planted
from lokahome.core.ids import uuid7
from marketplace import models as market
from marketplace.services.categories import load_categories
from properties import models as homes

HOME = Point(2.3994, 6.3614, srid=4326)
SHA = "0" * 64


def plant_homes(made: Planted) -> tuple[homes.Application, homes.Unit]:
    """Plant a home of the person's, and what they answered to somebody who applied."""
    person, other, now = made.person, made.other, made.now
    division = homes.Division.objects.order_by("pk").first()
    if division is None:
        division = homes.Division.objects.create(
            source_key="quartier/canari",
            level="quartier",
            code="canari",
            name="Cadjèhoun",
            search_name="cadjehoun",
            point=HOME,
            precision="quartier",
        )
    place = homes.Property(
        landlord=person,
        label=made.new("home_label"),
        division=division,
        path_text=made.new("home_path"),
        street=made.new("home_street"),
        door_number=made.new("door")[:20],
        pin=HOME,
    )
    made.shown["door"] = made.shown["door"][:20]
    place.save()
    unit = homes.Unit(
        property=place,
        landlord=person,
        label=made.new("unit_label"),
        kind="studio",
        sanitary="sanitary",
    )
    unit.save()
    listing = homes.Listing(
        unit=unit,
        landlord=person,
        slug=f"studio-{uuid4().hex[:8]}",
        status="paused",
        title="Studio à Cadjèhoun",
        description=made.new("listing_text"),
        rent=30_000,
        entry_total=90_000,
        kind="studio",
        bedrooms=1,
        sanitary="sanitary",
        division=division,
        public_point=HOME,
        photo_count=1,
        submitted_at=now,
    )
    listing.save()
    homes.EntryCost(
        listing=listing,
        kind="deposit",
        amount=60_000,
        note=made.new("cost_note"),
        legal_mark="legal",
        rules_version="1",
    ).save()
    homes.ListingPhoto(
        listing=listing,
        upload_id=uuid7(),
        position=1,
        width=1,
        height=1,
        variants=_picture(made, "listing_photo"),
    ).save()
    got = homes.Application(
        listing=listing,
        unit=unit,
        landlord=person,
        tenant=other,
        status="declined",
        move_in_on=now.date(),
        decision_reason=made.new("answer"),
        sent_at=now,
        decided_at=now,
    )
    got.save()
    mine = homes.Application(
        listing=listing,
        unit=unit,
        landlord=other,
        tenant=person,
        status="converted",
        message=made.new("application"),
        move_in_on=now.date(),
        sent_at=now,
        decided_at=now,
    )
    mine.save()
    return mine, unit


def plant_lease(
    made: Planted, application: homes.Application, unit: homes.Unit
) -> None:
    """Plant a lease that is over, deposit given back, and what was broken under it."""
    person, other, now = made.person, made.other, made.now
    lease = homes.Lease(
        application=application,
        listing=application.listing,
        unit=unit,
        landlord=other,
        tenant=person,
        status="settled",
        rent=30_000,
        deposit=60_000,
        starts_on=now.date(),
        due_day=5,
        terms_digest=SHA,
        sent_at=now,
        activated_at=now,
    )
    lease.save()
    ticket = homes.Ticket(
        lease=lease,
        landlord=other,
        tenant=person,
        opened_by=person,
        category_slug="plumbing",
        title=made.new("ticket_title"),
        description=made.new("ticket_text"),
        status="closed",
        payer="tenant",
        decision_reason="Usure.",
        decided_at=now,
        contested_at=now,
        contest_reason=made.new("contest"),
        close_reason=made.new("ticket_end"),
    )
    ticket.save()
    homes.TicketPhoto(
        ticket=ticket,
        upload_id=uuid7(),
        added_by=person,
        position=1,
        width=1,
        height=1,
        variants=_picture(made, "ticket_photo"),
    ).save()


def plant_work(made: Planted) -> None:
    """Plant a profile, a request of theirs, and a job that they did and disputed."""
    person, other, now = made.person, made.other, made.now
    load_categories()
    category = market.ServiceCategory.objects.get(slug="plumbing")
    division = homes.Division.objects.order_by("pk").first()
    profile = market.ProviderProfile(
        person=person,
        display_name=made.new("provider_name"),
        about=made.new("provider_about"),
        base_point=HOME,
        public_point=HOME,
        radius_m=5_000,
    )
    profile.save()
    market.ProviderSkill(provider=profile, category=category).save()

    def request(by: people.User, **values: Any) -> market.ServiceRequest:
        row = market.ServiceRequest(
            requester=by,
            category=category,
            division=division,
            point=HOME,
            public_point=HOME,
            status="closed",
            expires_at=now,
            ended_at=now,
            **{"title": "Fuite", **values},
        )
        row.save()
        return row

    request(
        person,
        title=made.new("request_title"),
        description=made.new("request_text"),
        directions=made.new("directions"),
    )
    theirs = request(other)
    quote = market.Quote(
        request=theirs,
        provider=person,
        total=10_000,
        note=made.new("quote_note"),
        expires_at=now,
        status="accepted",
        decided_at=now,
    )
    quote.save()
    market.QuoteLine(
        quote=quote,
        position=1,
        kind="labour",
        label=made.new("quote_line", made.documented),
        amount=10_000,
    ).save()
    job = market.Job(
        request=theirs,
        quote=quote,
        customer=other,
        provider=person,
        amount=10_000,
        status="closed",
        escrow_id=uuid7(),
        charge_id=uuid7(),
        funded_at=now,
        started_at=now,
        delivered_at=now,
        disputed_at=now,
        disputed_by="provider",
        dispute_reason=made.new("dispute"),
        case_id=uuid7(),
        ended_at=now,
        to_customer=0,
    )
    job.save()
    market.JobPhoto(
        job=job,
        upload_id=uuid7(),
        taken_by=person,
        moment="finish",
        position=1,
        width=1,
        height=1,
        variants=_picture(made, "job_photo"),
    ).save()
    market.Review(
        job=job,
        author=person,
        about=other,
        author_role="provider",
        rating=5,
        text=made.new("review"),
        revealed_at=now,
    ).save()


def _picture(made: Planted, name: str) -> list[dict[str, Any]]:
    content = made.file(name)
    key = storages["default"].save(f"canari/{uuid4().hex}.jpg", ContentFile(content))
    return [
        {"format": "jpeg", "width": 1, "height": 1, "bytes": len(content), "key": key}
    ]
