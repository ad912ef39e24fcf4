"""Homes, listings, leases and rent for tests: made by the services, as people would."""

from __future__ import annotations

import hashlib
import io
import itertools
import random
from datetime import date, datetime, timedelta

from django.contrib.gis.geos import Point
from PIL import Image

from accounts.models import Phone, RoleGrant, User
from lokahome.core import clock
from lokahome.core.files.uploads import announce_upload, receive_upload
from lokahome.core.ids import uuid7
from lokahome.core.money import Money
from payments.models import Charge
from properties.models import (
    Application,
    Division,
    Landmark,
    Lease,
    Listing,
    ListingPhoto,
    Place,
    Property,
    Ticket,
    Unit,
)
from properties.models.geo import fold
from properties.services.applications import accept_application, send_application
from properties.services.homes import add_unit, register_property
from properties.services.lease_drafts import send_lease
from properties.services.leases import sign_lease
from properties.services.legal_marks import CostLine
from properties.services.listings import create_listing, submit_listing
from properties.services.moderation import publish_listing
from properties.services.photos import add_photo
from properties.services.rent import apply_rent_payment, pay_rent
from properties.services.tickets import decide_ticket, open_ticket

COTONOU = (2.3994, 6.3614)
"""Cadjèhoun (lng, lat)."""
MODERATOR = uuid7()
"""Who published: nobody whom a listing is about."""
_numbers = itertools.count(random.randrange(1, 60_000))


def person(name: str, *roles: str) -> User:
    """Return a new person with a phone of MTN and *roles*."""
    user = User.objects.create_person(full_name=name)
    number = f"+22901970{next(_numbers):05d}"
    Phone.objects.create(user=user, number=number, verified_at=clock.now())
    for role in roles:
        RoleGrant.objects.create(user=user, role=role)
    return user


def landlord(name: str = "Kossi Adjovi") -> User:
    """Return a landlord."""
    return person(name, "landlord")


def tenant(name: str = "Ama Dossou") -> User:
    """Return a tenant."""
    return person(name, "tenant")


def division(
    name: str = "Cadjèhoun", level: str = "quartier", parent: Division | None = None
) -> Division:
    """Return a division at Cotonou, with a commune above it unless it is one."""
    is_commune = level == Division.Level.COMMUNE
    if not is_commune and parent is None:
        parent = Division.objects.filter(source_key="commune/Cotonou").first()
        parent = parent or division("Cotonou", "commune")
    row, created = Division.objects.get_or_create(
        source_key=f"{level}/{name}",
        defaults={
            "level": level,
            "code": fold(name)[:6],
            "name": name,
            "search_name": fold(name),
            "parent": parent,
            "point": Point(*COTONOU, srid=4326),
            "precision": level,
        },
    )
    if created:
        row.commune = row if is_commune else parent.commune
        row.save()
    return row


def landmark(name: str = "Pharmacie Étoile", at: tuple[float, float] = COTONOU):
    """Return a landmark at (lng, lat)."""
    node = next(_numbers)
    locality = Place.objects.create(
        osm_node=node,
        kind="suburb",
        name="Cadjehoun",
        search_name="cadjehoun",
        point=Point(*at, srid=4326),
    )
    return Landmark.objects.create(
        osm_node=node,
        tag="amenity",
        kind="pharmacy",
        name=name,
        search_name=fold(name),
        point=Point(*at, srid=4326),
        locality=locality,
    )


def home(owner: User, *, at: tuple[float, float] = COTONOU, **values) -> Property:
    """Return a property of *owner* at (lng, lat)."""
    values.setdefault("landmark_id", None)
    return register_property(
        landlord=owner,
        now=clock.now(),
        division_id=values.pop("division_id", None) or division().pk,
        label="Ma cour",
        pin=Point(*at, srid=4326),
        path_text="Deuxième von à droite, portail bleu",
        **values,
    )


def unit(owner: User, *, at: tuple[float, float] = COTONOU, **values) -> Unit:
    """Return a unit of *owner* at (lng, lat)."""
    place = values.pop("place", None) or home(owner, at=at)
    values = {
        "label": "Porte 2",
        "kind": Unit.Kind.CHAMBRE_SALON,
        "bedrooms": 1,
        "sanitary": Unit.Sanitary.SANITARY,
        **values,
    }
    return add_unit(property_id=place.pk, landlord=owner, now=clock.now(), **values)


def jpeg(width: int = 640, height: int = 480, *, colour: str = "teal") -> bytes:
    """Return a JPEG with EXIF that tells a place and an owner."""
    picture = Image.new("RGB", (width, height), colour)
    exif = Image.Exif()
    exif[0x013B] = "Kossi Adjovi"
    exif.get_ifd(0x8825)[2] = (6.0, 21.0, 41.0)
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def upload(owner: User, content: bytes | None = None):
    """Return a whole upload of *owner*."""
    content = content if content is not None else jpeg()
    announced = announce_upload(
        owner_id=owner.pk,
        kind="photo",
        mime="image/jpeg",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        now=clock.now(),
    )
    return receive_upload(upload=announced, content=content, now=clock.now())


