"""The world that the tests of this folder ask about: two sides that are strangers.

And a third that is none of a landlord: the agency that works on the first one's homes
beside the first one's agency. All that it names as its own is its own agency and what
that holds; for the rest it looks at its neighbour's.

Each side has a tenant, a landlord and a provider, and one object of every kind in every
state that an operation needs. Both are made by the same functions, so what differs
between an answer about one and about the other is who asks.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID

from accounts.models import Email, User
from lokahome.core import clock
from lokahome.core.ids import uuid7
from lokahome.tests.people import make_person
from properties.models.geo import CELL_METRES, MARGIN_METRES, to_degrees, to_metres

ROLES = ("tenant", "landlord", "provider", "manager", "founder")
MEMBERS = ("agent", "accountant", "viewer", "leaver")
"""Who else is of the first side's agency; the last one was removed from it."""
PEOPLE = {
    "here": (*ROLES, *MEMBERS),
    "there": ROLES,
    "beside": ("manager", "founder"),
}


@dataclass(frozen=True)
class Person:
    """Somebody, and what of them no stranger may read."""

    name: str
    user: User
    secrets: dict[str, str]

    @property
    def id(self) -> UUID:
        """The person's id."""
        return self.user.pk


@dataclass
class Side:
    """One half of the world; ``things`` holds a row, or a row by person, by its name."""

    name: str
    people: dict[str, Person]
    at: tuple[float, float]
    things: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    """What was sent to one person only, by the id of what it proves."""
    firm: dict[str, str] = field(default_factory=dict)
    """What of the side's agency no other agency may read, by its kind."""
    dealings: dict[str, set[str]] = field(default_factory=dict)
    """Ids of other sides' things that a person has to do with, by the person."""
    neighbour: Side | None = None
    """Whose the things are that this side has none of."""

    def __getattr__(self, role: str) -> User:
        try:
            return self.people[role].user
        except KeyError as error:
            raise AttributeError(role) from error

    def thing(self, name: str, role: str = "tenant") -> Any:
        """Return the object called *name*; of things that are personal, *role*'s."""
        if name not in self.things and self.neighbour is not None:
            return self.neighbour.thing(name, role)
        found = self.things[name]
        if not isinstance(found, dict):
            return found
        return found.get(role) or next(iter(found.values()))

    def rows(self) -> Iterator[tuple[str, str, Any]]:
        """Yield every object: its name, whose it is (empty when it is shared), itself."""
        for name, thing in self.things.items():
            if isinstance(thing, dict):
                yield from ((name, role, row) for role, row in thing.items())
            else:
                yield name, "", thing

    def ids(self) -> dict[str, str]:
        """Return the names of this side's objects by their ids."""
        return {str(row.pk): name for name, _role, row in self.rows()}

    def refresh(self) -> None:
        """Read again what later steps changed: versions count."""
        for person in self.people.values():
            person.user.refresh_from_db()
        for _name, _role, row in self.rows():
            row.refresh_from_db()


@dataclass
class World:
    """All sides, and who stands outside them."""

    sides: dict[str, Side]
    staff: dict[str, User]
    gone: dict[str, UUID] = field(default_factory=dict)
    """Ids of what was there and was removed, by the object's name."""

    @property
    def secrets(self) -> Iterator[tuple[str, str, str, str]]:
        """Every secret: side, person (or its agency), kind, text."""
        for side in self.sides.values():
            yield from ((side.name, "agency", *secret) for secret in side.firm.items())
            for person in side.people.values():
                for kind, text in person.secrets.items():
                    yield side.name, person.name, kind, text

    def missing(self, name: str) -> UUID:
        """Return an id that no object called *name* has, or has any more."""
        return self.gone.get(name) or NEVER


