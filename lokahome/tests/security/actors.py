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
}
"""Whose objects an actor's own are. Who is nobody's side is asked about the first. The
founder of an agency is no column: they do what nobody else may."""
STRANGERS = {"here": "there", "there": "here"}


def client_of(world: World, actor: str) -> APIClient:
    """Return a client that is *actor*.

    Who belongs to an agency speaks in its name. Staff are given what nobody should give
    them: a token of a session that goes on, and a cookie.
    """
    client = APIClient(raise_request_exception=False)
    if actor == "anonymous":
        return client
    side, role = SIDE_AND_ROLE[actor]
    headers = {}
    if role in {"manager", "founder"}:
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
