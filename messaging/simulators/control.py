"""The tester's side: read the book, be somebody with a phone, make things go wrong.

Like the console it answers loopback clients only, and POSTs only from its own pages or
from programs: it can put words into anybody's mouth.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from messaging.simulators.carrier import Carrier
from messaging.simulators.faults import BadFault
from payments.simulators.book import Book
from payments.simulators.control import Endpoint, guarded
from payments.simulators.gateway import NotKnown
from payments.simulators.hostile import json_response

Body = dict[str, Any]
Handler = Callable[[Request, Body], Any]
MOST_COPIES = 1000


class Control:
    """The control interface."""

    def __init__(
        self, book: Book, carrier: Carrier, calls: Callable[[], list[Any]]
    ) -> None:
        self._book = book
        self._carrier = carrier
        self._faults = carrier.faults
        self._calls = calls

    def routes(self) -> list[Route]:
        """Return the routes; read each handler for its body."""
        root = "/_control"
        rows: list[tuple[str, str, Handler]] = [
            ("GET", f"{root}/health", lambda *_: {"ok": True}),
            ("GET", f"{root}/book", self._read_book),
            ("GET", f"{root}/calls", lambda *_: {"calls": self._calls()}),
            ("GET", f"{root}/messages", self._messages),
            ("GET", f"{root}/inbound", self._inbound),
            ("POST", f"{root}/inbound", self._receive),
            ("POST", f"{root}/inbound/{{sid}}/replay", self._replay),
            ("POST", f"{root}/messages/{{sid}}/report", self._report),
            ("GET", f"{root}/faults", lambda *_: self._faults.listed()),
            ("POST", f"{root}/faults", self._add_fault),
            ("DELETE", f"{root}/faults", self._clear_faults),
            ("POST", f"{root}/faults/clear", self._clear_faults),
        ]
        return [
            Route(path, guarded(_answering(handler)), methods=[method])
            for method, path, handler in rows
        ]

    def _read_book(self, request: Request, _: Body) -> Any:
        """``?since=<seq>&reference=<sid>&limit=``: rows in order."""
        query = request.query_params
        rows = self._book.entries(
            since=int(query.get("since", 0)),
            reference=query.get("reference"),
            limit=int(query.get("limit", -1)),
        )
        return {"rows": [asdict(row) for row in rows]}

    def _messages(self, request: Request, _: Body) -> Any:
        """``?to=``: the messages to a number, newest first, with their reports."""
        to = request.query_params.get("to")
        return {
            "messages": [
                {**asdict(row), "reports": self._carrier.attempts.get(row.sid, [])}
                for row in reversed(self._carrier.messages.values())
                if to in (None, row.to)
            ]
        }

    def _inbound(self, *_: Any) -> Any:
        return {
            "inbound": [
                {**row, "answers": self._carrier.attempts.get(row["sid"], [])}
                for row in reversed(self._carrier.inbound.values())
            ]
        }

    def _receive(self, _: Request, body: Body) -> Any:
        """``{"from", "body", "sid"?}``: somebody sends an SMS to our number."""
        sender, text = str(body.get("from", "")), str(body.get("body", ""))
        if not sender:
            raise ValueError("an SMS comes from somebody")
        sid = str(body.get("sid", ""))
        return {"sid": self._carrier.receive(sender=sender, body=text, sid=sid)}

    def _replay(self, request: Request, body: Body) -> Any:
        """``{"copies"?, "forged"?}``: hand an SMS over again."""
        sid = request.path_params["sid"]
        for _copy in range(min(int(body.get("copies", 1)), MOST_COPIES)):
            self._carrier.hand_over(sid, forged=bool(body.get("forged")))
        return {"replayed": sid}

    def _report(self, request: Request, body: Body) -> Any:
        """``{"status", "error_code"?, "copies"?, "forged"?}``: any report, true or not."""
        error = body.get("error_code")
        for _copy in range(min(int(body.get("copies", 1)), MOST_COPIES)):
            self._carrier.report(
                request.path_params["sid"],
                str(body["status"]),
                int(error) if error else None,
                forged=bool(body.get("forged")),
            )
        return {"reported": body["status"]}

    def _add_fault(self, _: Request, body: Body) -> Any:
        self._faults.add(body)
        return self._faults.listed()

    def _clear_faults(self, *_: Any) -> Any:
        self._faults.rules.clear()
        return self._faults.listed()


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
        except (BadFault, ValueError, KeyError) as error:
            return json_response(422, {"message": str(error)})
        return RedirectResponse("/", 303) if is_form else json_response(200, payload)

    return endpoint
