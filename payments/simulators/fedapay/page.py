"""The hosted payment page behind a token: the tester plays the payer.

Afterwards the browser is sent to ``callback_url`` with ``id`` and ``status`` in the
query, unsigned, as FedaPay does (docs "transactions"): nobody may trust it.
"""

from html import escape
from pathlib import Path
from string import Template
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from payments.simulators.fedapay.charges import Charges
from payments.simulators.fedapay.office import Office
from payments.simulators.fedapay.outcomes import INSUFFICIENT, REFUSED
from payments.simulators.fedapay.records import Transaction
from payments.simulators.fedapay.wire import WireError

_TEMPLATE = Template(Path(__file__).with_name("page.html").read_text("utf-8"))
_CODES = {"approve": None, "decline": REFUSED, "cancel": INSUFFICIENT}


class PaymentPage:
    """Show what is asked and take the payer's answer."""

    def __init__(self, office: Office, charges: Charges) -> None:
        self._records = office.records
        self._charges = charges

    def routes(self) -> list[Route]:
        """Return the page and its form's target."""
        return [
            Route("/pay/{token}", self._show, methods=["GET"]),
            Route("/pay/{token}", self._decide, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        row = self._row(request)
        if row is None:
            return HTMLResponse("<h1>Lien de paiement inconnu</h1>", 404)
        return _page(row)

    async def _decide(self, request: Request) -> Response:
        row = self._row(request)
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        decision = form.get("decision", "")
        if row is None or decision not in _CODES:
            return HTMLResponse("<h1>Lien de paiement inconnu</h1>", 404)
        try:
            self._charges.act(row, decision, error_code=_CODES[decision])
        except WireError as refusal:
            return _page(row, str(refusal))
        if row.callback_url:
            query = urlencode({"id": row.id, "status": row.status})
            glue = "&" if urlsplit(row.callback_url).query else "?"
            return RedirectResponse(f"{row.callback_url}{glue}{query}", 303)
        return _page(row, "C’est noté.")

    def _row(self, request: Request) -> Transaction | None:
        number = self._records.by_token.get(request.path_params["token"], 0)
        return self._records.transactions.get(number)


def _page(row: Transaction, message: str = "") -> HTMLResponse:
    return HTMLResponse(
        _TEMPLATE.substitute(
            amount=f"{row.amount:,}".replace(",", " "),
            description=escape(row.description),
            status=escape(row.status),
            message=escape(message),
        )
    )
