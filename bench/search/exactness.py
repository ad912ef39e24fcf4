"""Are the answers those of brute force on the same blurred points?"""

from __future__ import annotations

from typing import Any

import httpx

from deploy.throwaway.database import connect
from deploy.throwaway.platform import Platform

_BRUTE = """
SELECT id::text, ST_Distance(ST_Transform(public_point, 32631), here) AS metres
FROM properties_listing,
     (SELECT ST_Transform(ST_SetSRID(ST_MakePoint(%(lng)s, %(lat)s), 4326), 32631)
      AS here) p
WHERE status = 'published' AND rent BETWEEN %(low)s AND %(high)s
  AND bedrooms >= %(beds)s
  AND ST_Distance(ST_Transform(public_point, 32631), here) <= %(radius)s
ORDER BY metres, id LIMIT %(limit)s
"""
"""No index, no stored metric point, no help of the code under test."""
_SAME_METRES = 0.01


def wrong_answers(here: Platform, queries: list[dict[str, Any]]) -> list[str]:
    """Ask over HTTP and by brute force; return what differs."""
    found = []
    with (
        connect(here.env["DATABASE_OWNER_URL"]) as connection,
        httpx.Client(base_url=here.addresses.api, timeout=30) as client,
    ):
        connection.execute("SET enable_indexscan = off")
        connection.execute("SET enable_bitmapscan = off")
        for query in queries:
            asked = query["asked"]
            lat, lng = (float(part) for part in asked["near"].split(","))
            rows = connection.execute(
                _BRUTE,
                {
                    "lat": lat,
                    "lng": lng,
                    "low": int(asked["rent_min"]),
                    "high": int(asked["rent_max"]),
                    "beds": int(asked["bedrooms_min"]),
                    "radius": int(asked["radius_m"]),
                    "limit": int(asked["limit"]),
                },
            ).fetchall()
            answer = client.get("/listings", params=asked).raise_for_status().json()
            found += _differences(asked, answer["data"], rows)
    return found


def _differences(
    asked: dict[str, str], data: list[dict[str, Any]], rows: list[Any]
) -> list[str]:
    """Compare ids in order; ids whose distances are equal may stand either way."""
    if len(data) != len(rows):
        return [f"{asked}: {len(data)} answers, brute force has {len(rows)}"]
    metres = {row[0]: row[1] for row in rows}
    for place, (card, row) in enumerate(zip(data, rows, strict=True)):
        if card["id"] == row[0]:
            continue
        other = metres.get(card["id"])
        if other is None or abs(other - row[1]) > _SAME_METRES:
            return [f"{asked}: place {place} is {card['id']}, not {row[0]}"]
    return []
