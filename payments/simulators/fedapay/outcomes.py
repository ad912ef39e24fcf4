"""What a payer does, decided by the last three digits of the phone number.

FedaPay's sandbox approves 64000001 and 66000001 and fails any other number (docs
"sandbox"). Both end in 001, and the rule here extends that: any Benin number ending in
001 approves, so that as many tenants as wanted can pay; the other endings are ours.
Numbers are accepted with 8 digits, with the 10 of the plan of November 2024 (01…), and
with 229, +229 or 00229 before them. What the same number does with money that it is sent
stands in `receivers`; 021 to 029 pay without trouble so that a refund can go wrong there.
"""

import re
from dataclasses import dataclass

INSUFFICIENT = "INSUFFICIENT_FUND_ERROR"  # seen live (integrators)
API_ERROR = "API_ERROR"  # seen live on Celtiis (integrators)
REFUSED = "CUSTOMER_DECLINED"  # invented: the live code is not known


@dataclass(frozen=True, slots=True)
class Step:
    """`action` happens `after` seconds from the prompt."""

    after: float
    action: str
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens to a charge pushed to a number.

    `webhooks` are webhook faults of its events; `call` is a fault of the push call
    itself; `amount_shift` is added to what the payer really pays.
    """

    label: str
    steps: tuple[Step, ...] = ()
    webhooks: tuple[str, ...] = ()
    call: str | None = None
    amount_shift: int = 0
    refuse: bool = False


_APPROVE = (Step(2, "approve"),)

OUTCOMES: dict[str, Outcome] = {
    "001": Outcome("accepte après 2 s", _APPROVE),
    "002": Outcome("refuse après 2 s", (Step(2, "decline", REFUSED),)),
    "003": Outcome("solde insuffisant après 2 s", (Step(2, "cancel", INSUFFICIENT),)),
    "004": Outcome("ne répond jamais (expire après 24 h)"),
    "005": Outcome("accepte tard, après 90 s", (Step(90, "approve"),)),
    "006": Outcome("accepte ; webhook jamais envoyé", _APPROVE, ("webhook_never",)),
    "007": Outcome("accepte ; webhook envoyé deux fois", _APPROVE, ("webhook_twice",)),
    "008": Outcome(
        "refuse après 2 s, puis accepte après 6 s (même transaction)",
        (Step(2, "decline", REFUSED), Step(6, "approve")),
    ),
    "009": Outcome("accepte, mais paie 100 F de moins", _APPROVE, amount_shift=-100),
    "010": Outcome(
        "expire après 10 s, puis accepte après 20 s",
        (Step(10, "expire"), Step(20, "approve")),
    ),
    "011": Outcome(
        "refuse à 1 s, accepte à 2 s ; webhooks dans le désordre",
        (Step(1, "decline", REFUSED), Step(2, "approve")),
        ("webhook_reordered",),
    ),
    "012": Outcome(
        "accepte tout de suite ; webhook avant la réponse à l’appel",
        (Step(0, "approve"),),
        call="webhook_first",
    ),
    "013": Outcome("accepte ; un faux webhook d’abord", _APPROVE, ("webhook_forged",)),
    "014": Outcome(
        "accepte ; webhook envoyé 200 fois d’un coup", _APPROVE, ("webhook_burst",)
    ),
    "015": Outcome(
        "accepte ; l’appel ne reçoit jamais de réponse", _APPROVE, call="timeout_after"
    ),
    "016": Outcome("numéro refusé par l’opérateur (422)", refuse=True),
    "017": Outcome(
        "annule sur Celtiis : reste en attente avec une erreur de l’opérateur",
        (Step(2, "note", API_ERROR),),
    ),
    **{
        f"{ending:03}": Outcome(
            "accepte après 2 s (numéro d’essai des envois)", _APPROVE
        )
        for ending in range(21, 30)
    },
}
OTHER = Outcome("échoue après 2 s (tout autre numéro)", (Step(2, "decline", REFUSED),))

_NUMBER = re.compile(r"(?:(?:\+|00)?229)?(?:01)?(\d{8})")


def national(number: object) -> str | None:
    """Return the 8 digits that stay the same in every form, None for no Benin number."""
    if not isinstance(number, str | int):
        return None
    digits = re.sub(r"[\s.-]", "", str(number))
    match = _NUMBER.fullmatch(digits)
    return match.group(1) if match else None


def outcome_for(eight_digits: str) -> Outcome:
    """Return what the holder of this number does."""
    return OUTCOMES.get(eight_digits[-3:], OTHER)