NEVER = UUID("01890000-0000-7000-8000-00000000dead")
NAMES = {
    ("here", "tenant"): "Ama Dossou-Canari",
    ("here", "landlord"): "Kossi Hounsou-Canari",
    ("here", "provider"): "Afi Adjovi-Canari",
    ("there", "tenant"): "Bola Zinsou-Canari",
    ("there", "landlord"): "Codjo Ahouan-Canari",
    ("there", "provider"): "Dossi Gbaguidi-Canari",
    ("here", "manager"): "Reine Tossou-Canari",
    ("there", "manager"): "Sena Houngbo-Canari",
    ("here", "founder"): "Ulrich Agbo-Canari",
    ("there", "founder"): "Viviane Kiki-Canari",
    ("here", "agent"): "Wilfried Sossa-Canari",
    ("here", "accountant"): "Xavier Lokossou-Canari",
    ("here", "viewer"): "Yvette Dansou-Canari",
    ("here", "leaver"): "Zita Koudoro-Canari",
    ("beside", "manager"): "Prosper Aïvodji-Canari",
    ("beside", "founder"): "Queenie Fagla-Canari",
}
HATS = {
    "landlord": ("tenant", "provider", "landlord"),
    "provider": ("tenant", "provider"),
}
"""The last one stands at level 2; who is absent is a tenant."""
PLACES = {"here": (2.399417, 6.361429), "there": (2.630317, 9.337229)}
"""Cotonou and Parakou (lng, lat): no provider of the one serves the other."""
NEIGHBOURS = {"beside": "here"}
"""Who works at whose homes."""


def build_world() -> World:
    """Make the world, in the transaction that is open; nothing leaves the machine."""
    from lokahome.tests.security import (
        world_agencies,
        world_doors,
        world_homes,
        world_people,
        world_rights,
        world_rivals,
        world_services,
    )

    with quick_papers():
        world = World(
            sides={
                name: Side(name, _people(name, index), PLACES[name])
                for index, name in enumerate(PLACES)
            },
            staff=world_people.staff(),
        )
        for side in world.sides.values():
            world_people.add_personal(side)
            world_doors.add_doors(side)
            world_rights.add_rights(side, world.staff["lead"])
            world_homes.add_homes(side)
            world_services.add_services(side)
            world_services.add_money(side)
            world_people.add_words(side)
            world_agencies.add_agency(side)
        for name, neighbour in NEIGHBOURS.items():
            world.sides[name] = _beside(name, world.sides[neighbour])
            world_people.add_personal(world.sides[name])
            world_doors.add_doors(world.sides[name])
            world_rivals.add_rival(world.sides[name])
        world_rivals.add_members(world.sides["here"])
        world_people.remove_some(world)
        world_agencies.remove_some_members(world)
        for side in world.sides.values():
            side.refresh()
    return world


def _beside(name: str, neighbour: Side) -> Side:
    people = _people(name, len(PLACES))
    return Side(name, people, neighbour.at, neighbour=neighbour)


def _people(side: str, index: int) -> dict[str, Person]:
    return {
        role: _person(side, role, index * 10 + n) for n, role in enumerate(PEOPLE[side])
    }


def _person(side: str, role: str, number: int) -> Person:
    phone = f"+22901973142{number:02d}"
    hats = HATS.get(role, ("tenant",))
    user = make_person(
        name=NAMES[side, role], phone=phone, roles=hats, level=2 * (len(hats) > 1)
    )
    address = f"canari-{side}-{role}@example.bj"
    Email.objects.create(
        id=uuid7(),
        user=user,
        address=address,
        code_hash="0" * 64,
        minted_at=clock.now(),
        expires_at=clock.now(),
        verified_at=clock.now() - timedelta(days=30),  # it proves who they are
    )
    secrets = {"phone": phone.removeprefix("+22901"), "email": address}
    return Person(role, user, secrets | {"name": user.full_name})


@contextlib.contextmanager
def quick_papers() -> Iterator[None]:
    """Draw no PDF: what is on paper is tested where papers are."""
    drawn = mock.patch(
        "lokahome.core.documents.issuing.render_pdf", return_value=b"%PDF-1.7 canari"
    )
    with drawn:
        yield


def digits(degrees: float) -> str:
    """Return *degrees* as JSON writes them, which is how a leak would look."""
    return str(round(degrees, 6))


def unblurred(lng: float, lat: float) -> tuple[float, float]:
    """Return a point near that one whose latitude no public point ever has.

    It lies in the margin of its cell. Anywhere else a public point has the same six
    decimals by chance, one time in two thousand, and looks like a leak. Its own last
    decimal is no zero: JSON would leave that out, and the rest begins other latitudes.
    """
    x, y = to_metres(lng, lat)
    row = math.floor(y / CELL_METRES)
    lng, lat = to_degrees(x, row * CELL_METRES + MARGIN_METRES / 2)
    millionths = round(lat * 1e6)
    millionths += millionths % 10 == 0
    return round(lng, 6), round(millionths / 1e6, 6)
