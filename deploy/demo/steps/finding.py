"""The tenant's search, and what the public may not learn from it."""

from __future__ import annotations

import json

import httpx

from deploy.demo.client import expect
from deploy.demo.journey import Journey, Told
from deploy.demo.photos import has_metadata
from deploy.demo.steps.listing import SEARCH_RADIUS_M, near


def found_first(journey: Journey) -> Told:
    """Search around the landmark; the home comes first, at a blurred point."""
    found = journey.tenant.api.get(
        "listings",
        near=near(journey.landmark),
        radius_m=SEARCH_RADIUS_M,
        rent_max=journey.rent,
    )
    expect(found["data"], "the search found nothing")
    first = found["data"][0]
    expect(
        first["id"] == journey.listing["id"],
        f"first is {first['id']} “{first['title']}” at {first['distance_m']} m, "
        f"not {journey.listing['id']}",
    )
    text = json.dumps(journey.anonymous.get(f"listings/{first['id']}"))
    for part in (journey.pin["lat"], journey.pin["lng"]):
        expect(f"{part:.6f}" not in text, "the public listing holds the exact pin")
    page = httpx.get(f"{journey.addresses.public}/l/{journey.slug}", timeout=20)
    expect(page.status_code == 200, f"/l/{journey.slug} answered {page.status_code}")
    expect("<h1" in page.text, "the public page has no heading")
    return [
        f"first of {len(found['data'])} within {SEARCH_RADIUS_M} m: "
        f"“{first['title']}”, {first['distance_m']} m from the landmark",
        f"public page {first['url']} answers without script or account",
    ]


def pictures_betray_nothing(journey: Journey) -> Told:
    """Fetch every served variant of every photo and look for metadata."""
    listing = journey.anonymous.get(f"listings/{journey.listing['id']}")
    expect(len(listing["photos"]) == 3, f"{len(listing['photos'])} photos are served")
    formats: dict[str, int] = {}
    for photo in listing["photos"]:
        for variant in photo["variants"]:
            response = httpx.get(variant["url"], timeout=20)
            expect(response.status_code == 200, f"{variant['url']}: {response}")
            expect(
                len(response.content) == variant["bytes"],
                f"{variant['url']} has {len(response.content)} bytes",
            )
            expect(not has_metadata(response.content), f"metadata in {variant['url']}")
            formats[variant["format"]] = formats.get(variant["format"], 0) + 1
    counts = ", ".join(f"{count} {name}" for name, count in sorted(formats.items()))
    return [f"{counts} files fetched: no EXIF, no GPS, no comment in any"]
