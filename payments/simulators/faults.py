"""What can be made to go wrong, by our reference, by the next calls, or by a seed.

Faults of a call (`CALL_FAULTS`) change how one HTTP answer is given; faults of webhooks
(`WEBHOOK_FAULTS`) change how the events of a reference are delivered. They are kept in
memory: a restarted simulator behaves.
"""

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any

CALL_FAULTS = {
    "drop_before": "coupe la connexion sans rien traiter",
    "drop_after": "traite, puis coupe la connexion",
    "timeout_before": "ne traite rien et ne répond pas",
    "timeout_after": "traite, puis ne répond pas",
    "error_before": "répond 500 sans rien traiter",
    "error_after": "traite, puis répond 500",
    "busy": "répond 429 sans rien traiter",
    "html": "répond 200 avec une page HTML sans rien traiter",
    "html_after": "traite, puis répond 200 avec une page HTML",
    "slow": "traite, puis répond octet par octet",
    "huge": "traite, puis répond 10 Mo",
    "wrong_amount": "répond avec un autre montant",
    "wrong_type": "répond avec un montant en texte",
    "wrong_float": "répond avec un montant à virgule",
    "wrong_sign": "répond avec un montant négatif",
    "wrong_status": "répond avec un état inconnu",
    "wrong_currency": "répond avec une autre devise",
    "flat": "répond sans enveloppe",
    "webhook_first": "envoie le webhook avant de répondre",
}
WEBHOOK_FAULTS = {
    "webhook_never": "n’envoie pas les webhooks",
    "webhook_late": "envoie les webhooks en retard",
    "webhook_twice": "envoie chaque webhook deux fois",
    "webhook_burst": "envoie chaque webhook 200 fois d’un coup",
    "webhook_reordered": "envoie les webhooks dans le désordre",
    "webhook_forged": "envoie d’abord un faux webhook",
    "webhook_altered": "change le corps après la signature",
    "webhook_without_id": "envoie les webhooks sans identifiant",
}
CALLS = (
    "create",
    "token",
    "push",
    "get",
    "find",
    "search",
    "payout_create",
    "payout_start",
    "payout_get",
    "payout_find",
    "payout_search",
)


class BadFault(ValueError):
    """A fault, a call or a number that does not exist."""


@dataclass(slots=True)
class Fault:
    """One rule. `count` uses are left; 0 means until it is removed."""

    kind: str
    on: str = "*"
    reference: str | None = None
    count: int = 1
    seconds: float = 30.0
    uses: int = 0

    def matches(self, call: str, reference: str | None) -> bool:
        """Tell whether the rule is about this call."""
        if self.on not in ("*", call):
            return False
        return self.reference is None or self.reference == reference

    @property
    def spent(self) -> bool:
        """True when no use is left."""
        return bool(self.count) and self.uses >= self.count


@dataclass(slots=True)
class Faults:
    """The rules in force."""

    rules: list[Fault] = field(default_factory=list)
    seed: int | None = None
    rate: float = 0.0
    kinds: tuple[str, ...] = ()
    seconds: float = 30.0
    _nth: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, spec: dict[str, Any]) -> None:
        """Add a rule, or with ``seed`` set the seeded mode. Raises `BadFault`.

        Rule: ``{"fault", "on"?, "reference"?, "count"?, "seconds"?}``.
        Seed: ``{"seed", "rate", "faults"?, "seconds"?}``: whether the n-th call of a
        kind about a reference fails depends on these alone, so a run can be repeated.
        """
        try:
            if "seed" in spec:
                kinds = tuple(spec.get("faults") or ("error_before", "timeout_after"))
                _known(kinds, CALL_FAULTS)
                self.seed, self.kinds = int(spec["seed"]), kinds
                self.rate = float(spec.get("rate", 0.1))
                self.seconds = float(spec.get("seconds", 30.0))
                self._nth.clear()
                return
            rule = Fault(
                kind=str(spec["fault"]),
                on=str(spec.get("on") or "*"),
                reference=spec.get("reference") or None,
                count=int(spec.get("count", 1)),
                seconds=float(spec.get("seconds", 30.0)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadFault(f"fault refused: {error!r}") from error
        _known((rule.kind,), {**CALL_FAULTS, **WEBHOOK_FAULTS})
        _known((rule.on,), dict.fromkeys((*CALLS, "*")))
        self.rules.append(rule)

    def clear(self) -> None:
        """Remove every rule and the seed."""
        self.rules.clear()
        self.seed, self.kinds = None, ()

    def for_call(self, call: str, reference: str | None) -> Fault | None:
        """Return and use up the fault of this call, if any."""
        for rule in self.rules:
            if rule.kind in CALL_FAULTS and rule.matches(call, reference):
                return self._use(rule)
        return self._by_seed(call, reference or "")

    def for_webhooks(self, reference: str) -> dict[str, float]:
        """Return the webhook faults of an event about `reference`, with seconds."""
        found: dict[str, float] = {}
        for rule in list(self.rules):
            if rule.kind in WEBHOOK_FAULTS and rule.matches("*", reference):
                found[rule.kind] = self._use(rule).seconds
        return found

    def listed(self) -> dict[str, Any]:
        """Return the state for the control interface."""
        seeded = {"seed": self.seed, "rate": self.rate, "faults": list(self.kinds)}
        return {
            "rules": [asdict(rule) for rule in self.rules],
            "seeded": seeded if self.seed is not None else None,
            "known": {**CALL_FAULTS, **WEBHOOK_FAULTS},
            "calls": list(CALLS),
        }

    def _use(self, rule: Fault) -> Fault:
        rule.uses += 1
        if rule.spent:
            self.rules.remove(rule)
        return rule

    def _by_seed(self, call: str, reference: str) -> Fault | None:
        if self.seed is None:
            return None
        nth = self._nth[(call, reference)] = self._nth.get((call, reference), 0) + 1
        text = f"{self.seed}/{call}/{reference}/{nth}"
        digest = hashlib.sha256(text.encode()).digest()
        if int.from_bytes(digest[:4], "big") >= self.rate * 2**32:
            return None
        kind = self.kinds[digest[4] % len(self.kinds)]
        return Fault(kind=kind, on=call, reference=reference, seconds=self.seconds)


def _known(names: tuple[str, ...], known: dict[str, Any]) -> None:
    for name in names:
        if name not in known:
            raise BadFault(f"unknown name {name!r}")
