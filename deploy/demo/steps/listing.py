"""The landlord's part: a home, its pictures, its listing."""

from __future__ import annotations

import hashlib
import math
import random
from typing import Any

from deploy.demo.client import expect
from deploy.demo.journey import Journey, Told
from deploy.demo.people import Person
from deploy.demo.photos import photographs

LANDMARKS = (
    "CEG Gbegamey",
    "Lycée technique coulibaly",
    "CEG Akpakpa Centre",
    "Eglise Catholique Sacré Coeur",
    "Cinéma Concorde",
    "Collège Saint-Roger",
    "CEG Zogbo",
    "Eglise Baptiste de l'Etoile rouge",
    "Commissariat de Tokpa",
    "EFE Montaigne",
    "Clinique Point E",
    "CEG Segbeya",
    "Polyclinique Atinkanmey",
    "École Libanaise-Cotonou",
    "Paroisse Jésus Eucharistie",
    "Pharmacie Ganhi",
)
"""Real ones of Cotonou (OpenStreetMap), well apart from each other."""
SEARCH_RADIUS_M = 1500
_METRES_PER_DEGREE = 110_600


def money(amount: int) -> dict[str, Any]:
    """Return *amount* francs as the API writes money."""
    return {"amount": amount, "currency": "XOF"}


def register_home(journey: Journey) -> Told:
    """Find a landmark with no home on offer around it; register one close to it."""
    chance = random.Random(journey.seed)  # noqa: S311 - where a demo home stands
    journey.rent = 40_000 + 500 * chance.randrange(80)
    landmark = _free_landmark(journey, chance)
    journey.landmark = landmark
    journey.pin = _beside(landmark["point"], chance)
    quarter = _division(journey, "Cotonou")
    api = journey.landlord.api
    house = api.post(
        "properties",
        {
            "label": "Maison de démonstration",
            "kind": "courtyard",
            "division_id": quarter["id"],
            "landmark_id": landmark["id"],
            "landmark_relation": "beside",
            "path_text": "2e von à droite après le repère, portail bleu",
            "pin": journey.pin,
            "pin_accuracy_metres": 15,
        },
    )
    unit = api.post(
        "units",
        {
            "property_id": house["id"],
            "label": "Porte 2",
            "kind": "chambre_salon",
            "bedrooms": 1,
            "sanitary": "sanitary",
            "has_own_entrance": True,
            "water": "soneb_own",
            "power": "sbee_prepaid",
        },
    )
    journey.unit_id = unit["id"]
    journey.listing = api.post(
        "listings",
        {
            "unit_id": unit["id"],
            "rent": money(journey.rent),
            "description": "Chambre-salon sanitaire, carrelée, dans une cour calme.",
            "entry_costs": [{"kind": "deposit", "amount": money(2 * journey.rent)}],
        },
    )
    return [
        f"near “{landmark['name']}” ({landmark['context'] or 'Cotonou'}), "
        f"{journey.rent} F a month",
        f"listing “{journey.listing['title']}” is {journey.listing['status']}",
    ]


def _free_landmark(journey: Journey, chance: random.Random) -> dict[str, Any]:
    """Return a landmark around which nothing is on offer: to be first is then no luck."""
    names = chance.sample(LANDMARKS, len(LANDMARKS))
    for name in names:
        found = journey.anonymous.get("places", q=name)["data"]
        landmarks = [place for place in found if place["kind"] == "landmark"]
        expect(landmarks, f"“{name}” is not among the places: {found}")
        landmark: dict[str, Any] = landmarks[0]
        around = journey.anonymous.get(
            "listings", near=near(landmark), radius_m=SEARCH_RADIUS_M, limit=1
        )
        if not around["data"]:
            return landmark
    return landmark


def near(place: dict[str, Any]) -> str:
    """Return the ``near`` parameter of a found place."""
    return f"{place['point']['lat']:.6f},{place['point']['lng']:.6f}"


def _beside(point: dict[str, float], chance: random.Random) -> dict[str, float]:
    """Return a point 40 to 140 metres from *point*."""
    metres, angle = chance.uniform(40, 140), chance.uniform(0, 2 * math.pi)
    up, right = metres * math.sin(angle), metres * math.cos(angle)
    width = _METRES_PER_DEGREE * math.cos(math.radians(point["lat"]))
    return {
        "lat": round(point["lat"] + up / _METRES_PER_DEGREE, 6),
        "lng": round(point["lng"] + right / width, 6),
    }


def _division(journey: Journey, name: str) -> dict[str, Any]:
    found = journey.anonymous.get("places", q=name)["data"]
    divisions = [place for place in found if place["kind"] == "division"]
    expect(divisions, f"no division is called {name}: {found}")
    division: dict[str, Any] = divisions[0]
    return division


def upload(person: Person, picture: bytes, *, kind: str = "photo") -> str:
    """Announce a JPEG, send its bytes, and return the upload's id."""
    announced = person.api.post(
        "uploads",
        {
            "kind": kind,
            "mime": "image/jpeg",
            "size_bytes": len(picture),
            "sha256": hashlib.sha256(picture).hexdigest(),
        },
    )
    headers = {"Content-Type": "image/jpeg"}
    person.api.send("PUT", announced["upload_url"], content=picture, headers=headers)
    return str(announced["id"])


def draw_photos(journey: Journey) -> Told:
    """Attach three drawn photographs whose EXIF holds the home's exact position."""
    api = journey.landlord.api
    listing_id = journey.listing["id"]
    told = []
    for picture in photographs(**journey.pin, seed=journey.seed):
        upload_id = upload(journey.landlord, picture)
        photo = api.post(f"listings/{listing_id}/photos", {"upload_id": upload_id})
        sizes = ", ".join(
            f"{item['format']} {item['width']}" for item in photo["variants"]
        )
        told.append(f"photo {photo['position']}: {len(picture)} bytes in, {sizes} out")
    return told


def submit(journey: Journey) -> Told:
    """Ask moderators to publish."""
    api, listing_id = journey.landlord.api, journey.listing["id"]
    listing = api.post(f"listings/{listing_id}/submission")
    expect(listing["status"] == "submitted", f"the listing is {listing['status']}")
    hidden = journey.tenant.api.status_of(f"listings/{listing_id}")
    expect(hidden == 404, f"others already see the listing ({hidden})")
    journey.listing = listing
    return ["it is “submitted”, and a 404 for everybody else"]
