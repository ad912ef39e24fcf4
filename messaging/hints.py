"""Hints to open sockets: "your log moved". One may be lost; nobody waits for one.

The only place that speaks to the channel layer. A hint holds no message: the socket
reads PostgreSQL from its own cursor; the next hint, or its own beat, heals a lost one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from uuid import UUID

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

log = structlog.get_logger(__name__)

TYPE = "log.moved"
TIMEOUT_SECONDS = 1.0
REST_SECONDS = 5.0
"""After a failure nobody waits for the layer for so long."""


class _Outage:
    """What this process knows of the layer: whether it failed, and since when."""

    def __init__(self) -> None:
        self.until = 0.0
        self.is_known = False

    def rests(self) -> bool:
        return time.monotonic() < self.until

    def begin(self, error: BaseException) -> None:
        self.until = time.monotonic() + REST_SECONDS
        if not self.is_known:
            self.is_known = True
            log.error("hints are not sent", error=type(error).__name__)

    def end(self) -> None:
        if self.is_known:
            self.is_known = False
            log.info("hints are sent again")


outage = _Outage()


def group_of(person_id: UUID) -> str:
    """Return the group of all sockets of a person."""
    return f"u.{person_id.hex}"


def hint(people: Mapping[UUID, int]) -> None:
    """Tell the open sockets of *people* that their log stands at ``useq``.

    Waits for the commit of the transaction at hand, if there is one; then at most
    TIMEOUT_SECONDS for the layer. Never raises.
    """
    if people:
        transaction.on_commit(lambda: _send(people), robust=True)


async def send_hints(people: Mapping[UUID, int]) -> None:
    """Do what `hint` does, from code that is asynchronous and after its commit."""
    layer = get_channel_layer()
    if layer is None or not people or outage.rests():
        return
    sending = [
        layer.group_send(
            group_of(person_id), {"type": TYPE, "person": person_id.hex, "useq": useq}
        )
        for person_id, useq in people.items()
    ]
    try:
        await asyncio.wait_for(asyncio.gather(*sending), TIMEOUT_SECONDS)
    except Exception as error:
        outage.begin(error)
    else:
        outage.end()


def _send(people: Mapping[UUID, int]) -> None:
    try:
        async_to_sync(send_hints)(people)
    except Exception as error:  # no layer that can be loaded, a loop of its own
        outage.begin(error)
