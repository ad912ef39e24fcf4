"""The tester's side: read the book, act for the payer, make things go wrong.

Everything under ``/_control`` and the console answers loopback clients only, and POSTs
only from its own pages or from programs: it can invent money.
"""

import asyncio
import ipaddress
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from payments.simulators.book import Book
from payments.simulators.faults import BadFault, Faults
from payments.simulators.gateway import NotAllowed, NotKnown, SimulatedGateway
from payments.simulators.hostile import json_response

Endpoint = Callable[[Request], Awaitable[Response]]
Handler = Callable[[Request, dict[str, Any]], Any]


class Control:
    """The control interface over all simulated gateways."""

    def __init__(
        self,
        book: Book,
        faults: Faults,
        gateways: dict[str, SimulatedGateway],
        go_down: Callable[[float], None],
    ) -> None:
        self._book = book
        self._faults = faults
        self._gateways = gateways
        self._go_down = go_down

    def routes(self) -> list[Route]:
        """Return the routes; read each handler for its body."""
        root, one = "/_control", "/_control/{gateway}"
        rows: list[tuple[str, str, Handler]] = [
            ("GET", f"{root}/health", lambda *_: {"ok": True}),
            ("GET", f"{root}/book", self._read_book),
            ("GET", f"{root}/faults", lambda *_: self._faults.listed()),
            ("POST", f"{root}/faults", self._add_fault),
            ("DELETE", f"{root}/faults", self._clear_faults),
            ("POST", f"{root}/faults/clear", self._clear_faults),
            ("POST", f"{root}/down", self._down),
            ("GET", f"{one}/charges", self._charges),
            ("GET", f"{one}/payouts", self._payouts),
            ("GET", f"{one}/webhooks", self._webhooks),
            ("GET", f"{one}/calls", self._calls),
            ("POST", f"{one}/webhooks/disable", self._disable),
            ("POST", f"{one}/webhooks/resume", self._resume),
            ("POST", f"{one}/webhooks/{{event}}/replay", self._replay),
            ("POST", f"{one}/{{kind}}/{{key}}/{{action}}", self._act),
        ]
        return [
            Route(path, guarded(_answering(handler)), methods=[method])
            for method, path, handler in rows
        ]

    def _read_book(self, request: Request, _: dict[str, Any]) -> Any:
        """``?since=<seq>&reference=&limit=``: totals of all, rows in order."""
        query = request.query_params
        rows = self._book.entries(
            since=int(query.get("since", 0)),
            reference=query.get("reference"),
            limit=int(query.get("limit", -1)),
        )
        return {"totals": self._book.totals(), "rows": [asdict(row) for row in rows]}

    def _add_fault(self, _: Request, body: dict[str, Any]) -> Any:
        self._faults.add(body)
        return self._faults.listed()

    def _clear_faults(self, *_: Any) -> Any:
        self._faults.clear()
        return self._faults.listed()

    def _down(self, _: Request, body: dict[str, Any]) -> Any:
        """``{"seconds"}``: stop listening, so that connections are refused."""
        seconds = float(body.get("seconds", 5))
        # Once this answer is out: going down cuts every open connection.
        asyncio.get_running_loop().call_later(0.05, self._go_down, seconds)
        return {"down_for": seconds}

    def _charges(self, request: Request, _: dict[str, Any]) -> Any:
        reference = request.query_params.get("reference")
        return {"charges": self._gateway(request).charges(reference)}

    def _payouts(self, request: Request, _: dict[str, Any]) -> Any:
        reference = request.query_params.get("reference")
        return {"payouts": self._gateway(request).payouts(reference)}

    def _webhooks(self, request: Request, _: dict[str, Any]) -> Any:
        gateway = self._gateway(request)
        events = gateway.events(request.query_params.get("reference"))
        return {"disabled": gateway.courier.disabled, "events": events}

    def _calls(self, request: Request, _: dict[str, Any]) -> Any:
        return {"calls": self._gateway(request).calls()}

    def _disable(self, request: Request, _: dict[str, Any]) -> Any:
        self._gateway(request).courier.disable()
        return {"disabled": True}

    def _resume(self, request: Request, body: dict[str, Any]) -> Any:
        """``{"redeliver": true}`` also sends again what never arrived."""
        gateway = self._gateway(request)
        gateway.courier.resume()
        if body.get("redeliver"):
            for event in gateway.events():
                if not event["delivered"]:
                    gateway.replay(event["id"], {})
        return {"disabled": False}

    def _replay(self, request: Request, body: dict[str, Any]) -> Any:
        """``{"copies", "drift", "altered"}``: event id, or ``last:<reference>``."""
        gateway = self._gateway(request)
        event = request.path_params["event"]
        if event.startswith("last:"):
            events = gateway.events(event.removeprefix("last:"))
            if not events:
                raise NotKnown(event)
            event = events[0]["id"]
        gateway.replay(event, body)
        return {"replayed": event}

    def _act(self, request: Request, body: dict[str, Any]) -> Any:
        path = request.path_params
        self._gateway(request).act(path["kind"], path["key"], path["action"], body)
        return {"done": path["action"]}

    def _gateway(self, request: Request) -> SimulatedGateway:
        name = request.path_params["gateway"]
        if name not in self._gateways:
            raise NotKnown(name)
        return self._gateways[name]


def guarded(endpoint: Endpoint) -> Endpoint:
    """Let loopback clients in only, and no page of another site."""

    async def guard(request: Request) -> Response:
        host = request.client.host if request.client else ""
        if not _is_loopback(host) or not _is_loopback(request.url.hostname or ""):
            return json_response(403, {"message": "Réservé à cette machine"})
        origin = request.headers.get("origin")
        if origin and urlsplit(origin).netloc != request.headers.get("host"):
            return json_response(403, {"message": "Réservé aux pages du simulateur"})
        return await endpoint(request)

    return guard


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _answering(handler: Handler) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        is_form = "form-urlencoded" in request.headers.get("content-type", "")
        try:
            if is_form:
                body: Any = dict(parse_qsl(raw.decode()))
            else:
                body = json.loads(raw) if raw else {}
            payload = handler(request, body if isinstance(body, dict) else {})
        except NotKnown as error:
            return json_response(404, {"message": f"Inconnu : {error}"})
        except NotAllowed as error:
            return json_response(409, {"message": str(error)})
        except (BadFault, ValueError) as error:
            return json_response(422, {"message": str(error)})
        return RedirectResponse("/", 303) if is_form else json_response(200, payload)

    return endpoint
