"""Who asks: the columns of the table as clients, each with what they would send."""

from __future__ import annotations

from rest_framework.test import APIClient

from accounts.services.signing_in.sessions import open_session
from lokahome.core import clock
from lokahome.tests.security.world import World
from lokahome.tests.security.world_doors import device_key_of, tokens_of

SIDE_AND_ROLE = {
    "anonymous": ("here", "tenant"),
    "tenant": ("here", "tenant"),
    "other_tenant": ("there", "tenant"),
    "landlord": ("here", "landlord"),
    "other_landlord": ("there", "landlord"),
    "provider": ("here", "provider"),
    "other_manager": ("there", "manager"),
    "suspended": ("here", "tenant"),
    "moderator": ("here", "tenant"),
    "founder": ("here", "founder"),
    "owner": ("here", "founder"),
    "manager": ("here", "manager"),
    "bare_manager": ("here", "manager"),
    "agent": ("here", "agent"),
    "accountant": ("here", "accountant"),
    "viewer": ("here", "viewer"),
    "removed": ("here", "leaver"),
    "bare_removed": ("here", "leaver"),
    "restricted": ("here", "founder"),
    "rival": ("beside", "manager"),
}
"""Whose objects an actor's own are. Who is nobody's side is asked about the first."""
STRANGERS = {"here": "there", "there": "here", "beside": "there"}
RIVALS = {"here": "beside", "beside": "here", "there": "here"}
"""Whose agency works at the same unit; the second side's has none beside it."""
LEADS = frozenset(
    {"founder", "owner", "manager", "other_manager", "restricted", "rival"}
)
"""Who reads what is their agency's own: they answer for it, and ask in its name."""
NAMES_AGENCY = LEADS | {"agent", "accountant", "viewer", "removed"}
"""Who sends the header, also who may no longer."""
STANDING = {"suspended": {"is_active": False}, "restricted": {"is_restricted": True}}
"""What is otherwise in the actor's row while they ask."""


def client_of(world: World, actor: str) -> APIClient:
    """Return a client that is *actor*.

    Whose column says so speaks in an agency's name. Staff are given what nobody should give
    them: a token of a session that goes on, and a cookie.
    """
    client = APIClient(raise_request_exception=False)
    if actor == "anonymous":
        return client
    side, role = SIDE_AND_ROLE[actor]
    headers = {}
    if actor in NAMES_AGENCY:
        headers["HTTP_LOKAHOME_AGENCY"] = str(world.sides[side].thing("agency").pk)
    if actor == "moderator":
        user = world.staff["moderator"]
        client.force_login(user)
        access = tokens_of(
            open_session(user=user, method="code", device_key=None, now=clock.now())
        ).access
    else:
        headers["HTTP_LOKAHOME_DEVICE"] = str(device_key_of(side, role))
        session = world.sides[side].thing("session_now", role)
        access = world.sides[side].codes[f"access:{session.pk}"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}", **headers)
    return client