def listing(
    owner: User,
    *,
    rent: int = 35_000,
    at: tuple[float, float] = COTONOU,
    costs: tuple[CostLine, ...] | None = None,
    **values,
) -> Listing:
    """Return a draft listing of a new unit."""
    home_unit = values.pop("unit", None) or unit(owner, at=at, **values)
    return create_listing(
        unit_id=home_unit.pk,
        landlord=owner,
        rent=Money(rent),
        description="Chambre-salon carrelée, compteur à carte, cour calme.",
        entry_costs=(CostLine("deposit", 2 * rent),) if costs is None else costs,
        now=clock.now(),
    )


def photo(row: Listing) -> ListingPhoto:
    """Put a photo row on *row* without drawing it."""
    made = ListingPhoto.objects.create(
        listing=row,
        upload_id=row.pk,
        position=1,
        width=1080,
        height=720,
        variants=[
            {
                "format": kind,
                "width": width,
                "height": width * 2 // 3,
                "bytes": 900,
                "key": f"listings/{row.pk.hex}-{width}.{kind}",
            }
            for kind, width in (
                ("webp", 160),
                ("webp", 480),
                ("webp", 1080),
                ("jpeg", 1080),
            )
        ],
    )
    row.photo_count = 1
    row.save(update_fields={"photo_count"})
    return made


def submitted(owner: User, **values) -> Listing:
    """Return a listing that waits for a moderator."""
    row = listing(owner, **values)
    photo(row)
    return submit_listing(listing_id=row.pk, actor=owner, now=clock.now())


def published(owner: User, **values) -> Listing:
    """Return a published listing."""
    row = submitted(owner, **values)
    return publish_listing(listing_id=row.pk, actor_id=MODERATOR, now=clock.now())


def photographed(owner: User, row: Listing) -> ListingPhoto:
    """Put a real photo on *row*, through an upload."""
    return add_photo(
        listing_id=row.pk, actor=owner, upload_id=upload(owner).pk, now=clock.now()
    )


def application(seeker: User, row: Listing, **values) -> Application:
    """Return an application sent by *seeker*."""
    values.setdefault("move_in_on", clock.today() + timedelta(days=3))
    return send_application(listing_id=row.pk, tenant=seeker, now=clock.now(), **values)


def drafted_lease(owner: User, seeker: User, **values) -> Lease:
    """Return the draft lease of an accepted application."""
    move_in_on: date = values.pop("move_in_on", clock.today())
    sent = application(seeker, published(owner, **values), move_in_on=move_in_on)
    _application, lease = accept_application(
        application_id=sent.pk, landlord=owner, now=clock.now()
    )
    return lease


def lease_to_sign(owner: User, seeker: User, **values) -> Lease:
    """Return a lease that is out for signature."""
    draft = drafted_lease(owner, seeker, **values)
    return send_lease(lease_id=draft.pk, landlord=owner, now=clock.now())


def active_lease(owner: User, seeker: User, **values) -> Lease:
    """Return a lease signed by both."""
    lease = lease_to_sign(owner, seeker, **values)
    for signer in (owner, seeker):
        lease = sign_lease(
            lease_id=lease.pk,
            person=signer,
            terms_digest=lease.terms_digest,
            now=clock.now(),
        )
    return lease


def charge(lease: Lease, amount: int | None = None, **values) -> Charge:
    """Return a charge asked for rent of *lease*."""
    return pay_rent(
        lease_id=lease.pk,
        payer=lease.tenant,
        amount=Money(amount) if amount else None,
        now=clock.now(),
        **values,
    )


def settle(asked: Charge, lease: Lease, at: datetime | None = None):
    """Apply *asked* as if its money had been taken."""
    return apply_rent_payment(
        charge_id=asked.pk,
        lease_id=lease.pk,
        payer_id=asked.payer_id,
        amount=Money(asked.amount, asked.currency),
        captured_at=at or clock.now(),
    )


def accept_and_send(owner: User, sent: Application) -> Lease:
    """Accept *sent* and send its lease for signature."""
    _application, lease = accept_application(
        application_id=sent.pk, landlord=owner, now=clock.now()
    )
    return send_lease(lease_id=lease.pk, landlord=owner, now=clock.now())


def ticket(lease: Lease, person: User | None = None, **values) -> Ticket:
    """Return a ticket of *lease* about a leak, opened by *person* or the tenant."""
    values = {
        "category_slug": "leak",
        "title": "Fuite sous l’évier",
        "description": "L’eau coule depuis hier soir.",
        **values,
    }
    return open_ticket(
        lease_id=lease.pk, person=person or lease.tenant, now=clock.now(), **values
    )


def decided_ticket(lease: Lease, payer: str = "landlord", **values) -> Ticket:
    """Return a ticket of *lease* that *payer* is to pay for."""
    return decide_ticket(
        ticket_id=ticket(lease, **values).pk,
        landlord=lease.landlord,
        payer=payer,
        reason="Tuyau encastré",
        now=clock.now(),
    )
