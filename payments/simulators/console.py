"""The tester's page at ``/``: what the gateway holds, with a button for each mishap."""

from html import escape
from pathlib import Path
from string import Template
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from payments.simulators.book import Book
from payments.simulators.control import guarded
from payments.simulators.faults import CALL_FAULTS, CALLS, WEBHOOK_FAULTS, Faults
from payments.simulators.gateway import SimulatedGateway

_TEMPLATE = Template(Path(__file__).with_name("console.html").read_text("utf-8"))
_SHOWN = 60
_PAYER = {
    "approve": "Approuver",
    "decline": "Refuser",
    "cancel": "Solde insuffisant",
    "expire": "Expirer",
    "delay": "Retarder de 60 s",
}
_WEBHOOK = {
    "webhook_never": "Perdre le webhook",
    "webhook_twice": "Le doubler",
    "webhook_reordered": "Désordre",
}
_RECEIVER = {
    "send": "Faire arriver",
    "fail": "Faire échouer",
    "delay": "Retarder de 60 s",
}
_STATES = {
    "pending": "en attente",
    "approved": "approuvée",
    "declined": "refusée",
    "canceled": "annulée",
    "expired": "expirée",
    "transferred": "versée",
    "refunded": "remboursée",
    "started": "lancé",
    "sent": "envoyé",
    "failed": "échoué",
}
_TOTALS = {
    "charges": "encaissements",
    "collected": "F encaissés",
    "fees": "F de frais",
    "refunded": "F remboursés",
    "payouts": "envois",
    "paid_out": "F envoyés",
    "payout_fees": "F de frais d’envoi",
    "net": "F dus au marchand",
}


class Console:
    """Render the page from the gateways' own words."""

    def __init__(
        self, book: Book, faults: Faults, gateways: dict[str, SimulatedGateway]
    ) -> None:
        self._book = book
        self._faults = faults
        self._gateways = gateways

    def routes(self) -> list[Route]:
        """Return the page."""
        return [Route("/", guarded(self._show), methods=["GET"])]

    async def _show(self, request: Request) -> Response:
        follow = '<meta http-equiv="refresh" content="3">'
        page = _TEMPLATE.substitute(
            refresh=follow if "suivre" in request.query_params else "",
            totals=self._totals(),
            gateways="".join(_gateway(g) for g in self._gateways.values()),
            call_options=_options({**CALL_FAULTS, **WEBHOOK_FAULTS}),
            on_options=_options({"*": "tout appel", **{name: name for name in CALLS}}),
            rules=self._rules(),
        )
        return HTMLResponse(page)

    def _totals(self) -> str:
        totals = self._book.totals()
        return "".join(
            f"<li><b>{_francs(totals[key])}</b> {label}</li>"
            for key, label in _TOTALS.items()
        )

    def _rules(self) -> str:
        rows = "".join(
            f"<li>{escape(rule.kind)} · {escape(rule.on)} ·"
            f" {escape(rule.reference or 'toute référence')} ·"
            f" {rule.uses}/{rule.count or '∞'}</li>"
            for rule in self._faults.rules
        )
        if self._faults.seed is not None:
            rows += f"<li>graine {self._faults.seed}, taux {self._faults.rate}</li>"
        return rows or "<li>aucune</li>"


def _gateway(gateway: SimulatedGateway) -> str:
    charges = gateway.charges()[:_SHOWN]
    payouts = gateway.payouts()[:_SHOWN]
    events = gateway.events()[:_SHOWN]
    numbers = "".join(
        f"<tr><td><code>…{escape(ending)}</code></td><td>{escape(paying)}</td>"
        f"<td>{escape(receiving)}</td></tr>"
        for ending, paying, receiving in gateway.numbers()
    )
    empty = '<tr><td colspan="6">rien encore</td></tr>'
    return f"""
<section><h2>{escape(gateway.name)}</h2>{_switch(gateway)}
<h3>Transactions</h3><table><tr><th>N°</th><th>Référence</th><th>Montant</th>
<th>État</th><th>Payeur</th><th>Webhooks</th></tr>
{''.join(_charge(gateway.name, row) for row in charges) or empty}</table>
<h3>Envois</h3><table><tr><th>N°</th><th>Référence</th><th>Montant</th><th>État</th>
<th>Destinataire</th><th>Webhooks</th></tr>{''.join(_payout(gateway.name, row) for row in payouts) or empty}</table>
<h3>Webhooks</h3><table><tr><th>Heure</th><th>Événement</th><th>Référence</th>
<th>Essais</th><th>Réponse</th><th></th></tr>
{''.join(_event(gateway.name, row) for row in events) or empty}</table>
<h3>Numéros d’essai (trois derniers chiffres)</h3><table><tr><th></th>
<th>Quand il paie</th><th>Quand il reçoit</th></tr>{numbers}</table></section>"""


