"""The program: gateways, control interface and console behind one uvicorn server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from payments.simulators import connections
from payments.simulators.agenda import Agenda
from payments.simulators.book import Book
from payments.simulators.console import Console
from payments.simulators.control import Control
from payments.simulators.faults import Faults
from payments.simulators.fedapay.simulation import FedaPay
from payments.simulators.gateway import SimulatedGateway
from payments.simulators.hostile import json_response


class Program:
    """Everything that runs; one process, one event loop, one book."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        book: Path,
        scale: float,
        webhooks: dict[str, str],
        secret_key: str,
        webhook_secret: str,
    ) -> None:
        self._host, self._port = host, port
        self._book = Book(book)
        self._agenda = Agenda(scale)
        faults = Faults()
        self._gateways: dict[str, SimulatedGateway] = {
            "fedapay": FedaPay(
                self._book,
                self._agenda,
                faults,
                secret_key=secret_key,
                webhook_secret=webhook_secret,
                webhook_url=webhooks.get("fedapay", ""),
            )
        }
        control = Control(self._book, faults, self._gateways, self._go_down)
        console = Console(self._book, faults, self._gateways)
        routes = [*control.routes(), *console.routes()]
        for gateway in self._gateways.values():
            routes.extend(gateway.routes())
        app = Starlette(
            routes=routes,
            lifespan=self._lifespan,
            exception_handlers={404: _no_such_path, 405: _no_such_path},
        )
        self._config = uvicorn.Config(
            app,
            host=host,
            port=port,
            http=connections.Cuttable,
            ws="none",
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=2,
            # The client's address decides who may use the control interface: no
            # header may speak for it.
            proxy_headers=False,
        )
        self._server = uvicorn.Server(self._config)
        self._down: asyncio.Task[None] | None = None

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM."""
        self._server.run()
        self._book.close()

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        work = asyncio.create_task(self._agenda.run())
        for gateway in self._gateways.values():
            gateway.resume()
        yield
        work.cancel()

    def _go_down(self, seconds: float) -> None:
        self._down = asyncio.get_running_loop().create_task(self._stay_down(seconds))

    async def _stay_down(self, seconds: float) -> None:
        for listener in self._server.servers:
            listener.close()
        connections.abort_all()
        await asyncio.sleep(seconds)
        loop = asyncio.get_running_loop()
        state = self._server.server_state
        lifespan = self._server.lifespan.state
        listener = await loop.create_server(
            lambda: connections.Cuttable(self._config, state, lifespan),
            self._host,
            self._port,
        )
        self._server.servers = [listener]


async def _no_such_path(_: Request, __: Exception) -> Response:
    return json_response(404, {"message": "Ressource introuvable"})
