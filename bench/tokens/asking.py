"""What phones ask of the API: one request each, or twenty at the same moment."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 30.0
API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and after how many milliseconds."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    milliseconds: float = 0.0


class Api:
    """The API at *base*, one connection a thread."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._local = threading.local()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Return the answer; a connection that the server closed is opened again."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            given["Content-Type"] = "application/json"
        payload = json.dumps(body) if body is not None else None
        begin = time.perf_counter()
        try:
            status, text = self._once(method, API + path, payload, given)
        except (http.client.HTTPException, ConnectionError):
            self._local.connection = None
            status, text = self._once(method, API + path, payload, given)
        spent = (time.perf_counter() - begin) * 1000
        return Answer(status, json.loads(text) if text else {}, spent)

    def refresh(self, family: dict[str, str]) -> Answer:
        """Exchange the refresh token of *family* on its own device."""
        return self.ask(
            "POST",
            "/auth/token/refresh",
            {"refresh": family["refresh"]},
            LokaHome_Device=family["device"],
        )

    def me(self, access: str) -> Answer:
        """Ask who one is."""
        return self.ask("GET", "/me", Authorization=f"Bearer {access}")

    def _once(
        self, method: str, path: str, payload: str | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(
                self._host, self._port, timeout=PATIENCE
            )
            self._local.connection = connection
        connection.request(method, path, payload, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


class Crowd:
    """Phones of one session that ask at the same moment, each by its own connection."""

    def __init__(self, api: Api, size: int) -> None:
        self.api, self.size = api, size
        self._gate = threading.Barrier(size)
        self._pool = ThreadPoolExecutor(size)

    def refresh(self, family: dict[str, str]) -> Sequence[Answer]:
        """Exchange one token as often as the crowd is large, at once."""

        def one(_index: int) -> Answer:
            self._gate.wait(PATIENCE)
            return self.api.refresh(family)

        return list(self._pool.map(one, range(self.size)))

    def leave(self) -> None:
        """Let the threads go."""
        self._pool.shutdown()
