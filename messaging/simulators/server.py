"""The program: API, control interface and console behind one uvicorn server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from messaging.simulators.api import Api
from messaging.simulators.carrier import Carrier
from messaging.simulators.console import Console
from messaging.simulators.control import Control
from messaging.simulators.faults import Faults
from messaging.simulators.wire import WireError
from payments.simulators import connections
from payments.simulators.agenda import Agenda
from payments.simulators.book import Book
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
        account: str,
        token: str,
        number: str,
        inbound_url: str,
    ) -> None:
        self._book = Book(book)
        self._agenda = Agenda(scale)
        self._carrier = Carrier(
            self._book,
            self._agenda,
            Faults(),
            account=account,
            token=token,
            number=number,
            inbound_url=inbound_url,
        )
        api = Api(self._carrier, token=token)
        control = Control(self._book, self._carrier, lambda: list(api.log))
        console = Console(self._carrier)
        app = Starlette(
            routes=[*control.routes(), *console.routes(), *api.routes()],
            lifespan=self._lifespan,
            exception_handlers={404: _no_such_path, 405: _no_such_path},
        )
        self._server = uvicorn.Server(
            uvicorn.Config(
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
        )

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM."""
        self._server.run()
        self._book.close()

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        work = asyncio.create_task(self._agenda.run())
        self._carrier.resume()
        yield
        work.cancel()


async def _no_such_path(_: Request, __: Exception) -> Response:
    error = WireError(20404)
    return json_response(error.status, error.payload)
