"""The paths of the API that the platform calls, behind the account's password."""

import base64
import hmac
from collections import deque
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from messaging.simulators.carrier import Carrier
from messaging.simulators.wire import VERSION, WireError, as_json
from payments.simulators import connections
from payments.simulators.hostile import HTML, json_response

_LARGEST_BODY = 64_000


class Api:
    """``Messages.json``: create one, read one."""

    def __init__(self, carrier: Carrier, *, token: str) -> None:
        self._carrier = carrier
        pair = f"{carrier.account}:{token}".encode()
        self._wanted = f"Basic {base64.b64encode(pair).decode()}".encode()
        self.log: deque[dict[str, Any]] = deque(maxlen=200)

    def routes(self) -> list[Route]:
        """Return the routes."""
        root = f"/{VERSION}/Accounts/{{account}}"
        return [
            Route(f"{root}/Messages.json", self._create, methods=["POST"]),
            Route(f"{root}/Messages/{{sid}}.json", self._read, methods=["GET"]),
        ]

    async def _create(self, request: Request) -> Response:
        try:
            self._check(request)
            raw = await request.body()
            form = dict(parse_qsl(raw[:_LARGEST_BODY].decode(errors="replace")))
            fault = self._carrier.faults.for_call(form.get("To", ""))
            self.log.append({"to": form.get("To", ""), "fault": fault})
            if fault.endswith("_before") or fault in ("busy", "html"):
                return _failed(request, fault)
            message = self._carrier.create(form)
        except WireError as error:
            return json_response(error.status, error.payload)
        if fault:
            return _failed(request, fault)
        return json_response(201, as_json(self._carrier.account, message))

    async def _read(self, request: Request) -> Response:
        try:
            self._check(request)
            message = self._carrier.messages.get(request.path_params["sid"])
            if message is None:
                raise WireError(20404)
        except WireError as error:
            return json_response(error.status, error.payload)
        return json_response(200, as_json(self._carrier.account, message))

    def _check(self, request: Request) -> None:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, self._wanted):
            raise WireError(20003)
        if request.path_params["account"] != self._carrier.account:
            raise WireError(20404)


def _failed(request: Request, fault: str) -> Response:
    if fault == "busy":
        error = WireError(20429)
        return json_response(error.status, error.payload)
    if fault == "html":
        return Response(HTML, media_type="text/html")
    if fault.startswith("drop"):
        connections.abort(request.client)
    # After a drop nobody reads it: the socket is gone, the framework wants an answer.
    return json_response(
        500, {"code": 20500, "message": "Internal error", "status": 500}
    )
