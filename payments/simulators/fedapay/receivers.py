"""What happens to a payout, decided by the last three digits of the wallet's number.

A refund goes back to the wallet that paid, so every ending that can pay can be paid, with
the same mishaps of calls and webhooks; 021 to 029 pay without trouble and receive with
some. The sandbox's rule for collects is applied here to payouts: any other number fails.
"""

from payments.simulators.fedapay.outcomes import API_ERROR, Outcome, Step

_SEND = (Step(2, "send"),)
_FAIL = (Step(2, "fail", API_ERROR),)

RECEIVERS: dict[str, Outcome] = {
    "001": Outcome("arrive après 2 s", _SEND),
    "002": Outcome("échoue après 2 s", _FAIL),
    "003": Outcome("échoue après 2 s", _FAIL),
    "004": Outcome("reste lancé, sans fin"),
    "005": Outcome("arrive après 2 s", _SEND),
    "006": Outcome("arrive ; webhook jamais envoyé", _SEND, ("webhook_never",)),
    "007": Outcome("arrive ; webhook envoyé deux fois", _SEND, ("webhook_twice",)),
    "008": Outcome("arrive après 2 s", _SEND),
    "009": Outcome("arrive après 2 s", _SEND),
    "010": Outcome("arrive après 2 s", _SEND),
    "011": Outcome("arrive ; webhooks dans le désordre", _SEND, ("webhook_reordered",)),
    "012": Outcome(
        "arrive tout de suite ; webhook avant la réponse à l’appel",
        (Step(0, "send"),),
        call="webhook_first",
    ),
    "013": Outcome("arrive ; un faux webhook d’abord", _SEND, ("webhook_forged",)),
    "014": Outcome(
        "arrive ; webhook envoyé 200 fois d’un coup", _SEND, ("webhook_burst",)
    ),
    "015": Outcome(
        "arrive ; l’appel ne reçoit jamais de réponse", _SEND, call="timeout_after"
    ),
    "016": Outcome("numéro refusé par l’opérateur (422)", refuse=True),
    "021": Outcome("échoue après 2 s", _FAIL),
    "022": Outcome("reste lancé, sans fin"),
    "023": Outcome(
        "échoue après 2 s, puis arrive après 6 s (même envoi)",
        (*_FAIL, Step(6, "send")),
    ),
    "024": Outcome("arrive tard, après 90 s", (Step(90, "send"),)),
    "025": Outcome("échoue tard, après 90 s", (Step(90, "fail", API_ERROR),)),
    "026": Outcome("numéro refusé par l’opérateur (422)", refuse=True),
    "027": Outcome(
        "arrive ; l’appel ne reçoit jamais de réponse, webhook jamais envoyé",
        _SEND,
        ("webhook_never",),
        call="timeout_after",
    ),
    "028": Outcome("arrive ; l’appel répond 500", _SEND, call="error_after"),
    "029": Outcome("échoue ; webhook jamais envoyé", _FAIL, ("webhook_never",)),
}
OTHER = Outcome("échoue après 2 s (tout autre numéro)", _FAIL)


def receiver_of(eight_digits: str) -> Outcome:
    """Return what happens to a payout to this number."""
    return RECEIVERS.get(eight_digits[-3:], OTHER)
