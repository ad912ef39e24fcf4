"""The tester's page at ``/``: what phones received, and a phone to answer with."""

import time
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from messaging.simulators.carrier import Carrier
from messaging.simulators.faults import CALL_FAULTS, NUMBERS, REPORT_FAULTS
from messaging.simulators.wire import Message
from payments.simulators.control import guarded

_TEMPLATE = Template(Path(__file__).with_name("console.html").read_text("utf-8"))
_SHOWN = 60
_STATES = {
    "queued": "en file",
    "sent": "parti",
    "delivered": "remis",
    "undelivered": "non remis",
    "failed": "échoué",
}


class Console:
    """Render the page from the carrier's own words."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    def routes(self) -> list[Route]:
        """Return the page."""
        return [Route("/", guarded(self._show), methods=["GET"])]

    async def _show(self, request: Request) -> Response:
        carrier = self._carrier
        follow = '<meta http-equiv="refresh" content="3">'
        sent = list(reversed(carrier.messages.values()))[:_SHOWN]
        received = list(reversed(carrier.inbound.values()))[:_SHOWN]
        empty = '<tr><td colspan="5">rien encore</td></tr>'
        page = _TEMPLATE.substitute(
            refresh=follow if "suivre" in request.query_params else "",
            number=escape(carrier.number),
            sent="".join(self._sent(row) for row in sent) or empty,
            received="".join(self._received(row) for row in received) or empty,
            options="".join(
                f'<option value="{kind}">{escape(label)}</option>'
                for kind, label in {**CALL_FAULTS, **REPORT_FAULTS}.items()
            ),
            rules="".join(
                f"<li>{escape(rule.kind)} {escape(rule.to or 'tous les numéros')}"
                f" ({rule.uses}/{rule.count or '∞'})</li>"
                for rule in carrier.faults.rules
            ),
            numbers="".join(
                f"<tr><td><code>…{ending}</code></td><td>{escape(label)}</td></tr>"
                for ending, label in NUMBERS.items()
            ),
        )
        return HTMLResponse(page)

    def _sent(self, row: Message) -> str:
        reports = ", ".join(self._carrier.attempts.get(row.sid, [])) or "—"
        state = _STATES.get(row.status, row.status)
        path = f"/_control/messages/{row.sid}/report"
        again = "".join(
            f'<form method="post" action="{path}">'
            f'<input type="hidden" name="status" value="{status}">'
            f"<button>{label}</button></form>"
            for status, label in (
                ("delivered", "Annoncer remis"),
                ("undelivered", "Annoncer non remis"),
            )
        )
        return (
            f"<tr><td>{_clock(row.created_at)}</td><td>{escape(row.to)}</td>"
            f"<td>{escape(row.body)}</td>"
            f'<td class="{row.status}">{escape(state)}</td>'
            f"<td>{escape(reports)} {again}</td></tr>"
        )

    def _received(self, row: dict[str, Any]) -> str:
        answers = ", ".join(self._carrier.attempts.get(row["sid"], [])) or "—"
        return (
            f"<tr><td>{_clock(row['at'])}</td><td>{escape(row['sender'])}</td>"
            f"<td>{escape(row['body'])}</td><td>{escape(answers)}</td>"
            f'<td><form method="post" action="/_control/inbound/{row["sid"]}/replay">'
            "<button>Remettre encore</button></form></td></tr>"
        )


def _clock(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))
