"""Homes to look at on a development machine: drawn photographs, real landmarks."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Point
from django.core.exceptions import ImproperlyConfigured

from accounts.models import User
from lokahome.core import clock
from lokahome.core.files.uploads import announce_upload, receive_upload
from lokahome.core.money import Money
from properties.models import Division, Landmark, Listing, Property
from properties.models.geo import to_degrees, to_metres
from properties.services.homes import add_unit, register_property
from properties.services.legal_marks import CostLine
from properties.services.listings import create_listing, submit_listing
from properties.services.moderation import publish_listing
from properties.services.photos import add_photo

DATA = Path(__file__).resolve().parent.parent / "data" / "demo"
PHOTOS_EACH = 3


def ensure_demo_homes() -> list[str]:
    """List the demo landlord's homes that are missing; return no line to print.

    The last one waits for a moderator; the others are published. Each home goes through
    the services that a person's would. Raises ImproperlyConfigured unless DEBUG and
    DEV_DOORS are on, User.DoesNotExist before the demo people were made.
    """
    if not (settings.DEBUG and settings.DEV_DOORS):
        raise ImproperlyConfigured("demo homes need DEBUG and DEV_DOORS")
    now = clock.now()
    landlord = User.objects.get(username="kossi")
    moderator = User.objects.get(username="moderator")
    homes: list[dict[str, Any]] = json.loads((DATA / "homes.json").read_text("utf-8"))
    known = set(
        Property.objects.filter(landlord=landlord).values_list("label", flat=True)
    )
    for number, home in enumerate(homes, start=1):
        if home["label"] in known:
            continue
        listing = _list_home(home, landlord, now)
        for photo in range(1, PHOTOS_EACH + 1):
            content = (DATA / f"home{number}-{photo}.jpg").read_bytes()
            _add_picture(listing, landlord, content, now)
        submit_listing(listing_id=listing.pk, actor=landlord, now=now)
        if home["publish"]:
            publish_listing(listing_id=listing.pk, actor_id=moderator.pk, now=now)
    return []


def _list_home(home: dict[str, Any], landlord: User, now: datetime) -> Listing:
    landmark = Landmark.objects.get(osm_node=home["landmark"])
    division = Division.objects.get(
        level=Division.Level.COMMUNE, name__iexact=home["commune"]
    )
    east, north = to_metres(landmark.point.x, landmark.point.y)
    right, up = home["offset"]
    pin = Point(*to_degrees(east + right, north + up), srid=4326)
    place = register_property(
        landlord=landlord,
        now=now,
        division_id=division.pk,
        landmark_id=landmark.pk,
        label=home["label"],
        kind=home["kind"],
        landmark_relation=home["relation"],
        path_text=home["path"],
        pin=pin,
        pin_accuracy_metres=30,
    )
    unit = add_unit(property_id=place.pk, landlord=landlord, now=now, **home["unit"])
    costs = [CostLine(kind=kind, amount=sum_) for kind, sum_ in home["costs"].items()]
    return create_listing(
        unit_id=unit.pk,
        landlord=landlord,
        rent=Money(home["rent"]),
        description=home["description"],
        entry_costs=costs,
        now=now,
    )


def _add_picture(listing: Listing, owner: User, content: bytes, now: datetime) -> None:
    upload = announce_upload(
        owner_id=owner.pk,
        kind="photo",
        mime="image/jpeg",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        now=now,
    )
    receive_upload(upload=upload, content=content, now=now)
    add_photo(listing_id=listing.pk, actor=owner, upload_id=upload.pk, now=now)