def _switch(gateway: SimulatedGateway) -> str:
    path = f"/_control/{gateway.name}/webhooks"
    if gateway.courier.disabled:
        return (
            "<p class='alarm'>Webhooks coupés après 10 échecs."
            f"{_button(f'{path}/resume', 'Reprendre')}"
            f"{_button(f'{path}/resume', 'Reprendre et tout renvoyer', redeliver=1)}"
            "</p>"
        )
    return f"<p>Webhooks actifs. {_button(f'{path}/disable', 'Couper')}</p>"


def _charge(name: str, row: dict[str, Any]) -> str:
    path = f"/_control/{name}/charges/{row['id']}"
    payer = "".join(_button(f"{path}/{key}", text) for key, text in _PAYER.items())
    return f"<tr>{_facts(row)}<td>{payer}</td><td>{_mishaps(path, row)}</td></tr>"


def _payout(name: str, row: dict[str, Any]) -> str:
    path = f"/_control/{name}/payouts/{row['id']}"
    wallet = "".join(_button(f"{path}/{key}", text) for key, text in _RECEIVER.items())
    return f"<tr>{_facts(row)}<td>{wallet}</td><td>{_mishaps(path, row)}</td></tr>"


def _facts(row: dict[str, Any]) -> str:
    code = (
        f"<br><small>{escape(row['error_code'])}</small>" if row["error_code"] else ""
    )
    waiting = f"<br><small>bientôt : {row['waiting_for']}</small>"
    return (
        f"<td>{row['id']}</td><td>{escape(str(row['reference']))}"
        f"<br><small>{escape(row['description'])}</small></td>"
        f"<td>{_francs(row['amount'])} F<br><small>frais {row['fee']}</small></td>"
        f"<td class='{escape(row['status'])}'>{_state(row)}{code}"
        f"{waiting if row['waiting_for'] else ''}</td>"
    )


def _mishaps(path: str, row: dict[str, Any]) -> str:
    reference = str(row["reference"])
    buttons = "".join(
        _button("/_control/faults", text, fault=key, reference=reference)
        for key, text in _WEBHOOK.items()
    )
    return buttons + _button(f"{path}/forge", "Faux webhook")


def _event(name: str, row: dict[str, Any]) -> str:
    path = f"/_control/{name}/webhooks/{row['id']}/replay"
    return (
        f"<tr><td>{escape(row['at'][11:19])}</td><td>{escape(row['name'])}</td>"
        f"<td>{escape(row['reference'])}</td><td>{row['attempts']}</td>"
        f"<td>{escape(row['last_answer'])}</td><td>{_button(path, 'Rejouer')}"
        f"{_button(path, '200 copies', copies=200)}"
        f"{_button(path, 'Altéré', altered=1)}"
        f"{_button(path, 'Périmé', drift=-1000)}</td></tr>"
    )


def _button(path: str, text: str, **fields: str | int) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{escape(key)}" value="{escape(str(value))}">'
        for key, value in fields.items()
    )
    return (
        f'<form method="post" action="{escape(path)}">{hidden}'
        f"<button>{escape(text)}</button></form>"
    )


def _options(named: dict[str, str]) -> str:
    return "".join(
        f'<option value="{escape(key)}">{escape(text)}</option>'
        for key, text in named.items()
    )


def _state(row: dict[str, Any]) -> str:
    return escape(_STATES.get(row["status"], row["status"]))


def _francs(amount: int) -> str:
    return f"{amount:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
