"""FedaPay's HTTP interface: reading calls, keys, faults, and the table of paths.

Paths: Node SDK 1.2.5 and docs.fedapay.com API reference.
"""

import hmac
import json
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from payments.simulators import hostile
from payments.simulators.faults import Fault
from payments.simulators.fedapay.charge_calls import ChargeCalls
from payments.simulators.fedapay.charges import Charges
from payments.simulators.fedapay.office import Office
from payments.simulators.fedapay.other_calls import OtherCalls
from payments.simulators.fedapay.outcomes import OUTCOMES, national
from payments.simulators.fedapay.payout_calls import PayoutCalls
from payments.simulators.fedapay.payouts import Payouts
from payments.simulators.fedapay.reading import Call, number_of
from payments.simulators.fedapay.receivers import RECEIVERS
from payments.simulators.fedapay.wire import WireError
from payments.simulators.hostile import Reply

Handler = Callable[[Call], Reply]
_LARGEST_BODY = 1_000_000


class Api:
    """The routes under /v1, behind a Bearer secret key."""

    def __init__(
        self, office: Office, charges: Charges, payouts: Payouts, *, secret_key: str
    ) -> None:
        self._office = office
        self._charges = ChargeCalls(office, charges)
        self._payouts = PayoutCalls(office, payouts)
        self._other = OtherCalls(office)
        self._secret_key = secret_key
        self.log: deque[dict[str, Any]] = deque(maxlen=200)

    def routes(self) -> list[Route]:
        """Return the routes, the literal paths before the ones with a wildcard."""
        charges, payouts, other = self._charges, self._payouts, self._other
        by_reference = "merchant/{reference:path}"
        rows: list[tuple[str, str, str, Handler]] = [
            ("POST", "/v1/transactions", "create", charges.create),
            ("GET", "/v1/transactions", "search", charges.search),
            ("GET", "/v1/transactions/search", "search", charges.search),
            ("GET", "/v1/transactions/fees", "fees", charges.fees),
            ("GET", f"/v1/transactions/{by_reference}", "find", charges.find),
            ("POST", "/v1/transactions/{id:int}/token", "token", charges.token),
            ("GET", "/v1/transactions/{id:int}", "get", charges.get),
            ("POST", "/v1/payouts", "payout_create", payouts.create),
            ("PUT", "/v1/payouts/start", "payout_start", payouts.start),
            ("GET", "/v1/payouts", "payout_search", payouts.search),
            ("GET", "/v1/payouts/search", "payout_search", payouts.search),
            ("GET", f"/v1/payouts/{by_reference}", "payout_find", payouts.find),
            ("GET", "/v1/payouts/{id:int}", "payout_get", payouts.get),
            ("GET", "/v1/events", "events", other.events),
            ("GET", "/v1/balances", "balances", other.balances),
            ("GET", "/v1/currencies", "currencies", other.currencies),
            # Two push paths circulate: the SDKs' and the API reference's.
            ("POST", "/v1/transactions/{mode}", "push", charges.push),
            ("POST", "/v1/{mode}", "push", charges.push),
        ]
        return [
            Route(path, self._endpoint(name, handler), methods=[method])
            for method, path, name, handler in rows
        ]

    def _endpoint(
        self, name: str, handler: Handler
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                call = await self._read(request, name)
            except WireError as error:
                return hostile.json_response(error.status, error.payload)
            reference = self._reference(call)
            fault = self._office.faults.for_call(name, reference) or _by_number(call)
            kind = fault.kind if fault else None
            self.log.append({"call": name, "reference": reference, "fault": kind})

            def act() -> Reply:
                try:
                    return handler(call)
                except WireError as error:
                    return Reply(error.status, error.payload)

            return await hostile.answer(request, fault, act, self._office.courier.drain)

        return endpoint

    async def _read(self, request: Request, name: str) -> Call:
        given = request.headers.get("authorization", "")
        wanted = f"Bearer {self._secret_key}"
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            raise WireError(401, "Erreur d'authentification")
        raw = await request.body()
        body: Any = {}
        if raw:
            try:
                body = json.loads(raw) if len(raw) <= _LARGEST_BODY else None
            except ValueError:
                body = None
            if not isinstance(body, dict):
                raise WireError(400, "Le corps n'est pas un objet JSON")
        return Call(
            name=name,
            path={key: str(value) for key, value in request.path_params.items()},
            query=dict(request.query_params),
            body=body,
            origin=str(request.base_url).rstrip("/"),
        )

    def _reference(self, call: Call) -> str | None:
        """Return our reference of what the call is about: faults are set by it."""
        if "reference" in call.path:
            return call.path["reference"]
        if call.name in ("create", "payout_create"):
            return str(call.body.get("merchant_reference") or "") or None
        if "search" in call.name:
            return call.query.get("search")
        if call.name.startswith("payout"):
            return self._payouts.reference(call)
        return self._charges.reference(call)


def _by_number(call: Call) -> Fault | None:
    tables = {"push": OUTCOMES, "payout_start": RECEIVERS}
    number = national(number_of(call.body)) if call.name in tables else None
    outcome = tables[call.name].get(number[-3:]) if number else None
    if outcome is None or outcome.call is None:
        return None
    return Fault(kind=outcome.call, on=call.name)
