"""The locked-down HTTP client by which the platform calls gateways and channels."""

import json
import logging
import ssl
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn, Self
from urllib.parse import urlencode

import httpcore
import httpx

from lokahome.core.http.errors import (
    AnswerTooLarge,
    HostRefused,
    NoAnswer,
    NotJson,
    Unreachable,
)
from lokahome.core.http.network import CheckedBackend, deadline, time_left
from lokahome.core.http.transactions import refuse_inside_transaction

logger = logging.getLogger(__name__)

_NOT_SENT = (
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.PoolTimeout,
    httpcore.UnsupportedProtocol,
    httpcore.LocalProtocolError,
)
_UNKNOWN = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other server said; `seconds` is the duration of the whole call."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    seconds: float

    def json(self) -> Any:
        """Return the parsed body; numbers with a point or exponent become `Decimal`.

        Raises `NotJson` for anything else than JSON in UTF-8 (NaN and Infinity
        included, and nesting too deep to parse).
        """
        try:
            return json.loads(
                self.body.decode(), parse_float=Decimal, parse_constant=_no_constant
            )
        except (ValueError, RecursionError):
            raise NotJson("the answer is not JSON") from None


class OutgoingClient:
    """Call one server, and that server only, within hard limits.

    No redirect is followed, no proxy or credential is read from the environment, no
    cookie is kept, TLS is verified, and only public addresses are connected to
    (`allow_loopback` is for the simulators of a development machine). The whole call,
    name resolution and slow body included, ends in `deadline_seconds`; an answer above
    `max_bytes` is dropped. No call leaves while a database transaction is open.
    Thread-safe; connections are kept a few seconds. Nothing is retried here: only the
    caller knows what a repeated request would do.
    """

    def __init__(
        self,
        base_url: str,
        *,
        allowed_hosts: Collection[str],
        connect_seconds: float = 3,
        read_seconds: float = 20,
        deadline_seconds: float = 25,
        max_bytes: int = 1_000_000,
        allow_loopback: bool = False,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        url = httpx.URL(base_url)
        if url.host not in allowed_hosts:
            raise HostRefused(f"host {url.host!r} is not in the allow-list")
        if url.scheme != "https" and not (url.scheme == "http" and allow_loopback):
            raise HostRefused("only https is called (http: loopback simulators)")
        if url.userinfo or url.query or url.fragment:
            raise HostRefused("a base URL is scheme, host, port and path")
        self._base = url
        self._deadline = deadline_seconds
        self._max_bytes = max_bytes
        self._timeouts = {
            "connect": connect_seconds,
            "read": read_seconds,
            "write": read_seconds,
            "pool": connect_seconds,
        }
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context or httpx.create_ssl_context(trust_env=False),
            max_connections=50,
            max_keepalive_connections=10,
            keepalive_expiry=5,
            http2=False,
            retries=0,
            network_backend=CheckedBackend(allow_loopback=allow_loopback),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the kept connections."""
        self._pool.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request to `path` under the base URL and return the answer as it is.

        The body is `json`, or `form` fields, or nothing. Any status is an answer. Raises `Unreachable` when nothing was sent for sure,
        `NoAnswer` (or `AnswerTooLarge`) when the request may have been processed,
        `CalledInsideTransaction`, and `HostRefused` for a path that leaves the host.
        """
        refuse_inside_transaction()
        request = self._build(method, path, _body(json, form), params, headers)
        started = time.monotonic()
        status: int | None = None
        try:
            with deadline(self._deadline):
                answer = self._send(request, started)
            status = answer.status
            return answer
        except _NOT_SENT as error:
            raise Unreachable(f"not reached: {type(error).__name__}") from None
        except _UNKNOWN as error:
            raise NoAnswer(f"no usable answer: {type(error).__name__}") from None
        finally:
            logger.info(
                "outgoing call",
                extra={
                    "outgoing_host": self._base.host,
                    "outgoing_method": method,
                    "outgoing_status": status,
                    "outgoing_ms": round((time.monotonic() - started) * 1000),
                },
            )

    def _build(
        self,
        method: str,
        path: str,
        body: tuple[str, bytes] | None,
        params: Mapping[str, str | int] | None,
        headers: Mapping[str, str] | None,
    ) -> httpx.Request:
        if not path.startswith("/") or path.startswith("//") or "\\" in path:
            raise HostRefused("a path starts with one slash")
        url = self._base.copy_with(raw_path=self._base.raw_path.rstrip(b"/"))
        url = httpx.URL(str(url).rstrip("/") + path)
        if (url.scheme, url.host, url.port) != (
            self._base.scheme,
            self._base.host,
            self._base.port,
        ):
            raise HostRefused("the path leads to another host")
        if params:
            url = url.copy_merge_params(dict(params))
        # No compression: a few kilobytes must not unfold into gigabytes.
        sent = {"Accept": "application/json", "Accept-Encoding": "identity"}
        sent.update(headers or {})
        content: bytes | None = None
        if body is not None:
            sent["Content-Type"], content = body
        return httpx.Request(method, url, headers=sent, content=content)

    def _send(self, request: httpx.Request, started: float) -> Answer:
        outgoing = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.content,
            extensions={"timeout": self._timeouts},
        )
        response = self._pool.handle_request(outgoing)
        try:
            body = bytearray()
            for chunk in response.iter_stream():
                body += chunk
                if len(body) > self._max_bytes:
                    raise AnswerTooLarge(f"answer above {self._max_bytes} bytes")
                if time_left() <= 0:
                    raise httpcore.ReadTimeout("total deadline passed")
        finally:
            response.close()
        return Answer(
            status=response.status,
            body=bytes(body),
            headers=httpx.Headers(response.headers),
            seconds=time.monotonic() - started,
        )


def _body(data: Any, form: Mapping[str, str] | None) -> tuple[str, bytes] | None:
    if form is not None:
        return "application/x-www-form-urlencoded", urlencode(form).encode()
    if data is None:
        return None
    encoded = json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
    return "application/json", encoded


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
