"""The open connections of the simulator, so that one can be cut without an answer."""

import asyncio
from typing import Any

from starlette.datastructures import Address
from uvicorn.protocols.http.h11_impl import H11Protocol

_open: dict[tuple[str, int], asyncio.Transport] = {}


class Cuttable(H11Protocol):
    """uvicorn's HTTP protocol, remembering its socket: ASGI has no way to drop one."""

    # uvicorn is only ever given a transport that writes.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client is not None:
            _open[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.client is not None:
            _open.pop(self.client, None)
        super().connection_lost(exc)


def abort(client: Address | None) -> None:
    """Reset the connection of `client` at once."""
    if client is not None:
        _cut(_open.get((client.host, client.port)))


def abort_all() -> None:
    """Reset every connection."""
    for transport in list(_open.values()):
        _cut(transport)


def _cut(transport: Any) -> None:
    if transport is not None:
        transport.abort()
