"""The API as an app uses it: bearer token, idempotency keys, problems that are read."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
TIMEOUT = httpx.Timeout(20.0, connect=5.0)
_LONGEST_WAIT = 620


class Refused(Exception):
    """An answer that is not a success, with its problem+json shown."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.problem: dict[str, Any] = {}
        request = response.request
        shown = _words(response.text)
        if "json" in response.headers.get("content-type", ""):
            self.problem = response.json()
            shown = json.dumps(self.problem, ensure_ascii=False, indent=2)
        super().__init__(
            f"{request.method} {request.url} answered {self.status}\n{shown}"
        )

    @property
    def code(self) -> str:
        """The problem's stable code, empty when the answer was not a problem."""
        return str(self.problem.get("code", ""))


def _words(page: str) -> str:
    """Return the title of an HTML page, the beginning of any other text."""
    title = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    return " ".join(title[1].split()) if title else page[:2000]


class Unexpected(Exception):
    """The platform answered, but not what the journey promises."""


def expect(condition: object, message: str) -> None:
    """Raise Unexpected with *message* unless *condition* holds."""
    if not condition:
        raise Unexpected(message)


class Api:
    """One app on one phone; *token* is the access token once somebody signed in.

    *device* is what the app calls itself since its installation.
    """

    def __init__(self, base: str, *, token: str = "", device: str = "") -> None:
        self.base = base
        headers = {"Accept-Language": "fr", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if device:
            headers["LokaHome-Device"] = device
        self._http = httpx.Client(headers=headers, timeout=TIMEOUT)

    @property
    def headers(self) -> dict[str, str]:
        """What every request of this app carries."""
        return dict(self._http.headers)

    def carry(self, name: str, value: str) -> None:
        """Send the header *name* with every request from now on."""
        self._http.headers[name] = value

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the JSON of *path*; raises Refused."""
        return self.send("GET", path, params=parameters).json()

    def post(
        self, path: str, body: dict[str, Any] | None = None, *, key: str | None = None
    ) -> Any:
        """Create; the Idempotency-Key is new unless *key* repeats one."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        response = self.send("POST", path, json=body or {}, headers=headers)
        return response.json() if response.content else {}

    def patch(self, path: str, body: dict[str, Any], *, etag: str) -> Any:
        """Change what was read under *etag*."""
        headers = {"If-Match": etag, "Content-Type": "application/merge-patch+json"}
        return self.send("PATCH", path, json=body, headers=headers).json()

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send, follow ``Retry-After`` of a limit once, and raise Refused."""
        url = path if path.startswith("http") else f"{self.base}/{path}"
        response = self._http.request(method, url, **options)
        if response.status_code == 429:
            seconds = int(response.headers.get("Retry-After", "1"))
            if seconds <= _LONGEST_WAIT:
                print(f"      asked to wait {seconds} s (429), waiting", flush=True)
                time.sleep(seconds + 1)
                response = self._http.request(method, url, **options)
        if not response.is_success:
            raise Refused(response)
        return response

    def status_of(self, path: str) -> int:
        """Return the status that a GET of *path* answers, whatever it is."""
        return self._http.get(f"{self.base}/{path}").status_code


def wait_for(
    what: str, look: Callable[[], T | None], *, seconds: float, pause: float = 0.3
) -> T:
    """Return what *look* finds, asking until it does; raises Unexpected in time."""
    until = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None:
            return found
        if time.monotonic() > until:
            raise Unexpected(f"{what}: not seen within {seconds:.0f} s")
        time.sleep(pause)
