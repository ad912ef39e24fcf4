"""HTTP calls to FedaPay, with its errors told apart in our words.

Bearer secret key, JSON bodies, ``{"message", "errors"}`` on 400, 401, 404, 422 and 500
(Node SDK 1.2.5, docs.fedapay.com "errors").
"""

import re
from collections.abc import Mapping
from typing import Any

from lokahome.core.http.client import Answer, OutgoingClient
from lokahome.core.http.errors import NotJson, OutgoingError
from payments.gateways.errors import (
    GatewayRejected,
    GatewayUnavailable,
    GatewayUntrusted,
)
from payments.gateways.fedapay.config import FedaPayConfig

_PERSONAL = re.compile(r"\S+@\S+|\+?\d[\d .]{5,}\d")


class FedaPayCalls:
    """Send one request and return the parsed JSON of a 2xx answer."""

    def __init__(self, config: FedaPayConfig, http: OutgoingClient) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {config.secret_key}"}
        if config.account_id:
            self._headers["FedaPay-Account"] = config.account_id

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """Read; a failure of a read changes nothing whatever `sent` says."""
        return _checked(self._send("GET", path, None, params))

    def look(self, path: str, params: Mapping[str, str | int]) -> Any | None:
        """Read where there may be nothing: None on any 404, in JSON or not.

        For paths that may not exist at all, whose 404 is the web server's own page.
        """
        answer = self._send("GET", path, None, params)
        return None if answer.status == 404 else _checked(answer)

    def post(self, path: str, body: Any) -> Any:
        """Create or do; after `GatewayUnavailable(sent=True)` the outcome is unknown."""
        return _checked(self._send("POST", path, body, None))

    def put(self, path: str, body: Any) -> Any:
        """Change; read `post`."""
        return _checked(self._send("PUT", path, body, None))

    def _send(
        self,
        method: str,
        path: str,
        body: Any,
        params: Mapping[str, str | int] | None,
    ) -> Answer:
        try:
            return self._http.request(
                method, path, json=body, params=params, headers=self._headers
            )
        except OutgoingError as error:
            raise GatewayUnavailable(str(error), sent=error.sent) from None


def _checked(answer: Answer) -> Any:
    if 200 <= answer.status < 300:
        return _parsed(answer)
    raise _refusal(answer)


def _parsed(answer: Answer) -> Any:
    try:
        return answer.json()
    except NotJson:
        raise GatewayUntrusted(
            f"status {answer.status} with a body that is not JSON"
        ) from None


def _refusal(answer: Answer) -> Exception:
    status = answer.status
    if status == 429:
        return GatewayUnavailable(
            "too many calls (429)", sent=False, retry_after=_seconds(answer)
        )
    if status == 408 or status >= 500:
        return GatewayUnavailable(f"status {status}", sent=True)
    if not 400 <= status < 500:
        return GatewayUntrusted(f"status {status} is no answer of this API")
    try:
        payload = answer.json()
    except NotJson:
        payload = None
    if not isinstance(payload, Mapping):
        # A firewall or a wrong host speaks, not the API: its "no" proves nothing.
        return GatewayUntrusted(f"status {status} with a body that is not JSON")
    errors = payload.get("errors")
    fields = errors if isinstance(errors, Mapping) else {}
    return GatewayRejected(_code(status, fields), _masked(payload.get("message")))


def _code(status: int, fields: Mapping[str, Any]) -> str:
    if status in (401, 403):
        return "bad_credentials"
    if status == 404:
        return "not_found"
    names = {
        "merchant_reference": "duplicate_reference",
        "phone_number": "bad_phone",
        "limit": "limit_reached",
        "status": "wrong_state",
    }
    for name, code in names.items():
        if any(str(key).split(".")[0] == name for key in fields):
            return code
    return "bad_request"


def _masked(message: Any) -> str:
    return _PERSONAL.sub("…", str(message or ""))[:200]


def _seconds(answer: Answer) -> int | None:
    value = answer.headers.get("Retry-After", "")
    return min(int(value), 3600) if value.isascii() and value.isdigit() else None
