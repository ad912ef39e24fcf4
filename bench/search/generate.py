"""Listings spread as landmarks are, and the requests that people would make of them.

Runs inside Django (``python -m bench.search.generate``), against the database of the
environment; writes the requests with the SQL that each of them issues.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

SEED = 20_261_123
PUBLISHED_SHARE = 0.72
BATCH = 1_000
JITTER_METRES = 600


class Anchor(NamedTuple):
    """A landmark and the quartier or village it lies in."""

    landmark: Any
    division: Any


def main() -> int:
    """Generate, capture, write."""
    parser = argparse.ArgumentParser()
    for name in ("listings", "queries", "radius", "limit"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    import django

    django.setup()
    chance = random.Random(SEED)
    begin = time.monotonic()
    anchors = _anchors()
    _fill(options.listings, anchors, chance)
    print(f"  {options.listings} listings in {time.monotonic() - begin:.1f} s")
    queries = _queries(options, anchors, chance)
    options.out.write_text(json.dumps(queries), "utf-8")
    return 0


def _anchors() -> list[Anchor]:
    """Return the landmarks, each with the nearest division that lies in a commune."""
    from django.db import connection

    from properties.models import Division, Landmark

    landmarks = Landmark.objects.in_bulk()
    divisions = Division.objects.filter(commune__isnull=False).select_related("commune")
    known = divisions.in_bulk()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.id, n.id FROM properties_landmark l, LATERAL ("
            " SELECT d.id FROM properties_division d"
            " WHERE d.commune_id IS NOT NULL AND d.point IS NOT NULL"
            " ORDER BY d.point <-> l.point LIMIT 1) n ORDER BY l.osm_node"
        )
        rows = cursor.fetchall()
    return [Anchor(landmarks[mark], known[place]) for mark, place in rows]


def _moved(point: Any, chance: random.Random, metres: float) -> Any:
    """Return a point some *metres* (normally spread) from *point*."""
    from django.contrib.gis.geos import Point

    up, right = chance.gauss(0, metres), chance.gauss(0, metres)
    lat = point.y + up / 110_600
    lng = point.x + right / (110_600 * math.cos(math.radians(point.y)))
    return Point(round(lng, 6), round(lat, 6), srid=4326)


def _fill(count: int, anchors: list[Anchor], chance: random.Random) -> None:
    from django.db import connection

    from accounts.models import User
    from lokahome.core import clock

    landlord = User.objects.create_person(full_name="Propriétaire généré")
    now = clock.now()
    for start in range(0, count, BATCH):
        size = min(BATCH, count - start)
        _batch([_home(landlord, anchors, chance, now) for _ in range(size)])
    # As the server's own autovacuum would have done by now.
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def _home(
    landlord: Any, anchors: list[Anchor], chance: random.Random, now: Any
) -> tuple[Any, ...]:
    """Return an unsaved property, its unit, the listing and its cover."""
    from lokahome.core.ids import uuid7
    from properties.models import Listing, ListingPhoto, Property, Unit
    from properties.services.listing_copies import copy_facts, new_slug

    anchor = chance.choice(anchors)
    home = Property(
        landlord=landlord,
        label="Générée",
        division=anchor.division,
        landmark=anchor.landmark,
        pin=_moved(anchor.landmark.point, chance, JITTER_METRES),
    )
    kind = chance.choice(Unit.Kind.values)
    unit = Unit(
        property=home,
        landlord=landlord,
        label="Porte",
        kind=kind,
        bedrooms=chance.choice((0, 1, 1, 1, 2, 2, 3, 4)),
        sanitary=chance.choice(Unit.Sanitary.values),
        is_furnished=chance.random() < 0.15,
    )
    rent = 500 * max(20, round(math.exp(chance.gauss(4.6, 0.6))))
    listing = Listing(
        unit=unit,
        landlord=landlord,
        rent=rent,
        entry_total=rent * 3,
        description="Logement généré pour mesurer la recherche.",
    )
    copy_facts(listing, unit)
    listing.slug = new_slug(listing)
    listing.photo_count = 1
    if chance.random() < PUBLISHED_SHARE:
        listing.status = Listing.Status.PUBLISHED
        listing.published_at = now - timedelta(minutes=chance.randrange(100_000))
        listing.confirmed_at = listing.submitted_at = listing.published_at
        listing.reviewed_rent = rent
    key = f"listings/{listing.pk.hex}/cover"
    photo = ListingPhoto(
        listing=listing,
        upload_id=uuid7(),
        position=1,
        width=1080,
        height=810,
        variants=[
            _variant(key, "webp", 160),
            _variant(key, "webp", 480),
            _variant(key, "jpeg", 1080),
        ],
    )
    return home, unit, listing, photo


def _variant(key: str, form: str, width: int) -> dict[str, Any]:
    name = f"{key}-{width}.{form}"
    height = width * 3 // 4
    return {
        "format": form,
        "width": width,
        "height": height,
        "bytes": width * 60,
        "key": name,
    }


def _batch(homes: list[tuple[Any, ...]]) -> None:
    for rows in zip(*homes, strict=True):
        type(rows[0]).objects.bulk_create(rows)


def _queries(
    options: argparse.Namespace, anchors: list[Anchor], chance: random.Random
) -> list[dict[str, Any]]:
    """Return the requests, each with the SQL that the endpoint issued for it."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    found = []
    for _ in range(options.queries):
        asked = _request(options, anchors, chance)
        with CaptureQueriesContext(connection) as captured:
            response = client.get("/api/v1/listings", asked)
        if response.status_code != 200:
            sys.exit(f"{asked}: {response.status_code} {response.content[:500]!r}")
        statements = [row["sql"] for row in captured.captured_queries]
        found.append({"asked": asked, "sql": statements})
    return found


def _request(
    options: argparse.Namespace, anchors: list[Anchor], chance: random.Random
) -> dict[str, str]:
    point = _moved(chance.choice(anchors).landmark.point, chance, JITTER_METRES)
    lowest = 500 * chance.randrange(20, 120)
    return {
        "near": f"{point.y:.6f},{point.x:.6f}",
        "radius_m": str(options.radius),
        "rent_min": str(lowest),
        "rent_max": str(lowest * chance.randint(2, 6)),
        "bedrooms_min": str(chance.randint(0, 3)),
        "limit": str(options.limit),
    }


if __name__ == "__main__":
    sys.exit(main())
